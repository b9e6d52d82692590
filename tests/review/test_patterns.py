"""Enumeration in five shapes raises an alarm, ordinary work does not, and nothing depends on what was hidden (T7)."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from samenloop.clock import milliseconds
from samenloop.review import leakage
from samenloop.review.facts import Activity, Asked, AskedHolder, ClosedCase, LaterWord, RefusedAct
from samenloop.review.patterns import ALARMS, Finding, Norms, Pattern, findings

NORMS = Norms(user_per_day=lambda _actor: 20, partner_per_day=lambda _actor: 200)
START = datetime(2026, 1, 5, tzinfo=UTC)
USERS = 10
HOLDERS = ("politie-midden", "ggz-midden", "zvh-midden")


def question(at: datetime, user: str, case: str, holder: str = HOLDERS[0], actor: str = "reclassering-midden") -> Asked:
    rows = (AskedHolder(holder, "toezicht", known=False),)
    return Asked(0, milliseconds(at), f"{at.timestamp()}{case}", actor, user, case, rows)


def working_days(count: int, start: datetime = START) -> Iterator[datetime]:
    day = start
    while count:
        if day.weekday() < 5:
            yield day
            count -= 1
        day += timedelta(days=1)


def poisson(lottery: random.Random, mean: float) -> int:
    """Return a Poisson number: arrivals of unit rate within `mean`."""
    passed, number = lottery.expovariate(1), 0
    while passed < mean:
        passed, number = passed + lottery.expovariate(1), number + 1
    return number


def ordinary(lottery: random.Random, days: int, start: datetime = START, mean: float = 3.0) -> list[Asked]:
    """Return the questions of one partner with ten users: irregular, in office hours, sometimes a case twice."""
    made = []
    for day in working_days(days, start):
        for user in range(USERS):
            cases = [f"{day.date()}-{user}-{number}" for number in range(poisson(lottery, mean))]
            for case in cases:
                for _again in range(2 if lottery.random() < 0.1 else 1):
                    at = day + timedelta(minutes=lottery.uniform(8 * 60, 16 * 60))
                    made.append(question(at, f"u{user}", case, lottery.choice(HOLDERS)))
    return sorted(made, key=lambda one: one.at_ms)


def day_of(times: list[timedelta], day: datetime, users: Callable[[int], str]) -> list[Asked]:
    return [question(day + at, users(place), f"E-{day.date()}-{place}") for place, at in enumerate(times)]


def burst(_lottery: random.Random, day: datetime) -> list[Asked]:
    return day_of([timedelta(hours=10, seconds=2 * n) for n in range(20)], day, lambda _n: "u1")


def slow(_lottery: random.Random, day: datetime) -> list[Asked]:
    return day_of([timedelta(hours=8, minutes=24 * n) for n in range(20)], day, lambda _n: "u1")


def shuffled(lottery: random.Random, day: datetime) -> list[Asked]:
    times = sorted(timedelta(minutes=lottery.uniform(8 * 60, 16 * 60)) for _n in range(20))
    return day_of(times, day, lambda _n: "u1")


def over_users(lottery: random.Random, day: datetime) -> list[Asked]:
    times = sorted(timedelta(minutes=lottery.uniform(8 * 60, 16 * 60)) for _n in range(200))
    return day_of(times, day, lambda n: f"u{n % 40}")


def over_days(lottery: random.Random, day: datetime) -> list[Asked]:
    """Ten a day for one user: half of his budget, never much on one day."""
    times = sorted(timedelta(minutes=lottery.uniform(8 * 60, 16 * 60)) for _n in range(10))
    return day_of(times, day, lambda _n: "u1")


def over_days_and_users(lottery: random.Random, day: datetime) -> list[Asked]:
    """Five more a day for every user: only the partner's own norm shows it."""
    times = sorted(timedelta(minutes=lottery.uniform(8 * 60, 16 * 60)) for _n in range(50))
    return day_of(times, day, lambda n: f"u{n % USERS}")


