"""Counting what happened in a period, per table, and making it publishable, also beside the months of a year. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samenloop.reports.cells import WITHHELD, Block, Cell, block, is_safe, publish
from samenloop.reports.periods import Period
from samenloop.review.facts import Activity

REST = ""
"""Row name of everything that has no row of its own."""
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Exact counts of one month, by table and row. Never shown as they are."""

    tables: Mapping[str, Counts]

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


def count(activity: Activity, period: Period) -> Numbers:
    """Count the activity that lies within a period: questions per asker, asked holders per purpose and per holder,
    visible hits and releases per holder, refusals per rule.
    """
    asked = [one for one in activity.asked if period.from_ms <= one.at_ms < period.until_ms]
    rows = [row for one in asked for row in one.holders]
    later = [one for one in activity.later if one.shown and period.from_ms <= one.at_ms < period.until_ms]
    refused = [one for one in activity.refused if period.from_ms <= one.at_ms < period.until_ms]
    return Numbers(
        {
            QUESTIONS: Counter(one.actor for one in asked),
            PURPOSES: Counter(row.purpose for row in rows),
            ASKED: Counter(row.holder for row in rows),
            KNOWN: Counter(row.holder for row in rows if row.known),
            RELEASED: Counter(one.holder for one in later),
            REFUSED: Counter(one.rule for one in refused),
        }
    )


def shown(months: Sequence[Numbers], table: str, fixed: Sequence[str] = ()) -> Block:
    """Return a table as shown over these months. `fixed` rows are always there; others only when they may be shown.

    Rows without a place of their own are counted together under `REST`. A row, or the total, that together with the
    months would give a small month away is withheld.
    """
    folded = [_folded(one.of(table), _own_rows(months, table, fixed)) for one in months]
    names = [*fixed, *sorted({name for counts in folded for name in counts} - {*fixed, REST})]
    if not fixed or any(REST in counts for counts in folded):
        names.append(REST)
    whole = block({name: sum(counts.get(name, 0) for counts in folded) for name in names})
    parts = {name: _over_months(whole.parts[name], [counts.get(name, 0) for counts in folded]) for name in names}
    total = _over_months(whole.total, [sum(counts.values()) for counts in folded])
    return Block(parts, total)


def _own_rows(months: Sequence[Numbers], table: str, fixed: Sequence[str]) -> frozenset[str]:
    sums: Counter[str] = Counter()
    for one in months:
        sums.update(one.of(table))
    return frozenset(fixed) | {name for name, number in sums.items() if publish(number).shown is not None}


def _folded(counts: Counts, own: frozenset[str]) -> dict[str, int]:
    folded: Counter[str] = Counter()
    for name, number in counts.items():
        folded[name if name in own else REST] += number
    return dict(folded)


def _over_months(cell: Cell, months: Sequence[int]) -> Cell:
    if len(months) == 1 or cell.shown is None:
        return cell
    return cell if is_safe([publish(number) for number in months], cell) else WITHHELD
