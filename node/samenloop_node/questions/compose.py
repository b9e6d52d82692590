"""From a draft to the signed request: pure, every random value and reference is an argument."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from samenloop.commitment import tokens_digest
from samenloop.keys import SigningKey
from samenloop.model import EpochId, ParticipantId, QuestionId, RegistrationId, TokenSet
from samenloop.wire.ask import Part, Question, build_ask, parse_part, parse_question
from samenloop.wire.convert import CovenantRef, token_set_message
from samenloop.wire.v1 import overlap_pb2
from samenloop_node.questions.draft import HolderDraft, QuestionDraft
from samenloop_node.store.questions import StoredQuestion

NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Frame:
    """What the node adds to a draft: who asks under which agreement, and the keyed references (32 bytes each)."""

    covenant: CovenantRef
    purpose: str
    asker: ParticipantId
    question_id: QuestionId
    sent_ms: int
    case_ref: bytes
    user_ref: bytes
    responsible_ref: bytes


@dataclass(frozen=True, slots=True)
class Secrets:
    """What binds and hides: both 32 random bytes, kept while the question is open."""

    salt: bytes
    padding_seed: bytes


@dataclass(frozen=True, slots=True)
class Composed:
    """A signed request, and the values in it that its reply is held against."""

    request: overlap_pb2.AskRequest
    question: Question
    parts: Sequence[Part]


def compose(
    draft: QuestionDraft,
    frame: Frame,
    token_sets: Sequence[TokenSet],
    excluded: Sequence[RegistrationId],
    secrets: Secrets,
    key: SigningKey,
    random_bytes: Callable[[int], bytes],
) -> Composed:
    """Return the signed request of a draft."""
    question = Question(
        covenant=frame.covenant,
        question_id=frame.question_id,
        asker=frame.asker,
        sent_ms=frame.sent_ms,
        case_ref=frame.case_ref,
        user_ref=frame.user_ref,
        responsible_ref=frame.responsible_ref,
        purpose=frame.purpose,
        epochs=tuple(EpochId(one.epoch) for one in token_sets),
        digest=tokens_digest(secrets.salt, token_sets, excluded),
        new_fact=draft.new_fact,
        power=draft.power,
        region_reason=draft.region_reason,
    )
    parts = [_part(holder, frame, random_bytes(NONCE_BYTES)) for holder in draft.holders]
    request = build_ask(question, parts, token_sets, excluded, secrets.salt, secrets.padding_seed, key)
    return Composed(request, question, parts)


def again(stored: StoredQuestion, token_sets: Sequence[TokenSet]) -> Composed:
    """Return the request of a stored question once more, for tokens of the retyped person."""
    request = overlap_pb2.AskRequest(
        question=stored.question,
        signature=stored.signature,
        parts=list(stored.parts),
        padding_seed=stored.padding_seed,
        salt=stored.salt,
        tokens=[token_set_message(one) for one in token_sets],
        excluded=list(stored.excluded),
    )
    return Composed(request, parse_question(stored.question), [parse_part(part, "part") for part in stored.parts])


def _part(holder: HolderDraft, frame: Frame, nonce: bytes) -> Part:
    return Part(
        nonce=nonce,
        question_id=frame.question_id,
        covenant=frame.covenant.id,
        asker=frame.asker,
        holder=holder.holder,
        purpose=holder.purpose,
        proportionality=holder.proportionality,
        subsidiarity=holder.subsidiarity,
        give_basis=holder.give_basis,
        receive_basis=holder.receive_basis,
        inform_basis=holder.inform_basis,
        acting_as=holder.acting_as,
        reason=holder.reason,
    )
