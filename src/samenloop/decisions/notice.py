"""NOTICE due -> given | deferred -> due (R-61..R-64): the person is told, or it is recorded why not yet.

A deferral is no ground to give and lifts no secrecy; it always has a review date and somebody who will inform.
"""

import enum
from dataclasses import dataclass
from datetime import date

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.guards import Failing, Guard, Machine, Transition, by_law, when
from samenloop.decisions.terms import ends_on
from samenloop.model import ParticipantId
from samenloop.texts import N_

_VEILIG_THUIS = "veilig_thuis"


class NoticeState(enum.Enum):
    """Where a notice is."""

    DUE = "due"
    DEFERRED = "deferred"
    GIVEN = "given"


class NoticeEvent(enum.Enum):
    """What can happen to a notice."""

    GIVE = "give"
    DEFER = "defer"
    COME_DUE = "come_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeInput:
    """What the guards of a notice look at.

    `controller_kind` is the partner kind that informs, `recorded_on` the day that the data were recorded. Giving:
    `given_on`, `way`, `given_by`, `contents` (ticks of the checklist). Deferring: `ground`, `review_on`, `decision` (a
    reference that a citizen can verify later), `condition` (what must have happened, as a reference in the own log),
    `expected_on`, `informer`. `ground_gone`: the ground of a deferral no longer exists.
    """

    controller_kind: str
    recorded_on: date
    today: date
    given_on: date | None = None
    way: str = ""
    given_by: ParticipantId | None = None
    contents: tuple[str, ...] = ()
    ground: str = ""
    review_on: date | None = None
    decision: str = ""
    condition: str = ""
    expected_on: date | None = None
    informer: ParticipantId | None = None
    deferred_before: bool = False
    ground_gone: bool = False


def due_on(catalogue: Catalogue, controller_kind: str, recorded_on: date) -> date:
    """Return the last day to inform: at recording, or four weeks later for Veilig Thuis (R-61, R-64)."""
    if controller_kind == _VEILIG_THUIS:
        return ends_on(catalogue.terms["veilig_thuis_informeren"], recorded_on)
    return recorded_on


def latest_review(catalogue: Catalogue, given: NoticeInput) -> date:
    """Return the latest review date of a deferral made today (R-63; Veilig Thuis R-64)."""
    if given.controller_kind != _VEILIG_THUIS:
        return ends_on(catalogue.terms["uitstel_toetsing"], given.today)
    if given.deferred_before or given.today > due_on(catalogue, _VEILIG_THUIS, given.recorded_on):
        return ends_on(catalogue.terms["veilig_thuis_verlenging"], given.today)
    first = due_on(catalogue, _VEILIG_THUIS, given.recorded_on)
    return ends_on(catalogue.terms["veilig_thuis_verlenging"], first)


def _contents(catalogue: Catalogue, given: NoticeInput) -> tuple[str | Failing, ...]:
    return tuple(part for part in catalogue.codes["notice_contents"] if part not in given.contents)


def _review(given: NoticeInput) -> bool:
    return given.review_on is not None and given.review_on > given.today


def _within_term(catalogue: Catalogue, given: NoticeInput) -> tuple[str | Failing, ...]:
    if given.review_on is None or given.review_on <= latest_review(catalogue, given):
        return ()
    if given.controller_kind == _VEILIG_THUIS:
        return (Failing("R-64", "review_on", "", _VT_TERM),)
    return ("",)


_VT_TERM = N_("Veilig Thuis informeert binnen vier weken; elke verlenging duurt hoogstens twee weken.")
_GIVE: tuple[Guard[NoticeInput], ...] = (
    Guard(
        "R-61",
        "given",
        N_("Noem wanneer, hoe en door wie de persoon is geïnformeerd."),
        by_law(
            lambda law, given: (
                given.given_on is not None
                and given.given_on <= given.today
                and given.given_by is not None
                and law.usable("notice_ways", given.way)
            )
        ),
    ),
    Guard("R-62", "contents", N_("In het bericht staat nog niet alles wat erin hoort."), _contents),
)
_DEFER: tuple[Guard[NoticeInput], ...] = (
    Guard(
        "R-63",
        "ground",
        N_("Uitstel kan alleen op een grond van de lijst."),
        by_law(lambda law, given: law.usable("deferral_grounds", given.ground)),
    ),
    Guard("R-63", "review_on", N_("Noem wanneer het uitstel opnieuw wordt bekeken."), when(_review)),
    Guard("R-63", "within_term", N_("Het uitstel duurt te lang. Kies een eerdere datum."), _within_term),
    Guard(
        "R-63",
        "decision",
        N_("Noem het besluit, zodat de persoon het later kan nagaan."),
        when(lambda given: bool(given.decision)),
    ),
    Guard(
        "R-63",
        "condition",
        N_("Leg vast wat er gebeurd moet zijn voordat de persoon wordt geïnformeerd."),
        when(lambda given: bool(given.condition)),
    ),
    Guard(
        "R-63",
        "expected_on",
        N_("Noem wanneer u de persoon verwacht te informeren."),
        when(lambda given: given.expected_on is not None),
    ),
    Guard(
        "R-63",
        "informer",
        N_("Noem wie de persoon zal informeren."),
        when(lambda given: given.informer is not None),
    ),
)
_REVIEW_DUE: Guard[NoticeInput] = Guard(
    "R-63",
    "review_due",
    N_("Het uitstel loopt nog en de grond bestaat nog."),
    when(lambda given: given.ground_gone or given.review_on is None or given.review_on <= given.today),
)
_S, _E = NoticeState, NoticeEvent
NOTICE: Machine[NoticeState, NoticeEvent, NoticeInput] = Machine(
    "NOTICE",
    "R-61",
    (
        Transition((_S.DUE, _S.DEFERRED), _E.GIVE, _S.GIVEN, _GIVE),
        Transition((_S.DUE,), _E.DEFER, _S.DEFERRED, _DEFER),
        Transition((_S.DEFERRED,), _E.COME_DUE, _S.DUE, (_REVIEW_DUE,)),
    ),
)
