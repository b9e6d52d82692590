"""A chunk of registrations on the wire: signed as a whole, bound to its items by a salted digest."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from samenloop import model
from samenloop.commitment import items_digest
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.modes import RecordFacts
from samenloop.errors import InvalidInput
from samenloop.keys import SigningKey, VerifyKey
from samenloop.model import ParticipantId, RegisterId, RegistrationId, TokenSet
from samenloop.texts import _
from samenloop.wire import convert, fields, labels
from samenloop.wire.convert import CovenantRef
from samenloop.wire.v1 import common_pb2, overlap_pb2

MAX_ITEMS = 200
MAX_BEFOREHAND = 32
DAY_IS_FULL = "day_is_full"
"""In the place of the rule that refuses an item: its decider decided as often as a day allows (R-76); nothing else is
wrong with it.
"""
Act: TypeAlias = "overlap_pb2.RegistrationItem.Act.ValueType"
PUT: Act = overlap_pb2.RegistrationItem.ACT_PUT
FACTS: Act = overlap_pb2.RegistrationItem.ACT_FACTS
WITHDRAW: Act = overlap_pb2.RegistrationItem.ACT_WITHDRAW


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the author signs about a chunk: where it belongs and the digest of its items."""

    covenant: CovenantRef
    request_id: bytes
    participant: ParticipantId
    register: RegisterId
    sent_ms: int
    digest: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Item:
    """One registration to put, change or withdraw. `facts` is None and `token_sets` empty for a withdrawal."""

    registration_id: RegistrationId
    act: Act
    token_sets: tuple[TokenSet, ...]
    facts: RecordFacts | None
    beforehand: tuple[BeforehandDecision, ...]


@dataclass(frozen=True, slots=True)
class Registering:
    """A checked chunk header with its still unread items."""

    chunk: Chunk
    chunk_bytes: bytes
    signature: bytes
    item_bytes: tuple[bytes, ...]

    @property
    def payload_hash(self) -> bytes:
        """What makes two requests with one id the same request, 32 bytes."""
        return hashlib.sha256(self.chunk_bytes).digest()


def parse_register(request: overlap_pb2.RegisterRequest) -> Registering:
    """Return the checked header; items are parsed one by one with `parse_item`. Raises InvalidInput."""
    message = fields.parsed(overlap_pb2.Chunk, request.chunk.body, "chunk")
    chunk = Chunk(
        covenant=convert.covenant_ref(message.covenant),
        request_id=model.sixteen_bytes(message.request_id, "request_id"),
        participant=model.participant_id(message.participant),
        register=model.register_id(message.register),
        sent_ms=message.sent_ms,
        digest=fields.digest(message.digest, "digest"),
        count=message.count,
    )
    fields.between(request.items, 1, MAX_ITEMS, "items")
    if len(request.items) != chunk.count or items_digest(request.salt, request.items) != chunk.digest:
        raise InvalidInput("digest", _("Het blok is voor andere registraties ondertekend."))
    signature = fields.exact(request.chunk.signature, 64, "signature")
    return Registering(chunk, request.chunk.body, signature, tuple(request.items))


def verify_register(registering: Registering, key: VerifyKey) -> None:
    """Check the author's signature; raises IntegrityError."""
    key.verify(labels.CHUNK, registering.chunk_bytes, registering.signature)


def parse_item(data: bytes, kind: str, where: str) -> Item:
    """Return one checked item of a register of catalogue kind `kind`; raises InvalidInput."""
    message = fields.parsed(overlap_pb2.RegistrationItem, data, where)
    if message.act not in (PUT, FACTS, WITHDRAW):
        raise InvalidInput(f"{where}.act", _("{where} zegt niet wat er moet gebeuren.", where=where))
    if (message.act == PUT) != bool(message.tokens) or (message.act == WITHDRAW) == message.HasField("facts"):
        raise InvalidInput(where, _("{where} heeft delen te veel of te weinig.", where=where))
    fields.between(message.beforehand, 0, 0 if message.act == WITHDRAW else MAX_BEFOREHAND, f"{where}.beforehand")
    return Item(
        registration_id=RegistrationId(model.sixteen_bytes(message.registration_id, f"{where}.registration_id")),
        act=message.act,
        token_sets=convert.token_sets(message.tokens) if message.tokens else (),
        facts=convert.record_facts(message.facts, kind) if message.HasField("facts") else None,
        beforehand=tuple(convert.beforehand(entry, message.registration_id) for entry in message.beforehand),
    )


def item_bytes(item: Item) -> bytes:
    """Return the serialised item."""
    message = overlap_pb2.RegistrationItem(
        registration_id=item.registration_id,
        act=item.act,
        tokens=[convert.token_set_message(tokens) for tokens in item.token_sets],
        beforehand=[entry for decision in item.beforehand for entry in convert.beforehand_messages(decision)],
    )
    if item.facts is not None:
        message.facts.CopyFrom(convert.record_facts_message(item.facts))
    return message.SerializeToString(deterministic=True)


def said_with(data: bytes, decisions: Sequence[BeforehandDecision]) -> bytes:
    """Return a serialised item with these decisions beforehand in the place of its own."""
    message = overlap_pb2.RegistrationItem.FromString(data)
    message.ClearField("beforehand")
    message.beforehand.extend(entry for decision in decisions for entry in convert.beforehand_messages(decision))
    return message.SerializeToString(deterministic=True)


def build_register(chunk: Chunk, items: Sequence[bytes], salt: bytes, key: SigningKey) -> overlap_pb2.RegisterRequest:
    """Return the signed chunk; `chunk.digest` must be `items_digest(salt, items)` and `chunk.count` their number."""
    body = overlap_pb2.Chunk(
        covenant=convert.covenant_message(chunk.covenant),
        request_id=chunk.request_id,
        participant=chunk.participant,
        register=chunk.register,
        sent_ms=chunk.sent_ms,
        digest=chunk.digest,
        count=chunk.count,
    ).SerializeToString(deterministic=True)
    signed = common_pb2.Signed(body=body, signature=key.sign(labels.CHUNK, body))
    return overlap_pb2.RegisterRequest(chunk=signed, salt=salt, items=list(items))
