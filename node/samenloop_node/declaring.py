"""Declarations to the coordinator: signed and stored in the transaction of the act, then sent until it has them.

1. A retry sends the same bytes under the same request id. When the coordinator says that it never saw an old one
   (clock), the same act is signed anew under a new id: nothing was logged yet, so nothing happens twice.
2. What is declared about one subject arrives in the order in which it was declared.
3. What the coordinator refuses for good is undone here in the transaction that closes it.
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
from samenloop_node import refused, witness
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
_LATER = UNSURE | _RENEW
"""Failures after which a declaration is sent again later, also once clock or covenant are right again."""
_TAKES_BACK = frozenset({Event.RELEASE_WITHDRAWN.value, Event.CASE_CLOSED.value})
"""What must reach the coordinator in the end: a partner that is suspended now says it when it no longer is."""


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
    """Send one stored declaration and store its receipt; nothing happens when it is closed by now.

    Raises SamenloopError: what stays open is sent again later, otherwise it is closed as refused and undone.
    """
    if not await app.store.read(lambda db: inbox.is_open(db, stored.request_id)):
        return
    try:
        await _send(app, stored)
    except SamenloopError as problem:
        if problem.code not in _RENEW:
            raise
        await app.agreement.refresh(app.connection)
        renewed = await _renewed(app, stored)
        if renewed is not None:
            await _send(app, renewed)


async def sent_now(app: App, stored: StoredDeclaration) -> bool:
    """Send a declaration, after what is still open of its subject; returns False when it stays open and the daemon
    sends it later. Raises when it is refused.
    """
    for one in await app.store.read(inbox.open_declarations):
        if one.subject != stored.subject:
            continue
        try:
            await send(app, one)
        except SamenloopError as problem:
            if _stays_open(one, problem):
                return False
            if one.request_id == stored.request_id:
                raise
        if one.request_id == stored.request_id:
            break
    return True


async def send_open(app: App) -> None:
    """Send everything that is still open, oldest first; raises the first failure when all were tried.

    What fails holds up only what was declared later about the same subject, unless the coordinator is away.
    """
    waiting, problems = set[str](), list[SamenloopError]()
    for stored in await app.store.read(inbox.open_declarations):
        if stored.subject in waiting:
            continue
        try:
            await send(app, stored)
        except SamenloopError as problem:
            problems.append(problem)
            if problem.code is ErrorCode.UNAVAILABLE:
                break
            if _stays_open(stored, problem):
                waiting.add(stored.subject)
    if problems:
        raise problems[0]


def _stays_open(stored: StoredDeclaration, problem: SamenloopError) -> bool:
    suspended = problem.code is ErrorCode.NOT_PERMITTED and stored.kind in _TAKES_BACK
    return suspended or problem.code in _LATER


async def _send(app: App, stored: StoredDeclaration) -> None:
    request = overlap_pb2.DeclareRequest.FromString(stored.request)
    try:
        receipt = await app.connection.declare(request)
    except SamenloopError as problem:
        if not _stays_open(stored, problem):
            await app.store.write(lambda db: _close_refused(app, db, stored))
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


def _close_refused(app: App, db: Transaction, stored: StoredDeclaration) -> None:
    if inbox.close_declaration(db, stored.request_id, "refused") and stored.kind == Event.RELEASE.value:
        refused.undo_release(app, db, bytes.fromhex(stored.subject))


async def _renewed(app: App, stored: StoredDeclaration) -> StoredDeclaration | None:
    """Sign an open declaration anew, in its turn; None when it was closed meanwhile: taken back, or sent by another."""
    declaring = parse_declare(overlap_pb2.DeclareRequest.FromString(stored.request))
    renewed = prepare(app, declaring.statement.act, stored.subject, declaring.grounds)
    kept = await app.store.write(lambda db: inbox.renew_declaration(db, stored.request_id, renewed))
    return renewed if kept else None


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
