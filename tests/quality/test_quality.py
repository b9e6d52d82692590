"""The bars of matching quality on the developer set and synthetic sets, on the fast path (same recipes and rule)."""

from pathlib import Path

import pytest

from samenloop.profile import Profile
from tests.quality.generate import registers, write
from tests.quality.linkage import NL_1, Hit, link, read
from tests.quality.score import Score, Truth, read_truth, score
from tests.quality.strangers import measure

DEV = Path(__file__).parent / "data" / "dev"


@pytest.fixture(scope="module")
def truth() -> Truth:
    return read_truth(DEV)


@pytest.fixture(scope="module")
def hits() -> list[Hit]:
    return link(read(DEV))


@pytest.fixture(scope="module")
def dev(truth: Truth, hits: list[Hit]) -> Score:
    return score(truth, {(hit.asked, hit.organisation) for hit in hits})


def test_the_developer_set_is_found_for_92_percent_with_at_most_3_false_hits(dev: Score) -> None:
    assert dev.recall >= 0.92
    assert dev.per_queries <= 3


@pytest.mark.parametrize("kind", ["name_swap", "chain_split", "dob_digit+address"])
def test_the_worst_error_kinds_are_found_for_half_at_least(dev: Score, kind: str) -> None:
    found, wanted = dev.by_kind[kind]
    assert found / wanted >= 0.5


def test_a_rule_without_conflict_tests_is_caught_by_the_same_bar(truth: Truth) -> None:
    """Control: the twins come back when nothing may contradict."""
    from dataclasses import replace

    loose = Profile("loose", NL_1.recipes, tuple(replace(line, no_conflict=0) for line in NL_1.rule))
    found = link(read(DEV), loose)
    assert score(truth, {(hit.asked, hit.organisation) for hit in found}).per_queries > 3


def test_another_population_with_more_errors_is_found_as_well(tmp_path: Path) -> None:
    write(tmp_path, registers(12_000, 99, scale=1.6, concentration=5))
    result = score(read_truth(tmp_path), {(hit.asked, hit.organisation) for hit in link(read(tmp_path))})
    assert result.recall >= 0.90
    assert result.per_queries <= 5


def test_strangers_hardly_ever_meet() -> None:
    assert measure(5_000, 1_000, 3)["whole profile"] <= 10


def test_the_scorer_counts_questions_and_queries_apart() -> None:
    people = {"a1": "P1", "b1": "P1", "c1": "P2"}
    where = {"a1": "a", "b1": "b", "c1": "c"}
    known = Truth(people, where, {r: frozenset() for r in people}, dict.fromkeys(people, ""))
    result = score(known, [("a1", "b"), ("a1", "c")])
    assert (result.found, result.wanted, result.false) == (1, 2, 1)
    assert result.per_queries == pytest.approx(1e4 / 3)
    assert result.per_questions == pytest.approx(1e4 / 6)
