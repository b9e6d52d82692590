"""Statements on the wire: what a participant declares, signed by it, forwarded as it is to whom it concerns."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from samenloop import model
from samenloop.errors import InvalidInput
from samenloop.keys import SigningKey, VerifyKey
from samenloop.model import ParticipantId, QuestionId, RegisterId, RegistrationId
from samenloop.texts import _
from samenloop.wire import convert, fields, labels
from samenloop.wire.convert import CovenantRef
from samenloop.wire.v1 import common_pb2, overlap_pb2

MAX_LETTER_BYTES = 700


@dataclass(frozen=True, slots=True)
class Release:
    """A holder shows the receiver a hidden hit of this question, or takes that back (`withdrawn`). R-38."""

    question_id: QuestionId
    receiver: ParticipantId
    withdrawn: bool
    grounds_digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The register was brought up to date until this day."""

    register: RegisterId
    updated_until: date


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """The asker's case is closed: its answers lapse (R-37, R-70)."""

    case_ref: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """SHA-256(salt || checkpoint) of the author's own log."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter sealed to the receiver's node."""

    receiver: ParticipantId
    sealed: bytes


Act: TypeAlias = Release | Freshness | CaseClosed | Anchor | Letter


@dataclass(frozen=True, slots=True)
class Statement:
    """One declaration with its author and request id."""

    covenant: CovenantRef
    request_id: bytes
    author: ParticipantId
    sent_ms: int
    act: Act


@dataclass(frozen=True, slots=True)
class Grounds:
    """The holder's ground for a release; seen by the coordinator, never forwarded to the receiver (R-39)."""

    nonce: bytes
    register: RegisterId
    give_basis: str
    breach_ground: str
    registration_id: RegistrationId
    decider: bytes


@dataclass(frozen=True, slots=True)
class Declaring:
    """A checked declaration; `grounds` is given exactly for a release."""

    statement: Statement
    body: bytes
    signature: bytes
    grounds: Grounds | None

    @property
    def payload_hash(self) -> bytes:
        """What makes two requests with one id the same request, 32 bytes."""
        return hashlib.sha256(self.body).digest()


def parse_declare(request: overlap_pb2.DeclareRequest) -> Declaring:
    """Return the checked declaration; raises InvalidInput. The signature is checked by `verify_statement`."""
    statement = parse_statement(request.statement.body)
    signature = fields.exact(request.statement.signature, 64, "signature")
    act = statement.act
    releases = isinstance(act, Release) and not act.withdrawn
    if releases != bool(request.grounds):
        raise InvalidInput("grounds", _("Alleen bij vrijgeven noemt u gronden, en dan altijd."))
    if isinstance(act, Release) and releases and hashlib.sha256(request.grounds).digest() != act.grounds_digest:
        raise InvalidInput("grounds", _("De vrijgave is voor andere gronden ondertekend."))
    grounds = _grounds(request.grounds) if releases else None
    return Declaring(statement, request.statement.body, signature, grounds)


def parse_statement(body: bytes, where: str = "statement") -> Statement:
    """Return a checked statement; raises InvalidInput."""
    message = fields.parsed(overlap_pb2.Statement, body, where)
    read = _READERS.get(message.WhichOneof("act") or "")
    if read is None:
        raise InvalidInput(f"{where}.act", _("{where} zegt niet wat er verklaard wordt.", where=where))
    return Statement(
        covenant=convert.covenant_ref(message.covenant),
        request_id=model.sixteen_bytes(message.request_id, f"{where}.request_id"),
        author=model.participant_id(message.author, f"{where}.author"),
        sent_ms=message.sent_ms,
        act=read(message),
    )


def verify_statement(body: bytes, signature: bytes, key: VerifyKey) -> None:
    """Check the author's signature over a statement; raises IntegrityError."""
    key.verify(labels.STATEMENT, body, signature)


