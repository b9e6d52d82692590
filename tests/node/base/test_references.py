"""References are keyed, labelled and length-prefixed: nobody else can test a guess, and no two things share one."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.errors import InvalidInput
from samenloop_node.references import References

KEY = bytes(range(32))


def test_the_same_text_under_another_label_or_key_gives_another_reference():
    one, other = References(KEY), References(os.urandom(32))
    made = [one.case("x"), one.user("x"), one.decision("x"), one.seed("x", b""), other.case("x"), one.file([b"x"])]
    assert len(set(made)) == len(made)
    assert all(len(reference) == 32 for reference in made)


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_rows_are_equal_exactly_when_all_their_fields_are(one, other):
    references = References(KEY)
    assert (references.row("r", "p", one) == references.row("r", "p", other)) == (one == other)


def test_register_and_profile_are_part_of_a_row():
    references = References(KEY)
    assert len({references.row("r", "p", ["a"]), references.row("q", "p", ["a"]), references.row("r", "q", ["a"])}) == 3


def test_a_file_is_the_same_however_it_is_cut():
    assert References(KEY).file([b"ab", b"c"]) == References(KEY).file([b"a", b"bc"])


@pytest.mark.parametrize("key", [b"", b"\0" * 32, b"a" * 32, bytes(range(31)), b"ab" * 16])
def test_a_weak_key_is_refused(key):
    with pytest.raises(InvalidInput):
        References(key)


def test_the_key_does_not_show():
    assert repr(References(KEY)) == "References(...)"
