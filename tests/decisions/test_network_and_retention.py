"""Set-up gates (R-01..R-10, R-73), registering (R-11..R-19), retention (R-18, R-69)."""

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.decisions.modes import RecordFacts
from samenloop.decisions.network import NODE, NodeEvent, NodeState, activation_checklist, evaluation_overdue
from samenloop.decisions.record import RECORD, RecordEvent, RecordState, registrable
from samenloop.decisions.retention import Kept, last_day, purge_due, review_overdue, term_of
from samenloop.decisions.terms import ends_on, months_later

from .good import LAW, POLICE, TODAY, USER, node_facts, outcome, record, record_input, refused


def activate(rule: str = "", **changes: object) -> None:
    facts = node_facts(**changes)
    if rule:
        refused(lambda: NODE.step(LAW, NodeState.AGREED, NodeEvent.ACTIVATE, facts), rule)
        assert rule in {line.rule for line in activation_checklist(LAW, facts) if not line.met}
    else:
        assert NODE.step(LAW, NodeState.AGREED, NodeEvent.ACTIVATE, facts) is NodeState.ACTIVE


def test_the_checklist_is_green_when_all_is_well_and_covers_R02_to_R10() -> None:
    lines = activation_checklist(LAW, node_facts())
    assert all(line.met for line in lines)
    assert {f"R-{number:02}" for number in range(1, 11)} <= {line.rule for line in lines}


def test_R01_a_veiligheidshuis_keeps_its_list_for_named_partners() -> None:
    activate("R-01", kinds=("vhh_casus",), network=True)
    activate(kinds=("vhh_casus",), network=True, underlying=(POLICE,))
    refused(lambda: registrable(LAW, record("vhh_casus", acting_for="")), "R-01")
    refused(lambda: registrable(LAW, record("vhh_casus", acting_kind="")), "R-01")


def test_R02_no_node_is_active_without_a_signed_covenant() -> None:
    activate("R-02", covenant_complete=False)
    activate("R-02", agreement_dated=None)
    activate("R-02", signing_bodies=())
    activate("R-02", municipal=True, signing_bodies=("college van Middelstad",))
    activate(municipal=True, signing_bodies=("College van Middelstad", "Burgemeester van Middelstad"))


def test_R03_every_item_of_the_checklist_has_its_place() -> None:
    activate("R-03", open_items=("special_data",))


def test_R04_a_care_provider_is_never_joint_controller() -> None:
    activate("R-04", controller=False)
    activate("R-04", joint_arrangement=False)
    for kind in (one.id for one in LAW.partners.values() if one.care):
        activate("R-04", kinds=(kind,))


def test_R05_the_operator_has_an_agreement_with_breach_reporting() -> None:
    activate("R-05", processor_agreed_on=None)
    activate("R-05", reports_breaches=False)


@pytest.mark.parametrize("until", [None, date(2026, 4, 30)])
def test_R06_a_police_node_has_a_decision_in_force(until: date | None) -> None:
    activate("R-06", wpg20_until=until)
    activate(kinds=("om",), wpg20_until=until)


def test_R06_a_decision_names_receivers() -> None:
    activate("R-06", wpg20_receivers=0)


def test_R07_the_processing_is_entered_and_assessed() -> None:
    activate("R-07", processing_entry=False)
    activate("R-07", impact_assessed_on=None)
    activate("R-07", impact_assessed_on=date(2026, 5, 2))


def test_R08_a_network_joins_through_the_organisations_behind_it() -> None:
    activate("R-08", kinds=("veilig_thuis",), underlying=(POLICE,))
    activate("R-08", kinds=("veilig_thuis",), network=True)


def test_R09_everybody_signed_the_secrecy_declaration() -> None:
    activate("R-09", users=(USER, replace(USER, secrecy_signed_on=None)))
    activate("R-09", users=(replace(USER, secrecy_signed_on=date(2026, 5, 2)),))
    activate("R-09", secrecy_known=False)


@pytest.mark.parametrize(
    "change", [{"named": False}, {"bureau": True}, {"valid_until": date(2026, 4, 30)}, {"valid_from": date(2026, 5, 2)}]
)
def test_R10_every_account_is_a_person_with_an_authorisation_in_force(change: dict[str, object]) -> None:
    activate("R-10", users=(replace(USER, **change),))  # type: ignore[arg-type]
    activate("R-10", users=())


def test_R73_an_overdue_evaluation_is_a_warning() -> None:
    assert not evaluation_overdue(LAW, node_facts())
    late = node_facts(evaluated_on=date(2024, 4, 30))
    assert evaluation_overdue(LAW, late)
    assert NODE.step(LAW, NodeState.AGREED, NodeEvent.ACTIVATE, late) is NodeState.ACTIVE


# ---- records ----


def test_what_may_be_registered_is_registered() -> None:
    for kind, register in LAW.registers.items():
        if register.mode.name != "NEVER" and LAW.enabled(kind):
            registrable(LAW, record(kind))


def test_R11_a_record_has_a_task_of_its_register() -> None:
    refused(lambda: registrable(LAW, replace(record(), task="")), "R-11")


@pytest.mark.parametrize("field", ["task", "measure", "framework", "origin"])
def test_R13_there_is_no_room_for_content(field: str) -> None:
    text = "Fatima Bouzid heeft ruzie met de buren"
    found = refused(lambda: registrable(LAW, replace(record(), **{field: text})), "R-13", field)
    assert "Fatima" not in found.text + str(found.missing)
    refused(lambda: registrable(LAW, record("politie", "zorg")), "R-13", "task")


