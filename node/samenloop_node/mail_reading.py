"""What an opened mailbox item means, and whether it is genuine. Pure: no store, no connection.

The coordinator carries every item, so nothing is believed that its author did not sign with his covenant key:
1. a hit: the asker signed the question and our own part of it;
2. a release or its withdrawal: the holder signed it, for this receiver;
3. a letter: its author signed it, and it was sealed to us.
Only that something *lapsed* comes from the coordinator itself: it can take away, never show.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from samenloop import model
from samenloop.covenant import Covenant
from samenloop.errors import IntegrityError, InvalidInput, SamenloopError
from samenloop.keys import SealingKey, VerifyKey
from samenloop.model import ParticipantId, QuestionId, RegistrationId
from samenloop.texts import _
from samenloop.wire.ask import Part, parse_part, verify_notice
from samenloop.wire.declare import Letter, Release, Statement, parse_statement, verify_statement
from samenloop.wire.v1 import common_pb2, mailbox_pb2
from samenloop_node.letters import Opened, open_letter


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody's question hit registrations of ours; `shown` says whether the asker saw it at once."""

    part: Part
    part_bytes: bytes
    shown: bool
    registrations: tuple[RegistrationId, ...]
    more: bool
    asked_ms: int


@dataclass(frozen=True, slots=True)
class Released:
    """A holder shows us its hidden hit of our question, or takes that back (`withdrawn`)."""

    question_id: QuestionId
    holder: ParticipantId
    withdrawn: bool
    stated_ms: int


@dataclass(frozen=True, slots=True)
class Lapsed:
    """What a holder showed for our question no longer holds."""

    question_id: QuestionId
    holder: ParticipantId


Incoming: TypeAlias = Hit | Released | Lapsed | Opened
CountedAt: TypeAlias = Callable[[int], Sequence[Covenant]]


def read_content(
    content: mailbox_pb2.MailContent, counted_at: CountedAt, me: ParticipantId, key: SealingKey
) -> Incoming | None:
    """Return what an item says, or None for a dummy; raises SamenloopError for what is not genuine.

    `counted_at` gives the covenant versions that may have counted at a moment (ms), the newest first.
    """
    match content.WhichOneof("content"):
        case "hit":
            return _hit(content.hit, counted_at, me)
        case "event":
            return _event(content.event, counted_at, me)
        case "letter":
            statement, covenant = _statement(content.letter, counted_at)
            if not isinstance(statement.act, Letter) or statement.act.receiver != me:
                raise _not_for_us()
            return open_letter(covenant, statement.author, statement.act, key)
        case _other:
            return None


def _hit(notice: mailbox_pb2.HitNotice, counted_at: CountedAt, me: ParticipantId) -> Hit:
    part = parse_part(notice.part, "part")
    covenant = _signed_then(counted_at(notice.asked_ms), part.asker, lambda key: verify_notice(notice, key))
    if (part.holder, part.covenant) != (me, covenant.id) or part.asker == me:
        raise _not_for_us()
    ids = tuple(RegistrationId(model.sixteen_bytes(one, "registration_ids")) for one in notice.registration_ids)
    if not ids:
        raise InvalidInput("registration_ids", _("Een bericht over een treffer noemt geen registratie."))
    return Hit(part, notice.part, notice.shown, ids, notice.more, notice.asked_ms)


def _event(event: mailbox_pb2.Event, counted_at: CountedAt, me: ParticipantId) -> Released | Lapsed:
    if not event.HasField("statement"):
        question = QuestionId(model.sixteen_bytes(event.lapsed_question_id, "lapsed_question_id"))
        return Lapsed(question, model.participant_id(event.lapsed_holder, "lapsed_holder"))
    statement, _covenant = _statement(event.statement, counted_at)
    act = statement.act
    if not isinstance(act, Release) or act.receiver != me:
        raise _not_for_us()
    return Released(act.question_id, statement.author, act.withdrawn, statement.sent_ms)


def _statement(signed: common_pb2.Signed, counted_at: CountedAt) -> tuple[Statement, Covenant]:
    statement = parse_statement(signed.body)
    versions = counted_at(statement.sent_ms)
    covenant = _signed_then(
        versions, statement.author, lambda key: verify_statement(signed.body, signed.signature, key)
    )
    if statement.covenant.id != covenant.id:
        raise _not_for_us()
    return statement, covenant


def _signed_then(
    versions: Sequence[Covenant], author: ParticipantId, verify: Callable[[VerifyKey], object]
) -> Covenant:
    """Return the newest version by whose key of the author the signature holds; raises what the newest of all says."""
    problem: SamenloopError | None = None
    for covenant in versions:
        found = covenant.find(author)
        if found is None:
            continue
        try:
            verify(VerifyKey(found.signing_key))
        except SamenloopError as error:
            problem = problem or error
        else:
            return covenant
    raise problem or _not_for_us()


def _not_for_us() -> IntegrityError:
    return IntegrityError(_("Dit bericht is niet voor deze node of voor dit convenant bestemd."))
