"""Salted commitments: whatever is stored, logged or signed binds tokens only through these.

Without the 32 random bytes of the salt, which the coordinator never stores, a digest tells nothing about a guessed
person, not even to who holds the consortium key (architecture section 5, security T23).
"""

import hashlib
from collections.abc import Iterable, Sequence

from samenloop.errors import InvalidInput
from samenloop.model import TokenSet
from samenloop.texts import _

SALT_BYTES = 32


def tokens_digest(salt: bytes, token_sets: Iterable[TokenSet], excluded: Iterable[bytes] = ()) -> bytes:
    """Return SHA-256(salt || token sets || excluded registration ids), 32 bytes; every field is length-prefixed."""
    digest = hashlib.sha256(_checked(salt))
    for tokens in token_sets:
        head = tokens.mask.to_bytes(8, "big") + tokens.facts.to_bytes(1, "big")
        for field in (b"tokens", tokens.epoch.encode(), head, tokens.counts, tokens.tokens):
            _add(digest, field)
    for registration_id in excluded:
        _add(digest, b"excluded")
        _add(digest, registration_id)
    return digest.digest()


def items_digest(salt: bytes, items: Sequence[bytes]) -> bytes:
    """Return SHA-256(salt || for each item: length || item), 32 bytes."""
    digest = hashlib.sha256(_checked(salt))
    for item in items:
        _add(digest, item)
    return digest.digest()


def _add(digest: "hashlib._Hash", field: bytes) -> None:
    digest.update(len(field).to_bytes(4, "big"))
    digest.update(field)


def _checked(salt: bytes) -> bytes:
    if len(salt) != SALT_BYTES or not any(salt):
        raise InvalidInput("salt", _("Het zout moet uit 32 willekeurige bytes bestaan."))
    return salt
