"""The operator at review: look, judge, draw. Every look and every verdict is an entry before anything is shown."""

from collections.abc import Callable, Sequence

from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.catalogue import Catalogue
from samenloop.clock import Clock, milliseconds
from samenloop.reports.model import Report
from samenloop.review import leakage, patterns, samples
from samenloop.review.filters import Filters
from samenloop.review.leakage import Pair
from samenloop.review.patterns import Finding
from samenloop.review.samples import NewEntry
from samenloop.review.scope import norms_of, per_partner_day, plan_of
from samenloop_coordinator import operating
from samenloop_coordinator.agreement import catalogue_in_force
from samenloop_coordinator.config import CoordinatorConfig
from samenloop_coordinator.control import Looked, Reviewed
from samenloop_coordinator.review.reading import Reading, reading

_PATTERN_DAYS = 400
_DAY_MS = 86_400_000
Found = list[tuple[int, Entry]]


def search(config: CoordinatorConfig, clock: Clock, filters: Filters, limit: int) -> Found:
    """Return the newest entries that fit, their public halves only."""
    with reading(config) as log:
        found = log.reader.newest(filters.search(), limit, filters.keep)
    _looked(config, clock, filters.used(), len(found))
    return found


def waiting(config: CoordinatorConfig, clock: Clock) -> tuple[list[tuple[int, int]], Found]:
    """Return the drawn entries without a verdict: (place, due ms), and the entries themselves."""
    with reading(config) as log:
        todo = [(place, draw.due_ms) for place, draw in log.rounds.history().open()]
        found = [(place, entry) for place, _due in todo if (entry := log.reader.one(place)) is not None]
    _looked(config, clock, ("sample",), len(found))
    return todo, found


def judge(config: CoordinatorConfig, clock: Clock, places: Sequence[int], reason: str) -> None:
    """Sign off drawn entries, or with a reason escalate them: all or none."""
    with reading(config) as log:
        known = log.rounds.history()
        made = [log.rounds.verdict(known, log.covenant, place, reason, "") for place in dict.fromkeys(places)]
    record(config, clock, made)


def draw(config: CoordinatorConfig, clock: Clock) -> int:
    """Make a draw now; return how many entries were drawn. Raises UNAVAILABLE before a node has anchored."""
    with reading(config) as log:
        made = log.rounds.step(log.rounds.history(), log.covenant, milliseconds(clock.now()), extra=True)
    record(config, clock, made)
    drawn = [public["drawn"] for event, public in made if event is Event.SAMPLE]
    return sum(len(one) for one in drawn if isinstance(one, list))


def unfair(config: CoordinatorConfig, clock: Clock) -> tuple[int, tuple[int, ...]]:
    """Return how many draws can be drawn again, and the places of those that the lot did not make."""
    with reading(config) as log:
        draws, found = log.rounds.unfair(log.rounds.history(), log.plan_for)
    _looked(config, clock, ("check",), draws)
    return draws, found


def find_patterns(config: CoordinatorConfig, clock: Clock) -> list[Finding]:
    """Return the patterns of the last 400 days."""
    now_ms = milliseconds(clock.now())
    with reading(config) as log:
        seen = log.activity(now_ms - _PATTERN_DAYS * _DAY_MS, now_ms + 1)
        found = patterns.findings(seen, norms_of(log.covenant), now_ms)
    _looked(config, clock, ("patterns",), len(found))
    return found


def learned(config: CoordinatorConfig, clock: Clock, from_ms: int, until_ms: int) -> list[Pair]:
    """Return per partner pair what was asked and learned in a period."""
    with reading(config) as log:
        pairs = leakage.pairs(log.activity(from_ms, until_ms), lambda asker: per_partner_day(log.covenant, asker))
    _looked(config, clock, ("leakage",), len(pairs))
    return pairs


def warnings(config: CoordinatorConfig, now_ms: int) -> list[str]:
    """Return what `status` says about reviews."""
    with reading(config) as log:
        return samples.warnings(log.rounds.history(), plan_of(log.covenant), now_ms)


def record(config: CoordinatorConfig, clock: Clock, made: Sequence[NewEntry]) -> None:
    """Log what a reviewer did, through the running coordinator or directly."""
    operating.reviewed(config, clock, Reviewed(tuple(made)))


def _looked(config: CoordinatorConfig, clock: Clock, filters: tuple[str, ...], count: int) -> None:
    operating.looked(config, clock, Looked(Event.LOG_VIEW, filters, count))


def report(config: CoordinatorConfig, clock: Clock, name: str, build: Callable[[Reading, Catalogue], Report]) -> Report:
    """Make a report by the law in force; that it was made is logged first."""
    with reading(config) as log:
        made = build(log, catalogue_in_force(log.covenant, config.catalogue_override))
    _looked(config, clock, ("report", name), 1)
    return made
