"""The leakage budget: per partner pair, what an asker asked of a holder and learned by it in a period. Pure.

"Learned" is what the asker was shown: that a person is known. A hidden hit is no lesson and is not counted.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from samenloop.review.facts import Activity


@dataclass(frozen=True, slots=True)
class Pair:
    """One asker and one holder: questions, cases asked about, cases with "bekend" at once, and shown later by release.

    `learned` = cases of which the asker knows that the person is known. `budget_share` = the asker's busiest day in
    this pair as a percentage of what he may ask in a day.
    """

    asker: str
    holder: str
    questions: int
    cases: int
    shown: int
    released: int
    learned: int
    busiest_day: int
    budget_share: int


@dataclass(slots=True)
class _Seen:
    questions: int = 0
    cases: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    days: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def pairs(activity: Activity, per_day: Callable[[str], int]) -> list[Pair]:
    """Return every pair with at least one question, most questions first. `per_day` is an asker's budget per day."""
    seen: dict[tuple[str, str], _Seen] = defaultdict(_Seen)
    case_of = {one.question: one.case for one in activity.asked}
    for one in activity.asked:
        for row in one.holders:
            pair = seen[one.actor, row.holder]
            pair.questions += 1
            pair.cases.add(one.case)
            pair.days[one.at_ms // 86_400_000] += 1
            if row.known:
                pair.shown.add(one.case)
    for word in activity.later:
        released, case = seen[word.receiver, word.holder].released, case_of.get(word.question, word.question)
        (released.add if word.shown else released.discard)(case)
    rows = [_pair(who, one, per_day(who[0])) for who, one in seen.items()]
    return sorted(rows, key=lambda row: (-row.questions, row.asker, row.holder))


def _pair(who: tuple[str, str], seen: _Seen, per_day: int) -> Pair:
    busiest = max(seen.days.values(), default=0)
    return Pair(
        *who,
        questions=seen.questions,
        cases=len(seen.cases),
        shown=len(seen.shown),
        released=len(seen.released),
        learned=len(seen.shown | seen.released),
        busiest_day=busiest,
        budget_share=100 * busiest // max(per_day, 1),
    )
