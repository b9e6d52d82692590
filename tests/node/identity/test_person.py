"""Parsing a person: what is refused, with a code and never with the value."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop_node.identity.errors import REASON_CODES, FieldError
from samenloop_node.identity.person import PERSON_COLUMNS, parse_person, person_values

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "normalisation.json").read_text("utf-8"))
GOOD = {"voornamen": "Sanne Maria", "voorvoegsel": "de", "geslachtsnaam": "Vries", "geboortedatum": "1988-04-17"}
ADDRESS = {"geslacht": "v", "postcode": "3521 ab", "huisnummer": "14 bis", "geboorteplaats": "Utrecht"}


def test_a_person_is_read_and_its_optional_fields_normalised() -> None:
    person = parse_person(GOOD | ADDRESS)
    assert (person.geslacht, person.postcode, person.huisnummer) == ("V", "3521AB", "14")
    assert person.geboortedatum.iso() == "1988-04-17"


@pytest.mark.parametrize("sex", ["O", "X", ""])
def test_an_unknown_sex_is_never_a_third_value(sex: str) -> None:
    assert parse_person(GOOD | {"geslacht": sex}).geslacht == ""


def test_neither_person_nor_date_shows_a_value_in_its_repr() -> None:
    person = parse_person(GOOD)
    assert repr(person) == "Person(...)"
    assert "Sanne" not in f"{person!r} {person} {[person]}"
    assert "1988" not in repr(person.geboortedatum)


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: f"{case['column']}: {case['reason']}")
def test_a_bad_field_is_refused_with_column_and_reason(case: dict[str, str]) -> None:
    with pytest.raises(FieldError) as caught:
        parse_person(GOOD | {case["column"]: case["value"]})
    assert (caught.value.column, caught.value.reason) == (case["column"], case["reason"])
    assert case["value"] not in caught.value.text


@pytest.mark.parametrize(
    "missing", [{"geboortedatum": ""}, {"voornamen": "", "geslachtsnaam": ""}, {"voornamen": "?", "geslachtsnaam": "."}]
)
def test_a_person_needs_a_name_and_a_date_of_birth(missing: dict[str, str]) -> None:
    with pytest.raises(FieldError) as caught:
        parse_person(GOOD | missing)
    assert caught.value.reason == "empty"


def test_a_megabyte_of_letters_is_refused_at_once() -> None:
    with pytest.raises(FieldError) as caught:
        parse_person(GOOD | {"geslachtsnaam": "a" * 1_000_000})
    assert caught.value.reason == "too_long"


def test_a_ligature_that_grows_beyond_the_limit_is_refused_too() -> None:
    with pytest.raises(FieldError) as caught:
        parse_person(GOOD | {"geslachtsnaam": "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 60})
    assert caught.value.reason == "too_long"


def test_empty_optional_fields_stay_empty() -> None:
    person = parse_person(GOOD | {"postcode": " ", "huisnummer": " "})
    assert (person.postcode, person.huisnummer) == ("", "")


def test_in_evaluation_a_bad_optional_field_is_dropped_and_counted() -> None:
    errors: list[FieldError] = []
    person = parse_person(GOOD | {"postcode": "geen", "geslacht": "Q", "partner_geslachtsnaam": "Jan\u202e"}, errors)
    assert (person.postcode, person.geslacht, person.partner_geslachtsnaam) == ("", "", "")
    assert [error.reason for error in errors] == ["control_character", "not_a_sex", "not_a_postcode"]


def test_in_evaluation_a_bad_required_field_still_refuses_the_row() -> None:
    with pytest.raises(FieldError):
        parse_person(GOOD | {"geboortedatum": "1980-02-30"}, [])


def test_the_values_to_look_for_in_free_text_are_the_names_only() -> None:
    assert person_values(parse_person(GOOD | ADDRESS)) == ("Sanne Maria", "de", "Vries")


@given(st.dictionaries(st.sampled_from(PERSON_COLUMNS), st.text(max_size=30)))
def test_no_input_gives_anything_but_a_person_or_a_known_reason(fields: dict[str, str]) -> None:
    reason = ""
    try:
        person = parse_person(fields)
        assert parse_person(dict(zip(PERSON_COLUMNS, person.row(), strict=True))) == person
    except FieldError as error:
        reason = error.reason
    assert reason in REASON_CODES | {""}
