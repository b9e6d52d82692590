"""The node's side of the gate: the facts that covenant and account give are the ones that the rules judge."""

from dataclasses import replace
from datetime import date

import pytest

from samenloop.catalogue import load_catalogue
from samenloop.decisions.case_facts import CaseState
from samenloop.errors import Refused
from samenloop.model import ParticipantId
from samenloop_node.accounts import Role
from samenloop_node.questions.draft import parse_question
from samenloop_node.questions.gate import CaseHistory, pass_gate

TODAY = date(2026, 11, 21)
PROBATION, MAYOR = "reclassering-midden", "burgemeester-middelstad"
FILLED = {"asked_person": "nee_gevaar", "anonymous_talk": "nee_persoon_nodig", "phone_call": "nee_vertelt_meer"}
POLICE = {
    "holder": "politie-midden",
    "purpose": "toezicht",
    "proportionality": "recidive_ernstig",
    "subsidiarity": "anoniem_onvoldoende",
    "give_basis": "wpg20",
    "receive_basis": "rr8",
    "inform_basis": "rr37_straf",
    "reason": "genoemd_in_dossier",
}
EAST = {**POLICE, "holder": "zvh-oost", "give_basis": "wgs_zvh", "reason": "andere_casus_vermoed"}
BY_MAYOR = {
    **POLICE,
    "purpose": "openbare_orde",
    "receive_basis": "gemeentewet172_ontvangst",
    "inform_basis": "gemeentewet172",
}


@pytest.fixture(name="put")
def _put(kit, user_of):
    """Return a function that puts a question through the gate; `change` edits the covenant first."""

    def put(*holders, asker=PROBATION, before=None, closed=False, user=None, covenant=kit.covenant, **more):
        draft = parse_question({"case": "R-1", "holders": list(holders), **FILLED, **more})
        who = user or user_of("anna", Role.CASE_WORKER)
        history = CaseHistory(before or {}, CaseState.CLOSED if closed else CaseState.INTAKE)
        pass_gate(load_catalogue(), covenant, ParticipantId(asker), who, draft, history, TODAY)

    return put


def refused(put, *arguments, **options):
    with pytest.raises(Refused) as caught:
        put(*arguments, **options)
    return caught.value.rule


def test_a_question_with_everything_filled_in_passes(put):
    put(POLICE)
    put(BY_MAYOR, asker=MAYOR, power="gemeentewet172a")


@pytest.mark.parametrize(
    ("field", "rule"),
    [("proportionality", "R-23"), ("receive_basis", "R-23"), ("give_basis", "R-23"), ("inform_basis", "R-25")],
)
def test_R23_each_holder_needs_all_four_conditions_and_R25_a_ground_to_know(put, field, rule):
    assert refused(put, {**POLICE, field: ""}) == rule


def test_R24_a_holder_needs_a_reason_of_its_own(put):
    assert refused(put, {**POLICE, "reason": ""}) == "R-24"
    assert refused(put, {**POLICE, "reason": "alle_partners"}) == "R-24"


def test_R26_lighter_ways_come_first(put):
    assert refused(put, POLICE, phone_call="ja") == "R-26"
    assert refused(put, POLICE, asked_person="") == "R-26"


def test_R27_another_region_needs_a_reason(put):
    assert refused(put, EAST) == "R-27"
    put(EAST, region_reason="verhuisd")


def test_R28_a_fourth_question_needs_a_new_fact(put):
    assert refused(put, POLICE, before={"politie-midden": 3}) == "R-28"
    put(POLICE, before={"politie-midden": 3}, new_fact="nieuw_incident")


def test_R29_a_mayor_names_a_power(put):
    assert refused(put, BY_MAYOR, asker=MAYOR) == "R-29"


def test_R10_an_account_that_has_ended_asks_nothing(put, user_of):
    ended = replace(user_of("anna", Role.CASE_WORKER), valid_until=date(2026, 1, 1))
    assert refused(put, POLICE, user=ended) == "R-10"


def test_R35_another_role_asks_nothing(put, user_of):
    assert refused(put, POLICE, user=user_of("beheer", Role.OPERATOR)) in ("R-10", "R-20", "R-35")


def test_a_suspended_holder_and_an_unknown_one_cannot_be_asked(put, kit):
    rows = tuple(
        replace(row, suspended_by=("ggz-midden", MAYOR)) if row.id == "politie-midden" else row
        for row in kit.covenant.participants
    )
    suspended = replace(kit.covenant, participants=rows)
    assert refused(put, POLICE, covenant=suspended) == refused(put, {**POLICE, "holder": "om-midden"})


def test_nothing_is_asked_in_a_case_that_was_closed(put):
    assert refused(put, POLICE, closed=True) == "R-20"


def test_a_refusal_names_the_holder_that_it_is_about_as_it_was_typed(put):
    with pytest.raises(Refused) as caught:
        put(POLICE, {**EAST, "holder": "om-midden", "give_basis": "convenant"}, region_reason="verhuisd")
    places = {one.split(" ", 2)[2] for one in caught.value.missing}
    assert places == {"om-midden", "om-midden,give_basis"}
