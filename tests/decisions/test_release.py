"""Releasing a hidden hit (R-31..R-45, R-55) and deciding beforehand (R-76)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.decisions.consent_facts import Consent, ConsentState
from samenloop.decisions.deciding_beforehand import BEFOREHAND, Receiver, decide_beforehand
from samenloop.decisions.release import HIT, RELEASE, VISIBLE, HitEvent, HitInput, HitState, release, release_visible
from samenloop.decisions.releasing_checks import required_steps
from samenloop.errors import Refused
from samenloop.model import ParticipantId

from .good import (
    LAW,
    MAYOR,
    POLICE,
    PROBATION,
    beforehand_input,
    care_release,
    consent,
    consent_form,
    decision,
    outcome,
    record,
    refused,
    release_input,
)

CONFLICT = {"record": record("ggz"), "give_basis": "vitaal_belang", "breach_ground": "conflict_van_plichten"}
PROBATION_GIVES = {"record": record("reclassering"), "give_basis": "rr37_straf", "breach_ground": "rr37"}
OM = {"record": record("om"), "give_basis": "wjsg39f", "breach_ground": "wjsg39f"}


def releases(rule: str = "", missing: str = "", **changes: Any) -> None:
    given_input = release_input(**changes)
    if rule:
        refused(lambda: release(LAW, given_input), rule, missing)
    else:
        release(LAW, given_input)


def care(rule: str = "", missing: str = "", **changes: Any) -> None:
    given_input = care_release(**changes)
    if rule:
        refused(lambda: release(LAW, given_input), rule, missing)
    else:
        release(LAW, given_input)


def test_releases_with_every_answer_pass() -> None:
    releases()
    releases(facts=OM)
    releases(facts=CONFLICT)
    care()


def test_the_coordinator_refuses_what_the_holders_node_should_have_refused() -> None:
    assert [guard.rule for guard in VISIBLE] == [guard.rule for guard in RELEASE[: len(VISIBLE)]]
    refused(lambda: release_visible(LAW, release_input(facts={"give_basis": "convenant"}).facts), "R-02")
    release_visible(LAW, release_input().facts)


def test_R13_an_answer_that_is_no_code_of_the_list_is_refused() -> None:
    releases("R-13", answers={"gevolgen": "de buurman klaagt"})
    releases("R-13", answers={"opmerking": "ja"})


def test_R13_a_question_is_answered_once() -> None:
    answers = release_input().form.answers
    releases("R-13", form={"answers": (*answers, answers[0])})


def test_R18_an_overdue_record_is_not_released() -> None:
    releases("R-18", facts={"record": record(review_date=date(2026, 4, 30))})


def test_R25_a_question_that_names_no_ground_to_let_the_holder_know_is_not_answered() -> None:
    releases("R-25", decider={"question_verified": False})


@pytest.mark.parametrize("step", ["verwant_doel", "aard_gegevens", "gevolgen", "wijze_verkregen", "waarborgen"])
def test_R31_all_five_questions_on_compatible_use_are_answered_as_needed(step: str) -> None:
    refused_answer = next(one for one in LAW.profiles["verenigbaar"].steps if one.id == step).refused[0]
    releases("R-31", step, answers={step: refused_answer})


def test_R32_a_ground_alone_never_lifts_secrecy() -> None:
    releases("R-32", facts={"breach_ground": ""})
    care("R-32", facts={"give_basis": "wgs229", "breach_ground": ""})
    releases("R-32", facts={**CONFLICT, "breach_ground": "wpg20"})


def test_R34_withholding_and_hiding_again_need_nothing() -> None:
    empty = HitInput()
    assert HIT.step(LAW, HitState.HIDDEN, HitEvent.WITHHOLD, empty) is HitState.WITHHELD
    assert HIT.step(LAW, HitState.RELEASED, HitEvent.TAKE_BACK, empty) is HitState.HIDDEN
    assert HIT.step(LAW, HitState.WITHHELD, HitEvent.LAPSE, empty) is HitState.LAPSED


@pytest.mark.parametrize("role", ["administrator", "bureau", "case_worker", "process_director", "privacy_officer", ""])
def test_R38_only_the_mandated_decision_maker_releases(role: str) -> None:
    releases("R-38", "role", decider={"role": role})
    releases("R-38", "mandate", decider={"mandated": False})


def test_R38_a_release_is_for_one_receiver_and_one_case() -> None:
    releases("R-38", "individual", form={"receiver": MAYOR})
    releases("R-38", "individual", form={"case": ""})
    releases("R-38", "individual", form={"give_basis": "toestemming"})


def test_R38_a_motive_is_written_in_the_holders_own_log() -> None:
    releases("R-38", "motive", form={"motive": False})


def test_R38_there_is_no_event_for_time_bulk_or_software() -> None:
    names = {event.value for event in HitEvent}
    assert names == {"show", "hide", "release", "withhold", "take_back", "lapse"}
    with pytest.raises(Refused):
        HIT.step(LAW, HitState.HIDDEN, HitEvent.RELEASE, HitInput())


def test_R39_a_release_names_a_ground_to_give() -> None:
    releases("R-39", "give_basis", facts={"give_basis": ""})
    releases("R-39", "give_basis", facts={"give_basis": "rr37_straf"})


@pytest.mark.parametrize("code", ["zwaarwegend_belang", "veronderstelde_toestemming", "bemoeizorg"])
def test_R39_interests_and_presumed_consent_release_nothing(code: str) -> None:
    care("R-39", facts={"breach_ground": code})


@pytest.mark.parametrize("step", ["proportioneel", "subsidiair"])
def test_R39_necessity_is_weighed_for_this_receiver(step: str) -> None:
    releases("R-39", step, answers={step: ""})


@pytest.mark.parametrize("step", [one.id for one in LAW.profiles["conflict_van_plichten"].steps])
def test_R40_a_conflict_of_duties_needs_all_its_answers(step: str) -> None:
    row = next(one for one in LAW.profiles["conflict_van_plichten"].steps if one.id == step)
    releases("R-40", step, facts=CONFLICT, answers={step: row.refused[0]})


def test_R40_only_the_professional_decides_it_after_talking_to_a_colleague() -> None:
    releases("R-40", "professional", facts=CONFLICT, form={"decided_by_professional": False})
    releases("R-40", "consulted_colleague", facts=CONFLICT, form={"consulted_colleague": False})


def test_R40_it_is_not_open_to_a_holder_without_that_secrecy() -> None:
    releases("R-32", facts={"breach_ground": "conflict_van_plichten"})


@pytest.mark.parametrize(
    ("ground", "receiver", "acting_as"),
    [
        ("jeugdwet7311_4", "gi", "gezinsvoogd_ots"),
        ("bw1_240", "rvdk", "rvdk_taak"),
        ("wmo526", "veilig_thuis", "veilig_thuis_onderzoek"),
        ("wfz26", "reclassering", "forensische_zorg"),
    ],
)
def test_R41_the_listed_duties_and_powers_release_without_consent(ground: str, receiver: str, acting_as: str) -> None:
    facts = {
        "record": record("ggz", "forensische_zorg"),
        "receiver_kinds": (receiver,),
        "acting_as": acting_as,
        "give_basis": ground,
        "breach_ground": ground,
    }
    releases(facts=facts)
    releases("R-32", facts={**facts, "acting_as": ""})


def test_R41_what_is_not_on_the_list_does_not_stand_in_for_consent() -> None:
    facts = {"record": record("reclassering", framework="vrijwillig"), "receiver_kinds": ("om",)}
    releases("R-41", facts={**facts, "give_basis": "rr37_straf", "breach_ground": "rr37"})
    releases("R-41", facts={**facts, "give_basis": "taak_ontvanger", "breach_ground": "taak_ontvanger"})


def test_R06_the_police_give_only_to_receivers_in_the_decision() -> None:
    releases("R-06", facts={"wpg20_receiver": False})


def test_R42_the_police_keep_a_protocol_entry_with_the_decision() -> None:
    releases("R-42", "protocol_entry", form={"protocol_entry": ""})
    releases("R-42", "wpg20_decision", form={"wpg20_decision": ""})


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("soort_politiegegeven", "artikel_9"),
        ("soort_politiegegeven", "artikel_10"),
        ("ontvanger_in_besluit", "nee"),
        ("wpg20_besluit_geldig", "nee"),
        ("zwaarwegend_algemeen_belang", "nee"),
    ],
)
def test_R42_the_police_weigh_every_provision(step: str, answer: str) -> None:
    releases("R-42", step, answers={step: answer})


def test_R42_article_16_is_no_ground_here() -> None:
    releases("R-42", facts={"give_basis": "wpg16"})


@pytest.mark.parametrize("step", [one.id for one in LAW.profiles["wjsg39f"].steps])
def test_R43_the_om_answers_its_questions_without_open_contra_indication(step: str) -> None:
    row = next(one for one in LAW.profiles["wjsg39f"].steps if one.id == step)
    for answer in row.refused:
        releases("R-43", step, facts=OM, answers={step: answer})


@pytest.mark.parametrize("answer", ["geen_einde_dringend_belang", "sepot_zwaarwegend_belang"])
def test_R43_a_contra_indication_with_its_interest_passes(answer: str) -> None:
    releases(facts=OM, answers={"contra_indicatie": answer})


def test_R44_pair_rules_are_applied_once_more_at_release() -> None:
    releases("P-15", facts={"receiver_kinds": ("vhh_casus",)})
    releases("P-04", facts={"record": record("politie", "wpg9")})


def test_R45_once_the_om_has_the_file_the_police_do_not_answer() -> None:
    releases("R-45", answers={"wie_antwoordt": "bij_om"})
    releases("R-45", facts=OM, answers={"wie_antwoordt": "bij_politie"})


def test_R45_probation_under_supervision_coordinates_with_the_om() -> None:
    facts = {**PROBATION_GIVES, "receiver_kinds": ("om",)}
    releases(facts=facts)
    releases("R-45", facts=facts, answers={"afgestemd_met_om": "niet_afgestemd"})


def test_P07_consent_has_no_substitute_there() -> None:
    facts = {"record": record("reclassering"), "receiver_kinds": ("woningcorporatie",)}
    releases("P-07", facts={**facts, "give_basis": "rr37_straf", "breach_ground": "conflict_van_plichten"})


def test_P08_the_om_is_named_on_the_way_to_the_police() -> None:
    facts = {**PROBATION_GIVES, "receiver_kinds": ("politie",)}
    releases(facts=facts)
    releases("P-08", facts=facts, answers={"om_genoemd": "nee"})


@pytest.mark.parametrize("step", ["openbare_orde_noodzaak", "al_van_politie_of_om"])
def test_P09_the_burgemeester_needs_order_and_known_data(step: str) -> None:
    facts = {**PROBATION_GIVES, "receiver_kinds": ("burgemeester",)}
    releases(facts=facts)
    releases("P-09", facts=facts, answers={step: "nee"})


def test_P10_only_compliance_with_treatment_is_told() -> None:
    facts = {
        "record": record("ggz", "forensische_zorg"),
        "acting_as": "forensische_zorg",
        "give_basis": "wfz26",
        "breach_ground": "wfz26",
    }
    releases(facts=facts)
    releases("P-10", facts=facts, answers={"alleen_naleving": "nee"})


@pytest.mark.parametrize("step", [one.id for one in LAW.profiles["zes_stappen"].steps])
def test_R55_care_walks_all_six_steps(step: str) -> None:
    row = next(one for one in LAW.profiles["zes_stappen"].steps if one.id == step)
    care("R-55", step, answers={step: row.refused[0]})
    refused(lambda: release(LAW, care_release(form={"answers": ()})), "R-55", step)


@pytest.mark.parametrize(
    "one",
    [
        None,
        Consent(consent_form(), ConsentState.DRAFTED),
        Consent(consent_form(), ConsentState.USED),
        Consent(consent_form(), ConsentState.WITHDRAWN),
        Consent(consent_form(), ConsentState.EXPIRED),
        consent(receiver=POLICE),
        consent(purpose="openbare_orde"),
        consent(case="zaak-8"),
        consent(valid_until=date(2026, 4, 30)),
    ],
)
def test_R52_a_release_on_consent_has_one_for_exactly_this_exchange(one: Consent | None) -> None:
    care("R-52", "consent_valid", decider={"consent": one})


def test_R52_with_a_physician_two_consents_are_needed() -> None:
    facts = {"record": record("huisarts_zorg")}
    care("R-52", "second_consent", facts=facts)
    care(facts=facts, decider={"asker_consent": consent()})


def test_R61_the_board_tells_only_what_the_persons_know_of() -> None:
    facts = {"record": record("rvdk"), "receiver_kinds": ("om",), "give_basis": "rvdk_taak", "breach_ground": ""}
    releases(facts=facts)
    releases("R-61", facts=facts, answers={"betrokkenen_weten_het": "nee"})


def test_R64_veilig_thuis_tells_nothing_while_informing_is_deferred() -> None:
    facts = {"record": record("veilig_thuis"), "give_basis": "wmo516", "breach_ground": "wmo516"}
    releases(facts=facts)
    releases("R-64", facts=facts, decider={"notice_deferred": True})


def test_R67_a_frozen_record_is_not_released() -> None:
    releases("R-67", facts={"record": record(frozen=True)})


def test_R51_the_municipality_releases_nothing_on_consent() -> None:
    releases("R-51", facts={"record": record("burgemeester"), "give_basis": "toestemming", "breach_ground": ""})


def test_every_register_names_each_of_its_questions_once() -> None:
    for kind in LAW.registers:
        for receiver in LAW.partners:
            for acting_as in LAW.codes["acting_as"]:
                facts = {"record": record(kind), "receiver_kinds": (receiver,), "acting_as": acting_as}
                steps = [one.id for one in required_steps(LAW, release_input(facts=facts).facts)]
                assert len(steps) == len(set(steps)), (kind, receiver)


kinds = st.sampled_from(list(LAW.registers))
grounds = st.sampled_from([*LAW.give, *LAW.breach_grounds, *LAW.never, ""])


@settings(deadline=None)
@given(kinds, st.sampled_from(list(LAW.partners)), grounds, grounds, st.sampled_from(list(LAW.codes["acting_as"])))
def test_R32_R39_nothing_is_released_without_a_ground_and_a_broken_secrecy(
    kind: str, receiver: str, give_basis: str, breach_ground: str, acting_as: str
) -> None:
    facts = {
        "record": record(kind),
        "receiver_kinds": (receiver,),
        "give_basis": give_basis,
        "breach_ground": breach_ground,
        "acting_as": acting_as,
    }
    given_input = care_release(facts=facts, decider={"asker_consent": consent()})
    found = outcome(lambda: release(LAW, given_input))
    if found is not None:
        assert found.missing
        return
    holder = LAW.registers[kind].partner
    assert give_basis in LAW.give
    assert holder in LAW.give[give_basis].holders or "*" in LAW.give[give_basis].holders
    if LAW.partners[holder].secrecy:
        breaks = LAW.breach_grounds[breach_ground].breaks
        assert "*" in breaks or set(LAW.partners[holder].secrecy) <= set(breaks)


# ---- decided beforehand ----


def before(rule: str = "", missing: str = "", **changes: Any) -> None:
    given_input = beforehand_input(**changes)
    if rule:
        refused(lambda: decide_beforehand(LAW, given_input), rule, missing)
    else:
        decide_beforehand(LAW, given_input)


def test_a_decision_beforehand_with_everything_holds() -> None:
    before()
    assert {guard.rule for guard in BEFOREHAND if not guard.visible} == {"R-38", "R-64", "R-76"}


def test_R76_a_blanket_decision_is_refused() -> None:
    before("R-76", "receivers", receivers=(), decision=decision(receivers=()))
    before("R-76", "receivers", decision=decision(receivers=(PROBATION, PROBATION)))
    before("R-76", "receivers", decision=decision(receivers=(ParticipantId("iedereen"),)))


def test_R76_one_reference_is_for_one_record() -> None:
    before("R-76", "reference", reference_used=True)
    before("R-76", "reference", decision=decision(reference=b""))


def test_R76_it_lasts_at_most_until_the_review_date() -> None:
    before("R-76", "dates", decision=decision(valid_until=date(2027, 1, 1)))
    before("R-76", "dates", decision=decision(decided_on=date(2026, 5, 2)))
    before("R-76", "dates", decision=decision(valid_until=date(2026, 4, 30)))


def test_R76_it_has_a_motive_and_a_daily_limit_and_no_protected_record() -> None:
    before("R-76", "motive", motive=False)
    before("R-76", "daily_limit", decided_today=20)
    before("R-76", "protected", record=record(protected=True))


def test_R38_only_the_mandated_decision_maker_decides_beforehand() -> None:
    before("R-38", mandated=False)
    before("R-38", decision=decision(decider=b""))


def test_R76_never_stays_never() -> None:
    before("P-04", record=record("politie", "wpg9"))
    before("P-15", receivers=(Receiver(PROBATION, ("vhh_casus",), wpg20_receiver=True),))


def test_R76_ground_secrecy_and_consent_are_checked_per_receiver() -> None:
    before("R-39", decision=decision(basis="rr8"))
    before("R-02", decision=decision(basis="convenant"))
    before("R-32", decision=decision(breach_ground=""))
    before("R-06", receivers=(Receiver(PROBATION, ("reclassering",)),))
    before("R-19", decision=decision(purpose="zsm"))


def test_R76_where_consent_is_the_rule_the_consent_itself_is_needed() -> None:
    on_consent = {
        "record": record("ggz"),
        "decision": decision(
            basis="toestemming", breach_ground="toestemming", purpose="samenloop", valid_until=date(2026, 8, 1)
        ),
        "consent_case": "zaak-7",
    }
    before(**on_consent, consent=consent())
    before("R-76", "consent", **on_consent)
    before("R-76", "consent", **on_consent, consent=consent(receiver=MAYOR))
    before("R-76", "consent", **on_consent, consent=consent(valid_until=date(2026, 7, 31)))
    conflict = decision(basis="vitaal_belang", breach_ground="conflict_van_plichten", purpose="samenloop")
    before("R-76", "consent", **{**on_consent, "decision": conflict}, consent=consent())


def test_P08_the_questions_of_a_pair_rule_are_answered_beforehand_too() -> None:
    ground = decision(basis="rr37_straf", breach_ground="rr37", receivers=(POLICE,))
    receivers = (Receiver(POLICE, ("politie",)),)
    before("P-08", record=record("reclassering"), decision=ground, receivers=receivers)
    before(record=record("reclassering"), decision=replace(ground, steps=("via_om",)), receivers=receivers)


def test_R64_veilig_thuis_decides_nothing_beforehand_while_informing_is_deferred() -> None:
    ground = decision(basis="wmo516", breach_ground="wmo516")
    before(record=record("veilig_thuis"), decision=ground)
    before("R-64", record=record("veilig_thuis"), decision=ground, notice_deferred=True)
