"""The life of a case (R-01, R-20..R-23, R-36, R-37, R-53..R-61, R-63, R-69, R-70)."""

from dataclasses import fields, replace

import pytest

from samenloop.decisions.case import (
    CASE,
    CaseEvent,
    Intake,
    Invitation,
    Meeting,
    Plan,
    TriageDecision,
    contradicting,
    outcome_of_hit,
)
from samenloop.decisions.case_facts import CaseState
from samenloop.decisions.contact import speakable
from samenloop.model import ParticipantId, QuestionId

from .good import CARE, HOUSE, LAW, POLICE, PROBATION, case_input, needed, refused

S, E = CaseState, CaseEvent
GOOD = case_input()
INTAKE, TRIAGE, MEETING, PLAN = GOOD.intake, GOOD.triage, GOOD.meeting, GOOD.plan
assert INTAKE
assert TRIAGE
assert MEETING
assert PLAN
FROM = {E.ACCEPT: S.REPORTED, E.START_TRIAGE: S.INTAKE, E.MEET: S.TRIAGE, E.PLAN: S.MEETING, E.CLOSE: S.PLAN}


def step(event: CaseEvent, rule: str = "", missing: str = "", **changes: object) -> None:
    facts = case_input(**changes)
    if rule:
        refused(lambda: CASE.step(LAW, FROM.get(event, S.CLOSED), event, facts), rule, missing)
    else:
        CASE.step(LAW, FROM.get(event, S.CLOSED), event, facts)


@pytest.mark.parametrize("event", [E.ACCEPT, E.START_TRIAGE, E.MEET, E.PLAN, E.CLOSE])
@pytest.mark.parametrize("partner", [None, HOUSE, ParticipantId("bureau")])
def test_R01_every_step_names_the_partner_it_is_done_for(event: CaseEvent, partner: ParticipantId | None) -> None:
    step(event, "R-01", acting_partner=partner)


@pytest.mark.parametrize("referrer", [None, HOUSE, ParticipantId("school-de-es")])
def test_R20_exactly_one_partner_reports(referrer: ParticipantId | None) -> None:
    step(E.ACCEPT, "R-20", "referrer", referrer=referrer)


def test_R20_triage_is_started_by_the_aanmelder() -> None:
    step(E.START_TRIAGE, "R-20", "by_referrer", acting_partner=POLICE)


@pytest.mark.parametrize("field", [one.name for one in fields(Intake)])
def test_R21_all_five_fields_of_the_intake_are_filled_in(field: str) -> None:
    empty = () if field in ("tasks", "needed") else ""
    step(E.START_TRIAGE, "R-21", f"intake.{field}", intake=replace(INTAKE, **{field: empty}))
    step(E.START_TRIAGE, "R-21", "intake", intake=None)


@pytest.mark.parametrize(
    ("code", "rule"), [("art43_wbp", "R-21"), ("convenant", "R-02"), ("regie", "R-29"), ("taak_ontvanger", "R-41")]
)
def test_R21_what_is_no_ground_is_no_ground_of_an_intake(code: str, rule: str) -> None:
    step(E.START_TRIAGE, rule, intake=replace(INTAKE, basis=code))
    step(E.START_TRIAGE, rule, intake=replace(INTAKE, needed=(needed(give_basis=code),)))


@pytest.mark.parametrize(
    "ticked", [(), ("meer_problemen",), ("meer_problemen", "meer_ketens"), ("gebiedsprobleem", "verzonnen")]
)
def test_R22_outside_the_target_group_there_is_advice_only(ticked: tuple[str, ...]) -> None:
    step(E.ACCEPT, "R-22", target_group=ticked)


def test_R22_an_unknown_tick_is_named_by_its_place_and_not_repeated() -> None:
    step(E.ACCEPT, "R-22", "target_group[1]", target_group=("gebiedsprobleem", "verzonnen"))


def test_R22_an_area_problem_is_enough() -> None:
    step(E.ACCEPT, target_group=("gebiedsprobleem",))


@pytest.mark.parametrize(
    "field", ["purpose", "proportionality", "subsidiarity", "give_basis", "receive_basis", "reason"]
)
def test_R23_each_needed_partner_has_its_four_conditions(field: str) -> None:
    where = f"intake.needed[1].{field}"
    step(E.START_TRIAGE, "R-23", where, intake=replace(INTAKE, needed=(needed(), needed(**{field: ""}))))


def test_R36_a_hit_is_no_fact_until_the_person_is_confirmed() -> None:
    step(E.MEET, "R-36", contact="verkeerde_persoon")
    step(E.MEET, "R-36", contact="geen_contact")
    step(E.MEET, had_hit=False, contact="")


def test_R36_contradicting_outcomes_are_seen() -> None:
    assert contradicting(["juiste_persoon", "geen_contact", "verkeerde_persoon"])
    assert not contradicting(["juiste_persoon", "juiste_persoon", "geen_contact"])


RIGHT, WRONG, NOBODY = "juiste_persoon", "verkeerde_persoon", "geen_contact"


