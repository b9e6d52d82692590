"""The form of a letter from node to node: flat JSON of texts, padded to one length, sealed to its receiver.

The coordinator carries letters. It sees who writes to whom; the one length keeps from it which kind of letter it is.
"""

import re
from collections.abc import Mapping
from typing import Final

from samenloop import model
from samenloop.audit.canonical import canonical, parse_object
from samenloop.covenant import Covenant
from samenloop.errors import IntegrityError, InvalidInput
from samenloop.keys import SealingKey, SealingPublicKey
from samenloop.model import ID_BYTES, ParticipantId
from samenloop.texts import _
from samenloop.wire.declare import Letter

PADDED_BYTES: Final = 512
_LENGTH_BYTES: Final = 2
_DAY_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_NUMBER_FORM = re.compile(r"[0-9a-f]+\Z")


def sealed(covenant: Covenant, author: str, receiver: str, content: Mapping[str, str]) -> Letter:
    """Return the letter; raises SamenloopError(NOT_PERMITTED) when the receiver is not in the covenant."""
    key = SealingPublicKey(covenant.participant(receiver).sealing_key)
    return Letter(ParticipantId(receiver), key.seal(_padded(canonical(content)), _info(covenant.id, author, receiver)))


def opened(covenant: Covenant, author: str, letter: Letter, key: SealingKey) -> dict[str, str]:
    """Return what a letter says; raises IntegrityError when it was not sealed to us or has another form."""
    body = _unpadded(key.open(letter.sealed, _info(covenant.id, author, letter.receiver)))
    try:
        content = parse_object(body)
    except InvalidInput as problem:
        raise unreadable() from problem
    if not all(isinstance(value, str) for value in content.values()):
        raise unreadable()
    return {name: str(value) for name, value in content.items()}


def code(text: str) -> str:
    """Return a code; raises IntegrityError."""
    try:
        return model.code(text, "letter")
    except InvalidInput as problem:
        raise unreadable() from problem


def participant(text: str) -> ParticipantId:
    """Return a participant; raises IntegrityError."""
    try:
        return model.participant_id(text, "letter")
    except InvalidInput as problem:
        raise unreadable() from problem


def day(text: str) -> str:
    """Return an ISO day; raises IntegrityError."""
    if not _DAY_FORM.match(text):
        raise unreadable()
    return text


def number(text: str, size: int = ID_BYTES) -> str:
    """Return `size` bytes as lower-case hexadecimal digits; raises IntegrityError."""
    if len(text) != 2 * size or not _NUMBER_FORM.match(text):
        raise unreadable()
    return text


def unreadable() -> IntegrityError:
    """Return the error for a letter of another form."""
    return IntegrityError(_("Een brief van een andere node heeft niet de juiste vorm."))


def _padded(body: bytes) -> bytes:
    if len(body) > PADDED_BYTES - _LENGTH_BYTES:
        raise InvalidInput("letter", _("De brief is leeg of te groot."))
    return (len(body).to_bytes(_LENGTH_BYTES, "big") + body).ljust(PADDED_BYTES, b"\x00")


def _unpadded(padded: bytes) -> bytes:
    end = _LENGTH_BYTES + int.from_bytes(padded[:_LENGTH_BYTES], "big")
    if len(padded) != PADDED_BYTES or end > PADDED_BYTES or any(padded[end:]):
        raise unreadable()
    return padded[_LENGTH_BYTES:end]


def _info(covenant: str, author: str, receiver: str) -> bytes:
    return b"\0".join([b"samenloop/v1/letter", covenant.encode(), author.encode(), receiver.encode()])
