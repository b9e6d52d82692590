"""Signing keys (Ed25519) and sealing keys (HPKE, RFC 9180), each in its own file that only its owner can read.

1. A key file is made once (exclusive create, mode 0400) and never overwritten; a file that others can read is refused.
2. Every signature and seal names what it is for (`label`, `info`): one made for one purpose means nothing for another.
3. HPKE base mode does not say who sealed: whoever opens something must also check a signature of its sender.
"""

import os
from pathlib import Path
from typing import Final, Self, TypeVar

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.reasons import why
from samenloop.texts import _

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
SEAL_OVERHEAD: Final = 48
"""Bytes that sealing adds: 32 for the encapsulated key, 16 for the tag."""
_DOMAIN: Final = b"samenloop/v1/"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_Private = TypeVar("_Private", Ed25519PrivateKey, x25519.X25519PrivateKey, ec.EllipticCurvePrivateKey)


class VerifyKey:
    """Public half of a signing key."""

    __slots__ = ("_key", "hex")

    def __init__(self, hex_digits: str) -> None:
        """Take 64 lower-case hexadecimal digits; raises InvalidInput."""
        self.hex: Final = hex_digits
        self._key: Final = Ed25519PublicKey.from_public_bytes(_raw(hex_digits, "signing_key"))

    def verify(self, label: str, message: bytes, signature: bytes) -> None:
        """Raise IntegrityError unless `signature` was made over `message` for this `label` by the private half."""
        try:
            self._key.verify(signature, _labelled(label, message))
        except InvalidSignature as error:
            raise IntegrityError(_("De handtekening ({label}) klopt niet.", label=label)) from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyKey) and other.hex == self.hex

    def __hash__(self) -> int:
        return hash(self.hex)

    def __repr__(self) -> str:
        return f"VerifyKey({self.hex!r})"


class SigningKey:
    """Ed25519 private key; its repr hides it."""

    __slots__ = ("_key",)

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key: Final = key

    @classmethod
    def generate(cls, path: Path | None = None) -> Self:
        """Make a new key and, with `path`, keep it there (exclusive create, mode 0400)."""
        return cls(_keep(Ed25519PrivateKey.generate(), path))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file; raises SamenloopError if it is missing, readable by others, or of another kind."""
        key = load_private(path)
        if not isinstance(key, Ed25519PrivateKey):
            raise wrong_kind(path)
        return cls(key)

    @property
    def public(self) -> VerifyKey:
        """Return the public half."""
        return VerifyKey(self._key.public_key().public_bytes_raw().hex())

    def sign(self, label: str, message: bytes) -> bytes:
        """Return 64 bytes: a signature over `message` that is valid for this `label` only (a short code, no NUL)."""
        return self._key.sign(_labelled(label, message))


class SealingPublicKey:
    """Public half of a sealing key: anybody can seal to it."""

    __slots__ = ("_key", "hex")

    def __init__(self, hex_digits: str) -> None:
        """Take 64 lower-case hexadecimal digits; raises InvalidInput."""
        self.hex: Final = hex_digits
        self._key: Final = x25519.X25519PublicKey.from_public_bytes(_raw(hex_digits, "sealing_key"))

    def seal(self, plaintext: bytes, info: bytes) -> bytes:
        """Return `plaintext` sealed (48 bytes longer); only with the same `info` can it be opened."""
        try:
            return _SUITE.encrypt(plaintext, self._key, info)
        except ValueError as error:
            raise InvalidInput("sealing_key", _("Met deze zegelsleutel kan niet worden verzegeld.")) from error

    def __repr__(self) -> str:
        return f"SealingPublicKey({self.hex!r})"


class SealingKey:
    """X25519 private key for HPKE; its repr hides it."""

    __slots__ = ("_key",)

    def __init__(self, key: x25519.X25519PrivateKey) -> None:
        self._key: Final = key

    @classmethod
    def generate(cls, path: Path | None = None) -> Self:
        """Make a new key and, with `path`, keep it there (exclusive create, mode 0400)."""
        return cls(_keep(x25519.X25519PrivateKey.generate(), path))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file; raises SamenloopError if it is missing, readable by others, or of another kind."""
        key = load_private(path)
        if not isinstance(key, x25519.X25519PrivateKey):
            raise wrong_kind(path)
        return cls(key)

    @property
    def public(self) -> SealingPublicKey:
        """Return the public half."""
        return SealingPublicKey(self._key.public_key().public_bytes_raw().hex())

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return the plaintext; raises IntegrityError if it was sealed to another key or `info`, or changed."""
        try:
            return _SUITE.decrypt(sealed, self._key, info)
        except (InvalidTag, ValueError) as error:
            raise IntegrityError(_("Dit pakket is niet voor deze sleutel verzegeld of is veranderd.")) from error


def keep_private(key: Ed25519PrivateKey | x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey, path: Path) -> None:
    """Write a private key to a new file with mode 0400 and flush it; an existing file is never touched."""
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o400)
    except FileExistsError as error:
        text = _("{path} bestaat al: een sleutel wordt nooit overschreven.", path=path)
        raise SamenloopError(ErrorCode.INVALID_INPUT, text) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def load_private(path: Path) -> PrivateKeyTypes:
    """Read a private key from a file that only its owner can read; raises SamenloopError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        text = _("Sleutelbestand {path} kan niet worden gelezen: {why}.", path=path, why=why(error))
        raise SamenloopError(ErrorCode.NOT_FOUND, text) from error
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise InvalidInput(
                str(path), _("Anderen kunnen sleutelbestand {path} lezen. Zet de rechten op 0400.", path=path)
            )
        data = file.read(1 << 16)
    try:
        return serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise InvalidInput(str(path), _("{path} is geen sleutelbestand.", path=path)) from error


def wrong_kind(path: Path) -> InvalidInput:
    """Return the error for a key file that holds another kind of key."""
    return InvalidInput(str(path), _("{path} is een ander soort sleutel dan hier nodig is.", path=path))


def _keep(key: _Private, path: Path | None) -> _Private:
    if path is not None:
        keep_private(key, path)
    return key


def _labelled(label: str, message: bytes) -> bytes:
    return _DOMAIN + label.encode() + b"\0" + message


def _raw(hex_digits: str, where: str) -> bytes:
    if len(hex_digits) != 2 * KEY_BYTES or hex_digits.strip("0123456789abcdef"):
        raise InvalidInput(where, _("Een openbare sleutel heeft 64 tekens: cijfers en a tot en met f."))
    return bytes.fromhex(hex_digits)
