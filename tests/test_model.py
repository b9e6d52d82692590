"""Names and epochs: what is refused says how to write it."""

import pytest

from samenloop.errors import InvalidInput
from samenloop.model import epoch_id, participant_id


@pytest.mark.parametrize("text", ["9999", "", "2026", "2026-1 "])
def test_an_epoch_that_is_none_says_how_to_write_it_and_names_no_internal_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        epoch_id(text)
    assert "zoals 2026-1" in refused.value.text
    assert "epoch" not in refused.value.text


@pytest.mark.parametrize("text", ["9", "A", "a--b", "a b", "x" * 65])
def test_a_name_that_is_none_says_with_what_it_begins(text: str) -> None:
    with pytest.raises(InvalidInput, match="Begin met een kleine letter"):
        participant_id(text)
