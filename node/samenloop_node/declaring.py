"""Declarations to the coordinator: signed and stored in the transaction of the act, then sent until it has them.

A retry sends the same bytes under the same request id. When the coordinator says that it never saw an old one (clock),
the same act is signed anew under a new id: nothing was logged yet, so nothing happens twice.
"""

from collections.abc import Mapping
from secrets import token_bytes

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.audit.witness import Reason
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.model import ID_BYTES, ParticipantId
from samenloop.texts import _
from samenloop.wire.declare import (
    Act,
    CaseClosed,
    Grounds,
    Letter,
    Release,
    Statement,
    build_declare,
    parse_declare,
)
from samenloop.wire.v1 import common_pb2, overlap_pb2
from samenloop_node import witness
from samenloop_node.app import App
from samenloop_node.store import Transaction, inbox, receipts
from samenloop_node.store.inbox import StoredDeclaration

UNSURE = frozenset(
    {
        ErrorCode.UNAVAILABLE,
        ErrorCode.BUSY,
        ErrorCode.STORAGE_FULL,
        ErrorCode.INTERNAL,
        ErrorCode.INTEGRITY,
        ErrorCode.NOT_AUTHENTICATED,
    }
)
"""Failures after which nobody here knows whether the coordinator did it: the request stays open."""
_RENEW = frozenset({ErrorCode.CLOCK_SKEW, ErrorCode.COVENANT_MISMATCH})


def prepare(app: App, act: Act, subject: str, grounds: Grounds | None = None) -> StoredDeclaration:
    """Sign an act, to be stored (`inbox.add_declaration`) in the transaction of what it declares.

    `subject` is this node's own id for what it is about.
    """
    statement = Statement(
        covenant=app.agreement.ref(),
        request_id=token_bytes(ID_BYTES),
        author=ParticipantId(app.config.participant),
        sent_ms=milliseconds(app.clock.now()),
        act=act,
    )
    request = build_declare(statement, app.signing_key, grounds)
    body = request.SerializeToString(deterministic=True)
    return StoredDeclaration(statement.request_id, _kind(act), body, subject, statement.sent_ms)


async def send(app: App, stored: StoredDeclaration) -> None:
    """Send one stored declaration and store its receipt.

    Raises SamenloopError: of UNSURE it stays open and is sent again later, otherwise it is closed as refused.
    """
    try:
        await _send(app, stored)
    except SamenloopError as problem:
        if problem.code not in _RENEW:
            raise
        await app.agreement.refresh(app.connection)
        await _send(app, await _renewed(app, stored))


async def sent_now(app: App, stored: StoredDeclaration) -> bool:
    """Send a declaration; returns False when it stays open and the daemon sends it later. Raises when it is refused."""
    try:
        await send(app, stored)
    except SamenloopError as problem:
        if problem.code not in UNSURE:
            raise
        return False
    return True


async def send_open(app: App) -> None:
    """Send everything that is still open, oldest first. Stops at the first failure and raises it."""
    for stored in await app.store.read(inbox.open_declarations):
        await send(app, stored)


async def _send(app: App, stored: StoredDeclaration) -> None:
    request = overlap_pb2.DeclareRequest.FromString(stored.request)
    try:
        receipt = await app.connection.declare(request)
    except SamenloopError as problem:
        if problem.code not in UNSURE:
            await app.store.write(lambda db: inbox.close_declaration(db, stored.request_id, "refused"))
        raise
    try:
        event = _verify(app, request, receipt)
    except IntegrityError:
        await witness.stop(app, Reason.OWN_DIFFERENT)
        raise
    now = milliseconds(app.clock.now())

    def done(db: Transaction) -> None:
        receipts.add(db, receipt.entry, event, now)
        inbox.close_declaration(db, stored.request_id, "done")

    await app.store.write(done)


async def _renewed(app: App, stored: StoredDeclaration) -> StoredDeclaration:
    declaring = parse_declare(overlap_pb2.DeclareRequest.FromString(stored.request))
    renewed = prepare(app, declaring.statement.act, stored.subject, declaring.grounds)
    await app.store.write(lambda db: inbox.add_declaration(db, renewed))
    return renewed


def _verify(app: App, request: overlap_pb2.DeclareRequest, receipt: common_pb2.Receipt) -> str:
    """Return the event code of the entry, after holding it against what was declared; raises IntegrityError."""
    statement = parse_declare(request).statement
    known: dict[str, object] = {
        "origin": app.covenant().coordinator.log_origin,
        "request": statement.request_id.hex(),
        "covenant": statement.covenant.id,
        "actor": statement.author,
        **_known_of(statement.act),
    }
    try:
        entry = entries.parse(receipt.entry)
    except InvalidInput as problem:
        raise _does_not_fit() from problem
    if any(entry.public.get(name) != value for name, value in known.items()):
        raise _does_not_fit()
    return entry.event.value


def _known_of(act: Act) -> Mapping[str, object]:
    match act:
        case Release():
            return {"event": _kind(act), "question": act.question_id.hex(), "receiver": act.receiver}
        case CaseClosed():
            return {"event": _kind(act), "case": act.case_ref.hex()}
        case _other:
            return {}


def _kind(act: Act) -> str:
    match act:
        case Release():
            event = Event.RELEASE_WITHDRAWN if act.withdrawn else Event.RELEASE
            return event.value
        case CaseClosed():
            return Event.CASE_CLOSED.value
        case Letter():
            return Event.LETTER.value
        case _other:
            raise InvalidInput("act", _("Deze verklaring wordt hier niet verstuurd."))


def _does_not_fit() -> IntegrityError:
    return IntegrityError(
        _("De bevestiging van de coördinator past niet bij wat deze node verklaarde. Bel de beheerder.")
    )
