"""Modes, pair rules and decisions beforehand (R-15, R-16, R-18, R-19, R-33, R-34, R-67, R-76, P-01..P-15)."""

from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.catalogue import Catalogue, parse_override, tightened
from samenloop.catalogue.schema import Origin
from samenloop.decisions.beforehand import BeforehandDecision, shown, valid_beforehand
from samenloop.decisions.modes import RecordFacts, effective_mode, strictest_mode
from samenloop.decisions.question import gate_visible
from samenloop.decisions.record import registrable
from samenloop.errors import InvalidInput, Refused
from samenloop.model import Mode

from .good import HOUSE, LAW, POLICE, PROBATION, TODAY, decision, question, record, refused

A, H, C, N = Mode.AUTOMATIC, Mode.HOLDER_DECIDES, Mode.CONSENT_ONLY, Mode.NEVER


def mode(facts: RecordFacts, receiver: str, acting_as: str = "none", purpose: str = "casusoverleg") -> tuple[Mode, str]:
    found = effective_mode(LAW, facts, None, receiver, acting_as, purpose)
    return found.mode, found.rule


# The overview table of legal-catalogue.md section 3: register kind, default mode towards the OM without any condition.
DEFAULTS = {
    "politie": H,
    "om": H,
    "burgemeester": H,
    "college_wmo": C,
    "college_jeugd": C,
    "college_schuldhulp": C,
    "college_suwi": N,
    "college_onderwijs": N,
    "ggd": C,
    "ggz": C,
    "huisarts_zorg": C,
    "gi_ots_voogdij": H,
    "gi_jeugdreclassering": H,
    "gi_vrijwillig": C,
    "jeugdhulp": C,
    "reclassering": H,
    "veilig_thuis": H,
    "rvdk": H,
    "maatschappelijk_werk": C,
    "woningcorporatie": C,
    "dji": N,
    "slachtofferhulp": N,
    "vhh_casus": A,
    "overig": N,
}


@pytest.mark.parametrize("kind", LAW.registers)
def test_R15_the_default_mode_of_each_register_is_that_of_the_catalogue(kind: str) -> None:
    assert mode(record(kind), "om")[0] is DEFAULTS[kind]


@pytest.mark.parametrize("kind", ["gi_ots_voogdij", "gi_jeugdreclassering", "reclassering", "rvdk"])
def test_R15_a_voluntary_framework_needs_consent(kind: str) -> None:
    assert mode(record(kind, framework="vrijwillig"), "om") == (C, "R-15")


def test_R15_a_burgemeester_record_shows_at_once_with_own_source_and_a_named_measure_only() -> None:
    assert mode(record("burgemeester", measure="gebiedsverbod"), "politie") == (A, "R-15")
    assert mode(record("burgemeester"), "politie") == (H, "R-15")
    assert mode(record("burgemeester", measure="verzonnen"), "politie") == (H, "R-15")


def test_R15_the_strictest_of_covenant_holder_and_protection_wins() -> None:
    facts = record("burgemeester", measure="huisverbod")
    assert effective_mode(LAW, facts, C, "politie", "none", "casusoverleg").reason == "convenant"
    assert effective_mode(LAW, replace(facts, tightened=C), H, "politie", "none", "casusoverleg").reason == "houder"
    assert effective_mode(LAW, replace(facts, protected=True), None, "politie", "none", "casusoverleg").mode is H


def test_R15_a_case_on_a_care_providers_report_does_not_show_at_once() -> None:
    assert mode(record("vhh_casus"), "politie") == (A, "R-15")
    assert mode(record("vhh_casus", acting_kind="ggz"), "politie") == (H, "R-15")
    assert mode(record("vhh_casus", acting_kind=""), "politie") == (H, "R-15")


@pytest.mark.parametrize(("receiver", "acting_as"), [("bakkerij", "none"), ("overig", "none"), ("om", "koning")])
def test_R15_an_unknown_receiver_or_capacity_never_sees_anything(receiver: str, acting_as: str) -> None:
    assert mode(record(), receiver, acting_as) == (N, "R-15")


