"""Salted commitments bind every field and tell nothing without the salt."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.commitment import items_digest, tokens_digest
from samenloop.errors import InvalidInput
from samenloop.model import EpochId, TokenSet

SALT = bytes(range(1, 33))


def token_set(epoch: str = "2026-1", tokens: bytes = b"a" * 16, mask: int = 1) -> TokenSet:
    return TokenSet(EpochId(epoch), mask, 0, bytes([1] * mask.bit_count()), tokens)


def test_the_same_tokens_under_another_salt_give_another_digest() -> None:
    assert tokens_digest(SALT, [token_set()]) != tokens_digest(os.urandom(32), [token_set()])


@pytest.mark.parametrize(
    "other",
    [token_set("2026-2"), token_set(tokens=b"b" * 16), token_set(mask=2)],
    ids=["another epoch", "other tokens", "another recipe"],
)
def test_each_part_of_a_token_set_is_bound(other: TokenSet) -> None:
    assert tokens_digest(SALT, [token_set()]) != tokens_digest(SALT, [other])


def test_excluded_registrations_are_bound() -> None:
    assert tokens_digest(SALT, [token_set()]) != tokens_digest(SALT, [token_set()], [b"x" * 16])


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.binary(max_size=40), max_size=6))
def test_two_lists_of_items_share_a_digest_only_when_they_are_equal(one: list[bytes], other: list[bytes]) -> None:
    assert (items_digest(SALT, one) == items_digest(SALT, other)) == (one == other)


@pytest.mark.parametrize("salt", [b"", b"\x00" * 32, b"x" * 31], ids=["none", "all zero", "too short"])
def test_a_missing_or_empty_salt_is_refused(salt: bytes) -> None:
    with pytest.raises(InvalidInput):
        tokens_digest(salt, [token_set()])
