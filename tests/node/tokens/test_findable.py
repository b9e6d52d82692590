"""Whether a person can be found at all: said where it is typed or synchronised, never a false "geen bericht"."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.errors import InvalidInput
from samenloop.profile import EpochProfiles, Profile, profile
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.person import Person, parse_person
from samenloop_node.tokens import findable
from samenloop_node.tokens.findable import is_findable, require_findable
from samenloop_node.tokens.recipes import messages_of
from samenloop_node.tokens.tokenise import fitting, tokenise
from tests.node.tokens.test_streams import NEW, OLD

NL_1 = profile("nl-1")
FULL = {
    "voornamen": "Pieter",
    "geslachtsnaam": "Zandstra",
    "geboortedatum": "1970-05-07",
    "geboorteplaats": "Utrecht",
    "geslacht": "M",
    "postcode": "3511AB",
    "huisnummer": "1",
}


def who(**changes: str) -> Person:
    return parse_person({**FULL, **changes})


def can_hit(person: Person, chosen: Profile = NL_1) -> bool:
    """Say the same from the rule itself: a person who meets himself is a hit."""
    mask = sum(1 << number for number, _values, _size in fitting(messages_of(person, chosen)))
    return any(mask & line.agree == line.agree for line in chosen.rule)


UNFINDABLE = [
    {"voornamen": ""},
    {"voornamen": "-"},
    {"geboortedatum": "1970-05-00", "postcode": ""},
    {"geboortedatum": "1970-00-00", "postcode": "", "geboorteplaats": ""},
    {"geslachtsnaam": "", "postcode": ""},
    {"geslachtsnaam": "", "geboortedatum": "1970-00-00"},
]
FINDABLE = [
    {},
    {"voornamen": "P."},
    {"postcode": "", "geboorteplaats": ""},
    {"geslachtsnaam": ""},
    {"geboortedatum": "1970-05-00"},
    {"geboortedatum": "1970-01-01", "postcode": ""},
    {"geboortedatum": "1970-01-01", "geboorteplaats": ""},
    {"voornamen": "", "roepnaam": "Piet"},
    {"voornamen": "", "geslachtsnaam": "Quispelaer Zandstra"},
]


@pytest.mark.parametrize(("changes", "found"), [(one, False) for one in UNFINDABLE] + [(one, True) for one in FINDABLE])
def test_who_can_be_found_is_what_the_hit_rule_says(changes, found):
    person = who(**changes)
    assert is_findable(person, NL_1) is found
    assert can_hit(person) is found


NAME = (
    st.text("AHdehjuvwO'.- srmn", max_size=9)
    | st.text(st.characters(max_codepoint=591), max_size=9)
    | st.sampled_from(["", "-", "J.P.", "van de", "O'", "h"])
)


@settings(max_examples=400)
@given(
    NAME,
    NAME,
    st.sampled_from(["1970-05-07", "1970-05-00", "1970-01-01", "1970-00-00"]),
    st.sampled_from(["", "3511AB"]),
)
def test_the_quick_answer_is_the_same_as_the_slow_one(first, last, born, postcode):
    try:
        person = who(voornamen=first, geslachtsnaam=last, geboortedatum=born, postcode=postcode)
    except FieldError:
        return
    assert is_findable(person, NL_1) is can_hit(person)


def test_the_quick_answer_is_given_for_nearly_everybody(monkeypatch):
    monkeypatch.setattr(findable, "messages_of", lambda *_given: pytest.fail("slow"))
    assert is_findable(who(postcode="", geboorteplaats=""), NL_1)


@pytest.mark.parametrize("changes", UNFINDABLE)
def test_tokens_of_whom_nobody_finds_are_refused_with_what_is_missing_and_no_value(changes):
    token_sets = [tokenise(who(**changes), NL_1, keys) for keys in (OLD, NEW)]
    with pytest.raises(InvalidInput, match=r"niemand te vinden.*voorletter.*postcode") as refused:
        require_findable(token_sets, EpochProfiles(NL_1))
    assert "Zandstra" not in refused.value.text


def test_one_epoch_in_which_somebody_can_be_found_is_enough():
    nothing = Profile("nothing", NL_1.recipes, ())
    token_sets = [tokenise(who(), NL_1, keys) for keys in (OLD, NEW)]
    require_findable(token_sets, EpochProfiles(nothing, (("2026-1", NL_1),)))
    with pytest.raises(InvalidInput):
        require_findable(token_sets, EpochProfiles(nothing))
