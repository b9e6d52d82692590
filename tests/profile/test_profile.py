"""The hit rule as the coordinator sees it: masks in, name of a combination out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.errors import InvalidInput
from samenloop.profile import Facts, Profile, Side, combination, profile

NL_1 = profile("nl-1")
MASKS = st.integers(0, (1 << len(NL_1.recipes)) - 1)


def mask(*names: str) -> int:
    return sum(1 << NL_1.recipes.index(name) for name in names)


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(InvalidInput):
        profile("nl-99")


def test_a_combination_over_an_unknown_recipe_or_over_none_is_refused() -> None:
    for agree, conflict in (("nothing", ""), ("", ""), ("name", "nothing")):
        with pytest.raises(InvalidInput):
            combination(NL_1.recipes, "x", agree, conflict)


@pytest.mark.parametrize("initials", [0, 1, 2])
@pytest.mark.parametrize("official", [True, False])
def test_facts_pack_and_unpack(initials: int, official: bool) -> None:
    facts = Facts(initials, official_full_names=official)
    assert Facts.unpack(facts.pack()) == facts


@pytest.mark.parametrize("number", [-1, 3, 7, 8, 255])
def test_facts_outside_their_range_are_refused(number: int) -> None:
    with pytest.raises(InvalidInput):
        Facts.unpack(number)


def test_agreement_on_a_combination_is_a_hit() -> None:
    side = Side(mask("name", "initials"), 0)
    assert NL_1.judge(side, side, mask("name", "initials")) == "name"


def test_a_conflict_takes_the_hit_away_and_absence_does_not() -> None:
    both = Side(mask("surname-initial", "name-loose"), 0)
    without = Side(mask("surname-initial"), 0)
    assert NL_1.judge(both, both, mask("surname-initial")) is None
    assert NL_1.judge(both, without, mask("surname-initial")) == "surname-initial"


def test_recipes_that_only_serve_for_conflict_never_hit() -> None:
    only = mask("initials", "home-first", "home-initials")
    assert NL_1.judge(Side(only, 0), Side(only, 0), only) is None


@given(MASKS, MASKS)
def test_without_agreement_there_is_no_hit(one: int, other: int) -> None:
    assert NL_1.judge(Side(one, 0), Side(other, 0), 0) is None


@given(MASKS, MASKS, MASKS, st.integers(0, 6), st.integers(0, 6))
def test_the_judgement_is_symmetric_and_uses_no_facts(one: int, other: int, agreeing: int, a: int, b: int) -> None:
    both = one & other & agreeing
    answer = NL_1.judge(Side(one, 0), Side(other, 0), both)
    assert NL_1.judge(Side(other, a), Side(one, b), both) == answer


def test_every_recipe_earns_its_place_in_the_rule() -> None:
    used = 0
    for line in NL_1.rule:
        used |= line.agree | line.no_conflict
    assert used == (1 << len(NL_1.recipes)) - 1


def test_names_of_recipes_and_combinations_are_unique() -> None:
    assert len(set(NL_1.recipes)) == len(NL_1.recipes)
    assert len({line.name for line in NL_1.rule}) == len(NL_1.rule)


def test_a_profile_is_a_value() -> None:
    assert Profile("nl-1", NL_1.recipes, NL_1.rule) == NL_1
