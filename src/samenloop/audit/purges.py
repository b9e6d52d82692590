"""Was a body erased after its term? Judged by dates that nobody can put back afterwards. Pure.

1. Every erased entry lies in a range that a later purge entry names, and what such an entry names is gone. Our own
   name all that is gone by then, so that the newest is enough when older ones are past their term themselves.
2. Each purge entry is judged by itself, by term and quorum of the covenant version that is in force at its place
   (`versions`): the term ran from when a quorum of witnesses vouched for the last entry of its range (`witnessed`),
   for the times in the log are written by its own key. It ended before they saw the purge entry itself. A log without
   witnesses has only those times: a partner's own log is held against the coordinator's by its anchors (`anchored`).
3. The first entry that is left after the range is past its term as well.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from samenloop.audit.entry import Entry
from samenloop.audit.times import DAY_MS
from samenloop.audit.witnessed import Ages
from samenloop.texts import _


@dataclass(frozen=True, slots=True)
class PurgeClaim:
    """What a purge entry at `seq` says: bodies [first, last] went at `at_ms`, after `term_days`."""

    seq: int
    first: int
    last: int
    term_days: int
    at_ms: int

    def over(self, since_ms: int | None) -> bool:
        """Tell whether the term was over when it began at `since_ms`; None: nobody knows when."""
        return since_ms is not None and since_ms + self.term_days * DAY_MS <= self.at_ms


@dataclass(frozen=True, slots=True)
class Gone:
    """A range without bodies, with the time (Unix ms) of the entry that follows it, None when none does."""

    first: int
    last: int
    after_ms: int | None

    @property
    def span(self) -> str:
        """Return the range as people read it."""
        return f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Term:
    """By what one purge is judged: days of the covenant, and the witnesses' dates, None for a log without witnesses."""

    days: int
    ages: Ages | None = None


def claim_of(seq: int, parsed: Entry) -> PurgeClaim:
    """Return what a purge entry says."""
    integer = parsed.integer
    return PurgeClaim(seq, integer("first"), integer("last"), integer("term_days"), integer("end_ms"))


def judge(gone: Gone, claims: Sequence[PurgeClaim], term_at: Callable[[int], Term]) -> Iterable[str]:
    """Yield what is wrong with the erasing of a range; nothing when all of it went after its term.

    `term_at` tells by what a purge entry at a place is judged.
    """
    within = sorted((one for one in claims if one.first <= gone.last and one.last >= gone.first), key=_first)
    covered = gone.first
    for claim in within:
        if claim.first <= covered:
            covered = max(covered, claim.last + 1)
    if covered <= gone.last:
        yield _("regels {span}: gewist zonder dat een regel dat zegt", span=gone.span)
        return
    newest = max(within, key=lambda one: one.at_ms)
    if not newest.over(gone.after_ms) or not all(_proven(one, term_at(one.seq).ages) for one in within):
        yield _("regels {span}: de data bewijzen niet dat de termijn voorbij was", span=gone.span)
    if any(one.term_days < term_at(one.seq).days for one in within):
        yield _("regels {span}: gewist voor de bewaartermijn van het convenant", span=gone.span)


def _proven(claim: PurgeClaim, ages: Ages | None) -> bool:
    if ages is None:
        return True
    seen_ms = ages.existed_ms(claim.seq)
    dated_ahead = seen_ms is not None and claim.at_ms > seen_ms + DAY_MS
    return claim.over(ages.existed_ms(claim.last)) and not dated_ahead


def _first(claim: PurgeClaim) -> int:
    return claim.first
