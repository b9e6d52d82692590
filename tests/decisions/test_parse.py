"""JSON becomes facts strictly: no unknown field, no free text, no BSN (R-12, R-13, R-28)."""

import contextlib
import json
from dataclasses import asdict
from datetime import date
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.decisions.asking import QuestionFacts
from samenloop.decisions.case_facts import CaseInput
from samenloop.decisions.parse import parse, parse_consent, parse_notice
from samenloop.decisions.references import holds_bsn
from samenloop.decisions.releasing import ReleaseForm
from samenloop.decisions.request import RequestInput
from samenloop.errors import InvalidInput, SamenloopError

from . import good

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bsn.json").read_text("utf-8"))
ROUND_TRIPS = {
    "question": (partial(parse, QuestionFacts), good.question()),
    "release": (partial(parse, ReleaseForm), good.release_input().form),
    "consent": (parse_consent, good.consent_form()),
    "case": (partial(parse, CaseInput), good.case_input()),
    "notice": (parse_notice, good.notice_input()),
    "request": (partial(parse, RequestInput), good.request_input()),
}


def _plain(value: Any) -> Any:
    def default(one: object) -> object:
        if isinstance(one, date):
            return one.isoformat()
        if isinstance(one, Enum):
            return one.value
        assert isinstance(one, frozenset)
        return sorted(_plain(item) for item in one)

    return json.loads(json.dumps(asdict(value), default=default))


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_what_is_written_as_json_is_read_back_the_same(name: str) -> None:
    read, value = ROUND_TRIPS[name]
    assert read(_plain(value)) == value


def test_a_record_with_its_mode_is_read_by_name() -> None:
    value = {**_plain(good.record()), "tightened": "consent_only"}
    assert parse(type(good.record()), value).tightened is not None
    with pytest.raises(InvalidInput) as caught:
        parse(type(good.record()), {**value, "tightened": "zacht"})
    assert caught.value.field == "tightened"


WRONG = {
    "bsn": ({"bsn": "x"}, "invoer"),
    "a missing field": ({"asker": None}, "asker"),
    "free text": ({"power": "omdat het moet"}, "power"),
    "a number": ({"power": 3}, "power"),
    "a wrong date": ({"today": "1 mei"}, "today"),
    "an impossible date": ({"today": "2026-02-30"}, "today"),
    "yes as text": ({"respell_limit": "3"}, "respell_limit"),
    "yes as a number": ({"respell_limit": True}, "respell_limit"),
    "no list": ({"parts": "alle"}, "parts"),
    "a part that is a text": ({"parts": ["alle"]}, "parts[0]"),
    "too many": ({"parts": [{}] * 65}, "parts"),
    "an id": ({"asker": "Politie Noord"}, "asker"),
}


@pytest.mark.parametrize("why", WRONG)
def test_R13_what_is_wrong_is_refused_with_its_place(why: str) -> None:
    change, field = WRONG[why]
    with pytest.raises(InvalidInput) as caught:
        parse(QuestionFacts, {**_plain(good.question()), **change})
    assert caught.value.field == field


@pytest.mark.parametrize("value", [[], [{}], "x", None, 3])
def test_R28_a_question_is_one_object_and_never_a_list(value: object) -> None:
    with pytest.raises(InvalidInput):
        parse(QuestionFacts, value)


def test_a_missing_field_is_named() -> None:
    value = _plain(good.question())
    del value["asker"]
    with pytest.raises(InvalidInput) as caught:
        parse(QuestionFacts, value)
    assert caught.value.field == "asker"


def test_a_pair_of_answers_has_two_values() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(ReleaseForm, {**_plain(good.release_input().form), "answers": [["gevolgen"]]})
    assert caught.value.field == "answers[0]"


BSN = [
    "111222333",
    "123456782",
    "1234.56.782",
    "123 456 782",
    "123-45-6782",
    "bsn12",
    "zaak-999990019",
    "１２３４５６７８２",
]


@pytest.mark.parametrize("text", BSN)
def test_R12_a_reference_that_looks_like_a_bsn_is_seen(text: str) -> None:
    assert holds_bsn(text)


@pytest.mark.parametrize("text", ["", "zaak-7", "123456789", "2026-1", "1234567823", "000000000", "12345678/1"])
def test_R12_other_references_pass(text: str) -> None:
    assert not holds_bsn(text)


@pytest.mark.parametrize("text", VECTORS["refused"])
def test_R12_a_reference_is_read_like_any_text_of_people(text: str) -> None:
    assert holds_bsn(text)


@pytest.mark.parametrize("text", VECTORS["allowed"])
def test_R12_a_date_or_a_longer_number_is_a_reference(text: str) -> None:
    assert not holds_bsn(text)


@pytest.mark.parametrize(
    "text", ["b\u200bsn-12", "ＢＳＮ-12", "Sofi-nr 7", "A‑nummer 7", "anummer", "a_nummer", "a nummer 7"]
)
def test_R12_a_reference_that_calls_itself_a_bsn_is_seen(text: str) -> None:
    assert holds_bsn(text)


def test_R12_a_bsn_is_refused_and_not_repeated() -> None:
    with pytest.raises(SamenloopError) as caught:
        parse_consent({**_plain(good.consent_form()), "paper": "123456782"})
    assert "123456782" not in caught.value.text
    assert "paper" in caught.value.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(ROUND_TRIPS)), st.data())
def test_any_json_is_read_or_refused_by_our_own_error(name: str, data: st.DataObject) -> None:
    read, value = ROUND_TRIPS[name]
    plain = _plain(value)
    field = data.draw(st.sampled_from(sorted(plain)))
    plain[field] = data.draw(json_values)
    with contextlib.suppress(SamenloopError):
        read(plain)
