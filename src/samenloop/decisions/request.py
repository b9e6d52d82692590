"""REQUEST received -> routed -> answered (R-65..R-68): one desk, the right controller, one reply.

A reply never tells of a hidden hit of another holder, a deferred notice, or who reported (R-66).
"""

import enum
from dataclasses import dataclass
from datetime import date

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.guards import Failing, Guard, Machine, Transition, by_law, when
from samenloop.decisions.terms import ends_on
from samenloop.model import ParticipantId
from samenloop.texts import N_

GRANTED = ("toegewezen", "deels_toegewezen")
"""Outcomes after which the records are not as they were."""
_OM = "om"


class RequestState(enum.Enum):
    """Where a request is."""

    RECEIVED = "received"
    ROUTED = "routed"
    ANSWERED = "answered"


class RequestEvent(enum.Enum):
    """What can happen to a request."""

    ROUTE = "route"
    ANSWER = "answer"


class Revealing(enum.Enum):
    """What a reply may never hold: the closed list (R-66)."""

    HIDDEN_HIT = "hidden_hit"
    DEFERRED_NOTICE = "deferred_notice"
    REPORTER = "reporter"
    OTHER_PERSON = "other_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInput:
    """What the guards of a request look at.

    `kind` is a code of `request_kinds`; `holder` is the participant that holds the data, `holder_kind` its partner
    kind, `routed_to` the controller that gets the request, `answered_by` the one that replies. For an access reply
    `recipients_listed` and `askers_listed` tell who received and who asked. `reveals` is what a check of the reply
    found. `objection_basis` is the ground that the data rest on, `frozen` whether the record stands still (R-67).
    `corrected`: since the request each record was registered anew with other facts, or withdrawn.
    """

    kind: str
    received_on: date
    today: date
    identity_checked: bool = False
    holder: ParticipantId | None = None
    holder_kind: str = ""
    routed_to: ParticipantId | None = None
    answered_by: ParticipantId | None = None
    outcome: str = ""
    motive: bool = False
    recipients_listed: bool = False
    askers_listed: bool = False
    reveals: frozenset[Revealing] = frozenset()
    complaint_route: bool = False
    objection_basis: str = ""
    frozen: bool = False
    corrected: bool = False


def answer_before(catalogue: Catalogue, received_on: date) -> date:
    """Return the last day to answer a request."""
    return ends_on(catalogue.terms["verzoek_antwoord"], received_on)


def _right_controller(given: RequestInput) -> bool:
    return given.holder is not None and given.routed_to == given.holder


def _om_answers(given: RequestInput) -> bool:
    return given.holder_kind != _OM or given.answered_by == given.holder


def _same_answers(given: RequestInput) -> bool:
    return given.answered_by is not None and given.answered_by == given.routed_to


def _reveals(_catalogue: Catalogue, given: RequestInput) -> tuple[str | Failing, ...]:
    return tuple(sorted(found.value for found in given.reveals))


def _objection(given: RequestInput) -> bool:
    return given.kind != "bezwaar" or given.frozen


def _access(given: RequestInput) -> bool:
    return given.kind != "inzage" or (given.recipients_listed and given.askers_listed)


def _correction(given: RequestInput) -> bool:
    return given.kind != "correctie" or given.outcome not in GRANTED or given.corrected


def _objection_possible(catalogue: Catalogue, given: RequestInput) -> bool:
    return given.kind != "bezwaar" or catalogue.usable("objection_bases", given.objection_basis)


_ROUTE: tuple[Guard[RequestInput], ...] = (
    Guard(
        "R-65",
        "kind",
        N_("Kies wat de persoon vraagt: inzage, correctie, verwijdering, beperking of bezwaar."),
        by_law(lambda law, given: law.usable("request_kinds", given.kind)),
    ),
    Guard(
        "R-65",
        "identity_checked",
        N_("Stel eerst vast wie het verzoek doet."),
        when(lambda given: given.identity_checked),
    ),
    Guard(
        "R-65",
        "routed_to",
        N_("Het verzoek gaat naar de verantwoordelijke die de gegevens heeft."),
        when(_right_controller),
    ),
    Guard(
        "R-67",
        "objection_basis",
        N_("Bezwaar kan bij een publieke taak of een gerechtvaardigd belang. Kies de grondslag."),
        by_law(_objection_possible),
    ),
    Guard(
        "R-67",
        "frozen",
        N_("Bij bezwaar staat de registratie stil tot er is besloten."),
        by_law(lambda law, given: not law.choice("objection_freezes") or _objection(given)),
    ),
)
_ANSWER: tuple[Guard[RequestInput], ...] = (
    Guard(
        "R-66",
        "om_answers",
        N_("Over gegevens van het OM antwoordt alleen het OM."),
        when(_om_answers),
    ),
    Guard(
        "R-65",
        "answered_by",
        N_("Alleen de verantwoordelijke die de gegevens heeft, antwoordt."),
        when(_same_answers),
    ),
    Guard(
        "R-65",
        "outcome",
        N_("Kies de uitkomst en leg de motivering vast."),
        by_law(lambda law, given: law.usable("request_outcomes", given.outcome) and given.motive),
    ),
    Guard(
        "R-65",
        "corrected",
        N_("Verbeter eerst de registratie in uw eigen systeem en hier (sync of register), of trek haar in."),
        when(_correction),
    ),
    Guard(
        "R-65",
        "recipients",
        N_("Bij inzage hoort ook wie de gegevens kreeg en wie heeft gevraagd."),
        when(_access),
    ),
    Guard(
        "R-66",
        "reveals",
        N_("Het antwoord vertelt iets dat het niet mag vertellen. Haal dat eruit."),
        _reveals,
    ),
    Guard(
        "R-68",
        "complaint_route",
        N_("Vermeld waar de persoon een klacht kan indienen."),
        when(lambda given: given.complaint_route),
    ),
)
_S, _E = RequestState, RequestEvent
REQUEST: Machine[RequestState, RequestEvent, RequestInput] = Machine(
    "REQUEST",
    "R-65",
    (
        Transition((_S.RECEIVED,), _E.ROUTE, _S.ROUTED, _ROUTE),
        Transition((_S.ROUTED,), _E.ANSWER, _S.ANSWERED, _ANSWER),
    ),
)
