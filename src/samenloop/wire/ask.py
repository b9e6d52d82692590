"""A question on the wire: who builds it, who checks it, and how a holder verifies its own part without the others.

1. Each asked holder has a *part*: a self-contained body with its own nonce.
2. The parts, filled up to 16 leaves with padding, form an RFC 6962 tree. So no holder learns how many were asked.
3. The asker signs SHA-256(question) || root. The question binds the tokens by a salted digest only.
4. A holder gets the question's digest, the signature, its part and the path of that part.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from samenloop import model
from samenloop.audit import tree
from samenloop.commitment import SALT_BYTES, tokens_digest
from samenloop.errors import InvalidInput
from samenloop.keys import SigningKey, VerifyKey
from samenloop.model import EpochId, ParticipantId, QuestionId, RegistrationId, TokenSet
from samenloop.texts import _
from samenloop.wire import convert, fields, labels
from samenloop.wire.convert import CovenantRef
from samenloop.wire.v1 import mailbox_pb2, overlap_pb2

MAX_HOLDERS = 16
MAX_PART_BYTES = 560
MAX_EXCLUDED = 64


@dataclass(frozen=True, slots=True)
class Question:
    """What an asker signs about the question as a whole; references are node-keyed, 32 bytes each."""

    covenant: CovenantRef
    question_id: QuestionId
    asker: ParticipantId
    sent_ms: int
    case_ref: bytes
    user_ref: bytes
    responsible_ref: bytes
    purpose: str
    epochs: tuple[EpochId, ...]
    digest: bytes
    new_fact: str = ""
    power: str = ""
    region_reason: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one holder is asked, with the asker's reasons for this holder (R-23, R-24, R-25), as catalogue codes.

    `purpose` is a concrete purpose of the question's index purpose; `samenloop.decisions.question` judges that.
    """

    nonce: bytes
    question_id: QuestionId
    covenant: str
    asker: ParticipantId
    holder: ParticipantId
    purpose: str
    proportionality: str
    subsidiarity: str
    give_basis: str
    receive_basis: str
    inform_basis: str
    acting_as: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A checked question as it came in. `excluded` and the tokens are neither stored nor logged.

    `message` is what the asker signed: SHA-256(question) || root. `levels` are the hashes of the tree over the parts,
    made once: from the 16 leaves up to the root.
    """

    question: Question
    signature: bytes
    parts: tuple[Part, ...]
    part_bytes: tuple[bytes, ...]
    token_sets: tuple[TokenSet, ...]
    excluded: tuple[RegistrationId, ...]
    message: bytes
    levels: tuple[tuple[bytes, ...], ...]

    @property
    def payload_hash(self) -> bytes:
        """What makes two requests with one id the same request: SHA-256 over the signed message, 32 bytes."""
        return hashlib.sha256(self.message).digest()


def parse_ask(request: overlap_pb2.AskRequest) -> Ask:
    """Return the checked question; raises InvalidInput naming the field. The signature is checked by `verify_ask`."""
    question = parse_question(request.question)
    fields.between(request.parts, 1, MAX_HOLDERS, "parts")
    fields.between(request.excluded, 0, MAX_EXCLUDED, "excluded")
    token_sets = convert.token_sets(request.tokens)
    excluded = tuple(RegistrationId(model.sixteen_bytes(item, "excluded")) for item in request.excluded)
    if tuple(item.epoch for item in token_sets) != question.epochs:
        raise InvalidInput("epochs", _("De tokens horen niet bij de tijdvakken van de vraag."))
    if tokens_digest(request.salt, token_sets, excluded) != question.digest:
        raise InvalidInput("digest", _("De vraag is voor andere tokens ondertekend."))
    parts = tuple(_part(data, question, f"parts[{index}]") for index, data in enumerate(request.parts))
    if len({part.holder for part in parts}) != len(parts):
        raise InvalidInput("parts", _("Een houder is tweemaal genoemd."))
    levels = _levels(_leaves(request.parts, fields.exact(request.padding_seed, SALT_BYTES, "padding_seed")))
    return Ask(
        question=question,
        signature=fields.exact(request.signature, 64, "signature"),
        parts=parts,
        part_bytes=tuple(request.parts),
        token_sets=token_sets,
        excluded=excluded,
        message=_message(request.question, levels[-1][0]),
        levels=levels,
    )


def verify_ask(ask: Ask, key: VerifyKey) -> None:
    """Check the asker's signature; raises IntegrityError."""
    key.verify(labels.QUESTION, ask.message, ask.signature)


