"""Counting what happened in a period, per table, and making it publishable, also beside the months of a year. Pure.

1. The tables of askers, holders and purposes of a month count the same askings, each its own way. So they count only
   askings of which the asker, the holder and the purpose are all shown (`_countable`): with a hidden holder his askings
   leave the other two tables as well, and no sum over one table tells what another one hides.
2. A row of a year is the sum of what its months show. Only a row that no month shows has a count of its own, where no
   other table can be held against it; at most `most_unseen`, so that each of its months may still have been anything.
3. Whether something is shown depends on what is shown already, never on what is hidden: who knows these rules and reads
   all reports together knows of a hidden count no more than that it is below the threshold.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from samenloop.reports.cells import THRESHOLD, Block, Cell, publish, total
from samenloop.reports.periods import Period
from samenloop.review.facts import Activity, Asked

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Exact counts of one month, by table and row: what `tables` may show, and in `whole` all there was of the tables
    that may show more in a year. Never shown as they are.
    """

    tables: Mapping[str, Counts]
    whole: Mapping[str, Counts] = field(default_factory=dict)

    def of(self, table: str) -> Counts:
        """Return one table, empty when nothing was counted."""
        return self.tables.get(table, {})


QUESTIONS, PURPOSES, ASKED, KNOWN, RELEASED, REFUSED = (
    "questions",
    "purposes",
    "asked",
    "known",
    "released",
    "refused",
)


class _Asking(NamedTuple):
    question: int
    asker: str
    holder: str
    purpose: str
    known: bool


def count(activity: Activity, period: Period) -> Numbers:
    """Count the activity that lies within a month: questions per asker, asked holders per purpose and per holder,
    visible hits and releases per holder, refusals per rule.
    """
    asked = _askings(one for one in activity.asked if period.from_ms <= one.at_ms < period.until_ms)
    later = [one for one in activity.later if one.shown and period.from_ms <= one.at_ms < period.until_ms]
    refused = [one for one in activity.refused if period.from_ms <= one.at_ms < period.until_ms]
    rows = _countable(asked)
    alone = {RELEASED: Counter(one.holder for one in later), REFUSED: Counter(one.rule for one in refused)}
    tables = {QUESTIONS: _questions(rows), PURPOSES: Counter(row.purpose for row in rows), **_per_holder(rows)}
    return Numbers({**tables, **alone}, {**_per_holder(asked), **alone})


def shown(months: Sequence[Numbers], table: str, fixed: Sequence[str] = ()) -> Block:
    """Return a table as shown over these months, with the sum of what it shows. `fixed` rows are always there; others
    only when they may be shown.
    """
    found = {name for one in months for name in (*one.of(table), *one.whole.get(table, {}))}
    cells = {name: _cell(months, table, name) for name in (*fixed, *sorted(found - set(fixed)))}
    parts = {name: cell for name, cell in cells.items() if name in fixed or cell.shown is not None}
    return Block(parts, total(parts.values()))


def most_unseen(months: int) -> int:
    """Return the most that a year shows of a row that none of its months shows: the others may have been full."""
    return (months - 1) * (THRESHOLD - 1)


def _cell(months: Sequence[Numbers], table: str, name: str) -> Cell:
    if table == KNOWN and any(_seen(months, ASKED, name)):
        return Cell(sum(_seen(months, KNOWN, name)) or None)
    if seen := _seen(months, table, name):
        return Cell(sum(seen))
    unseen = sum(one.whole.get(table, {}).get(name, 0) for one in months)
    return publish(min(unseen, most_unseen(len(months))))


def _seen(months: Sequence[Numbers], table: str, name: str) -> list[int]:
    """Return what each month shows of a row, the months left out that hide it."""
    cells = [publish(one.of(table).get(name, 0)) for one in months]
    return [cell.shown for cell in cells if cell.shown is not None]


def _askings(asked: Iterable[Asked]) -> list[_Asking]:
    return [
        _Asking(place, one.actor, row.holder, row.purpose, row.known)
        for place, one in enumerate(asked)
        for row in one.holders
    ]


def _countable(asked: list[_Asking]) -> list[_Asking]:
    """Return the most askings of which every asker, holder and purpose occurs often enough to be shown."""
    while True:
        counts = (_questions(asked), Counter(one.holder for one in asked), Counter(one.purpose for one in asked))
        askers, holders, purposes = ({name for name, number in each.items() if number >= THRESHOLD} for each in counts)
        kept = [one for one in asked if one.asker in askers and one.holder in holders and one.purpose in purposes]
        if len(kept) == len(asked):
            return kept
        asked = kept


def _questions(rows: Iterable[_Asking]) -> Counter[str]:
    return Counter(asker for _question, asker in {(row.question, row.asker) for row in rows})


def _per_holder(rows: Sequence[_Asking]) -> dict[str, Counter[str]]:
    return {ASKED: Counter(row.holder for row in rows), KNOWN: Counter(row.holder for row in rows if row.known)}
