"""Where a case is, and what its steps record: process information only, never content (R-58)."""

import enum
from dataclasses import dataclass
from datetime import date

from samenloop.model import ParticipantId


class CaseState(enum.Enum):
    """The steps of HV 4.3.3."""

    REPORTED = "reported"
    INTAKE = "intake"
    TRIAGE = "triage"
    MEETING = "meeting"
    PLAN = "plan"
    CLOSED = "closed"
    REJECTED = "rejected"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class NeededPartner:
    """A partner that the aanmelder thinks is needed: the four conditions of R-23 as codes, and why (R-21, R-56)."""

    partner: ParticipantId
    purpose: str
    proportionality: str
    subsidiarity: str
    give_basis: str
    receive_basis: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The five fields of an intake (R-21). `tasks` and `basis` are codes of the catalogue."""

    tasks: tuple[str, ...] = ()
    basis: str = ""
    consent: str = ""
    informing: str = ""
    needed: tuple[NeededPartner, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageDecision:
    """A triagebesluit (R-54): its four parts, outcome and moment; escalation needs a talk with the superior."""

    parts: tuple[str, ...] = ()
    outcome: str = ""
    moment: str = ""
    decided_on: date | None = None
    superior_consulted: bool = False


@dataclass(frozen=True, slots=True)
class Invitation:
    """A partner at the meeting, and why (R-56)."""

    partner: ParticipantId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Who is invited, and whether the person is (R-56, R-60). `invited_by` is the aanmelder, in whose name it goes."""

    invited_by: ParticipantId | None = None
    invitations: tuple[Invitation, ...] = ()
    person_invited: bool = False
    not_invited_because: str = ""
    care_steps_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """That a plan exists (R-57..R-59): yes and since when, who leads, and where it is written in the own system."""

    made: bool = False
    made_on: date | None = None
    case_lead: ParticipantId | None = None
    case_lead_is_bureau: bool = False
    own_log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInput:
    """What the guards of a case look at.

    `referrer` is the partner that reports and owns the problem, `acting_partner` the partner that this event is done
    for. `partners` are the participants that are no network. `contact` is the outcome code of the talk after a hit,
    empty when there was no hit; `care_partner`: a care provider takes part. `informed`: a notice was given or deferred;
    `open_notices` counts notices that are due; `answers_lapsed`: all answers and releases of the case are
    erased; `term_ended`: the retention term has passed.
    """

    referrer: ParticipantId | None
    acting_partner: ParticipantId | None
    partners: tuple[ParticipantId, ...]
    today: date
    role: str = ""
    target_group: tuple[str, ...] = ()
    intake: Intake | None = None
    informed: bool = False
    triage: TriageDecision | None = None
    had_hit: bool = False
    contact: str = ""
    care_partner: bool = False
    meeting: Meeting | None = None
    plan: Plan | None = None
    closing_reason: str = ""
    open_notices: int = 0
    answers_lapsed: bool = False
    term_ended: bool = False
