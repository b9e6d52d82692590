"""What a question says, and the facts that its guards look at: frozen values, codes and ids only."""

from dataclasses import dataclass
from datetime import date

from samenloop.decisions.case_facts import CaseState
from samenloop.model import ParticipantId


@dataclass(frozen=True, slots=True)
class HolderPart:
    """What the asker fills in for one holder: codes of the catalogue, each empty until filled in.

    `give_basis` is the ground that the asker expects the holder to have, `inform_basis` the asker's own ground to let
    this holder know that it has the person (R-25), `acting_as` the asker's capacity (empty is none).
    """

    holder: ParticipantId
    purpose: str
    proportionality: str
    subsidiarity: str
    give_basis: str
    receive_basis: str
    inform_basis: str
    acting_as: str
    reason: str


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """What covenant and counters say about a holder that the asker may ask.

    `kinds` are the kinds of its registers that may be looked in; `asked_before` counts questions of this case to this
    holder; `wpg20_receiver`: the asker's art. 20 Wpg decision covers this holder (R-06).
    """

    holder: ParticipantId
    kinds: tuple[str, ...]
    region: str
    asked_before: int = 0
    wpg20_receiver: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFacts:
    """A question as both node and coordinator see it.

    `asker_kinds` are the partner kinds that the asker asks as (all must pass), `purpose` the covenant's index purpose,
    `holders` every holder that the covenant lets the asker ask, `respell_limit` the covenant's own limit of R-28.
    """

    asker: ParticipantId
    asker_kinds: tuple[str, ...]
    purpose: str
    region: str
    parts: tuple[HolderPart, ...]
    holders: tuple[HolderFacts, ...]
    respell_limit: int
    today: date
    power: str = ""
    region_reason: str = ""
    new_fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskerFacts:
    """What only the asker's node knows: the user, the case, and the lighter ways that were tried (R-26).

    `acting_partner` is the partner on whose behalf the user acts (R-01). `named`: a personal account with an
    authorisation in force (R-10). `secrecy_signed`: R-09.
    """

    acting_partner: ParticipantId
    role: str
    named: bool
    secrecy_signed: bool
    case_state: CaseState
    case_referrer: ParticipantId
    asked_person: str
    anonymous_talk: str
    phone_call: str


@dataclass(frozen=True, slots=True)
class QuestionInput:
    """A question with the facts of both sides."""

    question: QuestionFacts
    asker: AskerFacts
