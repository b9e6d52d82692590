"""Daily anchors: what ties a partner's own log to the coordinator's log, where others witness it.

An anchor is SHA-256(32-byte salt || checkpoint) in the coordinator's log. The salt stays at the node, so nobody learns
the size of its log; an export of the own log shows both, and then anybody can check that this history stood there on
that day. Who writes his own log anew needs his anchors to be forgotten: so every one of them must be accounted for.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry as entries
from samenloop.audit import layout, tree
from samenloop.audit.canonical import canonical, parse_object
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.audit.purges import PurgeClaim, claim_of
from samenloop.audit.store import TreeStore
from samenloop.audit.times import DAY_MS, PARTNER_SKEW_MS
from samenloop.clock import from_milliseconds
from samenloop.errors import IntegrityError, InvalidInput
from samenloop.texts import _

ANCHORS = "anchors.jsonl"


@dataclass(frozen=True, slots=True)
class DailyAnchor:
    """One day's anchor: UTC day, salt (32 bytes), the signed checkpoint of that day, and whether the coordinator's
    receipt for it came.
    """

    day: str
    salt: bytes
    note: bytes
    sent: bool

    def digest(self) -> bytes:
        """Return what stands in the coordinator's log, 32 bytes."""
        return hashlib.sha256(self.salt + self.note).digest()

    def line(self) -> bytes:
        """Return the line of this anchor in an export."""
        salt = base64.b64encode(self.salt).decode()
        return canonical({"day": self.day, "note": self.note.decode(), "salt": salt, "sent": self.sent}) + b"\n"


def parse_line(line: bytes) -> DailyAnchor:
    """Return the anchor of a line; raises IntegrityError."""
    try:
        whole = parse_object(line.removesuffix(b"\n"))
        day, note, salt = (str(whole.get(name, "")) for name in ("day", "note", "salt"))
        anchor = DailyAnchor(day, base64.b64decode(salt, validate=True), note.encode(), whole.get("sent") is True)
    except (InvalidInput, ValueError) as error:
        raise layout.bad_line() from error
    if anchor.line() != line:
        raise layout.bad_line()
    return anchor


def read(root: Path) -> tuple[DailyAnchor, ...]:
    """Return the anchors of an export, oldest first; raises IntegrityError when the days are not in order."""
    found = tuple(parse_line(line) for line in layout.lines(root / ANCHORS))
    days = [one.day for one in found]
    if days != sorted(set(days)):
        raise IntegrityError(_("de ankers staan niet op volgorde"))
    return found


def hold_against(
    own: Path, participant: str, coordinator: Path, days_at: Callable[[int], int]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Hold the anchors of an own log against an export of the coordinator's log; both were verified before.

    Return (problems, warnings). A problem: a sent anchor that is not in the coordinator's log, unless that part was
    purged; an anchor there, from before the newest own entry, that the own log does not account for; and entries
    erased less than their term after an anchor that does not count them yet: `days_at` tells the days of the covenant
    version in force at the place of a purge entry.
    """
    shown = {one.digest(): one for one in read(own)}
    logged, purged_until = _logged(coordinator, participant)
    newest = max((entry.integer("end_ms") for entry in _bodies(own) if entry is not None), default=0)
    gone = [one.day for digest, one in shown.items() if one.sent and digest not in logged and one.day > purged_until]
    unknown = [moment for digest, moment in logged.items() if digest not in shown]
    later = [moment for moment in unknown if moment > newest - PARTNER_SKEW_MS]
    problems = (
        *(_("anker van {day}: staat niet in het logboek van de coördinator", day=day) for day in gone),
        *(
            _("anker van {day}: staat bij de coördinator, maar niet in deze export", day=_day(moment))
            for moment in unknown
            if moment not in later
        ),
    )
    dated = [(checkpoints.parse(one.note).size, logged[digest]) for digest, one in shown.items() if digest in logged]
    early, unproven = _purges(own, dated, days_at, complete=not purged_until)
    text = _("de coördinator heeft ankers van na deze export, tot en met {day}", day=_day(max(later, default=0)))
    return (*problems, *early), (*([text] if later else []), *unproven)


def _purges(
    own: Path, dated: Sequence[tuple[int, int]], days_at: Callable[[int], int], *, complete: bool
) -> tuple[list[str], list[str]]:
    """Hold the own purges against the anchors, (size, Unix ms in the coordinator's log): (problems, warnings).

    What an anchor does not count yet was not there the day before. `complete`: no anchors were purged over there.
    """
    early, unproven = [], []
    for claim in _claims(own):
        term_ms = days_at(claim.seq) * DAY_MS
        before = max((at for size, at in dated if size <= claim.last), default=None)
        since = min((at for size, at in dated if size > claim.last), default=None)
        span = f"{claim.first}-{claim.last}"
        if before is not None and before - DAY_MS + term_ms > claim.at_ms:
            text = _("regels {span}: gewist, maar op {day} waren zij er nog niet", span=span, day=_day(before - DAY_MS))
            early.append(text)
        elif (complete or before is not None) and (since is None or since + term_ms > claim.at_ms):
            unproven.append(_("regels {span}: geen anker bewijst dat de bewaartermijn voorbij was", span=span))
    return early, unproven


def _claims(own: Path) -> Iterator[PurgeClaim]:
    for seq, entry in enumerate(_bodies(own)):
        if entry is not None and entry.event is Event.PURGE:
            yield claim_of(seq, entry)


def contradicting(daily: Iterable[DailyAnchor], tree_store: TreeStore) -> tuple[str, ...]:
    """Return the days whose anchor shows another history than the log has."""
    return tuple(one.day for one in daily if not _prefix(checkpoints.parse(one.note), tree_store))


def _prefix(shown: Checkpoint, tree_store: TreeStore) -> bool:
    size = checkpoints.parse(tree_store.head()).size
    return shown.size <= size and tree.frontier(shown.size, tree_store.node).root() == shown.root


def _logged(coordinator: Path, participant: str) -> tuple[dict[bytes, int], str]:
    """Return digest -> Unix ms of every anchor of a participant, and the day up to which bodies were purged."""
    logged: dict[bytes, int] = {}
    purged, purged_until = False, ""
    for entry in _bodies(coordinator):
        if entry is None:
            purged = True
            continue
        if purged:
            purged, purged_until = False, _day(entry.integer("end_ms"))
        if entry.event is Event.NODE_ANCHOR and entry.text("actor") == participant:
            logged[bytes.fromhex(entry.text("anchor"))] = entry.integer("end_ms")
    return logged, purged_until


def _day(moment: int) -> str:
    return f"{from_milliseconds(moment):%Y-%m-%d}"


def _bodies(root: Path) -> Iterator[Entry | None]:
    """Yield every entry of an export in order, None for a purged one."""
    for path in sorted((root / "entries").glob("*.jsonl")):
        first = int(path.stem)
        for place, line in enumerate(layout.lines(path)):
            body, _leaf = layout.parse_entry_line(line, first + place)
            yield None if body is None else entries.parse(body)