def test_R15_several_kinds_of_one_receiver_get_the_strictest_mode_and_none_gets_never() -> None:
    both = strictest_mode(LAW, record("rvdk"), None, ("om", "college_wmo"), "", "casusoverleg")
    assert (both.mode, both.rule) == (C, "P-12")
    assert strictest_mode(LAW, record("rvdk"), None, (), "", "casusoverleg").mode is N


@pytest.mark.parametrize("purpose", ["zsm", "topx", "sociaal_wijkteam", "regie", "screening", ""])
def test_R19_another_purpose_sees_nothing(purpose: str) -> None:
    assert mode(record(), "om", purpose=purpose) == (N, "R-19")


@pytest.mark.parametrize("origin", ["wpg", "wjsg", "bij", "anders"])
def test_R16_a_foreign_record_is_never_shown_without_permission_and_never_automatic_with_it(origin: str) -> None:
    facts = record("vhh_casus", origin=origin)
    assert mode(facts, "politie") == (N, "R-16")
    assert mode(replace(facts, origin_permission=True), "politie")[0] is H
    refused(lambda: registrable(LAW, facts), "R-16")
    registrable(LAW, replace(facts, origin_permission=True))


def test_R16_the_switch_for_permission_can_be_turned_off_by_data() -> None:
    law = tightened(LAW, parse_override("[choices.foreign_origin_with_permission]\nvalue = false"))
    facts = record("reclassering", origin="wpg", origin_permission=True)
    assert effective_mode(law, facts, None, "om", "none", "casusoverleg").mode is N


# ---- pair rules ----

SECRET = (
    "politie",
    "om",
    "ggd",
    "ggz",
    "huisarts_zorg",
    "jeugdhulp",
    "reclassering",
    "maatschappelijk_werk",
    "college_wmo",
)


@pytest.mark.parametrize("kind", SECRET)
def test_P01_a_family_supervisor_in_an_ots_is_decided_by_the_holder(kind: str) -> None:
    assert mode(record(kind), "gi", "gezinsvoogd_ots")[0] is H
    assert mode(record("ggz"), "gi", "gezinsvoogd_ots") == (H, "P-01")
    assert mode(record("ggz"), "gi") == (C, "R-15")


def test_P01_a_holder_without_secrecy_is_not_loosened() -> None:
    assert mode(record("woningcorporatie"), "gi", "gezinsvoogd_ots") == (C, "R-15")


def test_P01_nobody_else_can_act_as_family_supervisor() -> None:
    assert mode(record("ggz"), "politie", "gezinsvoogd_ots") == (C, "R-15")


def test_P02_the_child_protection_board_in_its_task_is_decided_by_the_holder() -> None:
    assert mode(record("ggz"), "rvdk", "rvdk_taak") == (H, "P-02")
    assert mode(record("ggz"), "rvdk") == (C, "R-15")


def test_P03_veilig_thuis_in_an_investigation_is_decided_by_the_holder() -> None:
    assert mode(record("huisarts_zorg"), "veilig_thuis", "veilig_thuis_onderzoek") == (H, "P-03")
    assert mode(record("huisarts_zorg"), "veilig_thuis") == (C, "R-15")


@pytest.mark.parametrize(("receiver", "acting_as"), [("gi", "gezinsvoogd_ots"), ("rvdk", "rvdk_taak")])
def test_P01_P02_what_is_never_is_not_loosened(receiver: str, acting_as: str) -> None:
    assert mode(record("college_suwi"), receiver, acting_as) == (N, "R-14")


@pytest.mark.parametrize("task", ["wpg9", "wpg10"])
def test_P04_police_article_9_and_10_data_are_never_shown_or_registered(task: str) -> None:
    assert mode(record("politie", task), "om") == (N, "P-04")
    refused(lambda: registrable(LAW, record("politie", task)), "P-04")


