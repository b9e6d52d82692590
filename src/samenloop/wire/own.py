"""FindOwn and ListOwn on the wire: a holder looks for its own registrations by tokens (rights requests, correction), or
lists a whole register of its own in pages.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from samenloop import model
from samenloop.commitment import tokens_digest
from samenloop.errors import InvalidInput
from samenloop.keys import SigningKey, VerifyKey
from samenloop.model import EpochId, ParticipantId, RegisterId, TokenSet
from samenloop.texts import _
from samenloop.wire import convert, fields, labels
from samenloop.wire.convert import CovenantRef
from samenloop.wire.v1 import common_pb2, overlap_pb2

PAGE: Final = 4_096
"""Ids on a page of ListOwn; fewer on the last one."""
RECONCILE: Final = "reconcile"
"""The reason in the entry of such a page."""


@dataclass(frozen=True, slots=True)
class OwnQuery:
    """What the author signs; the tokens are bound by a salted digest."""

    covenant: CovenantRef
    request_id: bytes
    author: ParticipantId
    sent_ms: int
    user_ref: bytes
    purpose: str
    epochs: tuple[EpochId, ...]
    digest: bytes


@dataclass(frozen=True, slots=True)
class FindingOwn:
    """A checked query with its tokens."""

    query: OwnQuery
    body: bytes
    signature: bytes
    token_sets: tuple[TokenSet, ...]

    @property
    def payload_hash(self) -> bytes:
        """What makes two requests with one id the same request, 32 bytes."""
        return hashlib.sha256(self.body).digest()


def parse_find_own(request: overlap_pb2.FindOwnRequest) -> FindingOwn:
    """Return the checked query; raises InvalidInput."""
    message = fields.parsed(overlap_pb2.OwnQuery, request.query.body, "query")
    query = OwnQuery(
        covenant=convert.covenant_ref(message.covenant),
        request_id=model.sixteen_bytes(message.request_id, "request_id"),
        author=model.participant_id(message.author, "author"),
        sent_ms=message.sent_ms,
        user_ref=fields.digest(message.user_ref, "user_ref"),
        purpose=fields.code(message.purpose, "purpose"),
        epochs=tuple(model.epoch_id(item, "epochs") for item in message.epochs),
        digest=fields.digest(message.digest, "digest"),
    )
    token_sets = convert.token_sets(request.tokens)
    if tuple(item.epoch for item in token_sets) != query.epochs:
        raise InvalidInput("epochs", _("De tokens horen niet bij de tijdvakken van de vraag."))
    if tokens_digest(request.salt, token_sets) != query.digest:
        raise InvalidInput("digest", _("De vraag is voor andere tokens ondertekend."))
    return FindingOwn(query, request.query.body, fields.exact(request.query.signature, 64, "signature"), token_sets)


def verify_find_own(finding: FindingOwn, key: VerifyKey) -> None:
    """Check the author's signature; raises IntegrityError."""
    key.verify(labels.OWN_QUERY, finding.body, finding.signature)


def build_find_own(
    query: OwnQuery, token_sets: Sequence[TokenSet], salt: bytes, key: SigningKey
) -> overlap_pb2.FindOwnRequest:
    """Return the signed query; `query.digest` must be `tokens_digest(salt, token_sets)`."""
    body = overlap_pb2.OwnQuery(
        covenant=convert.covenant_message(query.covenant),
        request_id=query.request_id,
        author=query.author,
        sent_ms=query.sent_ms,
        user_ref=query.user_ref,
        purpose=query.purpose,
        epochs=list(query.epochs),
        digest=query.digest,
    ).SerializeToString(deterministic=True)
    signed = common_pb2.Signed(body=body, signature=key.sign(labels.OWN_QUERY, body))
    tokens = [convert.token_set_message(item) for item in token_sets]
    return overlap_pb2.FindOwnRequest(query=signed, salt=salt, tokens=tokens)


@dataclass(frozen=True, slots=True)
class OwnList:
    """What the author signs for one page: the ids of `register` behind `after` (16 bytes, empty for the first page)."""

    covenant: CovenantRef
    request_id: bytes
    author: ParticipantId
    sent_ms: int
    user_ref: bytes
    register: RegisterId
    after: bytes


@dataclass(frozen=True, slots=True)
class ListingOwn:
    """A checked request for one page."""

    query: OwnList
    body: bytes
    signature: bytes

    @property
    def payload_hash(self) -> bytes:
        """What makes two requests with one id the same request, 32 bytes; also the commitment of its entry."""
        return hashlib.sha256(self.body).digest()


def parse_list_own(request: overlap_pb2.ListOwnRequest) -> ListingOwn:
    """Return the checked request; raises InvalidInput."""
    message = fields.parsed(overlap_pb2.OwnList, request.query.body, "query")
    query = OwnList(
        covenant=convert.covenant_ref(message.covenant),
        request_id=model.sixteen_bytes(message.request_id, "request_id"),
        author=model.participant_id(message.author, "author"),
        sent_ms=message.sent_ms,
        user_ref=fields.digest(message.user_ref, "user_ref"),
        register=model.register_id(message.register, "register"),
        after=model.sixteen_bytes(message.after, "after") if message.after else b"",
    )
    return ListingOwn(query, request.query.body, fields.exact(request.query.signature, 64, "signature"))


def verify_list_own(listing: ListingOwn, key: VerifyKey) -> None:
    """Check the author's signature; raises IntegrityError."""
    key.verify(labels.OWN_LIST, listing.body, listing.signature)


def build_list_own(query: OwnList, key: SigningKey) -> overlap_pb2.ListOwnRequest:
    """Return the signed request."""
    body = overlap_pb2.OwnList(
        covenant=convert.covenant_message(query.covenant),
        request_id=query.request_id,
        author=query.author,
        sent_ms=query.sent_ms,
        user_ref=query.user_ref,
        register=query.register,
        after=query.after,
    ).SerializeToString(deterministic=True)
    signed = common_pb2.Signed(body=body, signature=key.sign(labels.OWN_LIST, body))
    return overlap_pb2.ListOwnRequest(query=signed)
