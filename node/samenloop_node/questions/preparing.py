"""A question made ready: tokens, the signed request, what is stored of it, and its line in the node's own log."""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_bytes

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.commitment import SALT_BYTES
from samenloop.model import ID_BYTES, EpochId, ParticipantId, QuestionId, RegistrationId, TokenSet
from samenloop.wire.ask import parse_part
from samenloop.wire.v1 import overlap_pb2
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.identity.person import Person
from samenloop_node.process import keep_text
from samenloop_node.questions.compose import Composed, Frame, Secrets, compose
from samenloop_node.questions.draft import HolderDraft, QuestionDraft
from samenloop_node.questions.padding import padding_stream
from samenloop_node.store import Transaction, questions
from samenloop_node.store.questions import StoredQuestion
from samenloop_node.tokens.findable import require_findable
from samenloop_node.tokens.tokenise import tokenise


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question as it is stored, its request, and the motive sealed for the node's own log (or empty)."""

    stored: StoredQuestion
    made: Composed
    public: Mapping[str, object]
    motive: str


def prepare(
    app: App,
    user: User,
    draft: QuestionDraft,
    person: Person,
    epochs: tuple[EpochId, ...],
    excluded: tuple[RegistrationId, ...],
) -> Prepared:
    """Return a new question under a fresh number and salt, signed; nothing is stored or sent yet.

    Raises InvalidInput for a person of whom too little is known to be found.
    """
    secrets = Secrets(token_bytes(SALT_BYTES), token_bytes(SALT_BYTES))
    frame = Frame(
        covenant=app.agreement.ref(),
        purpose=app.covenant().purpose.id,
        asker=ParticipantId(app.config.participant),
        question_id=QuestionId(token_bytes(ID_BYTES)),
        sent_ms=milliseconds(app.clock.now()),
        case_ref=app.references.case(draft.case),
        user_ref=app.references.user(user.name),
        responsible_ref=app.references.user(user.responsible),
    )
    token_sets = tokens(app, person, epochs, secrets.salt)
    require_findable(token_sets, app.profiles())
    made = compose(draft, frame, token_sets, excluded, secrets, app.signing_key, token_bytes)
    stored = StoredQuestion(
        question_id=frame.question_id,
        case_number=draft.case,
        asked_by=user.name,
        responsible=user.responsible,
        sent_ms=frame.sent_ms,
        question=made.request.question,
        signature=made.request.signature,
        padding_seed=secrets.padding_seed,
        salt=secrets.salt,
        excluded=excluded,
        holders=tuple(part.holder for part in draft.holders),
        parts=tuple(made.request.parts),
    )
    return Prepared(stored, made, _log_fields(draft, frame), draft.motive)


def _log_fields(draft: QuestionDraft, frame: Frame) -> dict[str, object]:
    rows = [_log_row(part) for part in draft.holders]
    return {
        "action": "question",
        "question": frame.question_id.hex(),
        "covenant": frame.covenant.id,
        "version": frame.covenant.version,
        "purpose": frame.purpose,
        "case": frame.case_ref.hex(),
        "user": frame.user_ref.hex(),
        "responsible": frame.responsible_ref.hex(),
        "holders": rows,
    }


def _log_row(part: HolderDraft) -> dict[str, str]:
    row = {
        "holder": part.holder,
        "answer": "none",
        "purpose": part.purpose,
        "necessity": part.proportionality,
        "give": part.give_basis,
        "receive": part.receive_basis,
        "inform": part.inform_basis,
        "acting_as": part.acting_as,
    }
    return {name: value for name, value in row.items() if value}


def store(app: App, db: Transaction, prepared: Prepared) -> None:
    """Store a question, its sealed motive and its line in the own log, in one transaction, before it is sent."""
    questions.add_question(db, prepared.stored)
    app.ownlog.append(db, Event.CASE, {**prepared.public, **keep_text(app, db, prepared.motive)})


def tokens(app: App, person: Person, epochs: tuple[EpochId, ...], salt: bytes) -> tuple[TokenSet, ...]:
    """Return the tokens of a person per epoch; the same again for the same salt (see `padding`)."""
    draw = padding_stream(app.references.seed("padding", salt))
    profiles = app.profiles()
    return tuple(tokenise(person, profiles.of(epoch), app.epoch_keys(epoch), draw) for epoch in epochs)


def draft_of(stored: StoredQuestion, message: overlap_pb2.Question) -> QuestionDraft:
    """Return the draft behind a stored question, without its motive: that stays with the first one."""
    parts = [parse_part(part, "part") for part in stored.parts]
    return QuestionDraft(
        case=stored.case_number,
        holders=tuple(
            HolderDraft(
                holder=part.holder,
                purpose=part.purpose,
                proportionality=part.proportionality,
                subsidiarity=part.subsidiarity,
                give_basis=part.give_basis,
                receive_basis=part.receive_basis,
                inform_basis=part.inform_basis,
                reason=part.reason,
                acting_as=part.acting_as,
            )
            for part in parts
        ),
        power=message.power,
        region_reason=message.region_reason,
        new_fact=message.new_fact,
    )