@pytest.mark.parametrize("kind", ["college_suwi", "college_onderwijs"])
def test_R14_suwi_and_education_are_never_registered(kind: str) -> None:
    refused(lambda: registrable(LAW, record(kind)), "R-14")


@pytest.mark.parametrize("task", ["adviescontact", "vroegsignaal", "topx_netwerk", "nifp_rapport"])
def test_R14_some_contacts_are_never_registered_anywhere(task: str) -> None:
    for kind in ("veilig_thuis", "politie", "reclassering", "vhh_casus"):
        refused(lambda kind=kind: registrable(LAW, record(kind, task)), "R-14")  # type: ignore[misc]


@pytest.mark.parametrize("kind", ["dji", "slachtofferhulp", "overig", "onbekend", "gi"])
def test_R15_what_has_no_approved_profile_is_not_registered(kind: str) -> None:
    refused(lambda: registrable(LAW, record(kind)), "R-15")


def test_R43_judicial_records_are_never_registered() -> None:
    refused(lambda: registrable(LAW, record("om", "justitiele_documentatie")), "R-43")


def test_R17_only_the_holder_registers_with_a_ground_of_its_own() -> None:
    for change in ({"by_holder": False}, {"has_ground": False}):
        facts = record_input(**change)
        refused(lambda facts=facts: RECORD.step(LAW, RecordState.PROPOSED, RecordEvent.INDEX, facts), "R-17")  # type: ignore[misc]


@pytest.mark.parametrize("day", [date(2026, 4, 30), date(2027, 5, 2)])
def test_R18_a_record_has_a_review_date_within_a_year(day: date) -> None:
    facts = record_input(facts=record(review_date=day))
    refused(lambda: RECORD.step(LAW, RecordState.PROPOSED, RecordEvent.INDEX, facts), "R-18")
    refused(lambda: RECORD.step(LAW, RecordState.INDEXED, RecordEvent.REVIEW, facts), "R-18")


def test_R18_an_overdue_record_is_seen_as_such() -> None:
    assert review_overdue(record(review_date=date(2026, 4, 30)), TODAY)
    assert not review_overdue(record(review_date=TODAY), TODAY)


def test_R19_a_record_is_in_the_index_of_one_purpose() -> None:
    facts = record_input(purpose="sociaal_wijkteam")
    refused(lambda: RECORD.step(LAW, RecordState.PROPOSED, RecordEvent.INDEX, facts), "R-19")


def test_R67_a_frozen_record_thaws_by_a_decision_only() -> None:
    frozen = RECORD.step(LAW, RecordState.INDEXED, RecordEvent.OBJECT, record_input())
    assert frozen is RecordState.FROZEN
    facts = record_input(objection_decided=False)
    refused(lambda: RECORD.step(LAW, frozen, RecordEvent.DISMISS_OBJECTION, facts), "R-67")


def test_R69_a_record_is_purged_when_its_term_ended_and_it_is_gone() -> None:
    for change in ({"term_ended": False}, {"gone": False}):
        facts = record_input(**change)
        refused(lambda facts=facts: RECORD.step(LAW, RecordState.WITHDRAWN, RecordEvent.PURGE, facts), "R-69")  # type: ignore[misc]


@settings(deadline=None)
@given(st.text(min_size=1, max_size=40), st.sampled_from([one.name for one in fields(RecordFacts) if one.type is str]))
def test_R13_no_refusal_repeats_what_was_written(text: str, field: str) -> None:
    marked = f"naam:{text}"
    facts = replace(record(), **{field: marked})  # type: ignore[arg-type]
    found = outcome(lambda: registrable(LAW, facts))
    assert found is None or not any(marked in one for one in (found.text, *found.missing))


# ---- terms ----


@pytest.mark.parametrize("kind", LAW.registers)
def test_R69_every_register_has_a_term(kind: str) -> None:
    assert term_of(LAW, kind) in LAW.terms


def test_R69_without_a_term_nothing_is_kept() -> None:
    refused(lambda: term_of(LAW, "onbekend"), "R-69")
    refused(lambda: last_day(LAW, Kept("eeuwig", TODAY), 60), "R-69")


def test_R69_the_covenant_may_shorten_a_term_and_not_lengthen_it() -> None:
    kept = Kept("casus", date(2026, 1, 31))
    assert last_day(LAW, kept, 600) == date(2031, 1, 31)
    assert last_day(LAW, kept, 1) == date(2026, 2, 28)
    assert last_day(LAW, Kept("casus", None), 60) is None


def test_R69_a_purge_is_due_the_day_after_the_last() -> None:
    kept = Kept("zaak_houder", TODAY)
    assert not purge_due(LAW, kept, 60, TODAY)
    assert purge_due(LAW, kept, 60, date(2026, 5, 2))
    assert not purge_due(LAW, Kept("zaak_houder", None), 60, TODAY)


def test_R70_answers_end_with_their_case() -> None:
    assert last_day(LAW, Kept("antwoord", TODAY), 60) == TODAY


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 240))
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and months_later(later, 0) == later)


def test_terms_count_days_weeks_months_and_years() -> None:
    start = date(2024, 2, 29)
    ends = {one.unit: ends_on(one.model_copy(update={"amount": 1}), start) for one in LAW.terms.values()}
    assert ends == {
        "days": date(2024, 3, 1),
        "weeks": date(2024, 3, 7),
        "months": date(2024, 3, 29),
        "years": date(2025, 2, 28),
    }
