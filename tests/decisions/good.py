"""Facts with which every guard holds; a test breaks one and sees which rule refuses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from samenloop.catalogue import load_catalogue
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.case import CaseInput, Intake, Invitation, Meeting, NeededPartner, Plan, TriageDecision
from samenloop.decisions.case_facts import CaseState
from samenloop.decisions.consent import ConsentInput
from samenloop.decisions.consent_facts import Consent, ConsentForm, ConsentState
from samenloop.decisions.deciding_beforehand import BeforehandInput, Receiver
from samenloop.decisions.modes import RecordFacts
from samenloop.decisions.network import NodeFacts, NodeUser
from samenloop.decisions.notice import NoticeInput
from samenloop.decisions.question import AskerFacts, HolderFacts, HolderPart, QuestionFacts, QuestionInput
from samenloop.decisions.record import RecordInput
from samenloop.decisions.release import DeciderFacts, ReleaseFacts, ReleaseForm, ReleaseInput
from samenloop.decisions.releasing_checks import required_steps
from samenloop.decisions.request import RequestInput
from samenloop.errors import Refused
from samenloop.model import ParticipantId

LAW = load_catalogue()
TODAY = date(2026, 5, 1)
POLICE, PROBATION, MAYOR, CARE, OTHER_CARE, HOUSE = map(
    ParticipantId, ("politie-noord", "reclassering-noord", "burgemeester-a", "ggz-noord", "huisarts-b", "zvh-oost")
)


def refused(call: Callable[[], object], rule: str, missing: str = "") -> Refused:
    """Run `call`, which must be refused by `rule`; `missing` must be among what is missing."""
    with pytest.raises(Refused) as caught:
        call()
    found = caught.value
    assert rule in {one.split()[0] for one in found.missing}, (rule, found.missing)
    assert any(missing in one for one in found.missing), (missing, found.missing)
    assert found.rule == found.missing[0].split()[0]
    return found


def outcome(call: Callable[[], object]) -> Refused | None:
    """Run `call` and return its refusal, or None when it passes."""
    try:
        call()
    except Refused as found:
        return found
    return None


# ---- records ----


def record(kind: str = "politie", task: str = "", **changes: object) -> RecordFacts:
    """A record of its register's first task, own source, under a measure, not overdue."""
    register = LAW.registers.get(kind)
    first = register.tasks[0] if register and register.tasks else "zorg"
    facts = RecordFacts(kind, task or first, "maatregel", "eigen", "", False, None, date(2026, 12, 1), "")
    if kind == "vhh_casus":
        facts = replace(facts, acting_for=str(POLICE), acting_kind="politie")
    return replace(facts, **changes)  # type: ignore[arg-type]


