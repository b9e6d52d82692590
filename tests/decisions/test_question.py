"""The question gate (R-19..R-32) and who may ask at all."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.decisions.case_facts import CaseState
from samenloop.decisions.question import GATE, VISIBLE, HolderFacts, HolderPart, gate, gate_visible

from .good import (
    CARE,
    HOLDERS,
    HOUSE,
    LAW,
    MAYOR,
    OTHER_CARE,
    POLICE,
    PROBATION,
    asker,
    outcome,
    part,
    question,
    refused,
)


def ask(*parts: HolderPart, rule: str = "", missing: str = "", **changes: object) -> None:
    """Gate a question at the coordinator; with `rule` it must be refused by it."""
    facts = question(**({"parts": parts} if parts else {}), **changes)
    if rule:
        refused(lambda: gate_visible(LAW, facts), rule, missing)
    else:
        gate_visible(LAW, facts)


def at_node(rule: str = "", **changes: object) -> None:
    if rule:
        refused(lambda: gate(LAW, question(), asker(**changes)), rule)
    else:
        gate(LAW, question(), asker(**changes))


def test_a_question_with_everything_filled_in_passes_at_both_sides() -> None:
    ask()
    at_node()


def test_a_node_that_skips_its_gate_is_refused_by_the_coordinator_for_all_it_can_see() -> None:
    assert [guard.rule for guard in VISIBLE] == [guard.rule for guard in GATE[: len(VISIBLE)]]
    assert all(guard.visible for guard in GATE[: len(VISIBLE)])
    assert not any(guard.visible for guard in GATE[len(VISIBLE) :])


def test_all_missing_conditions_are_listed_at_once_with_the_first_rule_in_front() -> None:
    found = refused(lambda: gate_visible(LAW, question(parts=(part(purpose="", reason="", inform_basis=""),))), "R-25")
    assert found.rule == "R-24"
    assert found.missing == ("R-24 reason parts[0]", "R-23 purpose parts[0]", "R-25 inform_basis parts[0]")


def test_R01_only_the_own_partner_can_be_acted_for() -> None:
    at_node("R-01", acting_partner=HOUSE)


@pytest.mark.parametrize("code", ["convenant", "zelfde_gebouw"])
def test_R02_a_covenant_or_a_shared_building_is_no_ground(code: str) -> None:
    ask(part(give_basis=code), rule="R-02")
    ask(part(inform_basis=code), rule="R-02")


def test_R06_the_police_may_tell_only_receivers_in_their_decision() -> None:
    as_police = {"asker": POLICE, "asker_kinds": ("politie",)}
    asked = part(PROBATION, give_basis="rr37_straf", receive_basis="politiewet3", inform_basis="wpg20")
    holder = HolderFacts(PROBATION, ("reclassering",), "noord")
    ask(asked, rule="R-06", holders=(holder,), **as_police)
    ask(asked, holders=(replace(holder, wpg20_receiver=True),), **as_police)


def test_R09_without_a_secrecy_statement_nobody_asks() -> None:
    at_node("R-09", secrecy_signed=False)


def test_R10_without_a_named_account_in_force_nobody_asks() -> None:
    at_node("R-10", named=False)


@pytest.mark.parametrize("role", ["bureau", "process_director", "administrator", "privacy_officer", ""])
def test_R35_only_an_authorised_case_worker_asks(role: str) -> None:
    at_node("R-35", role=role)


@pytest.mark.parametrize("kinds", [(), ("dji",), ("bakkerij",), ("gi_vrijwillig",)])
def test_R15_an_unknown_or_unapproved_kind_cannot_ask(kinds: tuple[str, ...]) -> None:
    ask(rule="R-15", asker_kinds=kinds)


@pytest.mark.parametrize("purpose", ["topx", "sociaal_wijkteam", "bemoeizorg", "onbekend", ""])
def test_R19_another_index_is_never_asked(purpose: str) -> None:
    ask(rule="R-19", purpose=purpose)


def test_R19_a_purpose_of_another_index_is_refused_per_holder() -> None:
    ask(part(purpose="casusoverleg"), rule="R-23")


@pytest.mark.parametrize("kind", ["woningcorporatie", "maatschappelijk_werk", "slachtofferhulp", "overig"])
def test_R20_a_partner_that_may_not_ask_gets_advice_only(kind: str) -> None:
    ask(rule="R-20", asker_kinds=(kind,))


def test_R20_only_the_aanmelder_asks_in_its_own_case() -> None:
    at_node("R-20", case_referrer=POLICE)


@pytest.mark.parametrize("state", [one for one in CaseState if one not in (CaseState.INTAKE, CaseState.TRIAGE)])
def test_R20_a_question_belongs_to_a_case_in_intake_or_triage(state: CaseState) -> None:
    at_node("R-20", case_state=state)


@pytest.mark.parametrize("code", ["art43_wbp", "avg23", "uavg41"])
def test_R21_the_exceptions_to_informing_are_no_ground(code: str) -> None:
    ask(part(give_basis=code), rule="R-21")
    ask(part(receive_basis=code), rule="R-21")


@pytest.mark.parametrize("field", ["purpose", "proportionality", "subsidiarity", "give_basis", "receive_basis"])
def test_R23_a_holder_without_all_four_conditions_is_not_asked(field: str) -> None:
    ask(part(**{field: ""}), rule="R-23", missing=field)
    ask(part(**{field: "zomaar"}), rule="R-23", missing=field)


def test_R23_one_holders_conditions_do_not_stand_for_another() -> None:
    ask(part(), part(MAYOR), rule="R-23", missing="R-23 give_basis parts[1]")
    ask(part(), part(MAYOR, give_basis="gemeentewet172"))


def test_R23_a_care_provider_asks_for_its_own_need_only() -> None:
    care = {"asker": CARE, "asker_kinds": ("ggz",)}
    asked = part(POLICE, receive_basis="zorg_gevaar", inform_basis="toestemming")
    ask(asked, rule="R-23", missing="purpose_of_asker", **care)
    ask(replace(asked, purpose="veilige_zorg"), **care)


def test_R23_nobody_acts_in_somebody_elses_capacity() -> None:
    ask(part(acting_as="gezinsvoogd_ots"), rule="R-23", missing="acting_as")


def test_R24_all_partners_at_once_is_refused() -> None:
    ask(*(part(one.holder) for one in HOLDERS), rule="R-24", missing="all_partners")
    ask(part(reason="alle_partners"), rule="R-24", missing="reason")


def test_R24_each_holder_has_a_reason_and_comes_once() -> None:
    ask(part(reason=""), rule="R-24", missing="reason")
    ask(part(), part(), rule="R-24", missing="holder")
    refused(lambda: gate_visible(LAW, question(parts=())), "R-24", "holders")


def test_R24_an_unknown_holder_or_oneself_is_not_asked() -> None:
    ask(part(PROBATION), rule="R-24", missing="holder")


def test_R25_a_holder_that_may_not_learn_of_the_question_is_not_asked() -> None:
    ask(part(inform_basis=""), rule="R-25")
    ask(part(inform_basis="wpg20"), rule="R-25")


def test_R25_a_ground_that_leaves_secrecy_whole_does_not_let_the_holder_know() -> None:
    care = {"asker": CARE, "asker_kinds": ("ggz",)}
    asked = part(POLICE, purpose="veilige_zorg", receive_basis="zorg_gevaar", inform_basis="wgs229")
    ask(asked, rule="R-25", **care)
    ask(replace(asked, inform_basis="toestemming"), **care)


def test_R25_every_kind_of_a_holder_must_be_allowed_to_know() -> None:
    both = HolderFacts(OTHER_CARE, ("huisarts_zorg", "woningcorporatie"), "noord")
    asked = part(OTHER_CARE, inform_basis="rr37_zorg", give_basis="toestemming")
    ask(asked, rule="R-25", holders=(both,))
    ask(asked, holders=(replace(both, kinds=("huisarts_zorg",)),))


@pytest.mark.parametrize("field", ["asked_person", "anonymous_talk", "phone_call"])
@pytest.mark.parametrize("answer", ["", "ja", "misschien"])
def test_R26_the_lighter_ways_come_first(field: str, answer: str) -> None:
    at_node("R-26", **{field: answer})


def test_R27_another_region_needs_a_reason_of_the_case() -> None:
    asked = part(HOUSE, give_basis="wgs_zvh")
    ask(asked, rule="R-27", missing="region_reason parts[0]")
    ask(asked, rule="R-27", region_reason="landelijk")
    ask(asked, region_reason="verhuisd")


def test_R28_asking_again_needs_a_new_fact() -> None:
    before = (replace(HOLDERS[0], asked_before=3),)
    ask(rule="R-28", holders=before)
    ask(rule="R-28", holders=before, new_fact="nog-eens")
    ask(holders=before, new_fact="nieuw_incident")
    ask(holders=(replace(HOLDERS[0], asked_before=2),))
    ask(rule="R-28", holders=(replace(HOLDERS[0], asked_before=1),), respell_limit=1)


@pytest.mark.parametrize("purpose", ["vroegsignalering", "screening"])
def test_R28_screening_and_early_signalling_are_no_purpose(purpose: str) -> None:
    ask(part(purpose=purpose), rule="R-28")


def test_R29_a_college_cannot_ask() -> None:
    for kind in ("college_wmo", "college_jeugd", "college_schuldhulp", "college_suwi", "college_onderwijs"):
        ask(rule="R-29", asker_kinds=(kind,))


def test_R29_a_burgemeester_asks_with_a_named_power_only() -> None:
    mayor = {"asker": MAYOR, "asker_kinds": ("burgemeester",)}
    asked = part(POLICE, receive_basis="gemeentewet172_ontvangst", inform_basis="gemeentewet172")
    for power in ("", "regie", "toezicht"):
        ask(asked, rule="R-29", missing="power", power=power, **mayor)
    ask(asked, power="gemeentewet172a", **mayor)


def test_R29_coordination_is_no_purpose_and_no_ground() -> None:
    ask(part(purpose="regie"), rule="R-29")
    ask(part(receive_basis="regie"), rule="R-29")


def test_R29_nobody_else_claims_a_power_of_the_burgemeester() -> None:
    ask(rule="R-29", power="gemeentewet172a")


def test_R30_there_is_no_access_for_zsm() -> None:
    ask(rule="R-30", purpose="zsm")
    ask(part(purpose="zsm"), rule="R-30")


def test_R32_the_receivers_secrecy_is_no_ground() -> None:
    ask(part(give_basis="geheimhouding_ontvanger"), rule="R-32")


def test_R39_interests_and_presumed_consent_are_no_ground() -> None:
    for code in ("zwaarwegend_belang", "veronderstelde_toestemming", "bemoeizorg"):
        ask(part(give_basis=code), rule="R-39")


def test_R41_the_receivers_task_is_no_ground_to_give() -> None:
    ask(part(give_basis="taak_ontvanger"), rule="R-41")


def test_R42_article_16_wpg_is_no_ground_in_a_veiligheidshuis() -> None:
    ask(part(give_basis="wpg16"), rule="R-42")


def test_R51_nobody_counts_on_consent_at_the_municipality() -> None:
    ask(part(MAYOR, give_basis="toestemming"), rule="R-51")
    mayor = {"asker": MAYOR, "asker_kinds": ("burgemeester",), "power": "wth2"}
    asked = part(POLICE, receive_basis="gemeentewet172_ontvangst", inform_basis="toestemming")
    ask(asked, rule="R-51", **mayor)


def test_R75_statistics_are_no_purpose_of_a_question() -> None:
    ask(part(purpose="statistiek"), rule="R-75")


def test_several_kinds_of_one_asker_must_all_pass() -> None:
    ask(rule="R-29", asker_kinds=("reclassering", "college_wmo"))
    ask(rule="R-23", asker_kinds=("reclassering", "politie"))


USED = "samenloop regie wpg20 rr8 rr37_straf rr37_zorg convenant toestemming none recidive_ernstig geen_lichter_middel"
codes = st.sampled_from(["", *USED.split(), "genoemd_in_dossier", "rvdk_taak", "gemeentewet172", "wgs_zvh"])
parts = st.builds(HolderPart, st.sampled_from([one.holder for one in HOLDERS]), *([codes] * 8))


@settings(deadline=None)
@given(st.lists(parts, max_size=5), st.sampled_from([*LAW.partners, "x"]), codes, codes)
def test_R23_R24_R25_no_question_passes_without_the_four_conditions_a_reason_and_a_ground_to_let_know(
    chosen: list[HolderPart], kind: str, power: str, region_reason: str
) -> None:
    facts = question(parts=tuple(chosen), asker_kinds=(kind,), power=power, region_reason=region_reason)
    found = outcome(lambda: gate_visible(LAW, facts))
    if found is not None:
        assert found.missing
        assert found.rule in LAW.rules
        return
    assert LAW.partners[kind].ask in ("y", "r")
    assert 0 < len({one.holder for one in chosen}) == len(chosen)
    for one in chosen:
        assert one.purpose in LAW.codes["purposes"]
        assert one.reason in LAW.codes["reasons"]
        assert one.give_basis in LAW.give
        assert one.receive_basis in LAW.receive
        assert kind in (
            *LAW.give[one.inform_basis].holders,
            *([kind] if "*" in LAW.give[one.inform_basis].holders else []),
        )
