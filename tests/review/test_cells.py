"""Small cells: what a reader can work out from reports, by subtraction and by every deduction from sums (T10)."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.errors import InvalidInput
from samenloop.reports import numbers, periods
from samenloop.reports.cells import LEAST_WIDTH, Range, block, is_safe, narrow, publish, share
from samenloop.reports.numbers import Numbers

PAIRS = 1_000
PURPOSES = [f"doel-{number}" for number in range(6)]
ASKERS = [f"vrager-{number}" for number in range(4)]


def test_a_count_below_ten_is_not_shown_and_zero_looks_the_same() -> None:
    assert {publish(count) for count in range(10)} == {publish(0)}
    assert publish(0).shown is None


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (14, 10), (15, 15), (19, 15), (20, 20), (1003, 1000)])
def test_a_shown_count_is_rounded_down_to_five(count: int, shown: int) -> None:
    assert publish(count).shown == shown


@given(st.integers(0, 500))
def test_what_a_cell_tells_always_contains_the_truth(count: int) -> None:
    known = publish(count).known()
    assert known.low <= count <= known.high


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_deductions_are_sound_and_a_shown_total_leaves_every_small_part_room(counts: list[int]) -> None:
    made = block({str(place): count for place, count in enumerate(counts)})
    left = narrow([cell.known() for cell in made.parts.values()], made.total.known())
    for count, known, cell in zip(counts, left, made.parts.values(), strict=True):
        assert known.low <= count <= known.high
        if cell.small:
            assert known.width >= LEAST_WIDTH


def test_a_total_that_would_give_parts_away_is_withheld() -> None:
    """9 + 9 shows as 15: then both parts would be known to be 6 or more."""
    assert block({"a": 9, "b": 9}).total.withheld
    assert not is_safe([publish(9), publish(9)], publish(18))


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


def cases(lottery: random.Random, most: int = 90) -> list[tuple[str, str]]:
    """Return imaginary questions (purpose, asker), unevenly spread, so that small cells are common."""
    weights = [lottery.choice((1, 1, 3, 20)) for _name in PURPOSES]
    return [(lottery.choices(PURPOSES, weights)[0], lottery.choice(ASKERS)) for _one in range(lottery.randrange(most))]


def month(questions: list[tuple[str, str]]) -> Numbers:
    per_purpose = {name: sum(purpose == name for purpose, _asker in questions) for name in PURPOSES}
    per_asker = {name: sum(asker == name for _purpose, asker in questions) for name in ASKERS}
    return Numbers({numbers.PURPOSES: per_purpose, numbers.QUESTIONS: per_asker})


def facts_of(months: list[Numbers], suppressed: bool) -> dict[str, Range]:
    """Return what a report over these months tells, cell by cell: `table/row`, and the total."""
    known: dict[str, Range] = {}
    for table, rows in ((numbers.PURPOSES, PURPOSES), (numbers.QUESTIONS, ASKERS)):
        shown = numbers.shown(months, table, rows)
        for row in rows:
            exact = sum(one.of(table)[row] for one in months)
            known[f"{table}/{row}"] = shown.parts[row].known() if suppressed else Range(exact, exact)
        exact = sum(sum(one.of(table).values()) for one in months)
        total = shown.total.known() if suppressed else Range(exact, exact)
        before = known.get("total", total)
        known["total"] = Range(max(before.low, total.low), min(before.high, total.high))
    return known


def attack(reports: dict[str, dict[str, Range]], whole: str, parts: list[str]) -> dict[str, dict[str, Range]]:
    """Deduce all that sums allow: rows add up to totals, and the reports `parts` add up to the report `whole`."""
    cells = list(reports[whole])
    sums = [
        ([(name, f"{table}/{row}") for row in rows], (name, "total"))
        for name in reports
        for table, rows in ((numbers.PURPOSES, PURPOSES), (numbers.QUESTIONS, ASKERS))
    ]
    sums += [([(name, cell) for name in parts], (whole, cell)) for cell in cells]
    changed = True
    while changed:
        changed = False
        for members, total in sums:
            ranges = [reports[name][cell] for name, cell in members]
            whole_range = reports[total[0]][total[1]]
            added = Range(
                max(whole_range.low, sum(one.low for one in ranges)),
                min(whole_range.high, sum(one.high for one in ranges)),
            )
            for (name, cell), one in [*zip(members, narrow(ranges, added), strict=True), (total, added)]:
                if one != reports[name][cell]:
                    reports[name][cell], changed = one, True
    return reports


def recovered(pair: tuple[list[Numbers], list[str], str], suppressed: bool) -> int:
    """Return how many cells of 1 to 9 an attacker knows exactly, from the parts' reports and that of the whole."""
    months, names, whole = pair
    reports = {name: facts_of([one], suppressed) for name, one in zip(names, months, strict=True)}
    reports[whole] = facts_of(months, suppressed)
    found = attack(reports, whole, names)
    exact = {name: facts_of([one], suppressed=False) for name, one in zip(names, months, strict=True)}
    return sum(
        found[name][cell].width == 1 and 1 <= truth.low < 10 for name in names for cell, truth in exact[name].items()
    )


def pairs() -> list[tuple[list[Numbers], list[str], str]]:
    lottery = random.Random(20261121)
    made = []
    for _number in range(PAIRS):
        length = lottery.choice((2, 2, 2, 2, 2, 3, 3, 3, 3, 12))
        months = [month(cases(lottery)) for _month in range(length)]
        made.append((months, [f"m{place}" for place in range(length)], "jaar"))
    return made


@pytest.fixture(scope="module", name="report_pairs")
def _report_pairs() -> list[tuple[list[Numbers], list[str], str]]:
    return pairs()


def test_a_thousand_report_pairs_give_no_small_cell_away(
    report_pairs: list[tuple[list[Numbers], list[str], str]],
) -> None:
    assert sum(recovered(pair, suppressed=True) for pair in report_pairs) == 0


def test_the_same_attack_reads_reports_without_suppression(
    report_pairs: list[tuple[list[Numbers], list[str], str]],
) -> None:
    """The positive control: exact numbers, and the attack finds small cells in nearly every pair."""
    hit = sum(recovered(pair, suppressed=False) > 0 for pair in report_pairs[:100])
    assert hit > 90


def test_an_attacker_who_gets_exact_totals_beside_suppressed_cells_finds_some() -> None:
    """The second control: suppressing cells alone is not enough, the totals must be rounded and sometimes withheld."""
    lottery, found = random.Random(7), 0
    for _number in range(200):
        counts = [lottery.randrange(10), *(10 * lottery.randrange(1, 5) for _other in range(1))]
        exact = Range(sum(counts), sum(counts))
        cells = [publish(counts[0]).known(), Range(counts[1], counts[1])]
        found += narrow(cells, exact)[0].width == 1
    assert found == 200


def test_no_pair_of_cells_that_differ_by_a_few_gives_the_difference_away() -> None:
    """All of them: a cell before and after 1 to 9 questions were added, seen in any two cells at once."""
    for added in range(1, 10):
        seen = {_difference(count, count + added) for count in range(60)}
        for one, other in itertools.product(seen, repeat=2):
            possible = [value for value in range(1, 10) if value in one and value in other]
            assert added in possible
            assert len(possible) >= 4


def _difference(before: int, after: int) -> range:
    low, high = publish(before).known(), publish(after).known()
    return range(high.low - low.high, high.high - low.low + 1)
