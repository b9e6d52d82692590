"""What a release says, and the facts that its guards look at: codes, ids and dates only (R-31, R-38..R-45, R-55)."""

from dataclasses import dataclass
from datetime import date

from samenloop.decisions.consent_facts import Consent
from samenloop.decisions.modes import RecordFacts
from samenloop.model import Mode, ParticipantId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """A release as both holder and coordinator see it: one record, one receiver, one case.

    `receiver_kinds`, `acting_as` and `purpose` come from the question. `wpg20_receiver`: a valid art. 20 Wpg decision
    covers this receiver (only looked at for the police).
    """

    record: RecordFacts
    covenant_mode: Mode | None
    receiver: ParticipantId
    receiver_kinds: tuple[str, ...]
    acting_as: str
    purpose: str
    give_basis: str
    breach_ground: str
    today: date
    wpg20_receiver: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseForm:
    """What the decision-maker fills in: the question's holder-side decision, kept at the holder's node.

    `answers` are (step, answer) pairs of the profiles in release.toml. `protocol_entry` and `wpg20_decision` are
    references (R-42). `motive` tells that a motive was written in the holder's own log, not what it says.
    """

    receiver: ParticipantId
    case: str
    give_basis: str
    breach_ground: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    motive: bool = False
    consulted_colleague: bool = False
    decided_by_professional: bool = False
    protocol_entry: str = ""
    wpg20_decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeciderFacts:
    """Who decides, and what the holder's node checked: role, mandate in force, and the question's own signature.

    `question_verified`: the asker signed this very part, with its ground to let the holder know (R-25).
    `notice_deferred`: informing the person about this record is deferred (R-63).
    `consent`: the consent that the release rests on; `asker_consent`: the second one, with a physician (R-52).
    """

    role: str
    mandated: bool
    question_verified: bool
    notice_deferred: bool
    consent: Consent | None = None
    asker_consent: Consent | None = None


@dataclass(frozen=True, slots=True)
class ReleaseInput:
    """A release with the facts of both sides."""

    facts: ReleaseFacts
    form: ReleaseForm
    decider: DeciderFacts
