"""The shape of a decision about one hit: numbers that a node drew are read as such, texts of people are searched."""

from typing import Any

import pytest

from samenloop.bsn import is_bsn
from samenloop.errors import InvalidInput
from samenloop_node.identity.errors import FieldError
from samenloop_node.release_form import parse_decision

QUESTION, CONSENT = "0123456789abcdef" * 2, "7f24896469c5715d"


def test_a_number_that_a_node_drew_may_hold_eight_digits_that_pass_the_eleven_test():
    assert is_bsn(CONSENT), "control: read as a text of people it would be refused"
    decision = parse_decision({"question": QUESTION, "consent": CONSENT})
    assert (decision.question_id, decision.consent) == (bytes.fromhex(QUESTION), CONSENT)


def test_without_a_consent_there_is_none():
    assert parse_decision({"question": QUESTION}).consent == ""


@pytest.mark.parametrize("name", ["question", "consent"])
@pytest.mark.parametrize("number", ["124896469", CONSENT[1:], CONSENT.upper(), CONSENT + " ", 12, ["x"], "piet"])
def test_what_no_node_drew_is_refused_by_field(name: str, number: Any):
    with pytest.raises(InvalidInput) as caught:
        parse_decision({"question": QUESTION, name: number})
    assert caught.value.field == name
    assert name in str(caught.value)


def test_a_record_is_named_by_its_number_also_when_that_passes_the_eleven_test():
    """Whether record ids are BSNs is judged of all together, when they are registered; here one is looked up."""
    assert parse_decision({"question": QUESTION, "record": "111222333"}).record == "111222333"


@pytest.mark.parametrize("record", ["x" * 101, "a\tb", 12])
def test_what_can_be_no_record_is_refused(record: Any):
    with pytest.raises(InvalidInput) as caught:
        parse_decision({"question": QUESTION, "record": record})
    assert caught.value.field == "record"


@pytest.mark.parametrize("name", ["motive", "protocol_entry", "wpg20_decision"])
def test_texts_of_people_hold_no_bsn(name: str):
    with pytest.raises(FieldError):
        parse_decision({"question": QUESTION, name: "zie 111222333"})