def build_declare(statement: Statement, key: SigningKey, grounds: Grounds | None = None) -> overlap_pb2.DeclareRequest:
    """Return the signed declaration. For a release `statement.act.grounds_digest` must be `grounds_digest(grounds)`."""
    message = overlap_pb2.Statement(
        covenant=convert.covenant_message(statement.covenant),
        request_id=statement.request_id,
        author=statement.author,
        sent_ms=statement.sent_ms,
    )
    _write_act(message, statement.act)
    body = message.SerializeToString(deterministic=True)
    signed = common_pb2.Signed(body=body, signature=key.sign(labels.STATEMENT, body))
    return overlap_pb2.DeclareRequest(statement=signed, grounds=_grounds_bytes(grounds) if grounds else b"")


def grounds_digest(grounds: Grounds) -> bytes:
    """Return the digest that a release binds its grounds by, 32 bytes."""
    return hashlib.sha256(_grounds_bytes(grounds)).digest()


def _release(message: overlap_pb2.Release, *, withdrawn: bool) -> Release:
    return Release(
        question_id=QuestionId(model.sixteen_bytes(message.question_id, "question_id")),
        receiver=model.participant_id(message.receiver, "receiver"),
        withdrawn=withdrawn,
        grounds_digest=fields.exact(message.grounds_digest, 0 if withdrawn else 32, "grounds_digest"),
    )


def _freshness(message: overlap_pb2.Freshness) -> Freshness:
    return Freshness(model.register_id(message.register), fields.iso_date(message.updated_until, "updated_until"))


def _letter(message: overlap_pb2.LetterSent) -> Letter:
    if not 0 < len(message.sealed) <= MAX_LETTER_BYTES:
        raise InvalidInput("letter.sealed", _("De brief is leeg of te groot."))
    return Letter(model.participant_id(message.receiver, "receiver"), message.sealed)


_READERS: dict[str, Callable[[overlap_pb2.Statement], Act]] = {
    "release": lambda message: _release(message.release, withdrawn=False),
    "release_withdrawn": lambda message: _release(message.release_withdrawn, withdrawn=True),
    "freshness": lambda message: _freshness(message.freshness),
    "case_closed": lambda message: CaseClosed(fields.digest(message.case_closed.case_ref, "case_ref")),
    "anchor": lambda message: Anchor(fields.digest(message.anchor.digest, "anchor.digest")),
    "letter": lambda message: _letter(message.letter),
}


def _write_act(message: overlap_pb2.Statement, act: Act) -> None:
    match act:
        case Release():
            target = message.release_withdrawn if act.withdrawn else message.release
            target.question_id, target.receiver, target.grounds_digest = (
                act.question_id,
                act.receiver,
                act.grounds_digest,
            )
        case Freshness():
            message.freshness.register, message.freshness.updated_until = act.register, act.updated_until.isoformat()
        case CaseClosed():
            message.case_closed.case_ref = act.case_ref
        case Anchor():
            message.anchor.digest = act.digest
        case Letter():
            message.letter.receiver, message.letter.sealed = act.receiver, act.sealed


def _grounds(data: bytes) -> Grounds:
    message = fields.parsed(overlap_pb2.ReleaseGrounds, data, "grounds")
    return Grounds(
        nonce=model.sixteen_bytes(message.nonce, "grounds.nonce"),
        register=model.register_id(message.register, "grounds.register"),
        give_basis=fields.optional_code(message.give_basis, "grounds.give_basis"),
        breach_ground=fields.optional_code(message.breach_ground, "grounds.breach_ground"),
        registration_id=RegistrationId(model.sixteen_bytes(message.registration_id, "grounds.registration_id")),
        decider=fields.digest(message.decider, "grounds.decider"),
    )


def _grounds_bytes(value: Grounds) -> bytes:
    return overlap_pb2.ReleaseGrounds(
        nonce=value.nonce,
        register=value.register,
        give_basis=value.give_basis,
        breach_ground=value.breach_ground,
        registration_id=value.registration_id,
        decider=value.decider,
    ).SerializeToString(deterministic=True)
