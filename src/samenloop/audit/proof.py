"""A proof that can be kept and checked without the log: c2sp.org/tlog-proof, one leaf under one checkpoint.

Strict: format(parse(x)) == x, or IntegrityError. No `extra` line.
"""

import base64
import re
from dataclasses import dataclass

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import note as notes
from samenloop.audit import tree
from samenloop.audit.checkpoint import Checkpoint

_FIRST = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})\Z")
MAX_PATH = 62


@dataclass(frozen=True, slots=True)
class LogProof:
    """Leaf index, inclusion path (sibling first, 32 bytes each) and the checkpoint whose tree holds it."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint

    def format(self) -> bytes:
        """Return the proof as bytes, for a `.tlog-proof` file."""
        lines = [_FIRST, f"index {self.index}", *(base64.b64encode(one).decode() for one in self.path), "", ""]
        return "\n".join(lines).encode() + self.checkpoint.format()


def parse(data: bytes) -> LogProof:
    """Parse a proof without judging it; raises IntegrityError when it is not exactly in form."""
    head, separator, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise notes.bad_note() from error
    index = _INDEX.match(lines[1]) if len(lines) > 1 else None
    if not separator or lines[0] != _FIRST or index is None or len(lines) > MAX_PATH + 2:
        raise notes.bad_note()
    path = tuple(notes.decode_base64(line) for line in lines[2:])
    if any(len(one) != tree.HASH_BYTES for one in path):
        raise notes.bad_note()
    return LogProof(int(index[1]), path, checkpoints.parse(note))


def verify(data: bytes, leaf: bytes, origin: str, audit_key: bytes) -> LogProof:
    """Check that a proof shows `leaf` in log `origin` and that the log signed it; raises IntegrityError."""
    proof = parse(data)
    checked = checkpoints.verify(proof.checkpoint.format(), origin, audit_key)
    tree.verify_inclusion(leaf, proof.index, checked.size, proof.path, checked.root)
    return proof
