"""C2SP signed notes: text, an empty line, signature lines. Strict: format(parse(x)) == x, or IntegrityError.

A signature line is `— <key name> <base64(4-byte key id || signature)>`; the key id is
SHA-256(name || 0x0A || type || public key)[:4] (c2sp.org/signed-note). Stricter than the standard: at most 64
signatures, 64 KiB, and never two lines of one key.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from samenloop.errors import IntegrityError
from samenloop.keys import load_private, wrong_kind
from samenloop.texts import _

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_NOTE_BYTES = 65_536
MAX_SIGNATURES = 64
KEY_BYTES = 32
SIGNATURE_BYTES = 64
_KEY_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}\Z")
_LINE = re.compile(r"— ([^ ]+) ([A-Za-z0-9+/]+={0,2})\Z")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: key name, 4-byte key id, and what the signature type defines."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Return the line without its newline."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A signed note; `text` ends in a newline."""

    text: str
    signatures: tuple[Signature, ...]

    def format(self) -> bytes:
        """Return the note as bytes."""
        lines = "".join(signature.line() + "\n" for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()

    def with_signature(self, added: Signature) -> "Note":
        """Return the note with `added`; an earlier line of the same key is replaced."""
        others = tuple(one for one in self.signatures if (one.name, one.key_id) != (added.name, added.key_id))
        return replace(self, signatures=(*others, added))


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A key name with its Ed25519 private key; the key never shows in a repr."""

    name: str
    key: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)

    def public_key(self) -> bytes:
        """Return the 32 bytes of the public key."""
        return self.key.public_key().public_bytes_raw()

    def sign(self, text: str) -> Signature:
        """Return the Ed25519 (0x01) signature over a note text."""
        return Signature(self.name, key_id(self.name, ED25519, self.public_key()), self.key.sign(text.encode()))


def load_signer(name: str, path: Path) -> NoteSigner:
    """Read an Ed25519 key file (see `samenloop.keys`) as the signer `name`; raises SamenloopError."""
    key = load_private(path)
    if not isinstance(key, Ed25519PrivateKey):
        raise wrong_kind(path)
    return NoteSigner(name, key)


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """Return the 4-byte key id of a name, signature type and 32-byte public key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def check_name(name: str) -> str:
    """Return a key name that a signature line can hold; raises IntegrityError otherwise."""
    if not _KEY_NAME.match(name):
        raise IntegrityError(_("Deze sleutelnaam mag niet: geen spaties, geen +, hoogstens 255 tekens."))
    return name


def parse(data: bytes, most: int = MAX_NOTE_BYTES) -> Note:
    """Parse a signed note; raises IntegrityError for whatever is not exactly in form."""
    if len(data) > most:
        raise bad_note()
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise bad_note() from error
    text, separator, tail = whole.rpartition("\n\n")
    lines = tail.split("\n")
    if not separator or not text or lines.pop() or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise bad_note()
    note = Note(text + "\n", tuple(_signature(line) for line in lines))
    keys = {(one.name, one.key_id) for one in note.signatures}
    if len(keys) != len(lines) or _has_control(whole) or note.format() != data:
        raise bad_note()
    return note


def parse_signature(line: str) -> Signature:
    """Parse one signature line without its newline; raises IntegrityError."""
    signature = _signature(line)
    if signature.line() != line:
        raise bad_note()
    return signature


def verify(note: Note, name: str, public_key: bytes) -> None:
    """Check that the Ed25519 key `name` signed the note; raises IntegrityError otherwise."""
    wanted = key_id(name, ED25519, public_key)
    for signature in note.signatures:
        if (signature.name, signature.key_id) == (name, wanted):
            verify_bytes(public_key, signature.value, note.text.encode())
            return
    raise IntegrityError(_("De handtekening van {name} ontbreekt.", name=name))


def verify_bytes(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Check one plain Ed25519 signature; raises IntegrityError when it does not hold."""
    if len(signature) != SIGNATURE_BYTES or len(public_key) != KEY_BYTES:
        raise _bad_signature()
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature as error:
        raise _bad_signature() from error


def decode_base64(text: str) -> bytes:
    """Decode canonical standard base64; raises IntegrityError for anything else."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_note() from error
    if base64.b64encode(value).decode() != text:
        raise bad_note()
    return value


def bad_note() -> IntegrityError:
    """Return the error for a note that is not in form."""
    return IntegrityError(_("Dit ondertekende bericht heeft niet de juiste vorm."))


def _signature(line: str) -> Signature:
    match = _LINE.match(line)
    if not match:
        raise bad_note()
    blob = decode_base64(match[2])
    if len(blob) <= 4:
        raise bad_note()
    return Signature(check_name(match[1]), blob[:4], blob[4:])


def _has_control(text: str) -> bool:
    return any(ord(character) < 0x20 and character != "\n" for character in text)


def _bad_signature() -> IntegrityError:
    return IntegrityError(_("Een handtekening klopt niet."))