def build_ask(
    question: Question,
    parts: Sequence[Part],
    token_sets: Sequence[TokenSet],
    excluded: Sequence[RegistrationId],
    salt: bytes,
    padding_seed: bytes,
    key: SigningKey,
) -> overlap_pb2.AskRequest:
    """Return the signed request; `question.digest` must be `tokens_digest(salt, token_sets, excluded)`."""
    body = _question_message(question).SerializeToString(deterministic=True)
    part_bytes = [_part_message(part).SerializeToString(deterministic=True) for part in parts]
    root = _levels(_leaves(part_bytes, padding_seed))[-1][0]
    return overlap_pb2.AskRequest(
        question=body,
        signature=key.sign(labels.QUESTION, _message(body, root)),
        parts=part_bytes,
        padding_seed=padding_seed,
        salt=salt,
        tokens=[convert.token_set_message(item) for item in token_sets],
        excluded=list(excluded),
    )


def hit_notice(
    ask: Ask, index: int, *, shown: bool, registrations: Sequence[RegistrationId], asked_ms: int
) -> mailbox_pb2.HitNotice:
    """Return what the holder of part `index` is told about a hit; at most 8 registrations, then `more`."""
    return mailbox_pb2.HitNotice(
        question_digest=ask.message[: fields.DIGEST_BYTES],
        signature=ask.signature,
        part=ask.part_bytes[index],
        part_index=index,
        path=[hashes[index >> level ^ 1] for level, hashes in enumerate(ask.levels[:-1])],
        shown=shown,
        registration_ids=list(registrations[:8]),
        more=len(registrations) > 8,
        asked_ms=asked_ms,
    )


def verify_notice(notice: mailbox_pb2.HitNotice, key: VerifyKey) -> Part:
    """Return the holder's part after checking that the asker signed it; raises InvalidInput or IntegrityError."""
    fields.digest(notice.question_digest, "question_digest")
    if notice.part_index >= MAX_HOLDERS or len(notice.path) != MAX_HOLDERS.bit_length() - 1:
        raise InvalidInput("path", _("Het bewijs bij deze vraag heeft niet de juiste vorm."))
    current = tree.leaf_hash(notice.part)
    for level, step in enumerate(notice.path):
        right = notice.part_index >> level & 1
        current = tree.node_hash(step, current) if right else tree.node_hash(current, step)
    key.verify(labels.QUESTION, notice.question_digest + current, notice.signature)
    return parse_part(notice.part, "part")


def parse_part(data: bytes, where: str) -> Part:
    """Return a checked part; raises InvalidInput."""
    if len(data) > MAX_PART_BYTES:
        raise InvalidInput(where, _("{where} is te groot.", where=where))
    message = fields.parsed(overlap_pb2.HolderPart, data, where)
    return Part(
        nonce=model.sixteen_bytes(message.nonce, f"{where}.nonce"),
        question_id=QuestionId(model.sixteen_bytes(message.question_id, f"{where}.question_id")),
        covenant=model.code(message.covenant, f"{where}.covenant"),
        asker=model.participant_id(message.asker, f"{where}.asker"),
        holder=model.participant_id(message.holder, f"{where}.holder"),
        purpose=fields.code(message.purpose, f"{where}.purpose"),
        proportionality=fields.optional_code(message.proportionality, f"{where}.proportionality"),
        subsidiarity=fields.optional_code(message.subsidiarity, f"{where}.subsidiarity"),
        give_basis=fields.optional_code(message.give_basis, f"{where}.give_basis"),
        receive_basis=fields.optional_code(message.receive_basis, f"{where}.receive_basis"),
        inform_basis=fields.optional_code(message.inform_basis, f"{where}.inform_basis"),
        acting_as=fields.optional_code(message.acting_as, f"{where}.acting_as"),
        reason=fields.optional_code(message.reason, f"{where}.reason"),
    )


