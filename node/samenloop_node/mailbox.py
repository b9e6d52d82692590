"""Polling the mailbox: fetch, open, judge, store, and only then acknowledge. Dummies leave no trace of any kind.

1. An item that was stored and not acknowledged comes again and changes nothing (`store.handled`).
2. Between fetching and judging the covenant is brought up to date, always: what a partner signed with a new key is
   judged by that key. While that does not work everything waits at the coordinator.
3. An item that cannot be opened, or that its author did not sign, is refused: an alarm in the own log, no effect.
4. Every item is acknowledged alike, whatever was in it: the coordinator learns nothing from what we did. Only what
   was sealed to our other key waits, while the covenant names another sealing key of ours than the one that is here.
"""

from collections.abc import Mapping, Sequence

from samenloop.audit.fields import Event
from samenloop.audit.seal import ContentKey, WrappedKey, key_id_of, open_fixed, open_wrapped
from samenloop.clock import milliseconds
from samenloop.errors import IntegrityError, SamenloopError
from samenloop.model import ParticipantId
from samenloop.texts import _
from samenloop.wire.mail import MAIL_BYTES, parse_mail
from samenloop.wire.v1 import mailbox_pb2
from samenloop_node import hearing
from samenloop_node.app import App
from samenloop_node.letters import CaseListed, RightsAnswer, RightsRequest
from samenloop_node.mail_reading import Hit, Incoming, Lapsed, Released, read_content
from samenloop_node.question_letters import CaseTold, ConsentTold, ContactTold
from samenloop_node.requests import arriving
from samenloop_node.store import Transaction, handled, inbox, questions
from samenloop_node.store.inbox import StoredHit
from samenloop_node.store.questions import Outcome

BATCH = 100
_DAY_BYTES = 10


async def poll(app: App) -> None:
    """Empty the mailbox once; raises SamenloopError when the coordinator is away, with everything so far stored.

    Raises INTEGRITY when items wait for the sealing key that the covenant names, after all others were handled.
    """
    more = True
    while more:
        reply = await app.connection.fetch_mail(mailbox_pb2.FetchRequest(limit=BATCH))
        if not reply.items:
            await _settle(app)
            return
        await app.agreement.keep_up(app.connection)
        keys = _content_keys(app, reply)
        items = [item for item in reply.items if key_id_of(item.sealed) in keys or _holds_own_key(app)]
        for item in items:
            await _take(app, item, keys)
        if items:
            ids = [item.item_id for item in items]
            await app.connection.acknowledge_mail(mailbox_pb2.AcknowledgeRequest(item_ids=ids))
            await _settle(app, ids)
        else:
            raise _other_key()
        more = reply.more or len(items) < len(reply.items)


def _holds_own_key(app: App) -> bool:
    """Say whether the sealing key that is here is the one that the covenant names."""
    return app.participant().sealing_key == app.sealing_key.public.hex


async def _take(app: App, item: mailbox_pb2.MailItem, keys: Mapping[bytes, ContentKey]) -> None:
    me = ParticipantId(app.config.participant)
    try:
        incoming = read_content(_opened(item, keys, me), app.agreement.counted_at, me, app.sealing_key)
    except SamenloopError as problem:
        public = {"reason": "mail-refused", "rule": problem.code.value.replace("_", "-")}
        await app.ownlog.write(Event.ALARM, public)
        return
    if incoming is not None:
        await app.store.write(lambda db: _apply_once(app, db, item.item_id, incoming))


def _apply_once(app: App, db: Transaction, item_id: bytes, incoming: Incoming) -> None:
    if handled.add(db, item_id):
        apply(app, db, incoming)


async def _settle(app: App, acknowledged: Sequence[bytes] = ()) -> None:
    """Forget what was acknowledged, or all of it when the mailbox is empty; writes nothing when only dummies came."""
    if not await app.store.read(handled.waiting):
        return
    if acknowledged:
        await app.store.write(lambda db: handled.forget(db, acknowledged))
    else:
        await app.store.write(handled.forget_all)


def apply(app: App, db: Transaction, incoming: Incoming) -> None:
    """Store what came, with its line in the node's own log; what came before changes nothing."""
    now = milliseconds(app.clock.now())
    match incoming:
        case Hit():
            _store_hit(db, incoming, now)
        case Released():
            outcome = questions.store_release(
                db,
                incoming.question_id,
                incoming.holder,
                withdrawn=incoming.withdrawn,
                stated_ms=incoming.stated_ms,
                now_ms=now,
            )
            _note_event(app, db, incoming, outcome, "release-withdrawn" if incoming.withdrawn else "released")
        case Lapsed():
            outcome = questions.erase_answer(db, incoming.question_id, incoming.holder)
            _note_event(app, db, incoming, outcome, "answer-lapsed")
        case CaseListed():
            inbox.add_case_letter(db, incoming.network, incoming.registration_id, incoming.case_number, now)
        case RightsRequest() | RightsAnswer():
            arriving.take(app, db, incoming)
        case ContactTold() | ConsentTold() | CaseTold():
            hearing.take(app, db, incoming)


def _store_hit(db: Transaction, hit: Hit, now: int) -> None:
    """No line in the log: the inbox is the only place that tells of a hit, until somebody looks there."""
    inbox.add_hit(
        db,
        StoredHit(
            question_id=hit.part.question_id,
            asker=hit.part.asker,
            part=hit.part_bytes,
            shown=hit.shown,
            more=hit.more,
            asked_ms=hit.asked_ms,
            received_ms=now,
            state="shown" if hit.shown else "hidden",
            registrations=hit.registrations,
        ),
    )


def _note_event(app: App, db: Transaction, event: Released | Lapsed, outcome: Outcome, action: str) -> None:
    if outcome is Outcome.UNKNOWN:
        app.ownlog.append(db, Event.ALARM, {"reason": "mail-refused", "rule": "unknown-question"})
    elif outcome is Outcome.DONE:
        stored = questions.find_question(db, event.question_id)
        case = app.references.case(stored.case_number).hex() if stored else ""
        rows = [{"holder": event.holder, "answer": "known" if action == "released" else "none"}]
        public = {"action": action, "question": event.question_id.hex(), "holders": rows, "case": case}
        app.ownlog.append(db, Event.CASE, public)


def _content_keys(app: App, reply: mailbox_pb2.FetchReply) -> dict[bytes, ContentKey]:
    """Open the content keys of these items; one that is not for us leaves its items unopened, and so refused."""
    opened: dict[bytes, ContentKey] = {}
    for wrap in reply.keys:
        wrapped = WrappedKey(app.config.participant, wrap.key_id, wrap.wrapped[_DAY_BYTES:], b"")
        try:
            day = wrap.wrapped[:_DAY_BYTES].decode("ascii")
            opened[wrap.key_id] = open_wrapped(wrapped, day, app.sealing_key, auditor=False)
        except (IntegrityError, UnicodeDecodeError):
            continue
    return opened


def _other_key() -> IntegrityError:
    return IntegrityError(
        _(
            "Er wacht post voor een andere verzegelsleutel dan deze node gebruikt. Zet de sleutel neer die het "
            "convenant noemt en start de node opnieuw."
        )
    )


def _opened(item: mailbox_pb2.MailItem, keys: Mapping[bytes, ContentKey], me: ParticipantId) -> mailbox_pb2.MailContent:
    key = keys.get(key_id_of(item.sealed))
    if key is None:
        raise IntegrityError(_("Een postbusbericht is niet voor deze node verzegeld."))
    return parse_mail(open_fixed(key, item.sealed, MAIL_BYTES + 2, item.item_id + me.encode()))
