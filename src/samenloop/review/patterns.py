"""Patterns in questions that a person should look at (T7): enumeration in its shapes, odd hours, repeated variants.

Only what the asker did and was shown counts; nothing here depends on a hidden hit. A finding proves nothing: it says
where to look. Kinds in `ALARMS` are rare enough in ordinary work to wake somebody.
"""

import enum
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import fmean, median, pstdev
from zoneinfo import ZoneInfo

from samenloop.clock import from_milliseconds
from samenloop.review.facts import Activity, Asked

_ZONE = ZoneInfo("Europe/Amsterdam")
_MINUTE_MS, _QUARTER_MS, _DAY_MS = 60_000, 900_000, 86_400_000
_OPEN_HOUR, _CLOSE_HOUR, _SATURDAY = 7, 20, 5


class Pattern(enum.Enum):
    """What was seen. Closed."""

    BURST = "burst"
    EVEN_PACE = "even-pace"
    USER_BUDGET = "user-budget"
    PARTNER_BUDGET = "partner-budget"
    MANY_PERSONS = "many-persons"
    ABOVE_OWN_NORM = "above-own-norm"
    BUDGET_REFUSED = "budget-refused"
    VARIANTS = "variants"
    ODD_HOURS = "odd-hours"
    NO_FOLLOW_UP = "no-follow-up"


