import hashlib
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from samenloop.errors import IntegrityError, InvalidInput
from samenloop_node.identity.person import parse_person
from samenloop_node.questions.motives import Opened, open_text, refuse_person, seal_text
from samenloop_node.questions.padding import padding_stream

KEY = bytes(range(32))
SAID = Opened(bytes(range(32)), "motief")
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


@given(st.text(max_size=200), st.binary(min_size=32, max_size=32))
def test_a_sealed_text_opens_only_under_its_own_commitment(text, salt):
    given_ = Opened(salt, text)
    sealed = seal_text(KEY, given_, os.urandom)
    assert open_text(KEY, sealed, given_.commitment) == given_
    assert given_.commitment == hashlib.sha256(salt + text.encode()).digest()
    with pytest.raises(IntegrityError):
        open_text(KEY, sealed, hashlib.sha256(text.encode()).digest())


def test_a_commitment_opens_to_one_text_even_when_the_seal_was_made_for_it():
    """The key's owner seals another text under the commitment: the seal holds, the commitment does not."""
    said = Opened(bytes(32), "noodzakelijk")
    nonce = os.urandom(12)
    forged = nonce + AESGCM(KEY).encrypt(nonce, bytes(32) + b"niet noodzakelijk", said.commitment)
    with pytest.raises(IntegrityError):
        open_text(KEY, forged, said.commitment)


def test_the_same_text_twice_has_two_commitments():
    assert Opened(os.urandom(32), "motief").commitment != Opened(os.urandom(32), "motief").commitment


@pytest.mark.parametrize("cut", [0, 5, 12, 20])
def test_a_cut_text_is_an_integrity_error(cut):
    with pytest.raises(IntegrityError):
        open_text(KEY, seal_text(KEY, SAID, os.urandom)[:cut], SAID.commitment)


def test_the_padding_of_a_retry_is_the_padding_of_the_first_time():
    first, again = padding_stream(b"s" * 32), padding_stream(b"s" * 32)
    assert [first(16), first(32)] == [again(16), again(32)]


def test_another_seed_gives_other_padding_and_a_short_one_is_refused():
    assert padding_stream(b"s" * 32)(16) != padding_stream(b"t" * 32)(16)
    with pytest.raises(InvalidInput):
        padding_stream(b"s" * 31)
