"""The right/wrong tables of docs/reference/normalisation.md, and properties that hold for every text."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop_node.identity.clean import clean
from samenloop_node.identity.dates import parse_birth_date
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.firstnames import CALL_NAMES, FirstNames, first_names, stem
from samenloop_node.identity.fold import skeleton, sound, words
from samenloop_node.identity.places import place_sound
from samenloop_node.identity.surnames import spoken

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "normalisation.json").read_text("utf-8"))


def surnames(text: str) -> set[str]:
    prefix, surname = text.split("|")
    return {skeleton(key) for key in spoken(prefix, clean("geslachtsnaam", surname)).sounds}


def stems(text: str) -> set[str]:
    voornamen, roepnaam = text.split("|")
    first: FirstNames = first_names(voornamen, roepnaam, surname_is_upper=voornamen.isupper())
    call = (first.call,) if first.call else ()
    return {stem(name) for name in (*first.official[:1], *call, *first.candidates)}


@pytest.mark.parametrize(("one", "other"), VECTORS["surname_meets"])
def test_spellings_of_one_surname_meet(one: str, other: str) -> None:
    assert surnames(one) & surnames(other)


@pytest.mark.parametrize(("one", "other"), VECTORS["surname_apart"])
def test_different_surnames_stay_apart_by_sound(one: str, other: str) -> None:
    def sounds(text: str) -> set[str]:
        return set(spoken(*text.split("|")).sounds)

    assert not sounds(one) & sounds(other)


@pytest.mark.parametrize(("one", "other"), VECTORS["first_meets"])
def test_forms_of_one_first_name_meet(one: str, other: str) -> None:
    assert stems(one) & stems(other)


@pytest.mark.parametrize(("one", "other"), VECTORS["first_apart"])
def test_different_first_names_stay_apart(one: str, other: str) -> None:
    assert not stems(one) & stems(other)


@pytest.mark.parametrize(("text", "expected"), VECTORS["initials"])
def test_initials_are_read_in_every_notation(text: str, expected: str) -> None:
    assert first_names(text, "", surname_is_upper=False).initials == expected


@pytest.mark.parametrize(("one", "other"), VECTORS["places_meet"])
def test_names_of_one_place_meet(one: str, other: str) -> None:
    assert place_sound(one) == place_sound(other) != ""


@pytest.mark.parametrize(("text", "expected"), VECTORS["dates"])
def test_dates_are_read_and_unknown_parts_stay_unknown(text: str, expected: str) -> None:
    assert parse_birth_date("geboortedatum", text).iso() == expected


@pytest.mark.parametrize("text", VECTORS["dates_refused"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        parse_birth_date("geboortedatum", text)


@pytest.mark.parametrize(("word", "expected"), VECTORS["sounds"].items())
def test_the_phonetic_key_is_as_published(word: str, expected: str) -> None:
    assert sound(word) == expected


def test_no_call_name_makes_two_baptismal_names_equal() -> None:
    """Lambertus and Egbertus are both called Bert; as baptismal names they must not meet."""
    for names in CALL_NAMES.values():
        full = [stems(f"{name} Xyz|") for name in names]
        for place, one in enumerate(full):
            assert all(one == other or not one & other for other in full[place + 1 :])


@given(st.text(max_size=60))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    try:
        once = clean("geslachtsnaam", text)
    except FieldError:
        return
    assert clean("geslachtsnaam", once) == once


def _read_wrongly(text: str, times: int, codec: str, form: str) -> str:
    for _time in range(times):
        text = text.encode("utf-8").decode(codec, "ignore")
    return unicodedata.normalize(form, text)


@given(
    st.text("éüçşğıİøłñõåéèêàœßÅŜ abcdefghijklmnopqrstuvwxyz'-", min_size=1, max_size=12),
    st.integers(1, 3),
    st.sampled_from(["cp1252", "latin-1"]),
    st.sampled_from(["NFC", "NFD"]),
)
def test_cleaning_what_was_read_wrongly_is_stable_too(text: str, times: int, codec: str, form: str) -> None:
    try:
        once = clean("geslachtsnaam", _read_wrongly(text, times, codec, form))
    except FieldError:
        return
    assert clean("geslachtsnaam", once) == once


@pytest.mark.parametrize("times", [0, 1, 2])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_that_was_read_wrongly_is_put_right(times: int, form: str) -> None:
    assert clean("voornamen", _read_wrongly("José", times, "cp1252", form)) == "José"
    assert clean("voornamen", _read_wrongly("Ŝ", times, "cp1252", form)) == "Ŝ"


@given(st.text(max_size=40))
def test_folding_gives_words_of_plain_letters_and_is_stable(text: str) -> None:
    once = words(text)
    assert all(character in "abcdefghijklmnopqrstuvwxyz-" for word in once for character in word)
    assert words(" ".join(once)) == once


@given(st.text("abcdefghijklmnopqrstuvwxyz", max_size=15))
def test_sound_and_skeleton_are_fixed_points(word: str) -> None:
    assert sound(sound(word)) == sound(word)
    assert skeleton(skeleton(sound(word))) == skeleton(sound(word))


@given(st.text("éüçşğıİøłñõåéèêàœßÅ abcdefghijklmnopqrstuvwxyz'-", min_size=1, max_size=25))
def test_composed_and_decomposed_letters_are_the_same(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert words(clean("geslachtsnaam", unicodedata.normalize(form, text))) == words(clean("geslachtsnaam", text))
