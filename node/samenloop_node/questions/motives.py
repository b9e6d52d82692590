"""Free text of people: refused when it holds a name of the person at hand, and never at rest unencrypted.

The key is the node's own; it is not the consortium's and not the coordinator's.
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from samenloop.errors import IntegrityError, InvalidInput
from samenloop.texts import _
from samenloop_node.identity.fold import words
from samenloop_node.identity.person import Person, person_values
from samenloop_node.identity.surnames import PREFIX_WORDS

_NONCE_BYTES = 12
_SHORTEST_NAME = 3


def refuse_person(text: str, person: Person, where: str) -> None:
    """Refuse a text in which a name of the person (three letters or more, no prefix) or the date of birth stands.

    Raises InvalidInput naming `where`; neither the text nor the value is in the error.
    """
    names = _name_words(*person_values(person)) - PREFIX_WORDS
    if names & _name_words(text) or _holds_date(text, person.geboortedatum.iso()):
        raise InvalidInput(
            where, _("{where} noemt een gegeven van de persoon. Schrijf het zonder naam of geboortedatum.", where=where)
        )


def seal_text(key: bytes, text: str, context: bytes, random_bytes: Callable[[int], bytes]) -> bytes:
    """Return nonce and AES-256-GCM ciphertext of a text, bound to its context (for example a question id)."""
    nonce = random_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), context)


def open_text(key: bytes, sealed: bytes, context: bytes) -> str:
    """Return the text; raises IntegrityError when key, context or ciphertext do not belong together."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context).decode()
    except (InvalidTag, ValueError) as problem:
        raise IntegrityError(_("De versleutelde tekst is beschadigd of hoort bij een ander dossier.")) from problem


def _name_words(*texts: str) -> set[str]:
    pieces = (piece for text in texts for word in words(text) for piece in word.split("-"))
    return {piece for piece in pieces if len(piece) >= _SHORTEST_NAME}


def _holds_date(text: str, iso: str) -> bool:
    year, month, day = iso.split("-")
    digits = "".join(sign for sign in text if sign.isdigit())
    short = f"{int(day)}-{int(month)}-{year}"
    return year + month + day in digits or day + month + year in digits or short in text.replace("/", "-")