ALARMS = frozenset(
    {
        Pattern.BURST,
        Pattern.EVEN_PACE,
        Pattern.USER_BUDGET,
        Pattern.PARTNER_BUDGET,
        Pattern.MANY_PERSONS,
        Pattern.ABOVE_OWN_NORM,
        Pattern.BUDGET_REFUSED,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One pattern of one asker (and user, if it is about one); `count` of questions, cases or refusals; Unix ms."""

    pattern: Pattern
    actor: str
    user: str
    first_ms: int
    last_ms: int
    count: int
    detail: str = ""

    @property
    def alarm(self) -> bool:
        """Tell whether this wakes somebody."""
        return self.pattern in ALARMS


@dataclass(frozen=True, slots=True)
class Norms:
    """Bounds above which something is a finding. The two budgets come from the covenant, per asker."""

    user_per_day: Callable[[str], int]
    partner_per_day: Callable[[str], int]
    burst_minutes: int = 10
    burst_user_cases: int = 8
    burst_partner_cases: int = 30
    pace_questions: int = 12
    pace_variation: float = 0.35
    user_budget_share: float = 0.75
    partner_budget_share: float = 0.6
    window_days: int = 28
    many_persons: int = 150
    own_norm_times: float = 2.0
    own_norm_least: int = 100
    budget_refusals: int = 5
    variants: int = 3
    odd_questions: int = 3
    follow_up_days: int = 180
    follow_up_cases: int = 10


_Groups = dict[tuple[str, str], list[Asked]]


def findings(activity: Activity, norms: Norms, now_ms: int) -> list[Finding]:
    """Return every pattern, alarms first, newest first."""
    by_user = _grouped(activity.asked, lambda one: one.user)
    by_partner = _grouped(activity.asked, lambda _one: "")
    found = [
        *today(activity, norms),
        *_many_persons(by_user, norms),
        *_above_own_norm(by_partner, norms),
        *_variants(activity.asked, norms),
        *_odd_hours(by_user, norms),
        *_no_follow_up(activity, norms, now_ms),
    ]
    return sorted(found, key=lambda one: (not one.alarm, -one.last_ms, one.pattern.value, one.actor, one.user))


def today(activity: Activity, norms: Norms) -> list[Finding]:
    """Return the patterns that one day shows by itself: cheap enough to look for every minute."""
    by_user = _grouped(activity.asked, lambda one: one.user)
    by_partner = _grouped(activity.asked, lambda _one: "")
    return [
        *_bursts(by_user, norms, norms.burst_user_cases),
        *_bursts(by_partner, norms, norms.burst_partner_cases),
        *_even_pace(by_user, norms),
        *_daily(by_user, Pattern.USER_BUDGET, lambda actor: norms.user_budget_share * norms.user_per_day(actor)),
        *_daily(
            by_partner, Pattern.PARTNER_BUDGET, lambda actor: norms.partner_budget_share * norms.partner_per_day(actor)
        ),
        *_budget_refused(activity, norms),
    ]


def local_day(at_ms: int) -> str:
    """Return the Dutch calendar day (ISO) of a moment."""
    return _local(at_ms // _QUARTER_MS)[0]


@lru_cache(maxsize=65_536)
def _local(quarter: int) -> tuple[str, int, int]:
    """Return Dutch day, weekday and hour of a quarter of an hour since 1970: clocks change on the hour."""
    local = from_milliseconds(quarter * _QUARTER_MS).astimezone(_ZONE)
    return local.date().isoformat(), local.weekday(), local.hour


def _grouped(asked: Iterable[Asked], user: Callable[[Asked], str]) -> _Groups:
    groups: _Groups = defaultdict(list)
    for one in asked:
        groups[one.actor, user(one)].append(one)
    return groups


def _per_day(questions: Iterable[Asked]) -> dict[str, list[Asked]]:
    days: dict[str, list[Asked]] = defaultdict(list)
    for one in questions:
        days[local_day(one.at_ms)].append(one)
    return days


def _finding(
    pattern: Pattern, who: tuple[str, str], questions: Sequence[Asked], count: int, detail: str = ""
) -> Finding:
    times = [one.at_ms for one in questions]
    return Finding(pattern, *who, min(times), max(times), count, detail)


def _bursts(groups: _Groups, norms: Norms, least: int) -> Iterator[Finding]:
    for who, questions in groups.items():
        for per_day in _per_day(questions).values():
            best = _best_window(per_day, norms.burst_minutes * _MINUTE_MS)
            if _cases(best) >= least:
                yield _finding(Pattern.BURST, who, best, _cases(best))


def _best_window(questions: Sequence[Asked], length_ms: int) -> list[Asked]:
    """Return the questions of the stretch of `length_ms` with the most different cases."""
    ordered = sorted(questions, key=lambda one: one.at_ms)
    inside: Counter[str] = Counter()
    first, best, most = 0, (0, 0), 0
    for last, one in enumerate(ordered):
        inside[one.case] += 1
        while one.at_ms - ordered[first].at_ms > length_ms:
            _leave(inside, ordered[first].case)
            first += 1
        if len(inside) > most:
            best, most = (first, last + 1), len(inside)
    return ordered[slice(*best)]


def _leave(inside: "Counter[str]", case: str) -> None:
    inside[case] -= 1
    if not inside[case]:
        del inside[case]


def _cases(questions: Iterable[Asked]) -> int:
    return len({one.case for one in questions})


def _even_pace(groups: _Groups, norms: Norms) -> Iterator[Finding]:
    """A program asks at even intervals, people do not."""
    for who, questions in groups.items():
        for per_day in _per_day(questions).values():
            times = sorted(one.at_ms for one in per_day)
            gaps = [later - earlier for earlier, later in pairwise(times)]
            if len(times) >= norms.pace_questions and pstdev(gaps) <= norms.pace_variation * fmean(gaps):
                yield _finding(Pattern.EVEN_PACE, who, per_day, len(times))


def _daily(groups: _Groups, pattern: Pattern, bound: Callable[[str], float]) -> Iterator[Finding]:
    for who, questions in groups.items():
        for per_day in _per_day(questions).values():
            if len(per_day) >= max(bound(who[0]), 1):
                yield _finding(pattern, who, per_day, len(per_day))


def _budget_refused(activity: Activity, norms: Norms) -> Iterator[Finding]:
    days: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for one in activity.refused:
        if one.rule in ("R-28", "budget_exhausted"):
            days[one.actor, one.user, local_day(one.at_ms)].append(one.at_ms)
    for (actor, user, _day), times in days.items():
        if len(times) >= norms.budget_refusals:
            yield Finding(Pattern.BUDGET_REFUSED, actor, user, min(times), max(times), len(times))


def _many_persons(groups: _Groups, norms: Norms) -> Iterator[Finding]:
    """One user asks about far more cases in four weeks than one person can treat: slow, or spread over days."""
    for who, questions in groups.items():
        best = _best_window(questions, norms.window_days * _DAY_MS)
        if _cases(best) >= norms.many_persons:
            yield _finding(Pattern.MANY_PERSONS, who, best, _cases(best))


def _above_own_norm(groups: _Groups, norms: Norms) -> Iterator[Finding]:
    """A partner's last four weeks against the median of its earlier ones: enumeration split over users and days."""
    for who, questions in groups.items():
        end = max(one.at_ms for one in questions) + 1
        length = norms.window_days * _DAY_MS
        periods: dict[int, list[Asked]] = defaultdict(list)
        for one in questions:
            periods[(end - 1 - one.at_ms) // length].append(one)
        earlier = [_cases(found) for age, found in periods.items() if age > 0]
        newest = _cases(periods[0])
        if len(earlier) >= 2 and newest >= max(norms.own_norm_least, norms.own_norm_times * median(earlier)):
            yield _finding(Pattern.ABOVE_OWN_NORM, who, periods[0], newest)


def _variants(asked: Iterable[Asked], norms: Norms) -> Iterator[Finding]:
    """One case put to one holder again and again: one name spelled in many ways, or several persons in one case."""
    times: dict[tuple[str, str, str], list[Asked]] = defaultdict(list)
    for one in asked:
        for row in one.holders:
            times[one.actor, one.case, row.holder].append(one)
    for (actor, _case, holder), questions in times.items():
        if len(questions) >= norms.variants:
            yield _finding(Pattern.VARIANTS, (actor, questions[-1].user), questions, len(questions), holder)


def _odd_hours(groups: _Groups, norms: Norms) -> Iterator[Finding]:
    for who, questions in groups.items():
        odd = [one for one in questions if _is_odd(one.at_ms)]
        if len(odd) >= norms.odd_questions:
            yield _finding(Pattern.ODD_HOURS, who, odd, len(odd))


def _is_odd(at_ms: int) -> bool:
    _day, weekday, hour = _local(at_ms // _QUARTER_MS)
    return weekday >= _SATURDAY or not _OPEN_HOUR <= hour < _CLOSE_HOUR


def _no_follow_up(activity: Activity, norms: Norms, now_ms: int) -> Iterator[Finding]:
    """Cases that were asked about long ago and never closed: made-up case numbers are not closed."""
    closed = {(one.actor, one.case) for one in activity.closed}
    last: dict[tuple[str, str], Asked] = {(one.actor, one.case): one for one in activity.asked}
    old = [
        one for key, one in last.items() if key not in closed and one.at_ms < now_ms - norms.follow_up_days * _DAY_MS
    ]
    for actor, count in Counter(one.actor for one in old).items():
        if count >= norms.follow_up_cases:
            yield _finding(Pattern.NO_FOLLOW_UP, (actor, ""), [one for one in old if one.actor == actor], count)
