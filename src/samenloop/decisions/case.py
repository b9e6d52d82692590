"""CASE reported -> intake -> triage -> meeting -> plan -> closed -> purged (R-20..R-23, R-53..R-60, R-70).

Minimal: process information only. Any step may end in rejected; closing lapses the answers (R-37).
"""

import enum
from collections.abc import Iterable, Sequence

from samenloop.decisions import case_checks as checks
from samenloop.decisions.case_facts import (
    CaseInput,
    CaseState,
    Intake,
    Invitation,
    Meeting,
    NeededPartner,
    Plan,
    TriageDecision,
)
from samenloop.decisions.guards import Guard, Machine, Transition, by_law, when
from samenloop.texts import N_

__all__ = ["CASE", "CaseEvent", "CaseInput", "CaseState", "Intake", "Invitation", "Meeting", "NeededPartner", "Plan"]
__all__ += ["TriageDecision", "contradicting", "outcome_of_hit", "standing_outcomes"]


class CaseEvent(enum.Enum):
    """What can happen to a case."""

    ACCEPT = "accept"
    START_TRIAGE = "start_triage"
    MEET = "meet"
    PLAN = "plan"
    CLOSE = "close"
    REJECT = "reject"
    PURGE = "purge"


_ACTING: Guard[CaseInput] = Guard(
    "R-01",
    "acting_partner",
    N_("Noem de partner namens wie u dit doet. Het Veiligheidshuis zelf kan niets doen."),
    when(checks.acts_for_partner),
)
_REFERRER: Guard[CaseInput] = Guard(
    "R-20",
    "by_referrer",
    N_("Alleen de aanmelder kan dit doen."),
    when(checks.by_referrer),
)
_INFORMED: Guard[CaseInput] = Guard(
    "R-61",
    "informed",
    N_("Informeer de persoon, of leg vast waarom dat nog niet kan."),
    when(lambda given: given.informed),
)
_ACCEPT: tuple[Guard[CaseInput], ...] = (
    _ACTING,
    Guard(
        "R-20",
        "referrer",
        N_("Een casus heeft precies een aanmelder: een partner. Een school of het bureau krijgt alleen advies."),
        when(checks.one_referrer),
    ),
    Guard(
        "R-22",
        "target_group",
        N_(
            "De toets aan de doelgroep is nog niet positief: alle drie kenmerken van de persoon, of een "
            "gebiedsprobleem. Hoort de casus er niet bij, geef dan advies of verwijs door."
        ),
        by_law(checks.in_target_group),
    ),
    Guard(
        "R-22",
        "target_group_code",
        N_("Deze code staat niet in de lijst. Zie: samenloop catalogue show target_group."),
        checks.unknown_groups,
    ),
)
_TRIAGE: tuple[Guard[CaseInput], ...] = (
    _ACTING,
    _REFERRER,
    Guard(
        "R-21",
        "intake",
        N_("De intake is niet volledig. Vul haar aan met: samenloop-node case intake."),
        checks.intake_fields,
    ),
    Guard(
        "R-23",
        "needed",
        N_("Noem voor elke partner doel, noodzaak, grond om te geven, grond om te ontvangen en reden."),
        checks.needed_partners,
    ),
    _INFORMED,
)
_MEET: tuple[Guard[CaseInput], ...] = (
    _ACTING,
    Guard(
        "R-53",
        "contact",
        N_("Spreek na een treffer eerst met de ander en leg de uitkomst vast."),
        by_law(checks.contact_made),
    ),
    Guard(
        "R-36",
        "right_person",
        N_(
            "Bij het contact is niet bevestigd dat het om dezelfde persoon gaat, of u en de ander zeggen iets anders. "
            "Spreek elkaar en leg de uitkomst vast."
        ),
        when(checks.right_person),
    ),
    Guard("R-54", "triage", N_("Het triagebesluit is niet volledig."), checks.triage_decided),
    Guard("R-55", "care_steps", N_("De zorgaanbieder heeft de zes stappen nog niet gezet."), when(checks.care_steps)),
    Guard(
        "R-56",
        "invitations",
        N_("Nodig uit namens de aanmelder, alleen partners met een reden uit deze casus."),
        checks.invitations,
    ),
    Guard(
        "R-60",
        "person_invited",
        N_("Nodig de persoon uit, of leg vast waarom niet."),
        by_law(checks.person_invited),
    ),
)
_PLAN: tuple[Guard[CaseInput], ...] = (
    _ACTING,
    Guard(
        "R-57",
        "case_lead",
        N_("De casusregisseur is een professional van een partner, niet de aanmelder en niet het bureau."),
        when(checks.case_lead),
    ),
    Guard("R-58", "plan", N_("Leg vast dat het plan er is en van welke datum."), when(checks.plan_made)),
    Guard("R-59", "own_log", N_("Noem waar het plan in uw eigen systeem staat."), when(checks.own_log)),
    _INFORMED,
)
_CLOSE: tuple[Guard[CaseInput], ...] = (
    _ACTING,
    Guard(
        "R-70",
        "closing_reason",
        N_("Noem waarom de casus sluit."),
        by_law(lambda law, given: law.usable("closing_reasons", given.closing_reason)),
    ),
    Guard(
        "R-70",
        "role",
        N_("Alleen de procesregisseur of de aanmelder kan een casus sluiten."),
        when(lambda given: given.role == "process_director" or checks.by_referrer(given)),
    ),
    Guard(
        "R-63",
        "open_notices",
        N_("Er staan nog berichten aan de persoon open. Kijk met: samenloop-node notice list."),
        when(lambda given: given.open_notices == 0),
    ),
)
_PURGE: tuple[Guard[CaseInput], ...] = (
    Guard(
        "R-37",
        "answers_lapsed",
        N_("De antwoorden van deze casus zijn nog niet weg."),
        when(lambda given: given.answers_lapsed),
    ),
    Guard(
        "R-69",
        "term_ended",
        N_("De bewaartermijn is nog niet voorbij."),
        when(lambda given: given.term_ended),
    ),
)
_S, _E = CaseState, CaseEvent
_OPEN = (_S.REPORTED, _S.INTAKE, _S.TRIAGE, _S.MEETING, _S.PLAN)
CASE: Machine[CaseState, CaseEvent, CaseInput] = Machine(
    "CASE",
    "R-20",
    (
        Transition((_S.REPORTED,), _E.ACCEPT, _S.INTAKE, _ACCEPT),
        Transition((_S.INTAKE,), _E.START_TRIAGE, _S.TRIAGE, _TRIAGE),
        Transition((_S.TRIAGE,), _E.MEET, _S.MEETING, _MEET),
        Transition((_S.MEETING,), _E.PLAN, _S.PLAN, _PLAN),
        Transition(_OPEN, _E.CLOSE, _S.CLOSED, _CLOSE),
        Transition(_OPEN, _E.REJECT, _S.REJECTED, (_ACTING,)),
        Transition((_S.CLOSED, _S.REJECTED), _E.PURGE, _S.PURGED, _PURGE),
    ),
)


def contradicting(outcomes: Iterable[str]) -> bool:
    """Tell whether contacts about one hit contradict: the same person at one, another person at another (R-36)."""
    return {"juiste_persoon", "verkeerde_persoon"} <= set(outcomes)


def standing_outcomes(sides: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return what counts of each side of a hit: the outcome of its last talk; nobody reached says nothing of identity.

    R-36 wants identity confirmed at contact before any use. A later talk that confirms it settles an earlier mistake:
    asking anew instead would be a second disclosure (R-25) without need (R-28).
    """
    spoken = ([one for one in side if one != "geen_contact"] or list(side) for side in sides)
    return tuple(side[-1] for side in spoken if side)


def outcome_of_hit(sides: Iterable[Sequence[str]]) -> str:
    """Return one code for a hit: empty before any talk; while its sides contradict it is about another person."""
    standing = standing_outcomes(sides)
    if contradicting(standing):
        return "verkeerde_persoon"
    return "juiste_persoon" if "juiste_persoon" in standing else next(iter(standing), "")
