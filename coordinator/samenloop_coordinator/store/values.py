"""Frozen rows of the store, and the packed form of what a registration shows per epoch."""

import functools
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from samenloop.model import RegistrationId
from samenloop.profile import Side

MOST_PROBES = 16_384
"""Most values looked up at once."""
_MARK = struct.Struct(">QBB")


@dataclass(frozen=True, slots=True)
class Place:
    """One register under one covenant; all rows of other places are out of its reach."""

    covenant: str
    participant: str
    register: str


class Mark(NamedTuple):
    """What the coordinator knows of a registration in one epoch: recipe mask, packed facts, number of values."""

    epoch: str
    mask: int
    facts: int
    values: int


class Registration(NamedTuple):
    """A registration as stored. `facts` and `beforehand` are serialised messages; `row` never changes hands."""

    row: int
    place: int
    registration_id: RegistrationId
    facts: bytes
    beforehand: bytes
    marks: tuple[Mark, ...]

    @property
    def sides(self) -> Mapping[str, Side]:
        """Return what the hit rule sees, per epoch."""
        return _sides(self.marks)


@dataclass(frozen=True, slots=True)
class NewRegistration:
    """A registration to store; `values` are its peppered tokens, 16 bytes each, epoch after epoch as in `marks`."""

    place: int
    registration_id: RegistrationId
    facts: bytes
    beforehand: bytes
    marks: tuple[Mark, ...]
    values: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A request already handled. `reply` is None when what it showed was taken back."""

    participant: str
    payload_hash: bytes
    reply: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskedHolder:
    """One holder that was asked, with what the asker stated for it.

    `stated_ms`: when the holder made its last word about this question (a release or its taking back); 0 before any.
    """

    holder: str
    acting_as: str
    purpose: str
    stated_ms: int = 0


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question that was answered: who asked, for which case, and whom; nothing about hits."""

    question_id: bytes
    covenant: str
    asker: str
    case_ref: bytes
    asked_ms: int
    holders: tuple[AskedHolder, ...]

    def asked(self, holder: str) -> AskedHolder | None:
        """Return what was stated for a holder, None when it was not asked."""
        return next((one for one in self.holders if one.holder == holder), None)


@dataclass(frozen=True, slots=True)
class ShownHit:
    """Something that was shown: by a keyed reference, until `until` (ISO date) or until it is taken back.

    `acting_as` and `purpose` are what the asker stated for this holder, to judge anew when the record changes.
    `released`: the holder decided afterwards (R-38).
    """

    question_id: bytes
    holder: str
    handle: bytes
    until: str
    acting_as: str
    purpose: str
    released: bool = False


@dataclass(frozen=True, slots=True)
class MailRow:
    """One sealed item in a mailbox."""

    item_id: bytes
    receiver: str
    key_id: bytes
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A content key, wrapped to its holder."""

    key_id: bytes
    holder: str
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CovenantRow:
    """One version of a covenant with its signatures; `activated_ms` is 0 while it is not active yet."""

    id: str
    version: int
    fingerprint: bytes
    document: bytes = field(repr=False)
    signatures: bytes = field(repr=False)
    activated_ms: int = 0


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice on the board; `sequence` is given by the store."""

    covenant: str
    kind: str
    author: str
    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    sequence: int = 0

    def digest(self) -> bytes:
        """Return the 32 bytes that make equal notices one."""
        texts = (self.covenant.encode(), self.kind.encode(), self.author.encode())
        parts = (*texts, self.body, self.signature)
        return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """How many registrations of a place have values in an epoch."""

    epoch: str
    count: int


def pack_holders(holders: tuple[AskedHolder, ...]) -> str:
    """Return whom a question asked as one text."""
    return "|".join(f"{one.holder} {one.acting_as} {one.purpose} {one.stated_ms}" for one in holders)


def unpack_holders(text: str) -> tuple[AskedHolder, ...]:
    """Return whom a question asked, packed by `pack_holders`; what an earlier release packed has no moment."""
    rows = (one.split(" ") for one in text.split("|"))
    return tuple(AskedHolder(row[0], row[1], row[2], int(row[3]) if row[3:] else 0) for row in rows)


@functools.lru_cache(maxsize=8192)
def _sides(marks: tuple[Mark, ...]) -> Mapping[str, Side]:
    return {mark.epoch: Side(mark.mask, mark.facts) for mark in marks}


def pack_marks(marks: tuple[Mark, ...]) -> bytes:
    """Return the packed marks: for each epoch its name, mask, facts and number of values."""
    parts = [
        bytes([len(mark.epoch)]) + mark.epoch.encode() + _MARK.pack(mark.mask, mark.facts, mark.values)
        for mark in marks
    ]
    return b"".join(parts)


@functools.lru_cache(maxsize=8192)
def unpack_marks(data: bytes) -> tuple[Mark, ...]:
    """Return the marks packed by `pack_marks`."""
    marks: list[Mark] = []
    place = 0
    while place < len(data):
        start, place = place + 1, place + 1 + data[place]
        mask, facts, values = _MARK.unpack_from(data, place)
        marks.append(Mark(data[start:place].decode(), mask, facts, values))
        place += _MARK.size
    return tuple(marks)
