"""One log's rounds of samples: what is due now, and whether earlier draws were fair."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from samenloop.audit.fields import Event
from samenloop.covenant import Covenant
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.keys import SigningKey
from samenloop.review import samples, sampling
from samenloop.review.reading import LogReader
from samenloop.review.samples import NewEntry
from samenloop.review.sampling import Commitment, Draw, History, Plan
from samenloop.review.scope import plan_of

Outside = Callable[[Commitment, int], Sequence[bytes]]
"""(the promise, size of the log at the draw) -> the bytes of other parties in between, in the order of the log."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """`reviewed` are the events that can be drawn; `actor` is the log's owner as it stands in its own entries."""

    reader: LogReader
    key: SigningKey
    reviewed: frozenset[Event]
    outside: Outside
    actor: str

    def history(self) -> History:
        """Return what the log says about samples."""
        return samples.history(self.reader, self.actor)

    def population(self, first: int, end: int) -> list[int]:
        """Return the places of the entries in a stretch that can be drawn."""
        return [seq for seq, entry in self.reader.stretch(first, end) if entry.event in self.reviewed]

    def step(self, known: History, covenant: Covenant, now_ms: int, *, extra: bool = False) -> list[NewEntry]:
        """Return the entries to log now: nothing, the first promise, or a draw that is due (`extra`: due or not).

        A due draw without bytes of another party waits, silently; an extra one raises UNAVAILABLE.
        """
        if not known.commitments:
            return self._owned([samples.commitment(self.key, self.reader.size())], covenant)
        if not extra and not samples.is_due(known, plan_of(covenant), now_ms):
            return []
        size = self.reader.size()
        places = self.population(known.population_start(), size)
        outside = self.outside(known.commitments[-1], size)
        try:
            made = samples.draw(self.key, known, plan_of(covenant), places, outside, (size, now_ms))
        except SamenloopError as problem:
            if extra or problem.code is not ErrorCode.UNAVAILABLE:
                raise
            return []
        return self._owned(made, covenant)

    def verdict(self, known: History, covenant: Covenant, entry: int, reason: str, user: str) -> NewEntry:
        """Return the entry of a verdict by `user` (a reference in hex, or empty); `reason` empty = signed off."""
        drawn = self.reader.one(entry)
        own = bool(user) and drawn is not None and drawn.text("user") == user
        event, public = samples.verdict(known, entry, reason, own=own)
        by = {"user": user} if user else {}
        return self._owned([(event, {**public, **by})], covenant)[0]

    def unfair(self, known: History, plan_for: Callable[[Draw], Plan | None]) -> tuple[int, tuple[int, ...]]:
        """Return how many draws can be drawn again, and the places of those that the lot did not make.

        A draw of which a part of the population was purged cannot be drawn again, by nobody.
        """
        whole = known.whole_from(max((one.last + 1 for one in self.reader.entries.purges()), default=0))
        return len(whole), sampling.recheck(
            known, whole, plan_for, self.population, lambda promise, draw: self.outside(promise, draw.size)
        )

    def _owned(self, made: Sequence[NewEntry], covenant: Covenant) -> list[NewEntry]:
        owner = {"actor": self.actor, "covenant": covenant.id, "version": covenant.version}
        return [(event, {**public, **owner}) for event, public in made]