@pytest.mark.parametrize("origin", ["wpg", "wjsg", "bij"])
def test_P05_what_the_burgemeester_got_from_others_is_never_shown_without_permission(origin: str) -> None:
    facts = record("burgemeester", measure="gebiedsverbod", origin=origin)
    assert mode(facts, "politie") == (N, "P-05")
    refused(lambda: registrable(LAW, facts), "P-05")
    assert mode(replace(facts, origin_permission=True), "politie")[0] is H


@pytest.mark.parametrize("kind", ["gi_ots_voogdij", "gi_jeugdreclassering", "jeugdhulp"])
@pytest.mark.parametrize("receiver", ["politie", "burgemeester", "college_jeugd"])
def test_P06_youth_protection_to_police_or_municipality_needs_consent(kind: str, receiver: str) -> None:
    assert mode(record(kind), receiver)[0] is C
    assert mode(record("gi_ots_voogdij"), receiver) == (C, "P-06")


def test_P07_probation_to_housing_needs_consent_without_substitute() -> None:
    found = effective_mode(LAW, record("reclassering"), None, "woningcorporatie", "none", "casusoverleg")
    assert (found.mode, found.rule, found.consent_required) == (C, "P-07", True)
    assert mode(record("reclassering"), "overig")[0] is N


def test_P08_probation_to_police_is_decided_by_the_holder_by_way_of_the_om() -> None:
    found = effective_mode(LAW, record("reclassering"), None, "politie", "none", "casusoverleg")
    assert (found.mode, found.steps) == (H, ("via_om",))


def test_P09_probation_to_burgemeester_needs_order_and_known_data_and_to_a_college_consent() -> None:
    found = effective_mode(LAW, record("reclassering"), None, "burgemeester", "none", "casusoverleg")
    assert (found.mode, found.steps) == (H, ("burgemeester_heeft_al",))
    assert mode(record("reclassering"), "college_wmo") == (C, "P-09")


@pytest.mark.parametrize("receiver", ["reclassering", "om"])
def test_P10_forensic_care_is_decided_by_the_holder_for_compliance_only(receiver: str) -> None:
    facts = record("ggz", "forensische_zorg")
    found = effective_mode(LAW, facts, None, receiver, "forensische_zorg", "casusoverleg")
    assert (found.mode, found.rule, found.steps) == (H, "P-10", ("naleving_behandeling",))
    assert mode(facts, receiver) == (C, "R-15")
    assert mode(record("ggz", "zorg"), receiver, "forensische_zorg") == (C, "R-15")


def test_P11_veilig_thuis_to_a_college_needs_consent() -> None:
    assert mode(record("veilig_thuis"), "college_jeugd") == (C, "P-11")


def test_P12_the_board_to_a_college_needs_consent_outside_jeugdwet_7_4_0() -> None:
    assert mode(record("rvdk"), "college_jeugd") == (C, "P-12")
    assert mode(record("rvdk"), "college_jeugd", "jeugdwet_7_4_0")[0] is H


@pytest.mark.parametrize("kind", ["politie", "om", "vhh_casus", "veilig_thuis"])
def test_P13_criminal_and_health_data_to_housing_need_consent(kind: str) -> None:
    assert mode(record(kind), "woningcorporatie") == (C, "P-13")


@pytest.mark.parametrize("receiver", ["ggd", "ggz", "huisarts_zorg", "jeugdhulp"])
def test_P14_criminal_data_to_unlicensed_care_need_consent(receiver: str) -> None:
    assert mode(record("politie"), receiver) == (C, "P-14")
    assert mode(record("burgemeester", measure="huisverbod"), receiver)[0] is A


def test_P14_a_licensed_forensic_institution_is_decided_by_the_holder() -> None:
    assert mode(record("politie"), "ggz", "forensische_instelling")[0] is H


@pytest.mark.parametrize("kind", ["politie", "vhh_casus", "ggz"])
def test_P15_bureau_staff_in_their_own_name_never_see_anything(kind: str) -> None:
    assert mode(record(kind), "vhh_casus") == (N, "P-15")
    refused(lambda: gate_visible(LAW, question(asker_kinds=("vhh_casus",))), "P-15")


