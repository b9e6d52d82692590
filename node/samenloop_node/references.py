"""Keyed references: what leaves this node, or stays in its database, instead of a name, a case number or a row.

With `samenloop_node.tokens` the node's only user of hmac. The key is node-local (32 random bytes, file of mode
0400): nobody else can test a guess, and two nodes never give the same reference. Every message is length-prefixed
under its own label.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256

from samenloop.errors import InvalidInput
from samenloop.texts import _

KEY_BYTES = 32


class References:
    """Makes references of 32 bytes with one node-local key; the repr hides it."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Take the key; raises InvalidInput unless it is 32 bytes with at least 16 different values."""
        if len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 2:
            raise InvalidInput(
                "keys.references", _("De sleutel voor verwijzingen is geen reeks van 32 willekeurige bytes.")
            )
        self._key = key

    def __repr__(self) -> str:
        return "References(...)"

    def case(self, case_number: str) -> bytes:
        """Return the reference of a case number in this partner's own system."""
        return self._of("case", (case_number.encode(),))

    def user(self, account: str) -> bytes:
        """Return the reference of an account name."""
        return self._of("user", (account.encode(),))

    def decision(self, reference: str) -> bytes:
        """Return the reference of a decision (`besluit`) in this partner's own system."""
        return self._of("decision", (reference.encode(),))

    def row(self, register: str, profile: str, values: Iterable[str]) -> bytes:
        """Return the digest of a row in a register, to see whether it changed; another token profile changes all."""
        return self._of("row", (register.encode(), profile.encode(), *(value.encode() for value in values)))

    def record(self, fields: Iterable[str]) -> bytes:
        """Return the digest of a record as it stands in a file; no field of it holds a NUL."""
        return self._of("record", ("\0".join(fields).encode(),))

    def seed(self, label: str, salt: bytes) -> bytes:
        """Return the 32-byte seed of a repeatable random stream for one use (`label`) and one salt."""
        return self._of("seed", (label.encode(), salt))

    def file(self, chunks: Iterable[bytes]) -> bytes:
        """Return the digest of a file; keyed, because a file of one row could be guessed."""
        digest = hmac.new(self._key, b"file\0", sha256)
        for chunk in chunks:
            digest.update(chunk)
        return digest.digest()

    def _of(self, label: str, parts: Iterable[bytes]) -> bytes:
        pieces = [label.encode(), b"\0"]
        for part in parts:
            pieces += (len(part).to_bytes(4, "big"), part)
        return hmac.digest(self._key, b"".join(pieces), "sha256")
