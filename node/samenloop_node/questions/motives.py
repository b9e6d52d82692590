"""Free text of people: refused when it holds a name of the person at hand, and never at rest unencrypted.

What stands in the own log is a salted commitment to the text. Who shows salt and text proves that it belongs to that
entry, without a key; who has only the log cannot test a guess. The key under which texts are kept is the node's own; it
is not the consortium's and not the coordinator's.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from samenloop.errors import IntegrityError, InvalidInput
from samenloop.texts import _
from samenloop_node.identity.mentions import mentions
from samenloop_node.identity.person import Person, person_values

SALT_BYTES = 32
_NONCE_BYTES = 12


def refuse_person(text: str, person: Person, where: str) -> None:
    """Refuse a text in which a name of the person (three letters or more, no prefix) or the date of birth stands.

    Raises InvalidInput naming `where`; neither the text nor the value is in the error.
    """
    if mentions(text, person_values(person), person.geboortedatum.iso()):
        raise InvalidInput(
            where, _("{where} noemt een gegeven van de persoon. Schrijf het zonder naam of geboortedatum.", where=where)
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A text with its 32 random bytes: what opens a commitment."""

    salt: bytes
    text: str

    @property
    def commitment(self) -> bytes:
        """Return SHA-256(salt || text), 32 bytes: field `document` of the entry that the text belongs to."""
        return hashlib.sha256(self.salt + self.text.encode()).digest()


def seal_text(key: bytes, opened: Opened, random_bytes: Callable[[int], bytes]) -> bytes:
    """Return nonce and AES-256-GCM ciphertext of salt and text, bound to their commitment."""
    nonce = random_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, opened.salt + opened.text.encode(), opened.commitment)


def open_text(key: bytes, sealed: bytes, commitment: bytes) -> Opened:
    """Return the text behind a commitment; raises IntegrityError when key, commitment and ciphertext do not fit."""
    try:
        plain = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], commitment)
        opened = Opened(plain[:SALT_BYTES], plain[SALT_BYTES:].decode())
    except (InvalidTag, ValueError) as problem:
        raise _changed() from problem
    if opened.commitment != commitment:
        raise _changed()
    return opened


def _changed() -> IntegrityError:
    return IntegrityError(_("De versleutelde tekst bij deze regel is veranderd."))
