"""The pepper: only good roots, one key per context, the same value for the same token."""

import hmac
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import EpochId, TokenSet
from samenloop.profile import EpochProfiles, Profile
from samenloop_coordinator.pepper import Pepper, Scope, make_root, read_root

ROOT = bytes(range(100, 132))
SCOPE = Scope("zvh-demo", "casusoverleg", "politie-midden", "politie")
RECIPES = EpochProfiles(Profile("test", ("name", "fragments", "surname-initial"), ()))


def _set(mask: int, counts: bytes, fill: int = 7) -> TokenSet:
    return TokenSet(EpochId("2026-1"), mask, 0, counts, bytes([fill]) * 16 * sum(counts))


def test_a_value_is_hmac_sha256_under_the_derived_key_cut_to_16_bytes() -> None:
    parts = ("samenloop/v1/pepper", "2026-1", "fragments", "zvh-demo", "casusoverleg", "politie-midden", "politie")
    info = b"".join(len(part).to_bytes(2, "big") + part.encode() for part in parts)
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(ROOT)
    values = Pepper(ROOT).register(SCOPE, RECIPES).pepper(_set(0b010, bytes([1])))
    assert values == [hmac.digest(key, bytes([7]) * 16, "sha256")[:16]]


def test_every_token_gets_a_value_of_its_recipe_in_order() -> None:
    values = Pepper(ROOT).register(SCOPE, RECIPES).pepper(_set(0b101, bytes([2, 4])))
    assert _set(0b101, bytes([2, 4])).each_recipe() == (0, 0, 2, 2, 2, 2)
    assert [values.index(value) for value in values] == [0, 0, 2, 2, 2, 2]


def test_a_recipe_that_the_profile_does_not_have_is_refused() -> None:
    with pytest.raises(SamenloopError) as caught:
        Pepper(ROOT).register(SCOPE, RECIPES).pepper(_set(0b1000, bytes([1])))
    assert caught.value.code is ErrorCode.INVALID_INPUT


@given(st.binary(max_size=31))
def test_a_short_root_is_refused(root: bytes) -> None:
    with pytest.raises(SamenloopError):
        Pepper(root)


@pytest.mark.parametrize(
    "root",
    [bytes(32), b"a" * 64, b"correct horse battery staple and more words", bytes([1, 200] * 16), bytes(range(64))],
    ids=["zeros", "one letter", "a sentence", "two values", "counting in ascii"],
)
def test_a_root_that_does_not_look_random_is_refused(root: bytes) -> None:
    with pytest.raises(SamenloopError) as caught:
        Pepper(root)
    assert caught.value.code is ErrorCode.INTEGRITY


def test_random_roots_are_accepted() -> None:
    for _number in range(2000):
        Pepper(os.urandom(32))


def test_a_root_file_is_made_once_with_mode_0400_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "pepper.key"
    make_root(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert len(read_root(path)) == 32
    with pytest.raises(SamenloopError) as caught:
        make_root(path)
    assert caught.value.code is ErrorCode.NOT_PERMITTED


@pytest.mark.parametrize("mode", [0o600, 0o440, 0o404, 0o777])
def test_a_root_file_of_another_mode_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "pepper.key"
    make_root(path)
    path.chmod(mode)
    with pytest.raises(SamenloopError) as caught:
        read_root(path)
    assert caught.value.code is ErrorCode.NOT_PERMITTED


def test_a_missing_root_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SamenloopError, match=r"pepper\.key"):
        read_root(tmp_path / "pepper.key")


def test_nothing_secret_shows_in_a_repr() -> None:
    pepper = Pepper(ROOT)
    register = pepper.register(SCOPE, RECIPES)
    register.pepper(_set(0b1, bytes([1])))
    for text in (repr(pepper), repr(register)):
        assert repr(ROOT)[2:-1] not in text
        assert "_keys" not in text
    assert pepper.fingerprint() != Pepper(os.urandom(32)).fingerprint()
