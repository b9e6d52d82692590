"""Sealed halves: one length for every content, openable by the holder and the auditor only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.audit import seal
from samenloop.errors import IntegrityError, InvalidInput, SamenloopError
from tests.audit.world import AUDITOR, HOLDERS, SEALING, sealing_key

DAY = "2026-01-05"
KEYS = seal.make_content_keys(DAY, {name: key.public for name, key in SEALING.items()}, AUDITOR.public)
SALT = bytes(range(16))


@given(st.binary(max_size=510), st.sampled_from([512, 1024, 2048]))
def test_every_content_gives_the_same_length_and_comes_back(plaintext: bytes, size: int) -> None:
    key = KEYS.keys[HOLDERS[0]]
    sealed = seal.seal_fixed(key, plaintext, size, SALT)
    assert len(sealed) == size + seal.OVERHEAD_BYTES
    assert seal.open_fixed(key, sealed, size, SALT) == plaintext
    assert seal.key_id_of(sealed) == key.key_id


def test_too_much_content_is_refused() -> None:
    seal.seal_fixed(KEYS.keys[HOLDERS[0]], bytes(510), 512, SALT)
    with pytest.raises(InvalidInput):
        seal.seal_fixed(KEYS.keys[HOLDERS[0]], bytes(511), 512, SALT)


def test_the_same_content_never_looks_the_same() -> None:
    assert len({KEYS.seal(HOLDERS[0], b"none", SALT) for _number in range(100)}) == 100


@pytest.mark.parametrize("place", [0, 7, 8, 19, 20, 300, 547])
def test_a_changed_byte_is_found_on_opening(place: int) -> None:
    sealed = bytearray(KEYS.seal(HOLDERS[0], b"hit", SALT))
    sealed[place] ^= 1
    with pytest.raises(IntegrityError):
        seal.open_fixed(KEYS.keys[HOLDERS[0]], bytes(sealed), 512, SALT)


def test_another_entry_size_or_holder_does_not_fit() -> None:
    sealed = KEYS.seal(HOLDERS[0], b"hit", SALT)
    key = KEYS.keys[HOLDERS[0]]
    for attempt in (
        lambda: seal.open_fixed(key, sealed, 512, bytes(16)),
        lambda: seal.open_fixed(key, sealed, 1024, SALT),
        lambda: seal.open_fixed(KEYS.keys[HOLDERS[1]], sealed, 512, SALT),
    ):
        with pytest.raises(IntegrityError):
            attempt()


def test_padding_that_is_not_zero_is_refused() -> None:
    key = KEYS.keys[HOLDERS[0]]
    nonce = bytes(12)
    for padded in (b"\x00\x01a" + b"\x01" * 509, b"\xff\xff" + bytes(510)):
        sealed = key.key_id + nonce + key.aead.encrypt(nonce, padded, SALT)
        with pytest.raises(IntegrityError):
            seal.open_fixed(key, sealed, 512, SALT)


@pytest.mark.parametrize("holder", HOLDERS)
def test_holder_and_auditor_open_what_was_sealed_and_nobody_else_does(holder: str) -> None:
    rows = KEYS.public()["keys"]
    assert isinstance(rows, list)
    wrapped = next(one for one in seal.wrapped_keys(rows) if one.holder == holder)
    sealed = KEYS.seal(holder, b"hit", SALT)
    for key in (
        seal.open_wrapped(wrapped, DAY, SEALING[holder], auditor=False),
        seal.open_wrapped(wrapped, DAY, AUDITOR, auditor=True),
    ):
        assert seal.open_fixed(key, sealed, 512, SALT) == b"hit"
    other = next(name for name in HOLDERS if name != holder)
    for private, auditor in (
        (SEALING[other], False),
        (AUDITOR, False),
        (SEALING[holder], True),
        (sealing_key(9), True),
    ):
        with pytest.raises(IntegrityError):
            seal.open_wrapped(wrapped, DAY, private, auditor=auditor)
    with pytest.raises(IntegrityError):
        seal.open_wrapped(wrapped, "2026-01-06", SEALING[holder], auditor=False)


def test_every_holder_has_its_own_key_whether_asked_or_not_and_wraps_have_one_size() -> None:
    assert [one.holder for one in KEYS.wrapped] == list(HOLDERS)
    assert len({key.secret for key in KEYS.keys.values()}) == len(HOLDERS)
    assert {len(one.for_holder) for one in KEYS.wrapped} == {len(one.for_auditor) for one in KEYS.wrapped} == {80}


def test_an_unknown_holder_has_no_key() -> None:
    with pytest.raises(SamenloopError):
        KEYS.seal("nobody", b"", SALT)


def test_keys_do_not_show_in_a_repr() -> None:
    for key in KEYS.keys.values():
        assert repr(key.secret) not in repr(KEYS) + repr(key)
        assert "secret" not in repr(key)


def test_a_wrapped_key_of_another_length_is_refused() -> None:
    info = seal._info("holder", HOLDERS[0], DAY, bytes(8))
    short = seal.WrappedKey(HOLDERS[0], bytes(8), SEALING[HOLDERS[0]].public.seal(bytes(16), info), b"")
    with pytest.raises(IntegrityError):
        seal.open_wrapped(short, DAY, SEALING[HOLDERS[0]], auditor=False)
