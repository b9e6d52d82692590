"""Holds who acted, and under which covenant version, against the version in force at that place of the coordinator's
log. Pure; fed while a log is replayed, judged when all is known.

1. Who acts is a party to the version that the entry names, and that is the version in force (`Versions.judging`: or,
   for the product's own time of grace, the one before).
2. A refusal names no version that counts, only a caller that was let in; who was not let in is `UNKNOWN`.

Entries that only tell of somebody (an alarm) are not looked at: he may have left. A partner's own log neither: it hears
of a version later. Memory grows with versions and partners, not with the log: of alike entries the latest is judged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.audit.versions import Versions
from samenloop.texts import _

UNKNOWN = "unknown"
"""The actor of a refused connection: its certificate did not say who."""
_ACTS = frozenset(
    {
        Event.QUESTION,
        Event.REGISTER,
        Event.WITHDRAW,
        Event.DECISION_BEFOREHAND,
        Event.DECISION_WITHDRAWN,
        Event.RELEASE,
        Event.RELEASE_WITHDRAWN,
        Event.FIND_OWN,
        Event.FRESHNESS,
        Event.CASE_CLOSED,
        Event.NODE_ANCHOR,
        Event.EPOCH,
        Event.KEY_CEREMONY,
        Event.LETTER,
    }
)


@dataclass(frozen=True, slots=True)
class _Said:
    """What alike entries say: who acted, and the covenant and version named, empty and 0 when none is."""

    stretch: int
    actor: str
    covenant: str
    version: int


@dataclass(slots=True)
class Acts:
    """Feed every entry of the coordinator's log in order; `wrong` when all covenant versions are known."""

    versions: Versions
    _latest: dict[_Said, tuple[int, int]] = field(default_factory=dict)
    _since: dict[int, int] = field(default_factory=dict)

    def take(self, seq: int, parsed: Entry) -> None:
        """Take the entry at `seq`."""
        stretch, end = len(self.versions.begun) + len(self.versions.gone), parsed.integer("end_ms")
        self._since.setdefault(stretch, end)
        if parsed.event in _ACTS:
            said = _Said(stretch, parsed.text("actor"), parsed.text("covenant"), parsed.integer("version"))
        elif parsed.event is Event.REFUSE and parsed.text("actor") != UNKNOWN:
            said = _Said(stretch, parsed.text("actor"), "", 0)
        else:
            return
        self._latest[said] = max((end, seq), self._latest.get(said, (0, 0)))

    def wrong(self) -> Iterator[str]:
        """Yield what does not hold, by place in the log."""
        for said, (end, seq) in sorted(self._latest.items(), key=lambda one: one[1][1]):
            may = self.versions.judging(seq, end, self._since[said.stretch])
            named = [one for one in may if _names(said, one)]
            if not named:
                yield _other_version(seq, said, may)
            elif not any(one.covenant.find(said.actor) for one in named):
                yield _(
                    "regel {seq}: {actor} is geen partij bij versie {version} van het convenant, die daar gold",
                    seq=seq,
                    actor=said.actor,
                    version=named[-1].version,
                )


def _names(said: _Said, one: TrustAnchor) -> bool:
    return said.covenant in ("", one.covenant.id) and said.version in (0, one.version)


def _other_version(seq: int, said: _Said, may: Sequence[TrustAnchor]) -> str:
    return _(
        "regel {seq}: noemt versie {version} van convenant {covenant}, maar daar gold versie {valid} van {id}",
        seq=seq,
        version=said.version,
        covenant=said.covenant,
        valid=may[-1].version,
        id=may[-1].covenant.id,
    )