def record_input(**changes: object) -> RecordInput:
    """An input with which every transition of a record passes."""
    given = RecordInput(
        facts=record(),
        today=TODAY,
        purpose="casusoverleg",
        by_holder=True,
        has_ground=True,
        objection_decided=True,
        term_ended=True,
        gone=True,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def decision(**changes: object) -> BeforehandDecision:
    """A police decision beforehand for probation."""
    given = BeforehandDecision(
        registration=b"r" * 16,
        receivers=(PROBATION,),
        purpose="casusoverleg",
        basis="wpg20",
        breach_ground="wpg20",
        valid_until=date(2026, 10, 1),
        reference=b"d" * 32,
        decider=b"p" * 32,
        decided_on=date(2026, 4, 1),
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def beforehand_input(**changes: object) -> BeforehandInput:
    """A decision beforehand that holds."""
    given = BeforehandInput(
        decision=decision(),
        record=record(),
        covenant_mode=None,
        receivers=(Receiver(PROBATION, ("reclassering",), wpg20_receiver=True),),
        today=TODAY,
        mandated=True,
        reference_used=False,
        motive=True,
        decided_today=0,
        daily_limit=20,
        notice_deferred=False,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


# ---- questions ----


def part(holder: ParticipantId = POLICE, **changes: object) -> HolderPart:
    """Probation asks the police, with everything filled in."""
    given = HolderPart(
        holder=holder,
        purpose="samenloop",
        proportionality="recidive_ernstig",
        subsidiarity="geen_lichter_middel",
        give_basis="wpg20",
        receive_basis="rr8",
        inform_basis="rr37_straf",
        acting_as="",
        reason="genoemd_in_dossier",
    )
    return replace(given, **changes)  # type: ignore[arg-type]


HOLDERS = (
    HolderFacts(POLICE, ("politie",), "noord"),
    HolderFacts(MAYOR, ("burgemeester",), "noord"),
    HolderFacts(CARE, ("ggz",), "noord"),
    HolderFacts(OTHER_CARE, ("huisarts_zorg",), "noord"),
    HolderFacts(HOUSE, ("vhh_casus",), "oost"),
)


def question(**changes: object) -> QuestionFacts:
    """Probation asks the police in its own region."""
    given = QuestionFacts(
        asker=PROBATION,
        asker_kinds=("reclassering",),
        purpose="casusoverleg",
        region="noord",
        parts=(part(),),
        holders=HOLDERS,
        respell_limit=3,
        today=TODAY,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def asker(**changes: object) -> AskerFacts:
    """An authorised case worker with a case in intake."""
    given = AskerFacts(
        acting_partner=PROBATION,
        role="case_worker",
        named=True,
        secrecy_signed=True,
        case_state=CaseState.INTAKE,
        case_referrer=PROBATION,
        asked_person="nee_weigert",
        anonymous_talk="nee_herkenbaar",
        phone_call="nee_onbekend_bij_wie",
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def question_input(question_changes: dict[str, object] | None = None, **changes: object) -> QuestionInput:
    """A question with both sides' facts."""
    return QuestionInput(question(**(question_changes or {})), asker(**changes))


# ---- consent ----


def consent_form(**changes: object) -> ConsentForm:
    """A care provider's form for probation, signed by an adult."""
    given = ConsentForm(
        holder=CARE,
        holder_kind="ggz",
        receiver=PROBATION,
        purpose="samenloop",
        case="zaak-7",
        paper="formulier-12",
        signed_on=date(2026, 4, 20),
        valid_until=date(2026, 8, 1),
        fields=tuple(code for code in LAW.codes["consent_fields"] if code != "vertegenwoordiger"),
        told=tuple(LAW.codes["consent_told"]),
        told_on=date(2026, 4, 19),
        explained_how="mondeling",
        pressure="vrij",
        age_band="vanaf_16",
        signers=("persoon",),
        explicit=True,
        specific=True,
        necessity_judged=True,
        recorded_by_professional=True,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def consent_input(form_changes: dict[str, object] | None = None, **changes: object) -> ConsentInput:
    """A consent that can be given, and used for its own exchange."""
    given = ConsentInput(
        form=consent_form(**(form_changes or {})),
        today=TODAY,
        used_receiver=PROBATION,
        used_purpose="samenloop",
        used_case="zaak-7",
        case_closed=True,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def consent(**changes: object) -> Consent:
    """A consent that was given."""
    return Consent(consent_form(**changes), ConsentState.GIVEN)


# ---- release ----


def release_input(
    facts: dict[str, object] | None = None,
    form: dict[str, object] | None = None,
    decider: dict[str, object] | None = None,
    answers: dict[str, str] | None = None,
) -> ReleaseInput:
    """A police release to probation with every question answered as it must; `answers` replaces single ones."""
    given = ReleaseFacts(
        record=record(),
        covenant_mode=None,
        receiver=PROBATION,
        receiver_kinds=("reclassering",),
        acting_as="",
        purpose="samenloop",
        give_basis="wpg20",
        breach_ground="wpg20",
        today=TODAY,
        wpg20_receiver=True,
    )
    given = replace(given, **(facts or {}))  # type: ignore[arg-type]
    wanted = {step.id: step.accepted[0] for step in required_steps(LAW, given)}
    filled = ReleaseForm(
        receiver=given.receiver,
        case="zaak-7",
        give_basis=given.give_basis,
        breach_ground=given.breach_ground,
        answers=tuple({**wanted, **(answers or {})}.items()),
        motive=True,
        consulted_colleague=True,
        decided_by_professional=True,
        protocol_entry="protocol-3",
        wpg20_decision="besluit-2026-1",
    )
    deciding = DeciderFacts(role="decision_maker", mandated=True, question_verified=True, notice_deferred=False)
    return ReleaseInput(
        given,
        replace(filled, **(form or {})),  # type: ignore[arg-type]
        replace(deciding, **(decider or {})),  # type: ignore[arg-type]
    )


def care_release(**changes: object) -> ReleaseInput:
    """A care provider releases to probation on consent."""
    facts: dict[str, object] = {"record": record("ggz"), "give_basis": "toestemming", "breach_ground": "toestemming"}
    decider: dict[str, object] = {"consent": consent()}
    return release_input(
        facts={**facts, **changes.pop("facts", {})},  # type: ignore[dict-item]
        decider={**decider, **changes.pop("decider", {})},  # type: ignore[dict-item]
        **changes,  # type: ignore[arg-type]
    )


# ---- cases ----


def needed(**changes: object) -> NeededPartner:
    """A needed partner with the four conditions."""
    given = NeededPartner(
        POLICE, "samenloop", "recidive_ernstig", "geen_lichter_middel", "wpg20", "rr8", "genoemd_in_dossier"
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def case_input(**changes: object) -> CaseInput:
    """A case of probation that passes every step."""
    given = CaseInput(
        referrer=PROBATION,
        acting_partner=PROBATION,
        partners=(POLICE, PROBATION, MAYOR, CARE),
        today=TODAY,
        role="process_director",
        target_group=("meer_problemen", "meer_ketens", "gevolgen_omgeving"),
        intake=Intake(tasks=("toezicht",), basis="rr8", consent="niet_nodig", informing="geen", needed=(needed(),)),
        informed=True,
        triage=TriageDecision(
            parts=tuple(LAW.codes["triage_parts"]), outcome="casusoverleg", moment="toeleiden", decided_on=TODAY
        ),
        had_hit=True,
        contact="juiste_persoon",
        care_partner=True,
        meeting=Meeting(
            invited_by=PROBATION,
            invitations=(Invitation(POLICE, "genoemd_in_dossier"),),
            person_invited=True,
            care_steps_done=True,
        ),
        plan=Plan(made=True, made_on=TODAY, case_lead=CARE, own_log="logboek-5"),
        closing_reason="doel_bereikt",
        answers_lapsed=True,
        term_ended=True,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


# ---- notices, requests, nodes ----


def notice_input(**changes: object) -> NoticeInput:
    """A notice that can be given, deferred, and comes due again."""
    given = NoticeInput(
        controller_kind="politie",
        recorded_on=TODAY,
        today=TODAY,
        given_on=TODAY,
        way="brief",
        given_by=POLICE,
        contents=tuple(LAW.codes["notice_contents"]),
        ground="strafbare_feiten",
        review_on=date(2026, 7, 1),
        decision="besluit-9",
        condition="logboek-9",
        expected_on=date(2026, 8, 1),
        informer=POLICE,
        ground_gone=True,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def request_input(**changes: object) -> RequestInput:
    """An objection that is routed and answered by its controller."""
    given = RequestInput(
        kind="bezwaar",
        received_on=TODAY,
        today=TODAY,
        identity_checked=True,
        holder=POLICE,
        holder_kind="politie",
        routed_to=POLICE,
        answered_by=POLICE,
        outcome="toegewezen",
        motive=True,
        recipients_listed=True,
        askers_listed=True,
        complaint_route=True,
        objection_basis="publieke_taak",
        frozen=True,
        corrected=True,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


USER = NodeUser(named=True, secrecy_signed_on=TODAY, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))


def node_facts(**changes: object) -> NodeFacts:
    """A police node that may go active."""
    given = NodeFacts(
        participant=POLICE,
        kinds=("politie",),
        today=TODAY,
        covenant_complete=True,
        agreement_dated=date(2026, 1, 15),
        signing_bodies=("korpschef",),
        controller=True,
        joint=True,
        joint_arrangement=True,
        processor_agreed_on=date(2026, 1, 15),
        reports_breaches=True,
        wpg20_until=date(2027, 1, 1),
        wpg20_receivers=2,
        processing_entry=True,
        impact_assessed_on=date(2026, 1, 10),
        secrecy_known=True,
        users=(USER,),
        evaluated_on=date(2026, 1, 1),
    )
    return replace(given, **changes)  # type: ignore[arg-type]