def _part(data: bytes, question: Question, where: str) -> Part:
    part = parse_part(data, where)
    same = (part.question_id, part.covenant, part.asker) == (
        question.question_id,
        question.covenant.id,
        question.asker,
    )
    if not same or part.holder == question.asker:
        raise InvalidInput(where, _("{where} hoort niet bij deze vraag.", where=where))
    return part


def parse_question(data: bytes) -> Question:
    """Return what an asker signed about a question as a whole; raises InvalidInput."""
    message = fields.parsed(overlap_pb2.Question, data, "question")
    return Question(
        covenant=convert.covenant_ref(message.covenant),
        question_id=QuestionId(model.sixteen_bytes(message.question_id, "question_id")),
        asker=model.participant_id(message.asker, "asker"),
        sent_ms=message.sent_ms,
        case_ref=fields.digest(message.case_ref, "case_ref"),
        user_ref=fields.digest(message.user_ref, "user_ref"),
        responsible_ref=fields.digest(message.responsible_ref, "responsible_ref"),
        purpose=fields.code(message.purpose, "purpose"),
        epochs=tuple(model.epoch_id(item, "epochs") for item in message.epochs),
        digest=fields.digest(message.digest, "digest"),
        new_fact=fields.optional_code(message.new_fact, "new_fact"),
        power=fields.optional_code(message.power, "power"),
        region_reason=fields.optional_code(message.region_reason, "region_reason"),
    )


def _question_message(value: Question) -> overlap_pb2.Question:
    return overlap_pb2.Question(
        covenant=convert.covenant_message(value.covenant),
        question_id=value.question_id,
        asker=value.asker,
        sent_ms=value.sent_ms,
        case_ref=value.case_ref,
        user_ref=value.user_ref,
        responsible_ref=value.responsible_ref,
        purpose=value.purpose,
        epochs=list(value.epochs),
        digest=value.digest,
        new_fact=value.new_fact,
        power=value.power,
        region_reason=value.region_reason,
    )


def _part_message(value: Part) -> overlap_pb2.HolderPart:
    return overlap_pb2.HolderPart(
        nonce=value.nonce,
        question_id=value.question_id,
        covenant=value.covenant,
        asker=value.asker,
        holder=value.holder,
        purpose=value.purpose,
        proportionality=value.proportionality,
        subsidiarity=value.subsidiarity,
        give_basis=value.give_basis,
        receive_basis=value.receive_basis,
        inform_basis=value.inform_basis,
        acting_as=value.acting_as,
        reason=value.reason,
    )


def _leaves(parts: Sequence[bytes], padding_seed: bytes) -> list[bytes]:
    leaves = [tree.leaf_hash(part) for part in parts]
    padding = range(len(leaves), MAX_HOLDERS)
    return leaves + [hashlib.sha256(padding_seed + bytes([index])).digest() for index in padding]


def _levels(leaves: Sequence[bytes]) -> tuple[tuple[bytes, ...], ...]:
    """Return the RFC 6962 tree over exactly 16 leaves, level by level; with a power of two it has no odd places."""
    levels = [tuple(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=True)
        levels.append(tuple(tree.node_hash(left, right) for left, right in pairs))
    return tuple(levels)


def _message(question: bytes, root: bytes) -> bytes:
    return hashlib.sha256(question).digest() + root
