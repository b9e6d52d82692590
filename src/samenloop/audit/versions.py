"""Which covenant version is in force at which place of a log, so that everything is judged by the rules of its own day.
Pure; what is found while a log is replayed is fed in, and afterwards `verify` and `fsck` ask.

1. An entry puts a version in force from its place on; the first known version was so from the start.
2. Keys count up to the place where another version replaced them: who left, or got a new key, is no witness of what
   came after. The keys of a later version count on a smaller tree too, for that is looked at again.
3. Within a part that was erased, with the entry, several versions may be in force: each may then. After that part,
   the newest that can be is.
4. What was under way when a version began, and for its time of grace whatever the coordinator takes, may be judged by
   the version before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.entry import Entry
from samenloop.audit.times import SKEW_MS
from samenloop.covenant.permissions import GRACE
from samenloop.covenant.signatures import tightens
from samenloop.errors import IntegrityError
from samenloop.texts import _

_GRACE_MS = round(GRACE.total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Begun:
    """The entry at `seq`, of `at_ms` (Unix ms), puts version number `index` of the chain in force."""

    index: int
    seq: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The cosignatures of a checkpoint that hold, witness -> Unix seconds: those that count, and those by a key that
    another version had replaced.
    """

    counting: dict[str, int]
    replaced: dict[str, int]


@dataclass(slots=True)
class Versions:
    """The versions of a covenant, the oldest first, and from where in one log each was in force."""

    chain: tuple[TrustAnchor, ...]
    begun: list[Begun] = field(default_factory=list)
    gone: list[tuple[int, int]] = field(default_factory=list)

    @property
    def newest(self) -> TrustAnchor:
        """Return the newest version."""
        return self.chain[-1]

    @property
    def own(self) -> bool:
        """Tell whether this is a partner's own log."""
        return bool(self.newest.participant)

    def begin(self, seq: int, parsed: Entry) -> str:
        """Take the entry that puts a version in force; return what is wrong with it, empty when nothing is."""
        document = parsed.text("document")
        index = next((place for place, one in enumerate(self.chain) if one.fingerprint == document), None)
        if index is None:
            return _("regel {seq}: een versie van het convenant gaat gelden die hier niet bij is", seq=seq)
        if self.begun and index <= self.begun[-1].index:
            return _("regel {seq}: een eerdere versie van het convenant gaat weer gelden", seq=seq)
        if self.chain[index].version != parsed.integer("version"):
            return _("regel {seq}: noemt een andere versie dan het convenant dat gaat gelden", seq=seq)
        self.begun.append(Begun(index, seq, parsed.integer("end_ms")))
        return ""

    def untold(self) -> list[int]:
        """Return the numbers of versions of which no entry says, or can have said, that they went into force."""
        told = {one.index for one in self.begun}
        return [
            one.version for index, one in enumerate(self.chain) if index and not (index in told or self._lost(index))
        ]

    def at(self, seq: int) -> tuple[TrustAnchor, ...]:
        """Return the versions that may be in force for the entry at `seq`: one, as a rule (rule 3)."""
        low, high = self._between(seq)
        return self.chain[low : high + 1]

    def judging(self, seq: int, end_ms: int, since_ms: int) -> tuple[TrustAnchor, ...]:
        """Return the versions that what was done in the entry at `seq`, ended at `end_ms`, may be judged by (rule 4).

        `since_ms`: when the version in force began at the latest, for when its entry was erased.
        """
        low, high = self._between(seq)
        began = next((one.at_ms for one in self.begun if one.index == low), since_ms)
        if low and end_ms < began + self._grace_ms(low):
            low -= 1
        return self.chain[low : high + 1]

    def days(self, seq: int) -> int:
        """Return how many days a body must stay, for a purge at `seq`."""
        return min(one.retention_days for one in self.at(seq))

    def quorum(self, seq: int) -> int:
        """Return how many witnesses make something certain, for a purge at `seq`."""
        return min(one.quorum for one in self.at(seq))

    def spans(self, size: int) -> Iterator[tuple[TrustAnchor, int]]:
        """Yield each version with the place up to which it can have been in force in a log of `size` entries."""
        last = self._between(size)
        for index, one in enumerate(self.chain):
            following = min((found.seq for found in self.begun if found.index > index), default=size)
            yield one, following if following < size or last[0] <= index else 0

    def cosigned(self, checkpoint: Checkpoint) -> Cosigned:
        """Return the cosignatures that hold; raises IntegrityError when the log's own signature does not, or one is of
        nobody.
        """
        low, _high = self._between(checkpoint.size)
        self._check_signers(checkpoint, self.chain if self.own else self.chain[low:])
        counting = _earliest(checkpoint, self.chain[low:])
        replaced = _earliest(checkpoint, self.chain[:low])
        return Cosigned(counting, {name: one for name, one in replaced.items() if name not in counting})

    def replaced_ms(self, size: int) -> int:
        """Return when (Unix ms) the version in force in a tree of `size` entries began, 0 when nothing tells."""
        return max((one.at_ms for one in self.begun if one.seq < size), default=0)

    def _grace_ms(self, index: int) -> int:
        """Return how long after version `index` began the one before it may still be named."""
        before, after = self.chain[index - 1].covenant, self.chain[index].covenant
        return SKEW_MS if tightens(before, after) else SKEW_MS + _GRACE_MS

    def _between(self, seq: int) -> tuple[int, int]:
        """Return the oldest and newest number in the chain that may be in force at `seq`."""
        low = max((one.index for one in self.begun if one.seq < seq), default=0)
        following = min((one.index for one in self.begun if one.seq >= seq), default=len(self.chain))
        high = max(low, following - 1)
        settled = all(last < seq for _first, last in self.gone)
        return (high if settled else low), high

    def _lost(self, index: int) -> bool:
        """Tell whether the entry of a version can have been among the bodies that are gone."""
        after = max((one.seq for one in self.begun if one.index < index), default=-1)
        before = min((one.seq for one in self.begun if one.index > index), default=checkpoints.MAX_SIZE)
        return any(first < before and last > after for first, last in self.gone)

    def _check_signers(self, checkpoint: Checkpoint, of_log: Sequence[TrustAnchor]) -> None:
        lines = {(one.name, one.key_id) for one in checkpoint.note.signatures}
        known = (checkpoints.signers(one.origin, one.audit_key, one.witnesses) for one in self.chain)
        if not lines <= frozenset().union(*known):
            raise IntegrityError(_("onbekende ondertekenaar"))
        for one in reversed(of_log):
            if lines & checkpoints.signers(one.origin, one.audit_key, {}):
                checkpoints.verify(checkpoint.format(), one.origin, one.audit_key)
                return
        raise IntegrityError(_("niet ondertekend met de sleutel van dit logboek"))


def _earliest(checkpoint: Checkpoint, versions: Sequence[TrustAnchor]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in versions:
        for name, second in checkpoints.cosignatures(checkpoint, one.witnesses).items():
            found[name] = min(second, found.get(name, second))
    return found
