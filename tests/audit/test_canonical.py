"""Our canonical JSON gives the bytes of RFC 8785 inside its domain, and refuses what lies outside."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from samenloop.audit.canonical import MAX_INTEGER, canonical, parse_canonical
from samenloop.errors import InvalidInput

KEYS = st.text(st.characters(max_codepoint=0x7F), max_size=8)
LEAVES = st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(st.characters(exclude_categories=("Cs",)))
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


def depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 0


@given(VALUES.filter(lambda value: depth(value) <= 8))
def test_the_bytes_are_those_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert parse_canonical(canonical(value)) == value


def test_texts_outside_the_basic_plane_and_controls_are_written_as_the_standard_says() -> None:
    value = {"b": "\U0001f600\u20ac", "a": '\x00\x1f\x7f\u2028"\\\n', "A": "\ud7ff\ue000"}
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        None,
        {"é": 1},
        {1: 1},
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        ("a",),
        b"a",
        {"a": "\ud800"},
        [[[[[[[[[1]]]]]]]]],
        {"a": {"b": 0.5}},
    ],
)
def test_a_value_outside_the_domain_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b"null",
        b"[1]\n",
        b"\xff",
        b"NaN",
    ],
)
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_canonical(data)


def test_very_deep_nesting_is_refused_and_does_not_crash() -> None:
    with pytest.raises(InvalidInput):
        parse_canonical(b"[" * 100_000 + b"]" * 100_000)
