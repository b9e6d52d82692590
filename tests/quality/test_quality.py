"""The bars of matching quality on the developer set and synthetic sets, on the fast path (same recipes and rule)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from samenloop.profile import Profile, Side, combination
from samenloop_node.identity.person import Person
from samenloop_node.tokens.explain import explain
from samenloop_node.tokens.features import features_of
from samenloop_node.tokens.recipes import messages_of
from tests.quality.generate import MORE_ERRORS, registers, write
from tests.quality.linkage import NL_1, Hit, link, parsed, read
from tests.quality.lint import surname_and_year
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
    loose = Profile("loose", NL_1.recipes, tuple(replace(line, no_conflict=0) for line in NL_1.rule))
    found = link(read(DEV), loose)
    assert score(truth, {(hit.asked, hit.organisation) for hit in found}).per_queries > 3


def test_another_population_with_more_errors_is_found_as_well(tmp_path: Path) -> None:
    write(tmp_path, registers(12_000, 99, MORE_ERRORS))
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


def _one_date_part_differs(person: Person) -> Iterator[Person]:
    born = person.geboortedatum
    for other in (
        born._replace(year=born.year - 1),
        born._replace(month=born.month % 12 + 1),
        born._replace(day=born.day % 28 + 1),
    ):
        if sorted((other.month, other.day)) != sorted((born.month, born.day)) or other.year != born.year:
            yield replace(person, geboortedatum=other)


def _persons_without_address(size: int, seed: int) -> Iterator[Person]:
    for row, *_truth in registers(size, seed):
        person = parsed(row)
        if person and person.geboortedatum.is_full and not person.geboortedatum.is_year_only:
            yield replace(person, postcode="", huisnummer="")


def test_one_differing_date_part_alone_never_makes_a_hit() -> None:
    """Everything else equal, address unknown: year, month or day of one side is another."""
    tried = 0
    for person in _persons_without_address(1_500, 12):
        for other in _one_date_part_differs(person):
            tried += 1
            if not other.geboortedatum.is_year_only:
                assert explain(person, other, NL_1).combination is None
    assert tried > 3_000


def test_a_recipe_of_name_and_year_is_caught_by_the_same_check() -> None:
    """Control."""
    recipes = (*NL_1.recipes, "loose")
    loose = Profile("loose", recipes, (*NL_1.rule, combination(recipes, "loose", "loose")))
    person = next(_persons_without_address(50, 12))
    other = next(one for one in _one_date_part_differs(person) if one.geboortedatum.year == person.geboortedatum.year)
    assert explain(person, other, NL_1).combination is None
    mine, theirs = ([*messages_of(one, NL_1), surname_and_year(features_of(one))] for one in (person, other))
    agreeing = sum(1 << n for n, (a, b) in enumerate(zip(mine, theirs, strict=True)) if set(a) & set(b))
    both = sum(1 << n for n, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a and b)
    assert loose.judge(Side(both, 0), Side(both, 0), agreeing) == "loose"
