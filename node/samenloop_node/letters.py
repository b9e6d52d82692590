"""Letters from node to node, sealed to the receiver: the coordinator carries them and cannot read them.

1. A network tells the partner on whose behalf a case is listed under which registration id it stands in the case list,
   so that the partner can exclude it from his own questions about that case.
2. A desk passes a person's request to the controller that holds the data (R-65), and that controller says what came of
   it. The person is not named: who he is, is established anew at the controller.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from samenloop import model
from samenloop.audit.canonical import canonical, parse_object
from samenloop.covenant import Covenant
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.keys import SealingKey, SealingPublicKey
from samenloop.model import ID_BYTES, ParticipantId, RegistrationId
from samenloop.texts import _
from samenloop.wire.declare import Letter

CASE_LISTED, RIGHTS_REQUEST, RIGHTS_ANSWER = "case_listed", "rights_request", "rights_answer"
MAX_CASE = 64
_DAY_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_NUMBER_FORM = re.compile(r"[0-9a-f]{32}\Z")


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


Opened: TypeAlias = CaseListed | RightsRequest | RightsAnswer


def seal_request(covenant: Covenant, receiver: str, request: RightsRequest) -> Letter:
    """Return the act that passes a request on."""
    content = {"kind": RIGHTS_REQUEST, "request": request.number, "right": request.kind}
    content |= {"received": request.received_on, "basis": request.objection_basis}
    return _sealed(covenant, request.desk, receiver, content)


def seal_answer(covenant: Covenant, receiver: str, answer: RightsAnswer) -> Letter:
    """Return the act that tells the desk what came of its request."""
    content = {"kind": RIGHTS_ANSWER, "request": answer.number, "outcome": answer.outcome}
    return _sealed(covenant, answer.holder, receiver, content)


def seal_case_letter(
    covenant: Covenant, author: str, receiver: str, case_number: str, registration_id: RegistrationId
) -> Letter:
    """Return the act to declare: `case_number` is the one in the receiver's own system.

    Raises SamenloopError(NOT_PERMITTED) when the receiver is not in the covenant.
    """
    content = {"kind": CASE_LISTED, "case": case_number, "registration_id": registration_id.hex()}
    return _sealed(covenant, author, receiver, content)


def open_letter(covenant: Covenant, author: str, letter: Letter, key: SealingKey) -> Opened:
    """Return what a letter says. The caller has verified the author's signature over it.

    Raises IntegrityError when it was not sealed to us, SamenloopError when its author may not say this.
    """
    body = key.open(letter.sealed, _info(covenant.id, author, letter.receiver))
    try:
        content = {name: _text(value) for name, value in parse_object(body).items()}
    except InvalidInput as problem:
        raise _unreadable() from problem
    match content:
        case {"kind": "case_listed", "case": case_number, "registration_id": number, **rest} if not rest:
            if not 0 < len(case_number) <= MAX_CASE:
                raise _unreadable()
            _check_author(covenant, author, letter.receiver)
            return CaseListed(ParticipantId(author), case_number, _registration(number))
        case {"kind": "rights_request", "request": number, "right": right, "received": day, "basis": basis, **rest}:
            if rest or not (_NUMBER_FORM.match(number) and _DAY_FORM.match(day)):
                raise _unreadable()
            return RightsRequest(ParticipantId(author), number, _code(right), day, basis and _code(basis))
        case {"kind": "rights_answer", "request": number, "outcome": outcome, **rest} if not rest:
            if not _NUMBER_FORM.match(number):
                raise _unreadable()
            return RightsAnswer(ParticipantId(author), number, _code(outcome))
        case _other:
            raise _unreadable()


def _sealed(covenant: Covenant, author: str, receiver: str, content: Mapping[str, str]) -> Letter:
    key = SealingPublicKey(covenant.participant(receiver).sealing_key)
    return Letter(ParticipantId(receiver), key.seal(canonical(content), _info(covenant.id, author, receiver)))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _unreadable()
    return value


def _code(text: str) -> str:
    try:
        return model.code(text, "letter")
    except InvalidInput as problem:
        raise _unreadable() from problem


def _check_author(covenant: Covenant, author: str, receiver: str) -> None:
    network = covenant.participant(author)
    if not network.network or receiver not in network.acting_partners:
        raise SamenloopError(
            ErrorCode.NOT_PERMITTED,
            _("{author} houdt geen lijst van casussen namens {receiver}.", author=author, receiver=receiver),
        )


def _registration(text: str) -> RegistrationId:
    try:
        value = bytes.fromhex(text)
    except ValueError as problem:
        raise _unreadable() from problem
    if len(value) != ID_BYTES or value.hex() != text:
        raise _unreadable()
    return RegistrationId(value)


def _info(covenant: str, author: str, receiver: str) -> bytes:
    return b"\0".join([b"samenloop/v1/letter", covenant.encode(), author.encode(), receiver.encode()])


def _unreadable() -> IntegrityError:
    return IntegrityError(_("Een brief van een andere node heeft niet de juiste vorm."))
