"""Small cells: what a reader can work out from reports, by subtraction and by every deduction from sums (T10)."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.errors import InvalidInput
from samenloop.reports import numbers, periods
from samenloop.reports.cells import WITHHELD, Cell, publish, share, total
from samenloop.reports.numbers import Numbers
from samenloop.reports.periods import Period
from samenloop.review.facts import Activity, Asked, AskedHolder

REPORTS = 1_000
PURPOSES = ("toezicht", "hulp", "zorg")
HOLDERS = tuple(f"houder-{number}" for number in range(5))


def test_a_count_below_ten_is_not_shown_and_zero_looks_the_same() -> None:
    assert {publish(count) for count in range(10)} == {publish(0)}
    assert publish(0).shown is None


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (14, 10), (15, 15), (19, 15), (20, 20), (1003, 1000)])
def test_a_shown_count_is_rounded_down_to_five(count: int, shown: int) -> None:
    assert publish(count).shown == shown


@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_total_adds_up_what_stands_above_it_and_nothing_that_is_hidden(counts: list[int]) -> None:
    shown = [cell.shown for cell in map(publish, counts) if cell.shown is not None]
    assert total(map(publish, counts)) == (Cell(sum(shown)) if shown else WITHHELD)


def test_a_share_comes_from_shown_counts_only() -> None:
    assert share(publish(12), publish(31)) == share(publish(14), publish(34)) == 35
    assert share(publish(9), publish(100)) is None


def test_periods_are_fixed_and_have_ended() -> None:
    assert periods.period("2026").months()[-1] == periods.period("2026-12")
    assert periods.period("2026-10").until_ms == periods.period("2026-11").from_ms
    assert periods.ended("2026-10", periods.period("2026-11").from_ms).name == "2026-10"
    for name in ("2026-11", "2026", "2026-13", "26-1", "2026-W01", ""):
        with pytest.raises(InvalidInput):
            periods.ended(name, periods.period("2026-11").from_ms)


# --- the differencing attack -----------------------------------------------------------------------------------------

ASKER = "politie-midden"
ASKERS = (ASKER, "om-midden")
SMALL_CELL_WIDTH = 5
"""How many values a hidden count must keep, whatever reports are held side by side."""


@dataclass(frozen=True)
class World:
    """What really happened: askings per (month, asker, holder, purpose); each question asks one holder."""

    askings: Mapping[tuple[int, str, str, str], int]

    def months(self, names: Sequence[str]) -> list[Numbers]:
        return [
            numbers.count(self._activity(place, periods.period(name)), periods.period(name))
            for place, name in enumerate(names)
        ]

    def exact(self, table: str, row: str, place: int) -> int:
        column = {numbers.QUESTIONS: 1, numbers.ASKED: 2, numbers.PURPOSES: 3}[table]
        return sum(many for key, many in self.askings.items() if key[0] == place and key[column] == row)

    def _activity(self, place: int, month: Period) -> Activity:
        made: list[Asked] = []
        for (when, asker, holder, purpose), many in self.askings.items():
            for _one in range(many if when == place else 0):
                at, known = month.from_ms + len(made), len(made) % 3 == 0
                asked = (AskedHolder(holder, purpose, known),)
                made.append(Asked(len(made), at, f"{len(made):032x}", asker, "u", "c", asked))
        return Activity(tuple(made))


TABLES = {numbers.QUESTIONS: ASKERS, numbers.ASKED: HOLDERS, numbers.PURPOSES: PURPOSES}
Shown = dict[tuple[str, str], int | None]
Build = Callable[[Sequence[Numbers]], Shown]


def as_now(months: Sequence[Numbers]) -> Shown:
    """Return every cell of the three tables, their totals included, as the report prints them."""
    found: Shown = {}
    for table, rows in TABLES.items():
        fixed = () if table == numbers.PURPOSES else rows
        made = numbers.shown(months, table, fixed)
        found |= {(table, row): made.parts[row].shown if row in made.parts else None for row in rows}
        found[table, ""] = made.total.shown
    return found


def table_by_table(months: Sequence[Numbers]) -> Shown:
    """The deliberately broken build, as it was once: a total is withheld only for the sake of its own table."""
    found: Shown = {}
    for table, rows in TABLES.items():
        counts = {row: sum(one.tables[table].get(row, 0) for one in months) for row in rows}
        parts = {row: publish(count).shown for row, count in counts.items()}
        whole = publish(sum(counts.values())).shown
        left = narrow([reach(one) for one in parts.values()], reach(whole))
        safe = all(
            one.width >= SMALL_CELL_WIDTH for one, part in zip(left, parts.values(), strict=True) if part is None
        )
        found |= {(table, row): part for row, part in parts.items()}
        found[table, ""] = whole if safe else None
    return found


def whole_of(world: World, names: Sequence[str]) -> list[Numbers]:
    """Return the months of the broken build: each table counts all there was."""
    return [
        Numbers({table: {row: world.exact(table, row, place) for row in rows} for table, rows in TABLES.items()})
        for place in range(len(names))
    ]


@dataclass(frozen=True, slots=True)
class Range:
    """What an attacker knows of a count: it is between `low` and `high`, both included."""

    low: int
    high: int

    @property
    def width(self) -> int:
        return self.high - self.low + 1

    def both(self, other: "Range") -> "Range":
        return Range(max(self.low, other.low), min(self.high, other.high))


FAR = 1 << 53
ROUNDS = 20
"""So often each sum is used: more finds nothing more."""


def reach(shown: int | None, *, more: bool = False) -> Range:
    """Return what one cell tells of everything that it stands for; `more`: hidden things may not be in it."""
    if shown is None:
        return Range(0, 9)
    return Range(shown, FAR if more else shown + 4)


def narrow(parts: Sequence[Range], whole: Range) -> list[Range]:
    """Return what is known of each part once their sum is known to lie in `whole`."""
    low, high = sum(one.low for one in parts), sum(one.high for one in parts)
    return [one.both(Range(whole.low - high + one.high, whole.high - low + one.low)) for one in parts]


Place = tuple[int, str, str]
"""A cell: number of the month, or `YEAR`; table; row, or "" for the total."""
YEAR = -1


def attack(months: Sequence[Shown], year: Shown, large: Set[Place], *, more: bool) -> dict[Place, Range]:
    """Deduce all that sums allow from all tables of all reports at once.

    In each report the rows of a table add up to a total, and the totals of all three tables are one number; each row of
    a year is the sum of its months. `more` says what the method of the reports says: a shown count leaves things out.
    Of hidden counts he is told which are not below the threshold (`large`: they left with others).
    """
    reports = {**dict(enumerate(months)), YEAR: year}
    known: dict[Place, Range] = {}
    for when, report in reports.items():
        for (table, row), shown in report.items():
            hidden = Range(0, FAR) if when == YEAR or not row or (when, table, row) in large else Range(0, 9)
            known[when, table, row] = hidden if shown is None else reach(shown, more=more)
            if not row:
                known[when, "", ""] = known.get((when, "", ""), Range(0, FAR)).both(known[when, table, row])
    sums = [
        ([(when, table, row) for row in rows], (when, "", "")) for when in reports for table, rows in TABLES.items()
    ]
    sums += [([(when, *cell) for when in range(len(months))], (YEAR, *cell)) for cell in year if cell[1]]
    for _round in range(ROUNDS):
        before = dict(known)
        for members, whole in sums:
            ranges = [known[one] for one in members]
            known[whole] = known[whole].both(Range(sum(r.low for r in ranges), sum(r.high for r in ranges)))
            known |= dict(zip(members, narrow(ranges, known[whole]), strict=True))
        if known == before:
            break
    return known


def judged(world: World, names: Sequence[str], build: Build, *, more: bool) -> tuple[int, int]:
    """Return how many hidden counts of 1 to 9 the attacker knows exactly, and how many hidden ones keep too little."""
    months = world.months(names) if more else whole_of(world, names)
    shown = [build([one]) for one in months]
    cells = [(place, *cell) for place, report in enumerate(shown) for cell in report if cell[1]]
    large = {(place, table, row) for place, table, row in cells if world.exact(table, row, place) > 9}
    known = attack(shown, build(months), large, more=more)
    recovered = narrowed = 0
    for place, report in enumerate(shown):
        for (table, row), cell in report.items():
            if row and cell is None:
                left, exact = known[place, table, row], world.exact(table, row, place)
                recovered += left == Range(exact, exact) and 1 <= exact <= 9
                narrowed += exact <= 9 and left.width < SMALL_CELL_WIDTH
    return recovered, narrowed


def worlds(many: int) -> Iterator[tuple[World, list[str]]]:
    """Yield imaginary years: few or many months, one purpose or three, small and large holders, at the extremes too."""
    lottery = random.Random(20261121)
    for _number in range(many):
        length = lottery.choice((1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 12))
        purposes, askers = PURPOSES[: lottery.choice((1, 1, 3))], ASKERS[: lottery.choice((1, 1, 2))]
        sizes = {holder: lottery.choice(((0, 9), (9, 9), (14, 14), (8, 16), (10, 30))) for holder in HOLDERS}
        keys = itertools.product(range(length), askers, HOLDERS, purposes)
        spread = {key: lottery.randint(*sizes[key[2]]) for key in keys}
        for key in spread:
            if len(purposes) > 1 and lottery.random() < 0.5:
                spread[key] //= 3
        yield World(spread), [f"2026-{month:02}" for month in range(1, length + 1)]


def test_a_thousand_sets_of_reports_held_together_give_no_small_cell_away() -> None:
    found = [judged(world, names, as_now, more=True) for world, names in worlds(REPORTS)]
    assert sum(recovered for recovered, _narrowed in found) == 0
    assert sum(narrowed for _recovered, narrowed in found) == 0


def test_the_same_attack_reads_reports_that_protect_each_table_by_itself() -> None:
    """The positive control: totals that were safe within their own table."""
    found = [judged(world, names, table_by_table, more=False) for world, names in worlds(100)]
    assert sum(recovered for recovered, _narrowed in found) > 0
    assert sum(narrowed > 0 for _recovered, narrowed in found) > 30


def test_the_total_of_one_table_does_not_tell_what_another_hides() -> None:
    """Four holders of 14 and one of 9, for one purpose: 65 less four times 14 would be 9 exactly."""
    counts = dict(zip(HOLDERS, (14, 14, 14, 14, 9), strict=True))
    world = World({(0, ASKER, holder, PURPOSES[0]): many for holder, many in counts.items()})
    assert judged(world, ["2026-10"], table_by_table, more=False)[0] > 0, "the positive control"
    printed = [
        as_now(World({**world.askings, (0, ASKER, HOLDERS[4], PURPOSES[0]): many}).months(["2026-10"]))
        for many in range(10)
    ]
    assert all(one == printed[0] for one in printed)
    assert printed[0][numbers.PURPOSES, ""] == 55


# --- no deduction at all: the same reports from other facts ----------------------------------------------------------


def hidden_cells(world: World, names: Sequence[str]) -> list[tuple[int, str, str]]:
    return [
        (place, table, row)
        for place, one in enumerate(world.months(names))
        for (table, row), cell in as_now([one]).items()
        if row and cell is None and world.exact(table, row, place) <= 9
    ]


def whole_story(world: World, names: Sequence[str]) -> tuple[Shown, ...]:
    months = world.months(names)
    return (*(as_now([one]) for one in months), as_now(months))


def changed(world: World, cell: tuple[int, str, str], count: int, among: Sequence[str]) -> Iterator[World]:
    """Yield facts in which this row of this month counts `count`; what it gains or loses other months lose or gain."""
    place, table, row = cell
    column = {numbers.QUESTIONS: 1, numbers.ASKED: 2, numbers.PURPOSES: 3}[table]
    keys = [key for key in world.askings if key[column] == row]
    here = {key: 0 for key in keys if key[0] == place}
    spare = (place, ASKER, HOLDERS[0], PURPOSES[0])
    first = next(iter(here), (*spare[:column], row, *spare[column + 1 :]))
    yield World({**world.askings, **here, first: count})
    step = world.exact(table, row, place) - count
    for month in range(len(among)):
        there = [key for key in keys if key[0] == month != place]
        if there and 0 <= world.exact(table, row, month) + step <= 9:
            moved = dict.fromkeys(there, 0) | {there[0]: world.exact(table, row, month) + step}
            yield World({**world.askings, **here, first: count, **moved})


def test_each_hidden_count_may_be_another_one_behind_the_very_same_reports() -> None:
    """Sound against whoever knows the rules: at least five counts of 0 to 9 give the same months and the same year."""
    for world, names in itertools.islice(worlds(60), 60):
        if len(names) > 3:
            continue
        printed = whole_story(world, names)
        for cell in hidden_cells(world, names)[:4]:
            possible = [
                count
                for count in range(10)
                if any(whole_story(other, names) == printed for other in changed(world, cell, count, names))
            ]
            assert len(possible) >= SMALL_CELL_WIDTH, (cell, possible)


def test_no_pair_of_cells_that_differ_by_a_few_gives_the_difference_away() -> None:
    """All of them: a cell before and after 1 to 9 questions were added, seen in any two cells at once."""
    for added in range(1, 10):
        seen = {_difference(count, count + added) for count in range(60)}
        for one, other in itertools.product(seen, repeat=2):
            possible = [value for value in range(1, 10) if value in one and value in other]
            assert added in possible
            assert len(possible) >= 4


def _difference(before: int, after: int) -> range:
    low, high = reach(publish(before).shown), reach(publish(after).shown)
    return range(high.low - low.high, high.high - low.low + 1)
