"""The inbox of the decision-maker: real hits of others' questions. A look is logged here and nowhere else."""

from samenloop.audit.fields import Event
from samenloop.clock import from_milliseconds
from samenloop.decisions.contact import speakable
from samenloop.model import ParticipantId, QuestionId
from samenloop.wire.ask import parse_part
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.store import Transaction, inbox, registrations
from samenloop_node.store.inbox import StoredHit

SEEN_BY_ASKER = frozenset({"shown", "released"})
"""Of another hit its asker knows nothing: there is nothing to phone about (R-34), so it has no code for the phone."""


async def list_inbox(app: App, user: User) -> list[dict[str, object]]:
    """Return all real hits with own record ids, newest first; the look itself is logged per hit."""

    def look(db: Transaction) -> list[dict[str, object]]:
        hits = inbox.list_hits(db)
        for hit in hits:
            public = {"question": hit.question_id.hex(), "receiver": hit.asker}
            app.ownlog.append(db, Event.INBOX_VIEW, {**public, "user": app.references.user(user.name).hex()})
        return [_described(app, db, hit) for hit in hits]

    return await app.store.write(look)


def _to_phone(app: App, hit: StoredHit) -> str:
    return speakable(QuestionId(hit.question_id), ParticipantId(app.config.participant))


def _described(app: App, db: Transaction, hit: StoredHit) -> dict[str, object]:
    part = parse_part(hit.part, "part")
    rows = [registrations.by_id(db, one) for one in hit.registrations]
    return {
        "question": hit.question_id.hex(),
        "reference": _to_phone(app, hit) if hit.state in SEEN_BY_ASKER else "",
        "asker": hit.asker,
        "asker_name": app.name_of(hit.asker),
        "asked": from_milliseconds(hit.asked_ms).isoformat(timespec="seconds"),
        "purpose": part.purpose,
        "give_basis": part.give_basis,
        "receive_basis": part.receive_basis,
        "inform_basis": part.inform_basis,
        "proportionality": part.proportionality,
        "subsidiarity": part.subsidiarity,
        "acting_as": part.acting_as,
        "reason": part.reason,
        "state": hit.state,
        "shown": hit.shown,
        "records": [{"register": row.register, "record_id": row.record_id} for row in rows if row is not None],
        "more": hit.more,
    }
