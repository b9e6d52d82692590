import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.errors import IntegrityError, InvalidInput
from samenloop_node.identity.person import parse_person
from samenloop_node.questions.motives import open_text, refuse_person, seal_text
from samenloop_node.questions.padding import padding_stream

KEY = bytes(range(32))
PERSON = parse_person(
    {"voornamen": "Ayşe", "voorvoegsel": "van den", "geslachtsnaam": "Yıldız-Bo", "geboortedatum": "1990-03-07"}
)


@pytest.mark.parametrize(
    "text",
    [
        "overlast door Yıldız",
        "YILDIZ meldt zich niet",
        "mw. Ayse",
        "geboren 7/3/1990",
        "op 07-03-1990 geboren",
        "geb. 19900307",
    ],
)
def test_a_motive_with_a_field_of_the_person_is_refused_without_repeating_it(text):
    with pytest.raises(InvalidInput) as caught:
        refuse_person(text, PERSON, "motive")
    assert "ldiz" not in caught.value.text.casefold()


def test_a_motive_without_fields_of_the_person_passes():
    refuse_person("Bo twijfelt; melding van overlast, afspraak op 12-05-2026", PERSON, "motive")


@given(st.text(max_size=200), st.binary(min_size=1, max_size=16))
def test_a_sealed_text_opens_only_in_its_own_context(text, context):
    sealed = seal_text(KEY, text, context, os.urandom)
    assert open_text(KEY, sealed, context) == text
    with pytest.raises(IntegrityError):
        open_text(KEY, sealed, context + b"x")


@pytest.mark.parametrize("cut", [0, 5, 12, 20])
def test_a_cut_text_is_an_integrity_error(cut):
    with pytest.raises(IntegrityError):
        open_text(KEY, seal_text(KEY, "motief", b"q", os.urandom)[:cut], b"q")


def test_the_padding_of_a_retry_is_the_padding_of_the_first_time():
    first, again = padding_stream(b"s" * 32), padding_stream(b"s" * 32)
    assert [first(16), first(32)] == [again(16), again(32)]


def test_another_seed_gives_other_padding_and_a_short_one_is_refused():
    assert padding_stream(b"s" * 32)(16) != padding_stream(b"t" * 32)(16)
    with pytest.raises(InvalidInput):
        padding_stream(b"s" * 31)
