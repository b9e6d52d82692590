"""Opens the sealed halves of an export with the auditor's key, and holds each against its entry.

Without this nobody would see that a half holds nothing, or something else than the entry says: `verify` needs no key
and so knows ciphertexts only. Verify first: what is opened here is taken as it stands in the folder.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from samenloop.audit import entry as entries
from samenloop.audit import folder, half, layout, seal
from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.audit.half import Half
from samenloop.audit.halves import receivers
from samenloop.audit.replay import MAX_PROBLEMS
from samenloop.audit.seal import ContentKey
from samenloop.covenant import Covenant, fingerprint, parse_canonical
from samenloop.errors import IntegrityError, InvalidInput
from samenloop.keys import SealingKey
from samenloop.texts import _

SHOWN = "shown"
SIZES = {size + seal.OVERHEAD_BYTES: size for size in (seal.HALF_BYTES, seal.LONG_HALF_BYTES)}


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry with its sealed halves in order; None for one that did not open."""

    seq: int
    entry: Entry
    halves: tuple[Half | None, ...]


@dataclass(slots=True)
class Opening:
    """Feed every entry in order.

    `results`: (holder, result) -> how many halves say so. `purged`: halves whose key went with a purge. `others`:
    halves that are sealed to another auditor, whom the covenant named at the time.
    """

    key: SealingKey
    covenants: dict[str, Covenant]
    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    purged: int = 0
    others: int = 0
    _keys: dict[bytes, ContentKey] = field(default_factory=dict)
    _elsewhere: set[bytes] = field(default_factory=set)
    _auditor: str = ""
    _gone: bool = False

    def feed(self, seq: int, body: bytes | None, sealed: Sequence[bytes]) -> Opened | None:
        """Take an entry (`body` None: purged); return it when it has sealed halves."""
        if body is None:
            self._gone = True
            return None
        parsed = entries.parse(body)
        if parsed.event is Event.COVENANT:
            self._follow(parsed)
        if parsed.event is Event.CONTENT_KEY:
            self._take_keys(seq, parsed)
        if not sealed:
            return None
        each = zip(receivers(parsed), sealed, strict=False)
        return Opened(seq, parsed, tuple(self._open(seq, parsed, place, *one) for place, one in enumerate(each)))

    def _follow(self, parsed: Entry) -> None:
        covenant = self.covenants.get(parsed.text("document"))
        if covenant is not None:
            self._auditor = covenant.auditor.sealing_key

    def _take_keys(self, seq: int, parsed: Entry) -> None:
        for wrapped in seal.wrapped_keys(entries.rows(parsed, "keys")):
            try:
                self._keys[wrapped.key_id] = seal.open_wrapped(wrapped, parsed.text("day"), self.key, auditor=True)
            except IntegrityError:
                if self._ours():
                    self._problem(
                        _("regel {seq}: de sleutel van {holder} gaat niet open", seq=seq, holder=wrapped.holder)
                    )
                else:
                    self._elsewhere.add(wrapped.key_id)

    def _ours(self) -> bool:
        """Tell whether the covenant in force names this auditor; of the first one the log need not say so."""
        named = {self._auditor} if self._auditor else {one.auditor.sealing_key for one in self.covenants.values()}
        return named == {self.key.public.hex}

    def _open(self, seq: int, parsed: Entry, place: int, holder: str, sealed: bytes) -> Half | None:
        key = self._keys.get(seal.key_id_of(sealed))
        if key is None and self._excused(seal.key_id_of(sealed)):
            return None
        named = {"seq": seq, "holder": holder}
        try:
            found = half.decode(plaintext(key, sealed, parsed.salt))
        except (IntegrityError, InvalidInput):
            self._problem(_("regel {seq}: het verzegelde deel voor {holder} gaat niet open", **named))
            return None
        self.results[holder, found.result] += 1
        if not _fits(parsed, place, found):
            self._problem(_("regel {seq}: het verzegelde deel voor {holder} zegt iets anders dan de regel", **named))
        return found

    def _excused(self, key_id: bytes) -> bool:
        """Count a half that this auditor cannot open, and need not."""
        other = key_id in self._elsewhere
        gone = self._gone and not other
        self.others, self.purged = self.others + other, self.purged + gone
        return other or gone

    def _problem(self, text: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)


def opening(root: Path, key: SealingKey) -> Opening:
    """Return what opens the export in `root`; raises InvalidInput when no covenant in it names this auditor's key."""
    documents = [layout.read_small(path, layout.MAX_SMALL_BYTES) for path in folder.covenants(root)]
    covenants = {fingerprint(one): one for one in map(parse_canonical, documents)}
    if key.public.hex not in {one.auditor.sealing_key for one in covenants.values()}:
        raise InvalidInput("key", _("Deze sleutel is niet die van de controleur in het convenant van deze export."))
    return Opening(key, covenants)


def open_halves(root: Path, run: Opening) -> Iterator[Opened]:
    """Yield every entry of an export that has sealed halves, opened; what does not hold is in `run.problems`.

    Raises SamenloopError and OSError for a folder that `verify` does not read either.
    """
    for seq, body, sealed in walk(root):
        opened = run.feed(seq, body, sealed)
        if opened is not None:
            yield opened


def walk(root: Path) -> Iterator[tuple[int, bytes | None, Sequence[bytes]]]:
    """Yield every place of an export: its number, body (None: purged) and sealed halves. Raises as `open_halves`."""
    manifest, _note = layout.parse_manifest(layout.read_small(root / layout.MANIFEST, layout.MAX_MANIFEST_BYTES))
    for first in range(0, manifest.size, layout.RANGE):
        sealed = folder.read_sealed(root, first)
        for seq, line in enumerate(layout.lines(root / layout.range_name("entries", first)), start=first):
            body, _leaf = layout.parse_entry_line(line, seq)
            yield seq, body, sealed.get(seq, ())


def plaintext(key: ContentKey | None, sealed: bytes, salt: bytes) -> bytes:
    """Return what is in a sealed half; raises IntegrityError."""
    size = SIZES.get(len(sealed))
    if key is None or size is None:
        raise IntegrityError(_("Dit verzegelde deel is niet te openen: het past niet bij de sleutel of is veranderd."))
    return seal.open_fixed(key, sealed, size, salt)


def _fits(parsed: Entry, place: int, found: Half) -> bool:
    """Tell whether a half says what the public half says: known to the asker is a shown hit, and nothing else is."""
    if parsed.event is Event.RELEASE:
        return found.result == SHOWN
    if parsed.event is not Event.QUESTION:
        return True
    known = entries.rows(parsed, "holders")[place]["answer"] == "known"
    epochs = parsed.public.get("epochs")
    return known == (found.result == SHOWN) and found.fields.get("epochs", epochs) == epochs
