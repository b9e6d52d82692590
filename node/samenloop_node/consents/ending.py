"""Withdrawing and lapsing: what was shown on a consent is hidden again, here at once, elsewhere as soon as possible.

Withdrawal needs nothing and always succeeds (R-50). What could not be sent yet is sent by the daemon until it arrived.
"""

from samenloop.audit.fields import Event
from samenloop.decisions.consent import CONSENT, ConsentEvent, ConsentInput
from samenloop.decisions.consent_facts import ConsentState
from samenloop.errors import SamenloopError
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.consents.records import read_form, stored_consent, tell_ended
from samenloop_node.declaring import sent_now
from samenloop_node.process import log, one_by_one, today
from samenloop_node.restating import Restated, restate, standing
from samenloop_node.store import Transaction, consents, inbox, registrations
from samenloop_node.store.consents import BEFOREHAND, RELEASE, StoredConsent, Use
from samenloop_node.store.inbox import StoredDeclaration
from samenloop_node.taking_back import take_back


async def withdraw(app: App, user: User, number: str) -> list[dict[str, object]]:
    """Withdraw a consent; return its effects. `done` is false for what the coordinator still has to hear."""

    def work(db: Transaction) -> list[Use]:
        stored = stored_consent(db, number)
        given = ConsentInput(form=read_form(stored), today=today(app))
        state = CONSENT.step(app.catalogue, ConsentState(stored.state), ConsentEvent.WITHDRAW, given)
        consents.set_state(db, number, state.value, today(app).isoformat())
        log(app, db, user, Event.CONSENT, {"action": "withdraw", "receiver": given.form.receiver})
        tell_ended(app, db, stored)
        return consents.uses(db, number)

    uses = await app.store.write(work)
    return [{"kind": one.kind, "subject": one.subject.hex(), "done": await _undone(app, one)} for one in uses]


async def settle(app: App) -> None:
    """Let consents lapse whose term ended, and hide what still shows on an ended one; the daemon's repeating job.

    One that fails holds up no other; its SamenloopError is raised at the end.
    """
    try:
        over = await app.store.read(lambda db: _past_term(app, db))
        await one_by_one(over, lambda number: app.store.write(lambda db: _lapse(app, db, number)))
    finally:
        await one_by_one(await app.store.read(consents.to_undo), lambda one: _undo(app, one))


def _past_term(app: App, db: Transaction) -> list[str]:
    return [stored.number for stored in consents.listed(db) if _lapses(app, stored)]


def _lapses(app: App, stored: StoredConsent) -> bool:
    until = read_form(stored).valid_until
    return stored.state in ("given", "used") and until is not None and until < today(app)


def _lapse(app: App, db: Transaction, number: str) -> None:
    stored = stored_consent(db, number)
    if not _lapses(app, stored):
        return
    given = ConsentInput(form=read_form(stored), today=today(app))
    state = CONSENT.step(app.catalogue, ConsentState(stored.state), ConsentEvent.EXPIRE, given)
    consents.set_state(db, stored.number, state.value, today(app).isoformat())
    log(app, db, None, Event.CONSENT, {"action": "expire", "receiver": given.form.receiver})
    tell_ended(app, db, stored)


async def _undone(app: App, one: Use) -> bool:
    """Undo what rested on a withdrawn consent; False when the daemon goes on with it. One that fails stops no other."""
    try:
        return await _undo(app, one)
    except SamenloopError:
        return False


async def _undo(app: App, one: Use) -> bool:
    """Hide what rested on an ended consent; returns False when the coordinator hears of it later."""
    if one.kind == BEFOREHAND:
        await _without_decision(app, one)
        return True
    declaration = await app.store.write(lambda db: _take_back(app, db, one))
    return declaration is None or await sent_now(app, declaration)


def take_back_released(app: App, db: Transaction, question_id: bytes) -> None:
    """Hide what was released on consent for this question: the asker's own, which it needs too, ended (R-52)."""
    for one in consents.uses_of(db, RELEASE, question_id):
        _take_back(app, db, one)


def _take_back(app: App, db: Transaction, one: Use) -> StoredDeclaration | None:
    """Hide a released hit and store the signed taking back, in one transaction; None when it no longer shows."""
    consents.undone(db, one)
    hit = inbox.find_hit(db, one.subject)
    if hit is None or hit.state != "released":
        return None
    declaration = take_back(app, db, hit, hit.decided_by)
    public = {"action": "take-back", "receiver": hit.asker, "question": hit.question_id.hex(), "reason": "R-50"}
    log(app, db, None, Event.PROTOCOL, public)
    return declaration


async def _without_decision(app: App, one: Use) -> None:
    def look(db: Transaction) -> Restated | None:
        row = registrations.by_id(db, one.subject)
        if row is None:
            return None
        left = standing(app, db, row)
        kept = tuple(item for item in left if item.detail is None or item.detail.consent != one.number)
        return Restated(row, kept, row.frozen, lambda db: consents.undone(db, one))

    said = await app.store.read(look)
    if said is None:
        await app.store.write(lambda db: consents.undone(db, one))
    else:
        await restate(app, said.row.register, look)