facts_strategy = st.builds(
    RecordFacts,
    kind=st.sampled_from([*LAW.registers, "onbekend"]),
    task=st.sampled_from([*LAW.codes["tasks"], "", "x"]),
    framework=st.sampled_from(["maatregel", "vrijwillig", "x"]),
    origin=st.sampled_from([*get_args(Origin), "x"]),
    measure=st.sampled_from([*LAW.codes["measures"], ""]),
    protected=st.booleans(),
    tightened=st.sampled_from([None, A, H, C, N]),
    review_date=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    acting_for=st.just(""),
    acting_kind=st.sampled_from(["", "politie", "ggz"]),
    frozen=st.booleans(),
    origin_permission=st.booleans(),
)
receivers = st.sampled_from([*LAW.partners, "onbekend"])
capacities = st.sampled_from([*LAW.codes["acting_as"], "", "x"])


@settings(deadline=None)
@given(facts_strategy, receivers, capacities, st.sampled_from([None, A, H, C, N]))
def test_R15_covenant_holder_and_protection_only_ever_tighten(
    facts: RecordFacts, receiver: str, acting_as: str, covenant: Mode | None
) -> None:
    plain = effective_mode(LAW, replace(facts, tightened=None, protected=False), None, receiver, acting_as, "samenloop")
    full = effective_mode(LAW, facts, covenant, receiver, acting_as, "samenloop")
    assert full.mode >= max(plain.mode, covenant or A, facts.tightened or A, H if facts.protected else A)


@settings(deadline=None)
@given(facts_strategy, receivers, capacities)
def test_R15_only_the_four_pair_rules_ever_loosen(facts: RecordFacts, receiver: str, acting_as: str) -> None:
    found = effective_mode(LAW, facts, None, receiver, acting_as, "samenloop")
    bare = effective_mode(LAW, facts, None, receiver, "none", "samenloop")
    stated_exceptions = ("jeugdwet_7_4_0", "forensische_instelling")
    if found.mode < bare.mode and acting_as not in stated_exceptions:
        assert found.rule in ("P-01", "P-02", "P-03", "P-10") or found.mode is H
        assert acting_as in ("gezinsvoogd_ots", "rvdk_taak", "veilig_thuis_onderzoek", "forensische_zorg")
    assert bare.mode >= (LAW.registers[facts.kind].mode if facts.kind in LAW.registers else N)


@settings(deadline=None)
@given(facts_strategy, receivers, capacities, st.lists(st.just(decision()), max_size=2), st.dates())
def test_R34_what_is_hidden_is_hidden_for_a_rule_of_the_list(
    facts: RecordFacts, receiver: str, acting_as: str, decisions: list[BeforehandDecision], today: date
) -> None:
    found = effective_mode(LAW, facts, None, receiver, acting_as, "samenloop")
    result = shown(LAW, found, facts, decisions, PROBATION, "samenloop", today)
    assert result.rule in LAW.rules
    if result.visible:
        assert facts.review_date >= today
        assert not facts.frozen
        assert found.mode is A or (result.rule == "R-76" and found.mode is not N and decisions)


def visible(facts: RecordFacts, decisions: list[BeforehandDecision], law: Catalogue = LAW, **changes: object) -> str:
    values = {"receiver": PROBATION, "purpose": "samenloop", "today": TODAY, "kind": "reclassering"} | changes
    found = effective_mode(law, facts, None, str(values["kind"]), "", str(values["purpose"]))
    result = shown(
        law,
        found,
        facts,
        decisions,
        values["receiver"],
        values["purpose"],
        values["today"],  # type: ignore[arg-type]
    )
    return ("shown " if result.visible else "hidden ") + result.rule


def test_R33_an_automatic_hit_is_visible() -> None:
    assert visible(record("vhh_casus"), []) == "shown R-15"


