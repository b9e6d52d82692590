"""Sealed halves: fixed-length ciphertexts under a content key per (holder, day, process start).

A sealed item is key id (8) || nonce (12) || AES-256-GCM(content key, 2-byte length || plaintext || zeros, aad) with a
16-byte tag, so its length tells nothing. The content keys live in memory only; each is wrapped by HPKE (RFC 9180,
X25519, HKDF-SHA256, AES-256-GCM) once to its holder and once to the auditor, and both wraps stand in a `content_key`
entry that is appended before the first use, for every holder, so that its existence says nothing. HPKE base mode
lets anybody seal: what makes a wrap trustworthy is the signed log it stands in.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.keys import SealingKey, SealingPublicKey
from samenloop.texts import _

HALF_BYTES = 512
"""Plaintext size of a sealed half of an entry."""
LONG_HALF_BYTES = 2_048
"""Plaintext size of a sealed half in a node's own log, where it may hold a motive."""
KEY_ID_BYTES = 8
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES
_LENGTH_BYTES = 2

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class ContentKey:
    """One AES-256 key with its 8 random bytes of id; the key never shows in a repr."""

    key_id: bytes
    secret: bytes = field(repr=False)
    aead: AESGCM = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A content key as it stands in the log: 80 bytes for its holder, 80 for the auditor (HPKE enc || ciphertext)."""

    holder: str
    key_id: bytes
    for_holder: bytes
    for_auditor: bytes

    def field(self) -> dict[str, str]:
        """Return the row for field `keys` of a `content_key` entry."""
        return {
            "holder": self.holder,
            "key": self.key_id.hex(),
            "for_holder": self.for_holder.hex(),
            "for_auditor": self.for_auditor.hex(),
        }


@dataclass(frozen=True, slots=True)
class ContentKeys:
    """The content keys of one day and process start. Make a new one for the next day; it lives in memory only."""

    day: str
    wrapped: tuple[WrappedKey, ...]
    keys: Mapping[str, ContentKey] = field(repr=False)

    def public(self) -> dict[str, object]:
        """Return fields `day` and `keys` of the `content_key` entry that must be appended before the first `seal`."""
        return {"day": self.day, "keys": [one.field() for one in self.wrapped]}

    def seal(self, holder: str, plaintext: bytes, aad: bytes, size: int = HALF_BYTES) -> bytes:
        """Seal for one holder (and the auditor); `aad` is the entry's salt, or the question id for a mailbox item."""
        key = self.keys.get(holder)
        if key is None:
            raise SamenloopError(
                ErrorCode.INTERNAL, _("Voor houder {holder} is er geen sleutel van vandaag.", holder=holder)
            )
        return seal_fixed(key, plaintext, size, aad)


def new_content_key(random: Random = secrets.token_bytes) -> ContentKey:
    """Return a fresh content key."""
    secret = random(32)
    return ContentKey(random(KEY_ID_BYTES), secret, AESGCM(secret))


def make_content_keys(
    day: str,
    holders: Mapping[str, SealingPublicKey],
    auditor: SealingPublicKey,
    random: Random = secrets.token_bytes,
) -> ContentKeys:
    """Make one content key per holder (participant id) for `day` (ISO date), wrapped to each holder and to the auditor.

    Two HPKE seals per holder, about 0.1 ms each: once per day and start, never per question.
    """
    keys = {holder: new_content_key(random) for holder in holders}
    wrapped = tuple(
        WrappedKey(
            holder,
            key.key_id,
            holders[holder].seal(key.secret, _info("holder", holder, day, key.key_id)),
            auditor.seal(key.secret, _info("auditor", holder, day, key.key_id)),
        )
        for holder, key in keys.items()
    )
    return ContentKeys(day, wrapped, keys)


def open_wrapped(wrapped: WrappedKey, day: str, key: SealingKey, *, auditor: bool) -> ContentKey:
    """Open a content key as its holder or as the auditor; raises IntegrityError when it was not sealed to this key."""
    blob = wrapped.for_auditor if auditor else wrapped.for_holder
    secret = key.open(blob, _info("auditor" if auditor else "holder", wrapped.holder, day, wrapped.key_id))
    if len(secret) != 32:
        raise IntegrityError(_("Deze sleutel is niet voor ons verzegeld."))
    return ContentKey(wrapped.key_id, secret, AESGCM(secret))


def wrapped_keys(rows: Iterable[Mapping[str, str]]) -> tuple[WrappedKey, ...]:
    """Read field `keys` of a parsed `content_key` entry."""
    return tuple(
        WrappedKey(
            row["holder"],
            bytes.fromhex(row["key"]),
            bytes.fromhex(row["for_holder"]),
            bytes.fromhex(row["for_auditor"]),
        )
        for row in rows
    )


def seal_fixed(key: ContentKey, plaintext: bytes, size: int, aad: bytes) -> bytes:
    """Return `size` + 36 bytes, whatever the plaintext's length (at most size - 2); raises InvalidInput when it is
    longer.
    """
    if len(plaintext) > size - _LENGTH_BYTES:
        raise InvalidInput(
            "sealed", _("Het verzegelde deel is te lang: hoogstens {most} bytes.", most=size - _LENGTH_BYTES)
        )
    padded = len(plaintext).to_bytes(_LENGTH_BYTES, "big") + plaintext.ljust(size - _LENGTH_BYTES, b"\0")
    nonce = secrets.token_bytes(NONCE_BYTES)
    return key.key_id + nonce + key.aead.encrypt(nonce, padded, aad)


def open_fixed(key: ContentKey, sealed: bytes, size: int, aad: bytes) -> bytes:
    """Return the plaintext of `seal_fixed`; raises IntegrityError when key, aad, size or padding is not what was
    sealed.
    """
    start = KEY_ID_BYTES + NONCE_BYTES
    if len(sealed) != size + OVERHEAD_BYTES or sealed[:KEY_ID_BYTES] != key.key_id:
        raise _cannot_open()
    try:
        padded = key.aead.decrypt(sealed[KEY_ID_BYTES:start], sealed[start:], aad)
    except InvalidTag as error:
        raise _cannot_open() from error
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    plaintext, padding = padded[_LENGTH_BYTES : _LENGTH_BYTES + length], padded[_LENGTH_BYTES + length :]
    if length > size - _LENGTH_BYTES or any(padding):
        raise _cannot_open()
    return plaintext


def key_id_of(sealed: bytes) -> bytes:
    """Return the id of the content key that a sealed item names."""
    return sealed[:KEY_ID_BYTES]


def _info(receiver: str, holder: str, day: str, key_id: bytes) -> bytes:
    parts = (b"samenloop/v1/content-key", receiver.encode(), holder.encode(), day.encode(), key_id)
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def _cannot_open() -> IntegrityError:
    return IntegrityError(_("Dit verzegelde deel is niet te openen: het past niet bij de sleutel of is veranderd."))
