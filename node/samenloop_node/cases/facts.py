"""A case as the decision rules want it: its stored parts, its notices, its answers and contacts, and the covenant."""

import json
from dataclasses import dataclass

from samenloop.covenant import Covenant
from samenloop.decisions.case import CaseInput, Intake, Meeting, Plan, TriageDecision, outcome_of_hit
from samenloop.decisions.case_facts import CaseState
from samenloop.decisions.parse import parse
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import ParticipantId
from samenloop.texts import _
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.process import dumped, today
from samenloop_node.store import Transaction, cases, notices, questions, told
from samenloop_node.store.cases import CaseFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What was recorded of a case so far."""

    target_group: tuple[str, ...] = ()
    intake: Intake | None = None
    triage: TriageDecision | None = None
    meeting: Meeting | None = None
    plan: Plan | None = None
    closing_reason: str = ""

    def stored(self) -> str:
        """Return the parts as JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return dumped({name: value for name, value in values.items() if value is not None})


def read_parts(data: str) -> Parts:
    """Return the parts of a stored case."""
    return parse(Parts, json.loads(data))


def own_case(db: Transaction, user: User, case_number: str) -> CaseFile:
    """Return a case that this user reported or is responsible for; raises SamenloopError(NOT_FOUND)."""
    found = cases.find(db, case_number)
    if found is None or user.name not in (found.reported_by, found.responsible):
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("U hebt geen casus met dit nummer. Kijk met: samenloop-node case list.")
        )
    return found


def partners_of(covenant: Covenant) -> tuple[ParticipantId, ...]:
    """Return the participants that are partners: a network reports nothing and leads nothing (R-01, R-08)."""
    return tuple(row.id for row in covenant.participants if not row.network)


def case_input(app: App, db: Transaction, user: User, case_number: str, parts: Parts) -> CaseInput:
    """Return what the guards of a case look at."""
    told = [one.state for one in notices.of_case(db, case_number)]
    return _input(app, user, parts, told, contact_outcomes(db, case_number))


def new_case_input(app: App, user: User, parts: Parts) -> CaseInput:
    """Return the same for a case that is not stored: nobody was asked or told about it yet."""
    return _input(app, user, parts, [], [])


def _input(
    app: App, user: User, parts: Parts, told: list[str], outcomes: list[tuple[list[str], list[str]]]
) -> CaseInput:
    me = ParticipantId(app.config.participant)
    return CaseInput(
        referrer=me,
        acting_partner=me,
        partners=partners_of(app.covenant()),
        today=today(app),
        role=Role.CASE_WORKER.value if Role.CASE_WORKER in user.roles else "",
        target_group=parts.target_group,
        intake=parts.intake,
        informed=bool(told) and "due" not in told,
        triage=parts.triage,
        had_hit=bool(outcomes),
        contact=_contact(tuple(map(outcome_of_hit, outcomes))),
        care_partner=_care(app, parts.meeting),
        meeting=parts.meeting,
        plan=parts.plan,
        closing_reason=parts.closing_reason,
        open_notices=told.count("due"),
    )


def state_of(found: CaseFile | None) -> CaseState:
    """Return the state of a case; an unknown one has not even been accepted."""
    return CaseState(found.state) if found else CaseState.REPORTED


def contact_outcomes(db: Transaction, case_number: str) -> list[tuple[list[str], list[str]]]:
    """Return, per hit that this case shows, the outcome codes of the contacts about it: own ones, and what the other
    side told, each in order.
    """
    found = []
    for question in questions.questions_of(db, case_number):
        own = [(one.holder, one.outcome) for one in cases.contacts(db, question.question_id)]
        others = [(one.holder, one.outcome) for one in told.contacts(db, question.question_id)]
        for answer in questions.answers_of(db, question.question_id):
            if answer.visible and answer.state == "answered":
                found.append((_about(own, answer.holder), _about(others, answer.holder)))
    return found


def _about(outcomes: list[tuple[str, str]], holder: str) -> list[str]:
    return [outcome for name, outcome in outcomes if name == holder]


def _contact(hits: tuple[str, ...]) -> str:
    """Return one code for the whole case: empty while a hit has none; one right person is enough (R-36, R-53)."""
    if not hits or not all(hits):
        return ""
    return "juiste_persoon" if "juiste_persoon" in hits else hits[0]


def _care(app: App, meeting: Meeting | None) -> bool:
    """Tell whether a care provider takes part: this partner itself, or one that is invited (R-55)."""
    names = [app.config.participant, *(one.partner for one in meeting.invitations)] if meeting else []
    rows = [row for row in map(app.covenant().find, names) if row is not None]
    found = {kind for row in rows for kind in (*row.asks_as, *(register.kind for register in row.registers))}
    kinds = map(app.catalogue.partner_of, found)
    return any(kind is not None and app.catalogue.partners[kind].care for kind in kinds)