def test_R34_a_hit_that_its_holder_must_decide_is_hidden() -> None:
    assert visible(record(), []) == "hidden R-34"


def test_R18_an_overdue_record_never_answers() -> None:
    late = record("vhh_casus", review_date=date(2026, 4, 30))
    assert visible(late, []) == "hidden R-18"
    assert visible(replace(late, review_date=TODAY), []) == "shown R-15"
    assert visible(record(review_date=date(2026, 4, 30)), [decision()]) == "hidden R-18"


def test_R67_a_record_with_an_objection_never_answers() -> None:
    assert visible(record("vhh_casus", frozen=True), []) == "hidden R-67"


def test_R76_a_named_receiver_sees_a_record_that_was_decided_beforehand() -> None:
    assert visible(record(), [decision()]) == "shown R-76"
    assert visible(record(), [decision(purpose="samenloop")]) == "shown R-76"


NOT_VALID = {
    "another receiver": {"receivers": (HOUSE,)},
    "another purpose": {"purpose": "openbare_orde"},
    "expired": {"valid_until": date(2026, 4, 30)},
    "not yet": {"decided_on": date(2026, 5, 2)},
    "no reference": {"reference": b""},
    "empty reference": {"reference": bytes(32)},
    "no decider": {"decider": b""},
    "no ground": {"basis": ""},
    "a ground that is none": {"basis": "convenant"},
    "no breach of secrecy": {"breach_ground": ""},
    "a breach of somebody else's secrecy": {"breach_ground": "toestemming"},
}


@pytest.mark.parametrize("why", NOT_VALID)
def test_R76_a_decision_beforehand_that_does_not_fit_shows_nothing(why: str) -> None:
    assert visible(record(), [decision(**NOT_VALID[why])]) == "hidden R-34"


def test_R76_nobody_but_the_named_receiver_sees_it_and_never_stays_never() -> None:
    assert visible(record(), [decision()], receiver=HOUSE) == "hidden R-34"
    assert visible(record("politie", "wpg9"), [decision()]) == "hidden P-04"


def test_R76_it_does_not_cover_a_protected_record() -> None:
    assert visible(record(protected=True), [decision()]) == "hidden R-34"


def test_R76_consent_only_needs_the_consent_itself() -> None:
    facts = record("ggz")
    on_ground = decision(basis="wfz26", breach_ground="conflict_van_plichten")
    on_consent = decision(basis="toestemming", breach_ground="toestemming")
    assert visible(facts, [on_ground]) == "hidden R-34"
    assert visible(facts, [on_consent]) == "shown R-76"


def test_R76_the_conditions_of_a_pair_rule_are_part_of_its_validity() -> None:
    facts, ground = record("reclassering"), {"basis": "rr37_straf", "breach_ground": "rr37", "receivers": (POLICE,)}
    assert visible(facts, [decision(**ground)], receiver=POLICE, kind="politie") == "hidden R-34"
    answered = decision(**ground, steps=("via_om",))
    assert visible(facts, [answered], receiver=POLICE, kind="politie") == "shown R-76"


def test_R76_it_holds_for_no_record_of_an_unknown_register() -> None:
    facts = record("reclassering")
    found = effective_mode(LAW, facts, None, "om", "", "samenloop")
    ground = decision(basis="bw1_240", breach_ground="")
    in_task = replace(found, receiver_kind="rvdk", acting_as="rvdk_taak", steps=())
    unknown = replace(facts, kind="onbekend")
    assert not valid_beforehand(LAW, in_task, unknown, ground, PROBATION, "samenloop", TODAY)


def test_R76_it_can_be_switched_off_by_data() -> None:
    law = tightened(LAW, parse_override("[choices.beforehand]\nvalue = false"))
    assert visible(record(), [decision()], law=law) == "hidden R-34"


def test_R18_the_switch_for_overdue_records_cannot_be_loosened() -> None:
    with pytest.raises((Refused, InvalidInput)):
        tightened(LAW, parse_override("[choices.overdue_hidden]\nvalue = false"))
