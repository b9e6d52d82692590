"""For every guard of every machine an input that breaks it, starting from facts that pass (`good`)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from samenloop.decisions.beforehand import Shown
from samenloop.decisions.case import CASE, Intake
from samenloop.decisions.case_facts import CaseState
from samenloop.decisions.consent import CONSENT
from samenloop.decisions.guards import Machine
from samenloop.decisions.network import NODE
from samenloop.decisions.notice import NOTICE
from samenloop.decisions.question import QUESTION, QuestionEvent
from samenloop.decisions.record import RECORD
from samenloop.decisions.release import HIT, HitEvent, HitInput
from samenloop.decisions.request import REQUEST, Revealing
from samenloop.model import Mode

from . import good

MACHINES: tuple[Machine[Any, Any, Any], ...] = (NODE, RECORD, CASE, QUESTION, HIT, CONSENT, NOTICE, REQUEST)
LATE = date(2025, 1, 1)


def passing(machine: Machine[Any, Any, Any], event: object) -> Any:
    """Return an input with which this event passes."""
    if machine is HIT:
        shown = Shown(visible=event is HitEvent.SHOW, rule="R-33")
        return HitInput(shown, good.release_input())
    if machine is QUESTION and event is QuestionEvent.EXPIRE:
        return good.question_input(case_state=CaseState.CLOSED)
    makers: dict[str, Callable[[], Any]] = {
        "NODE": good.node_facts,
        "RECORD": good.record_input,
        "CASE": good.case_input,
        "QUERY": good.question_input,
        "CONSENT": good.consent_input,
        "NOTICE": good.notice_input,
        "REQUEST": good.request_input,
    }
    return makers[machine.name]()


def _node(**changes: object) -> Any:
    return good.node_facts(**changes)


def _record(**changes: object) -> Any:
    return good.record_input(facts=good.record(**changes))  # type: ignore[arg-type]


def _part(**changes: object) -> Any:
    return good.question_input({"parts": (good.part(**changes),)})  # type: ignore[arg-type]


def _release(**changes: Any) -> HitInput:
    return HitInput(None, good.release_input(**changes))


def _care(**changes: Any) -> HitInput:
    return HitInput(None, good.care_release(**changes))


def _case(**changes: object) -> Any:
    return good.case_input(**changes)


def _consent(**changes: object) -> Any:
    return good.consent_input(changes)


_CONFLICT = {
    "record": good.record("ggz"),
    "give_basis": "vitaal_belang",
    "breach_ground": "conflict_van_plichten",
}
_MAYOR = {"asker": good.MAYOR, "asker_kinds": ("burgemeester",)}
_CASE = good.case_input()

BROKEN: dict[tuple[str, str, str], Any] = {
    # NODE (R-01..R-10)
    ("NODE", "R-01", "underlying"): _node(kinds=("vhh_casus",)),
    ("NODE", "R-02", "covenant"): _node(covenant_complete=False),
    ("NODE", "R-02", "signing_bodies"): _node(municipal=True, signing_bodies=("burgemeester",)),
    ("NODE", "R-03", "open_items"): _node(open_items=("liability",)),
    ("NODE", "R-04", "controller"): _node(controller=False),
    ("NODE", "R-04", "joint"): _node(kinds=("ggz",)),
    ("NODE", "R-04", "joint_arrangement"): _node(joint_arrangement=False),
    ("NODE", "R-05", "processor"): _node(reports_breaches=False),
    ("NODE", "R-06", "wpg20"): _node(wpg20_until=LATE),
    ("NODE", "R-07", "processing_entry"): _node(processing_entry=False),
    ("NODE", "R-07", "impact_assessed_on"): _node(impact_assessed_on=None),
    ("NODE", "R-08", "network_signs"): _node(kinds=("veilig_thuis",), underlying=(good.CARE,)),
    ("NODE", "R-09", "secrecy"): _node(users=(replace(good.USER, secrecy_signed_on=None),)),
    ("NODE", "R-09", "secrecy_known"): _node(secrecy_known=False),
    ("NODE", "R-10", "users"): _node(users=(replace(good.USER, bureau=True),)),
    ("NODE", "R-10", "no_users"): _node(users=()),
    ("NODE", "R-15", "kinds"): _node(kinds=("dji",)),
    # RECORD (R-11..R-19, R-67, R-69)
    ("RECORD", "R-14", "register_never"): _record(kind="college_suwi"),
    ("RECORD", "R-15", "register_known"): _record(kind="bakkerij"),
    ("RECORD", "R-01", "acting_for"): _record(kind="vhh_casus", acting_for=""),
    ("RECORD", "R-11", "task"): good.record_input(facts=replace(good.record(), task="")),
    ("RECORD", "R-13", "task_listed"): _record(task="heeft-ruzie-met-de-buren"),
    ("RECORD", "R-13", "measure_listed"): _record(measure="gebiedsverbod"),
    ("RECORD", "R-13", "framework_listed"): _record(framework="onbekend"),
    ("RECORD", "R-13", "origin_listed"): _record(origin="krant"),
    ("RECORD", "P-04", "task_excluded"): _record(task="wpg9"),
    ("RECORD", "R-14", "task_excluded"): _record(kind="veilig_thuis", task="adviescontact"),
    ("RECORD", "R-42", "task_excluded"): _record(kind="om", task="wpg10"),
    ("RECORD", "R-43", "task_excluded"): _record(kind="om", task="justitiele_documentatie"),
    ("RECORD", "P-05", "origin_permission"): _record(kind="burgemeester", origin="wpg"),
    ("RECORD", "R-16", "origin_permission"): _record(kind="reclassering", origin="wjsg"),
    ("RECORD", "R-15", "mode_never"): _record(tightened=Mode.NEVER),
    ("RECORD", "R-17", "by_holder"): good.record_input(by_holder=False),
    ("RECORD", "R-17", "has_ground"): good.record_input(has_ground=False),
    ("RECORD", "R-18", "review_date"): _record(review_date=date(2028, 1, 1)),
    ("RECORD", "R-19", "index_purpose"): good.record_input(purpose="zsm"),
    ("RECORD", "R-67", "objection_decided"): good.record_input(objection_decided=False),
    ("RECORD", "R-69", "term_ended"): good.record_input(term_ended=False),
    ("RECORD", "R-69", "gone"): good.record_input(gone=False),
    # CASE (R-20..R-23, R-53..R-60, R-70)
    ("CASE", "R-01", "acting_partner"): _case(acting_partner=good.HOUSE),
    ("CASE", "R-20", "referrer"): _case(referrer=good.HOUSE),
    ("CASE", "R-20", "by_referrer"): _case(acting_partner=good.POLICE),
    ("CASE", "R-22", "target_group"): _case(target_group=("meer_problemen", "meer_ketens")),
    ("CASE", "R-22", "target_group_code"): _case(target_group=("gebiedsprobleem", "onbekend")),
    ("CASE", "R-21", "intake"): _case(intake=replace(_CASE.intake or Intake(), consent="")),
    ("CASE", "R-23", "needed"): _case(
        intake=replace(_CASE.intake or Intake(), needed=(good.needed(receive_basis=""),))
    ),
    ("CASE", "R-61", "informed"): _case(informed=False),
    ("CASE", "R-53", "contact"): _case(contact=""),
    ("CASE", "R-36", "right_person"): _case(contact="verkeerde_persoon"),
    ("CASE", "R-54", "triage"): _case(triage=None),
    ("CASE", "R-55", "care_steps"): _case(meeting=None),
    ("CASE", "R-56", "invitations"): _case(meeting=None),
    ("CASE", "R-60", "person_invited"): _case(meeting=None),
    ("CASE", "R-57", "case_lead"): _case(plan=None),
    ("CASE", "R-58", "plan"): _case(plan=None),
    ("CASE", "R-59", "own_log"): _case(plan=None),
    ("CASE", "R-70", "closing_reason"): _case(closing_reason=""),
    ("CASE", "R-70", "role"): _case(role="administrator", acting_partner=good.POLICE),
    ("CASE", "R-63", "open_notices"): _case(open_notices=1),
    ("CASE", "R-37", "answers_lapsed"): _case(answers_lapsed=False),
    ("CASE", "R-69", "term_ended"): _case(term_ended=False),
    # QUERY (R-19..R-32)
    ("QUERY", "R-15", "asker_kind"): good.question_input({"asker_kinds": ("dji",)}),
    ("QUERY", "R-29", "asker_kind"): good.question_input({"asker_kinds": ("college_wmo",)}),
    ("QUERY", "R-19", "purpose"): good.question_input({"purpose": "topx"}),
    ("QUERY", "R-24", "holders"): good.question_input({"parts": ()}),
    ("QUERY", "R-24", "holder"): good.question_input({"parts": (good.part(), good.part())}),
    ("QUERY", "R-24", "all_partners"): good.question_input(
        {"parts": tuple(good.part(one.holder) for one in good.HOLDERS)}
    ),
    ("QUERY", "R-24", "reason"): _part(reason=""),
    ("QUERY", "R-23", "purpose"): _part(purpose=""),
    ("QUERY", "R-23", "purpose_of_asker"): good.question_input({"asker_kinds": ("ggz",)}),
    ("QUERY", "R-23", "acting_as"): _part(acting_as="rvdk_taak"),
    ("QUERY", "R-23", "proportionality"): _part(proportionality=""),
    ("QUERY", "R-23", "subsidiarity"): _part(subsidiarity=""),
    ("QUERY", "R-32", "never_a_ground"): _part(give_basis="geheimhouding_ontvanger"),
    ("QUERY", "R-51", "consent"): good.question_input({"parts": (good.part(good.MAYOR, give_basis="toestemming"),)}),
    ("QUERY", "R-23", "give_basis"): _part(give_basis="rr37_straf"),
    ("QUERY", "R-23", "receive_basis"): _part(receive_basis="politiewet3"),
    ("QUERY", "R-25", "inform_basis"): _part(inform_basis=""),
    ("QUERY", "R-06", "wpg20_receiver"): _part(inform_basis="wpg20"),
    ("QUERY", "R-27", "region_reason"): good.question_input({"parts": (good.part(good.HOUSE, give_basis="wgs_zvh"),)}),
    ("QUERY", "R-27", "region_reason_listed"): good.question_input({"region_reason": "altijd"}),
    ("QUERY", "R-28", "new_fact"): good.question_input({"holders": (replace(good.HOLDERS[0], asked_before=3),)}),
    ("QUERY", "R-28", "new_fact_listed"): good.question_input({"new_fact": "zomaar"}),
    ("QUERY", "R-29", "power"): good.question_input(_MAYOR),
    ("QUERY", "R-01", "own_partner"): good.question_input(acting_partner=good.HOUSE),
    ("QUERY", "R-09", "secrecy_signed"): good.question_input(secrecy_signed=False),
    ("QUERY", "R-10", "named"): good.question_input(named=False),
    ("QUERY", "R-35", "role"): good.question_input(role="bureau"),
    ("QUERY", "R-20", "own_case"): good.question_input(case_referrer=good.POLICE),
    ("QUERY", "R-20", "case_state"): good.question_input(case_state=CaseState.MEETING),
    ("QUERY", "R-26", "asked_person"): good.question_input(asked_person=""),
    ("QUERY", "R-26", "anonymous_talk"): good.question_input(anonymous_talk="ja"),
    ("QUERY", "R-26", "phone_call"): good.question_input(phone_call=""),
    ("QUERY", "R-37", "case_open"): good.question_input(),
    # HIT (R-31..R-45, R-55)
    ("HIT", "R-33", "visible"): HitInput(Shown(visible=False, rule="R-34")),
    ("HIT", "R-34", "hidden"): HitInput(Shown(visible=True, rule="R-33")),
    ("HIT", "R-44", "mode"): _release(facts={"receiver_kinds": ("reclassering", "vhh_casus")}),
    ("HIT", "R-18", "overdue"): _release(facts={"record": good.record(review_date=LATE)}),
    ("HIT", "R-67", "objection_pending"): _release(facts={"record": good.record(frozen=True)}),
    ("HIT", "R-32", "never_a_ground"): _release(facts={"give_basis": "wpg16"}),
    ("HIT", "R-51", "consent_possible"): _release(
        facts={"record": good.record("burgemeester"), "give_basis": "toestemming", "breach_ground": "toestemming"}
    ),
    ("HIT", "R-39", "give_basis"): _release(facts={"give_basis": ""}),
    ("HIT", "R-32", "breach_ground"): _release(facts={"breach_ground": ""}),
    ("HIT", "P-07", "consent"): _release(
        facts={
            "record": good.record("reclassering"),
            "receiver_kinds": ("woningcorporatie",),
            "give_basis": "rr37_straf",
        }
    ),
    ("HIT", "R-41", "substitute"): _care(facts={"give_basis": "wgs229", "breach_ground": ""}),
    ("HIT", "R-06", "wpg20_receiver"): _release(facts={"wpg20_receiver": False}),
    ("HIT", "R-38", "role"): _release(decider={"role": "administrator"}),
    ("HIT", "R-38", "mandate"): _release(decider={"mandated": False}),
    ("HIT", "R-38", "individual"): _release(form={"receiver": good.MAYOR}),
    ("HIT", "R-38", "motive"): _release(form={"motive": False}),
    ("HIT", "R-25", "question_verified"): _release(decider={"question_verified": False}),
    ("HIT", "R-39", "steps"): _release(form={"answers": ()}),
    ("HIT", "R-13", "answers_known"): _release(answers={"opmerking": "ja"}),
    ("HIT", "R-40", "professional"): _release(facts=_CONFLICT, form={"decided_by_professional": False}),
    ("HIT", "R-40", "consulted_colleague"): _release(facts=_CONFLICT, form={"consulted_colleague": False}),
    ("HIT", "R-52", "consent_valid"): _care(decider={"consent": None}),
    ("HIT", "R-52", "second_consent"): _care(facts={"record": good.record("huisarts_zorg")}),
    ("HIT", "R-64", "notice_deferred"): _release(
        facts={"record": good.record("veilig_thuis"), "give_basis": "wmo516", "breach_ground": "wmo516"},
        decider={"notice_deferred": True},
    ),
    ("HIT", "R-42", "protocol_entry"): _release(form={"protocol_entry": ""}),
    ("HIT", "R-42", "wpg20_decision"): _release(form={"wpg20_decision": ""}),
    # CONSENT (R-46..R-52)
    ("CONSENT", "R-51", "pressure"): _consent(pressure="drang"),
    ("CONSENT", "R-51", "holder_kind"): _consent(holder_kind="college_wmo"),
    ("CONSENT", "R-46", "explicit"): _consent(explicit=False),
    ("CONSENT", "R-46", "specific"): _consent(specific=False),
    ("CONSENT", "R-46", "explained_how"): _consent(explained_how=""),
    ("CONSENT", "R-46", "necessity_judged"): _consent(necessity_judged=False),
    ("CONSENT", "R-46", "professional"): _consent(recorded_by_professional=False),
    ("CONSENT", "R-47", "fields"): _consent(fields=("client",)),
    ("CONSENT", "R-47", "paper"): _consent(paper=""),
    ("CONSENT", "R-48", "told"): _consent(told=("doel",)),
    ("CONSENT", "R-48", "told_on"): _consent(told_on=date(2026, 4, 21)),
    ("CONSENT", "R-49", "age_band"): _consent(age_band="volwassen"),
    ("CONSENT", "R-49", "signers"): _consent(age_band="van_12_tot_16"),
    ("CONSENT", "R-49", "representative"): _consent(signers=("persoon", "vertegenwoordiger"), representative="buurman"),
    ("CONSENT", "R-49", "exception"): _consent(exception="kind_blijft_erbij"),
    ("CONSENT", "R-52", "one_exchange"): _consent(receiver=good.CARE),
    ("CONSENT", "R-52", "dates"): _consent(valid_until=LATE),
    ("CONSENT", "R-52", "in_force"): _consent(valid_until=LATE),
    ("CONSENT", "R-52", "same_exchange"): good.consent_input(used_case="zaak-8"),
    ("CONSENT", "R-52", "case_closed"): good.consent_input(case_closed=False),
    # NOTICE (R-61..R-64)
    ("NOTICE", "R-61", "given"): good.notice_input(given_by=None),
    ("NOTICE", "R-62", "contents"): good.notice_input(contents=("rechten",)),
    ("NOTICE", "R-63", "ground"): good.notice_input(ground="liever_niet"),
    ("NOTICE", "R-63", "review_on"): good.notice_input(review_on=None),
    ("NOTICE", "R-63", "within_term"): good.notice_input(review_on=date(2027, 1, 1)),
    ("NOTICE", "R-63", "decision"): good.notice_input(decision=""),
    ("NOTICE", "R-63", "condition"): good.notice_input(condition=""),
    ("NOTICE", "R-63", "expected_on"): good.notice_input(expected_on=None),
    ("NOTICE", "R-63", "informer"): good.notice_input(informer=None),
    ("NOTICE", "R-63", "review_due"): good.notice_input(ground_gone=False),
    # REQUEST (R-65..R-68)
    ("REQUEST", "R-65", "kind"): good.request_input(kind="klacht"),
    ("REQUEST", "R-65", "identity_checked"): good.request_input(identity_checked=False),
    ("REQUEST", "R-65", "routed_to"): good.request_input(routed_to=good.CARE),
    ("REQUEST", "R-67", "objection_basis"): good.request_input(objection_basis=""),
    ("REQUEST", "R-67", "frozen"): good.request_input(frozen=False),
    ("REQUEST", "R-66", "om_answers"): good.request_input(holder_kind="om", answered_by=good.CARE),
    ("REQUEST", "R-65", "answered_by"): good.request_input(answered_by=None),
    ("REQUEST", "R-65", "outcome"): good.request_input(motive=False),
    ("REQUEST", "R-65", "corrected"): good.request_input(kind="correctie", corrected=False),
    ("REQUEST", "R-65", "recipients"): good.request_input(kind="inzage", recipients_listed=False),
    ("REQUEST", "R-66", "reveals"): good.request_input(reveals=frozenset({Revealing.HIDDEN_HIT})),
    ("REQUEST", "R-68", "complaint_route"): good.request_input(complaint_route=False),
}
