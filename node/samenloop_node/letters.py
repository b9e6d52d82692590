"""Letters from node to node, sealed to the receiver: the coordinator carries them and cannot read them.

1. A network tells the partner on whose behalf a case is listed under which registration id it stands in the case list,
   so that the partner can exclude it from his own questions about that case.
2. A desk passes a person's request to the controller that holds the data (R-65), and that controller says what came of
   it. The person is not named: who he is, is established anew at the controller.
3. What the two sides of a question tell each other afterwards (`question_letters`).
"""

from dataclasses import dataclass
from typing import TypeAlias

from samenloop.covenant import Covenant
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.keys import SealingKey
from samenloop.model import ParticipantId, RegistrationId
from samenloop.texts import _
from samenloop.wire.declare import Letter
from samenloop_node import letter_form as form
from samenloop_node import question_letters
from samenloop_node.question_letters import QuestionLetter

CASE_LISTED, RIGHTS_REQUEST, RIGHTS_ANSWER = "case_listed", "rights_request", "rights_answer"
MAX_CASE = 64


@dataclass(frozen=True, slots=True)
class CaseListed:
    """The network `network` holds this case of ours under `registration_id`."""

    network: ParticipantId
    case_number: str
    registration_id: RegistrationId


@dataclass(frozen=True, slots=True)
class RightsRequest:
    """The participant `desk` passes on request `number` (32 hexadecimal digits) of a person about our data."""

    desk: ParticipantId
    number: str
    kind: str
    received_on: str
    objection_basis: str


@dataclass(frozen=True, slots=True)
class RightsAnswer:
    """The controller `holder` answered request `number` that we passed on; `outcome` is a code."""

    holder: ParticipantId
    number: str
    outcome: str


Opened: TypeAlias = CaseListed | RightsRequest | RightsAnswer | QuestionLetter


def seal_request(covenant: Covenant, receiver: str, request: RightsRequest) -> Letter:
    """Return the act that passes a request on."""
    content = {"kind": RIGHTS_REQUEST, "request": request.number, "right": request.kind}
    content |= {"received": request.received_on, "basis": request.objection_basis}
    return form.sealed(covenant, request.desk, receiver, content)


def seal_answer(covenant: Covenant, receiver: str, answer: RightsAnswer) -> Letter:
    """Return the act that tells the desk what came of its request."""
    content = {"kind": RIGHTS_ANSWER, "request": answer.number, "outcome": answer.outcome}
    return form.sealed(covenant, answer.holder, receiver, content)


def seal_case_letter(
    covenant: Covenant, author: str, receiver: str, case_number: str, registration_id: RegistrationId
) -> Letter:
    """Return the act to declare: `case_number` is the one in the receiver's own system.

    Raises SamenloopError(NOT_PERMITTED) when the receiver is not in the covenant.
    """
    content = {"kind": CASE_LISTED, "case": case_number, "registration_id": registration_id.hex()}
    return form.sealed(covenant, author, receiver, content)


def open_letter(covenant: Covenant, author: str, letter: Letter, key: SealingKey) -> Opened:
    """Return what a letter says. The caller has verified the author's signature over it.

    Raises IntegrityError when it was not sealed to us, SamenloopError when its author may not say this.
    """
    content = form.opened(covenant, author, letter, key)
    match content:
        case {"kind": "case_listed", "case": case_number, "registration_id": number, **rest} if not rest:
            if not 0 < len(case_number) <= MAX_CASE:
                raise form.unreadable()
            _check_author(covenant, author, letter.receiver)
            return CaseListed(ParticipantId(author), case_number, _registration(number))
        case {"kind": "rights_request", "request": number, "right": right, "received": day, "basis": basis, **rest}:
            if rest:
                raise form.unreadable()
            desk, code = ParticipantId(author), form.code(right)
            return RightsRequest(desk, form.number(number), code, form.day(day), basis and form.code(basis))
        case {"kind": "rights_answer", "request": number, "outcome": outcome, **rest} if not rest:
            return RightsAnswer(ParticipantId(author), form.number(number), form.code(outcome))
        case _other:
            return question_letters.read(ParticipantId(author), content)


def _check_author(covenant: Covenant, author: str, receiver: str) -> None:
    network = covenant.participant(author)
    if not network.network or receiver not in network.acting_partners:
        raise SamenloopError(
            ErrorCode.NOT_PERMITTED,
            _("{author} houdt geen lijst van casussen namens {receiver}.", author=author, receiver=receiver),
        )


def _registration(text: str) -> RegistrationId:
    return RegistrationId(bytes.fromhex(form.number(text)))