@pytest.mark.parametrize(
    ("own", "others", "outcome"),
    [
        ([], [], ""),
        ([NOBODY], [], NOBODY),
        ([RIGHT], [], RIGHT),
        ([RIGHT, WRONG], [], WRONG),
        ([WRONG, RIGHT], [], RIGHT),
        ([RIGHT, NOBODY], [], RIGHT),
        ([RIGHT], [WRONG], WRONG),
        ([WRONG], [RIGHT], WRONG),
        ([RIGHT], [WRONG, RIGHT], RIGHT),
        ([RIGHT], [WRONG, NOBODY], WRONG),
        ([], [RIGHT], RIGHT),
    ],
)
def test_R36_the_last_talk_of_each_side_counts_and_both_must_agree(
    own: list[str], others: list[str], outcome: str
) -> None:
    assert outcome_of_hit([own, others]) == outcome


def test_R37_a_case_is_not_purged_while_its_answers_are_there() -> None:
    step(E.PURGE, "R-37", answers_lapsed=False)


def test_R53_after_a_hit_professionals_speak_first() -> None:
    step(E.MEET, "R-53", contact="")
    step(E.MEET, "R-53", contact="we hebben gebeld en hij is boos")


def test_R53_a_hit_has_a_short_code_for_the_phone() -> None:
    question = QuestionId(b"q" * 16)
    assert speakable(question, POLICE) == speakable(question, POLICE)
    assert speakable(question, POLICE) != speakable(question, CARE)
    assert len(speakable(question, POLICE)) == len("bako-timo-17")


@pytest.mark.parametrize("part", list(LAW.codes["triage_parts"]))
def test_R54_a_triage_decision_has_its_four_parts(part: str) -> None:
    step(E.MEET, "R-54", part, triage=replace(TRIAGE, parts=tuple(one for one in TRIAGE.parts if one != part)))


@pytest.mark.parametrize(
    "triage",
    [
        None,
        TriageDecision(),
        replace(TRIAGE, outcome="advies"),
        replace(TRIAGE, moment="zomaar"),
        replace(TRIAGE, moment="opschalen"),
    ],
)
def test_R54_without_a_complete_triage_decision_nothing_is_exchanged(triage: TriageDecision | None) -> None:
    step(E.MEET, "R-54", triage=triage)


def test_R54_escalation_is_first_talked_about_with_the_superior() -> None:
    step(E.MEET, triage=replace(TRIAGE, moment="opschalen", superior_consulted=True))


def test_R55_a_care_provider_that_takes_part_walked_its_six_steps() -> None:
    step(E.MEET, "R-55", meeting=replace(MEETING, care_steps_done=False))
    step(E.MEET, care_partner=False, meeting=replace(MEETING, care_steps_done=False))


@pytest.mark.parametrize(
    "meeting",
    [
        Meeting(),
        replace(MEETING, invited_by=HOUSE),
        replace(MEETING, invitations=()),
        replace(MEETING, invitations=(Invitation(POLICE, ""),)),
        replace(MEETING, invitations=(Invitation(HOUSE, "genoemd_in_dossier"),)),
        replace(MEETING, invitations=(Invitation(POLICE, "genoemd_in_dossier"),) * 2),
        replace(MEETING, invitations=(Invitation(POLICE, "alle_partners"),)),
    ],
)
def test_R56_nobody_has_a_seat_without_a_reason(meeting: Meeting) -> None:
    step(E.MEET, "R-56", meeting=meeting)


@pytest.mark.parametrize(
    "plan",
    [
        None,
        replace(PLAN, case_lead=None),
        replace(PLAN, case_lead=PROBATION),
        replace(PLAN, case_lead=HOUSE),
        replace(PLAN, case_lead_is_bureau=True),
    ],
)
def test_R57_the_case_lead_is_neither_the_aanmelder_nor_the_bureau(plan: Plan | None) -> None:
    step(E.PLAN, "R-57", plan=plan)


def test_R58_of_a_plan_it_is_kept_that_it_was_made_and_when() -> None:
    step(E.PLAN, "R-58", plan=replace(PLAN, made=False))
    step(E.PLAN, "R-58", plan=replace(PLAN, made_on=None))
    assert {one.name for one in fields(Plan)} == {"made", "made_on", "case_lead", "case_lead_is_bureau", "own_log"}


def test_R59_the_plan_is_in_the_partners_own_system() -> None:
    step(E.PLAN, "R-59", plan=replace(PLAN, own_log=""))


def test_R60_the_person_is_invited_or_the_reason_is_kept() -> None:
    step(E.MEET, "R-60", meeting=replace(MEETING, person_invited=False))
    step(E.MEET, "R-60", meeting=replace(MEETING, person_invited=False, not_invited_because="geen zin"))
    step(E.MEET, meeting=replace(MEETING, person_invited=False, not_invited_because="veiligheid"))


@pytest.mark.parametrize("event", [E.START_TRIAGE, E.PLAN])
def test_R61_the_person_is_informed_or_a_deferral_is_kept(event: CaseEvent) -> None:
    step(event, "R-61", informed=False)


def test_R63_a_case_does_not_close_with_open_notices() -> None:
    step(E.CLOSE, "R-63", open_notices=1)


def test_R69_a_case_is_purged_after_its_term_only() -> None:
    step(E.PURGE, "R-69", term_ended=False)
    step(E.PURGE)


def test_R70_a_case_closes_with_a_reason_by_the_process_director_or_the_aanmelder() -> None:
    step(E.CLOSE, "R-70", "closing_reason", closing_reason="")
    step(E.CLOSE, "R-70", "role", role="bureau", acting_partner=POLICE)
    step(E.CLOSE, role="case_worker")
