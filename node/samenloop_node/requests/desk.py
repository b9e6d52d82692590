"""The desk: receive a request, route it to the controller that holds the data, hold the records still, answer once.

1. Who asks is established first; his fields are tokenised for the search (FindOwn) and forgotten.
2. Another controller's data: a sealed letter with a number and no name; only that controller answers (R-65, R-66).
3. Objection and restriction freeze the records before anything else (R-67).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from secrets import token_hex

from samenloop.audit.fields import Event
from samenloop.decisions.request import GRANTED, REQUEST, RequestEvent, RequestInput, RequestState, answer_before
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.model import ID_BYTES, ParticipantId
from samenloop.texts import _
from samenloop_node import declaring, letters
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.letters import RightsAnswer, RightsRequest
from samenloop_node.own_records import find_own
from samenloop_node.process import keep_text, log, refusals_logged, today
from samenloop_node.registrations.jobs import alone
from samenloop_node.registrations.single import Single
from samenloop_node.registrations.single import withdraw as withdraw_record
from samenloop_node.requests import access
from samenloop_node.requests.freezing import freeze, unfreeze
from samenloop_node.store import Transaction, inbox, registrations, requests
from samenloop_node.store.registrations import Registration
from samenloop_node.store.requests import StoredRequest

SEARCHES: Mapping[str, str] = {
    "inzage": "access",
    "correctie": "correction",
    "verwijdering": "erasure",
    "beperking": "objection",
    "bezwaar": "objection",
}
"""Which purpose of FindOwn belongs to each kind of request."""
_FREEZING = ("bezwaar", "beperking")


@dataclass(frozen=True, slots=True)
class Received:
    """A request as the desk takes it in; `holder` is the controller that holds the data, empty for this one."""

    kind: str
    received_on: date
    identity_checked: bool
    holder: ParticipantId
    objection_basis: str = ""


@dataclass(frozen=True, slots=True)
class Answering:
    """How a request is answered: outcome code, a checked motive, and that the reply names where to complain (R-68)."""

    number: str
    outcome: str
    motive: str
    complaint_route: bool
    cases: tuple[str, ...] = ()


async def receive(app: App, user: User, said: Received, person: Mapping[str, str]) -> StoredRequest:
    """Take in a request and route it; raises Refused (R-65, R-67) with all that is missing."""
    day = said.received_on
    row = StoredRequest(
        number=token_hex(ID_BYTES),
        kind=said.kind,
        state=RequestState.RECEIVED.value,
        received_on=day.isoformat(),
        answer_before=answer_before(app.catalogue, day).isoformat(),
        desk=app.config.participant,
        holder=said.holder,
        objection_basis=said.objection_basis,
        outcome="",
        answered_on="",
    )
    async with refusals_logged(app, user, Event.RIGHTS, {"action": said.kind or "unknown"}):
        given = _input(app, row, identity_checked=said.identity_checked, frozen=True)
        routed = _step(app, row, RequestEvent.ROUTE, given)
    if said.holder == app.config.participant:
        return await _hold(app, user, row, person)
    await _pass_on(app, user, routed)
    return routed


async def take_on(
    app: App, user: User, number: str, person: Mapping[str, str], objection_basis: str, *, identity_checked: bool
) -> StoredRequest:
    """Take on a request that another desk passed to us, for the person as he identified himself here."""
    row = await app.store.read(lambda db: find(db, number))
    row = replace(row, objection_basis=objection_basis or row.objection_basis)
    async with refusals_logged(app, user, Event.RIGHTS, {"action": row.kind, "request": number}):
        _step(app, row, RequestEvent.ROUTE, _input(app, row, identity_checked=identity_checked, frozen=True))
    return await _hold(app, user, row, person)


async def answer(app: App, user: User, said: Answering) -> tuple[StoredRequest, access.Report | None]:
    """Answer a request of our own data, with its effect on the records; raises Refused (R-65..R-68)."""
    row = await app.store.read(lambda db: find(db, said.number))
    rows = await app.store.read(lambda db: records_of(db, said.number))
    report = None
    if row.kind == "inzage":
        report = await app.store.read(lambda db: access.report(app, db, rows, said.cases))
    given = replace(
        _input(app, row, identity_checked=True, frozen=all(one.frozen for one in rows)),
        answered_by=ParticipantId(app.config.participant),
        outcome=said.outcome,
        motive=bool(said.motive),
        recipients_listed=report is not None,
        askers_listed=report is not None,
        reveals=access.revealed(report) if report else frozenset(),
        complaint_route=said.complaint_route,
        corrected=await app.store.read(lambda db: requests.corrected(db, row.number)),
    )
    async with refusals_logged(app, user, Event.RIGHTS, {"action": row.kind, "request": row.number}):
        answered = _step(app, row, RequestEvent.ANSWER, given)
    await _effect(app, user, row, said.outcome, rows)
    answered = replace(answered, outcome=said.outcome, answered_on=today(app).isoformat())
    await _store_answer(app, user, answered, said.motive)
    return answered, report


async def _hold(app: App, user: User, row: StoredRequest, person: Mapping[str, str]) -> StoredRequest:
    """Find the records, freeze them where the law says so, and only then store the request as routed to ourselves.

    The records are noted before: from then on the answer to another request leaves them frozen.
    """
    found = await find_own(app, user, SEARCHES[row.kind], person)
    ids = [one.registration_id for one in found]
    new = await app.store.write(lambda db: _note_records(db, row, ids))
    try:
        if row.kind in _FREEZING:
            for one in ids:
                await freeze(app, one)
        return await app.store.write(lambda db: _routed(app, db, user, row, ids))
    except SamenloopError:
        if new:
            await app.store.write(lambda db: requests.purge(db, row.number))
        raise


def _note_records(db: Transaction, row: StoredRequest, ids: list[bytes]) -> bool:
    new = requests.add(db, row)
    requests.keep_records(db, row.number, ids)
    return new


def _routed(app: App, db: Transaction, user: User, row: StoredRequest, ids: list[bytes]) -> StoredRequest:
    rows = [registrations.by_id(db, one) for one in ids]
    frozen = all(one is None or one.frozen for one in rows)
    routed = _step(app, row, RequestEvent.ROUTE, _input(app, row, identity_checked=True, frozen=frozen))
    requests.change(db, routed)
    public = {"action": "routed", "request": routed.number, "receiver": routed.holder, "count": len(ids)}
    log(app, db, user, Event.RIGHTS, public)
    return routed


async def _pass_on(app: App, user: User, row: StoredRequest) -> None:
    me = ParticipantId(app.config.participant)
    letter = RightsRequest(me, row.number, row.kind, row.received_on, row.objection_basis)
    declaration = declaring.prepare(app, letters.seal_request(app.covenant(), row.holder, letter), row.number)

    def work(db: Transaction) -> None:
        requests.add(db, row)
        inbox.add_declaration(db, declaration)
        public = {"action": "routed", "request": row.number, "receiver": row.holder}
        log(app, db, user, Event.RIGHTS, public)

    await app.store.write(work)
    await declaring.sent_now(app, declaration)


async def _effect(app: App, user: User, row: StoredRequest, outcome: str, rows: list[Registration]) -> None:
    if outcome in GRANTED and row.kind in ("verwijdering", "bezwaar"):
        for one in rows:
            work = withdraw_record(Single(app, one.register, user.name), one.record_id)
            await alone(app, one.register, work)
    elif row.kind in _FREEZING and outcome not in GRANTED:
        for one in rows:
            await unfreeze(app, one.registration_id, row.number)


async def _store_answer(app: App, user: User, row: StoredRequest, motive: str) -> None:
    declaration = None
    if row.desk != app.config.participant:
        letter = RightsAnswer(ParticipantId(app.config.participant), row.number, row.outcome)
        declaration = declaring.prepare(app, letters.seal_answer(app.covenant(), row.desk, letter), row.number)

    def work(db: Transaction) -> None:
        requests.change(db, row)
        if declaration is not None:
            inbox.add_declaration(db, declaration)
        public = {"action": "answered", "request": row.number, "status": row.outcome, "day": row.answered_on}
        log(app, db, user, Event.RIGHTS, {**public, **keep_text(app, db, motive)})

    await app.store.write(work)
    if declaration is not None:
        await declaring.sent_now(app, declaration)


def _input(app: App, row: StoredRequest, *, identity_checked: bool, frozen: bool) -> RequestInput:
    """Return what the guards look at. `frozen` of another's record is its own node's step, with this same guard."""
    holder = app.covenant().participant(row.holder)
    kinds = [app.catalogue.partner_of(kind) or "" for kind in (*holder.asks_as, *(r.kind for r in holder.registers))]
    return RequestInput(
        kind=row.kind,
        received_on=date.fromisoformat(row.received_on),
        today=today(app),
        identity_checked=identity_checked,
        holder=holder.id,
        holder_kind="om" if "om" in kinds else next(iter(kinds), ""),
        routed_to=holder.id,
        objection_basis=row.objection_basis,
        frozen=frozen,
    )


def _step(app: App, row: StoredRequest, event: RequestEvent, given: RequestInput) -> StoredRequest:
    state = REQUEST.step(app.catalogue, RequestState(row.state), event, given)
    return replace(row, state=state.value)


def find(db: Transaction, number: str) -> StoredRequest:
    """Return a request; raises NOT_FOUND."""
    row = requests.find(db, number)
    if row is None:
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("Er is geen verzoek met dit nummer. Kijk met: samenloop-node rights list.")
        )
    return row


def records_of(db: Transaction, number: str) -> list[Registration]:
    """Return the own records that were found for a request."""
    rows = [registrations.by_id(db, one) for one in requests.records(db, number)]
    return [row for row in rows if row is not None]


def check_day(received_on: date, day: date) -> date:
    """Return the day of receipt; raises InvalidInput when it lies in the future."""
    if received_on > day:
        raise InvalidInput("received_on", _("De dag van ontvangst ligt in de toekomst. Controleer de datum."))
    return received_on