SHAPES = {
    "burst": (burst, 1, {Pattern.BURST}),
    "slow": (slow, 1, {Pattern.USER_BUDGET}),
    "shuffled": (shuffled, 1, {Pattern.USER_BUDGET}),
    "split over users": (over_users, 1, {Pattern.PARTNER_BUDGET}),
    "split over days": (over_days, 20, {Pattern.MANY_PERSONS}),
    "split over days and users": (over_days_and_users, 20, {Pattern.ABOVE_OWN_NORM}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_enumeration_raises_an_alarm_whatever_its_shape(shape: str) -> None:
    make, days, expected = SHAPES[shape]
    for seed in range(10):
        lottery = random.Random(seed)
        history = ordinary(lottery, 60)
        start = datetime.fromtimestamp(history[-1].at_ms / 1000, UTC).replace(hour=0, minute=0) + timedelta(days=1)
        attack = [one for day in working_days(days, start) for one in make(lottery, day)]
        now = attack[-1].at_ms
        normal = ordinary(lottery, days, start)
        found = findings(Activity(asked=(*history, *normal, *attack)), NORMS, now)
        assert expected <= {one.pattern for one in found if one.alarm}, (shape, seed)


def test_a_thousand_ordinary_days_raise_at_most_one_alarm() -> None:
    alarms: list[Finding] = []
    for seed in range(10):
        asked = tuple(ordinary(random.Random(1000 + seed), 100))
        alarms += [one for one in findings(Activity(asked=asked), NORMS, asked[-1].at_ms) if one.alarm]
    assert len(alarms) <= 1, alarms


def test_the_alarms_can_fail() -> None:
    """The positive control: with norms that see nothing, every shape stays quiet."""
    blind = replace(
        NORMS,
        burst_user_cases=10**6,
        burst_partner_cases=10**6,
        pace_questions=10**6,
        user_budget_share=99.0,
        partner_budget_share=99.0,
        many_persons=10**6,
        own_norm_least=10**6,
    )
    attack = tuple(burst(random.Random(1), START) + over_users(random.Random(1), START))
    assert not [one for one in findings(Activity(asked=attack), blind, attack[-1].at_ms) if one.alarm]
    assert [one for one in findings(Activity(asked=attack), NORMS, attack[-1].at_ms) if one.alarm]


def test_questions_at_even_intervals_are_not_a_person_asking() -> None:
    asked = tuple(day_of([timedelta(hours=8, minutes=35 * n) for n in range(12)], START, lambda _n: "u77"))
    assert [one.pattern for one in findings(Activity(asked=asked), NORMS, asked[-1].at_ms)] == [Pattern.EVEN_PACE]
    lottery = random.Random(3)
    people = tuple(day_of([timedelta(minutes=lottery.uniform(480, 960)) for _n in range(12)], START, lambda _n: "u77"))
    assert findings(Activity(asked=people), NORMS, people[-1].at_ms) == []


def test_questions_at_night_and_in_the_weekend_are_odd_in_dutch_time() -> None:
    # 20:30 in Amsterdam in summer is 18:30 UTC; a Saturday at noon; 03:00.
    times = [(6, 18, 30), (4, 10, 0), (7, 1, 0)]
    asked = tuple(question(datetime(2026, 7, *at, tzinfo=UTC), "u1", f"c{at}") for at in times)
    found = findings(Activity(asked=asked), NORMS, asked[-1].at_ms)
    assert [(one.pattern, one.count, one.alarm) for one in found] == [(Pattern.ODD_HOURS, 3, False)]
    office = tuple(question(START + timedelta(hours=9 + n), "u1", f"c{n}") for n in range(3))
    assert findings(Activity(asked=office), NORMS, office[-1].at_ms) == []


def test_one_case_put_to_one_holder_again_and_again_is_a_variant() -> None:
    asked = tuple(question(START + timedelta(days=n, hours=10), "u1", "R-1") for n in range(3))
    found = findings(Activity(asked=asked), NORMS, asked[-1].at_ms)
    assert [(one.pattern, one.detail, one.count) for one in found] == [(Pattern.VARIANTS, HOLDERS[0], 3)]
    elsewhere = tuple(replace(one, case=f"R-{n}") for n, one in enumerate(asked))
    assert findings(Activity(asked=elsewhere), NORMS, asked[-1].at_ms) == []


def test_cases_that_are_never_closed_are_questions_without_follow_up() -> None:
    asked = tuple(
        question(START + timedelta(days=n, hours=10 + n % 3), f"u{n}", f"R-{n}") for n in range(12) if n % 7 < 5
    )
    now = milliseconds(START + timedelta(days=300))
    found = findings(Activity(asked=asked), replace(NORMS, follow_up_cases=5), now)
    assert [(one.pattern, one.count) for one in found] == [(Pattern.NO_FOLLOW_UP, len(asked))]
    closed = tuple(ClosedCase(one.at_ms + 1, one.actor, one.case) for one in asked)
    assert findings(Activity(asked=asked, closed=closed), replace(NORMS, follow_up_cases=5), now) == []


def test_running_into_the_budget_is_an_alarm() -> None:
    refused = tuple(RefusedAct(milliseconds(START) + n, "a", "u1", "c", "ask", "R-28") for n in range(5))
    found = findings(Activity(refused=refused), NORMS, refused[-1].at_ms)
    assert [(one.pattern, one.alarm) for one in found] == [(Pattern.BUDGET_REFUSED, True)]
    assert findings(Activity(refused=refused[:4]), NORMS, refused[-1].at_ms) == []


def test_every_alarm_is_a_pattern_and_some_patterns_are_not_alarms() -> None:
    assert set(Pattern) > ALARMS


# --- what partners learned -------------------------------------------------------------------------------------------


def test_the_leakage_budget_counts_what_the_asker_was_shown_per_pair() -> None:
    known = (AskedHolder("politie", "toezicht", known=True), AskedHolder("ggz", "toezicht", known=False))
    asked = tuple(
        replace(
            question(START + timedelta(hours=n), "u1", f"R-{n // 2}"), question=f"q{n}", actor="recl", holders=known
        )
        for n in range(4)
    )
    later = (
        LaterWord(asked[-1].at_ms + 1, "ggz", "recl", "q0", shown=True),
        LaterWord(asked[-1].at_ms + 2, "ggz", "recl", "q2", shown=True),
        LaterWord(asked[-1].at_ms + 3, "ggz", "recl", "q2", shown=False),
    )
    rows = {row.holder: row for row in leakage.pairs(Activity(asked=asked, later=later), lambda _asker: 8)}
    police, care = rows["politie"], rows["ggz"]
    assert (police.questions, police.cases, police.shown, police.learned, police.budget_share) == (4, 2, 2, 2, 50)
    assert (care.questions, care.shown, care.released, care.learned) == (4, 0, 1, 1)
