"""Letters about a question, from the node at one side of it to the node at the other: codes, days and numbers only.

1. What came of the talk about a shown hit, told by either side (R-36, R-53).
2. The asker's own consent for an exchange with a physician, and its end (R-50, R-52).
3. That the asker informed the person, deferred that, or closed the case (R-63, R-66, R-70). Every asked holder is told,
   whatever it answered: a holder without a hit cannot tell what the question was about, and keeps nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from samenloop.covenant import Covenant
from samenloop.model import ParticipantId
from samenloop.wire.declare import Letter
from samenloop_node import letter_form as form

CLOSED, DEFERRED, INFORMED = "closed", "deferred", "informed"
GIVEN, ENDED = "given", "ended"
_CONSENT_BYTES = 8
_YES = {"ja": True, "nee": False}


@dataclass(frozen=True, slots=True)
class ContactTold:
    """`author` recorded the outcome of a talk about the hit of `holder` on this question."""

    author: ParticipantId
    letter: str
    question: str
    holder: str
    outcome: str
    useful: bool
    day: str

    def content(self) -> Mapping[str, str]:
        """Return the fields of the letter."""
        useful = "ja" if self.useful else "nee"
        fields = {"letter": self.letter, "question": self.question, "holder": self.holder}
        return {"kind": "contact", **fields, "outcome": self.outcome, "useful": useful, "day": self.day}


@dataclass(frozen=True, slots=True)
class ConsentTold:
    """The asker `author` holds a consent of the person for this question, or it ended."""

    author: ParticipantId
    question: str
    number: str
    purpose: str
    signed_on: str
    valid_until: str
    state: str

    def content(self) -> Mapping[str, str]:
        """Return the fields of the letter."""
        fields = {"question": self.question, "number": self.number, "purpose": self.purpose}
        days = {"signed_on": self.signed_on, "valid_until": self.valid_until}
        return {"kind": "consent", **fields, **days, "state": self.state}


@dataclass(frozen=True, slots=True)
class CaseTold:
    """The asker `author` tells how it stands with the case of this question: CLOSED, DEFERRED or INFORMED."""

    author: ParticipantId
    question: str
    event: str

    def content(self) -> Mapping[str, str]:
        """Return the fields of the letter."""
        return {"kind": "case", "question": self.question, "event": self.event}


QuestionLetter: TypeAlias = ContactTold | ConsentTold | CaseTold


def seal(covenant: Covenant, receiver: str, letter: QuestionLetter) -> Letter:
    """Return the act that tells it."""
    return form.sealed(covenant, letter.author, receiver, letter.content())


def read(author: ParticipantId, content: Mapping[str, str]) -> QuestionLetter:
    """Return what a letter says; raises IntegrityError for any other form."""
    match dict(content):
        case {"kind": "contact", "letter": letter, "question": question, "holder": holder, "outcome": outcome,
              "useful": ("ja" | "nee") as useful, "day": day, **rest} if not rest:  # fmt: skip
            number, asked = form.number(letter), form.number(question)
            return ContactTold(
                author, number, asked, form.participant(holder), form.code(outcome), _YES[useful], form.day(day)
            )
        case {"kind": "consent", "question": question, "number": number, "purpose": purpose, "signed_on": signed,
              "valid_until": until, "state": ("given" | "ended") as state, **rest} if not rest:  # fmt: skip
            days = form.day(signed), form.day(until)
            return ConsentTold(
                author, form.number(question), form.number(number, _CONSENT_BYTES), form.code(purpose), *days, state
            )
        case {"kind": "case", "question": question, "event": ("closed" | "deferred" | "informed") as event,
              **rest} if not rest:  # fmt: skip
            return CaseTold(author, form.number(question), event)
        case _other:
            raise form.unreadable()
