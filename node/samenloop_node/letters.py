"""Letters from node to node, sealed to the receiver: the coordinator carries them and cannot read them.

One kind: a network tells the partner on whose behalf a case is listed under which registration id it stands in the case
list, so that the partner can exclude it from his own questions about that case.
"""

from dataclasses import dataclass

from samenloop.audit.canonical import canonical, parse_object
from samenloop.covenant import Covenant
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.keys import SealingKey, SealingPublicKey
from samenloop.model import ID_BYTES, ParticipantId, RegistrationId
from samenloop.texts import _
from samenloop.wire.declare import Letter

CASE_LISTED = "case_listed"
MAX_CASE = 64


@dataclass(frozen=True, slots=True)
class CaseListed:
    """The network `network` holds this case of ours under `registration_id`."""

    network: ParticipantId
    case_number: str
    registration_id: RegistrationId


def seal_case_letter(
    covenant: Covenant, author: str, receiver: str, case_number: str, registration_id: RegistrationId
) -> Letter:
    """Return the act to declare: `case_number` is the one in the receiver's own system.

    Raises SamenloopError(NOT_PERMITTED) when the receiver is not in the covenant.
    """
    body = canonical({"kind": CASE_LISTED, "case": case_number, "registration_id": registration_id.hex()})
    key = SealingPublicKey(covenant.participant(receiver).sealing_key)
    return Letter(ParticipantId(receiver), key.seal(body, _info(covenant.id, author, receiver)))


def open_letter(covenant: Covenant, author: str, letter: Letter, key: SealingKey) -> CaseListed:
    """Return what a letter says. The caller has verified the author's signature over it.

    Raises IntegrityError when it was not sealed to us, SamenloopError when its author may not say this.
    """
    body = key.open(letter.sealed, _info(covenant.id, author, letter.receiver))
    try:
        content = parse_object(body)
    except InvalidInput as problem:
        raise _unreadable() from problem
    case_number, registration = content.get("case"), content.get("registration_id")
    if content.get("kind") != CASE_LISTED or content.keys() != {"kind", "case", "registration_id"}:
        raise _unreadable()
    if not isinstance(case_number, str) or not 0 < len(case_number) <= MAX_CASE or not isinstance(registration, str):
        raise _unreadable()
    _check_author(covenant, author, letter.receiver)
    return CaseListed(ParticipantId(author), case_number, _registration(registration))


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
