"""Checkpoints: the signed size and root of a log (c2sp.org/tlog-checkpoint) and their cosignatures
(c2sp.org/tlog-cosignature).

The log's key name is its origin. Extension lines are refused: nobody could audit them. A cosignature (type 0x04)
says that at its time the witness knew no larger consistent tree. Strict: format(parse(x)) == x, or IntegrityError.
"""

import base64
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from samenloop.audit import note as notes
from samenloop.audit.note import COSIGNATURE, ED25519, Note, NoteSigner, Signature
from samenloop.audit.tree import HASH_BYTES
from samenloop.errors import IntegrityError
from samenloop.texts import _

MAX_SIZE = 1 << 62
MAX_SECONDS = 1 << 62
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint says: which log, how many entries, which root hash (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines of the note text."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head with its signatures; says nothing about whether they hold (`verify` does)."""

    head: TreeHead
    note: Note

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return self.head.size

    @property
    def root(self) -> bytes:
        """Return the root hash, 32 bytes."""
        return self.head.root

    def format(self) -> bytes:
        """Return the checkpoint as bytes."""
        return self.note.format()


def sign(head: TreeHead, signer: NoteSigner) -> Checkpoint:
    """Sign a tree head with the log's key; the signer's name is the origin."""
    if signer.name != head.origin:
        raise IntegrityError(
            _("De sleutel van {name} hoort niet bij logboek {origin}.", name=signer.name, origin=head.origin)
        )
    return Checkpoint(head, Note(head.text(), (signer.sign(head.text()),)))


def parse(data: bytes) -> Checkpoint:
    """Parse a checkpoint without judging its signatures; raises IntegrityError when it is not exactly in form."""
    note = notes.parse(data)
    lines = note.text.split("\n")
    if len(lines) != 4 or lines[3] or not _NUMBER.match(lines[1]):
        raise notes.bad_note()
    head = TreeHead(notes.check_name(lines[0]), int(lines[1]), notes.decode_base64(lines[2]))
    if head.size > MAX_SIZE or len(head.root) != HASH_BYTES:
        raise notes.bad_note()
    return Checkpoint(head, note)


def verify(data: bytes, origin: str, audit_key: bytes) -> Checkpoint:
    """Parse a checkpoint of log `origin` and check the log's own signature; raises IntegrityError."""
    checkpoint = parse(data)
    if checkpoint.head.origin != origin:
        raise IntegrityError(
            _("Dit ijkpunt is van logboek {found}, niet van {origin}.", found=checkpoint.head.origin, origin=origin)
        )
    notes.verify(checkpoint.note, origin, audit_key)
    return checkpoint


def cosign(checkpoint: Checkpoint, signer: NoteSigner, seconds: int) -> Signature:
    """Return the cosignature of a witness at Unix time `seconds`. The caller has checked consistency and persisted
    it.
    """
    message = _cosigned(checkpoint, seconds)
    identity = notes.key_id(signer.name, COSIGNATURE, signer.public_key())
    return Signature(signer.name, identity, struct.pack(">Q", seconds) + signer.key.sign(message))


def add_cosignature(checkpoint: Checkpoint, signature: Signature) -> Checkpoint:
    """Return the checkpoint with a cosignature line; a line of the same witness is replaced."""
    return Checkpoint(checkpoint.head, checkpoint.note.with_signature(signature))


def cosignatures(checkpoint: Checkpoint, witnesses: Mapping[str, bytes]) -> dict[str, int]:
    """Return witness name -> Unix seconds for every valid cosignature of a known witness (name -> 32-byte public key).

    Lines of unknown keys are ignored; a line of a known key that does not hold raises IntegrityError (signed-note).
    """
    found: dict[str, int] = {}
    for signature in checkpoint.note.signatures:
        key = witnesses.get(signature.name)
        if key is None or signature.key_id != notes.key_id(signature.name, COSIGNATURE, key):
            continue
        found[signature.name] = _verified_time(checkpoint, signature, key)
    return found


def claimed_times(checkpoint: Checkpoint) -> dict[str, int]:
    """Return witness name -> earliest Unix seconds as the cosignature lines say; for a checkpoint that was checked when
    it was kept.
    """
    found: dict[str, int] = {}
    for one in checkpoint.note.signatures:
        if len(one.value) == 8 + notes.SIGNATURE_BYTES:
            second = int.from_bytes(one.value[:8], "big")
            found[one.name] = min(second, found.get(one.name, second))
    return found


def signers(origin: str, audit_key: bytes, witnesses: Mapping[str, bytes]) -> frozenset[tuple[str, bytes]]:
    """Return name and key id of every line that the log or a known witness can sign."""
    cosigners = {(name, notes.key_id(name, COSIGNATURE, key)) for name, key in witnesses.items()}
    return frozenset(cosigners | {(origin, notes.key_id(origin, ED25519, audit_key))})


def unknown_signers(checkpoint: Checkpoint, audit_key: bytes, witnesses: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the names of signature lines that belong neither to the log nor to a known witness."""
    known = signers(checkpoint.head.origin, audit_key, witnesses)
    return tuple(one.name for one in checkpoint.note.signatures if (one.name, one.key_id) not in known)


def _verified_time(checkpoint: Checkpoint, signature: Signature, key: bytes) -> int:
    if len(signature.value) != 8 + notes.SIGNATURE_BYTES:
        raise notes.bad_note()
    seconds = int.from_bytes(signature.value[:8], "big")
    notes.verify_bytes(key, signature.value[8:], _cosigned(checkpoint, seconds))
    return seconds


def _cosigned(checkpoint: Checkpoint, seconds: int) -> bytes:
    if not 0 <= seconds < MAX_SECONDS:
        raise notes.bad_note()
    return f"cosignature/v1\ntime {seconds}\n{checkpoint.note.text}".encode()
