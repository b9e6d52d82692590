"""Finds one holder's sealed halves in an export, each with what opens it: for the node of that holder.

Nothing is opened here: the key stays in the node. Verify first: what is found is taken as it stands in the folder.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from samenloop.audit import entry as entries
from samenloop.audit import opening, seal
from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.audit.half import Half, decode
from samenloop.audit.halves import receivers
from samenloop.audit.seal import ContentKey, WrappedKey


@dataclass(frozen=True, slots=True)
class OwnHalf:
    """A sealed half of this holder; `wrapped` is None when the export no longer has its key."""

    seq: int
    entry: Entry
    place: int
    sealed: bytes
    day: str
    wrapped: WrappedKey | None


def own_halves(root: Path, holder: str) -> Iterator[OwnHalf]:
    """Yield the sealed halves that an export has for `holder`, in the order of the log."""
    known: dict[bytes, tuple[str, WrappedKey]] = {}
    for seq, body, sealed in opening.walk(root):
        if body is None:
            continue
        parsed = entries.parse(body)
        if parsed.event is Event.CONTENT_KEY:
            rows = seal.wrapped_keys(entries.rows(parsed, "keys"))
            known |= {row.key_id: (parsed.text("day"), row) for row in rows if row.holder == holder}
        for place, (receiver, one) in enumerate(zip(receivers(parsed), sealed, strict=False) if sealed else ()):
            if receiver == holder:
                day, wrapped = known.get(seal.key_id_of(one), ("", None))
                yield OwnHalf(seq, parsed, place, one, day, wrapped)


def opened(key: ContentKey, sealed: bytes, salt: bytes) -> Half:
    """Return what a half says; raises IntegrityError or InvalidInput."""
    return decode(opening.plaintext(key, sealed, salt))
