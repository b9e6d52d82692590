import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.errors import InvalidInput
from samenloop_node.commands import ask, findown
from samenloop_node.questions.draft import MAX_HOLDERS, parse_holder_argument, parse_question

HOLDER = {
    "holder": "politie-noord",
    "purpose": "zorg-en-veiligheid",
    "proportionality": "ernstige-overlast",
    "subsidiarity": "niet-anoniem-mogelijk",
    "give_basis": "wpg-20",
    "receive_basis": "avg-6-1-e",
    "inform_basis": "rr1995-37",
    "reason": "recente-melding",
}
QUESTION = {"case": "Z-2026-0014", "asked_person": "nee_weigert", "holders": [HOLDER]}


def test_a_full_question_is_read_field_by_field():
    draft = parse_question(QUESTION)
    assert draft.case == "Z-2026-0014"
    assert draft.holders[0].inform_basis == "rr1995-37"
    assert draft.holders[0].acting_as == ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"holders": []}, "holders", id="no holder is no question"),
        pytest.param({"holders": "alle"}, "holders", id="there is no word for all partners"),
        pytest.param({"holders": [HOLDER, HOLDER]}, "holders", id="a holder is named once"),
        pytest.param({"holders": [{**HOLDER, "bsn": "1"}]}, "holders[0]", id="an unknown field of a holder is refused"),
        pytest.param({"template": "standaard"}, "vraag", id="an unknown field of the question is refused"),
        pytest.param({"case": ""}, "case", id="a question needs a case"),
        pytest.param({"case": " Z-1"}, "case", id="a case number has no blanks around it"),
        pytest.param({"case": 14}, "case", id="a case number is text"),
        pytest.param({"power": "Art 172"}, "power", id="a power is a code"),
        pytest.param({"holders": [{**HOLDER, "reason": "a" * 33}]}, "holders[0].reason", id="a code has a length"),
    ],
)
def test_a_wrong_question_is_refused_by_field(change, field):
    with pytest.raises(InvalidInput) as caught:
        parse_question({**QUESTION, **change})
    assert caught.value.field == field


def test_more_holders_than_the_wire_carries_are_refused():
    many = [{**HOLDER, "holder": f"houder-{n}"} for n in range(MAX_HOLDERS + 1)]
    with pytest.raises(InvalidInput):
        parse_question({**QUESTION, "holders": many})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(QUESTION)), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_whatever_json_comes_in_the_parser_has_one_exit(value):
    try:
        draft = parse_question(value)
    except InvalidInput:
        return
    assert draft.holders


def test_a_holder_argument_is_a_name_and_fields():
    assert parse_holder_argument("ggz-noord,reason=zorgmijder, give_basis=avg-9", "--holder") == {
        "holder": "ggz-noord",
        "reason": "zorgmijder",
        "give_basis": "avg-9",
    }


@pytest.mark.parametrize("text", ["x,reason", "x,kleur=rood", "x,reason=a,reason=b", "x,holder=y"])
def test_a_holder_argument_of_another_form_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_holder_argument(text, "--holder")


@pytest.mark.parametrize(
    ("command", "request_"),
    [
        (ask, {"person": {}, "question": {}, "purpose": "access"}),
        (ask, {"person": {}, "question": {}, "retry": "ab"}),
        (findown, {"person": {}, "purpose": "access", "case": "R-1"}),
    ],
)
def test_what_a_command_does_not_know_is_refused_and_not_left_out(command, request_):
    """Who gives a question beside the number of an open one would think that both were sent."""
    with pytest.raises(InvalidInput, match="onbekend veld") as caught:
        asyncio.run(command.run(None, None, request_, None))
    assert caught.value.field == "arguments"
