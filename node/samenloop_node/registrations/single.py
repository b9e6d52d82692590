"""One person registered, changed or withdrawn by hand: the same rules, receipts and log entries as a whole export."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from samenloop.audit.fields import Event
from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop.texts import _
from samenloop_node.app import App
from samenloop_node.columns import FACT_COLUMNS
from samenloop_node.csvfile import Record
from samenloop_node.identity.bsn import ColumnJudge, is_forbidden_column
from samenloop_node.identity.person import PERSON_COLUMNS
from samenloop_node.process import today
from samenloop_node.registrations.by_hand import ByHand, by_hand
from samenloop_node.registrations.codes import codes_among
from samenloop_node.registrations.facts import RowDecision
from samenloop_node.registrations.prepare import Prepared, applied, prepared, withdrawal
from samenloop_node.registrations.reasons import NOT_FINDABLE, RowError, explain, is_rule
from samenloop_node.registrations.rows import Layout, Row, RowReader, check_record_id, facts_digest
from samenloop_node.registrations.setting import decisions_per_day, setting_of, settings_of, write_keys
from samenloop_node.registrations.settle import Outcome, Settler
from samenloop_node.registrations.stream import Stream
from samenloop_node.store import Transaction, decided, registrations
from samenloop_node.store.syncs import PlanRow, RowProblem
from samenloop_node.tokens.tokenise import tokenise

_COLUMNS = ("record_id", *PERSON_COLUMNS, *FACT_COLUMNS)


@dataclass(frozen=True, slots=True)
class Single:
    """One act by hand: who does it, in which register."""

    app: App
    register: str
    account: str


@dataclass(frozen=True, slots=True)
class Registered:
    """What came of registering one person: its registration id, and how many decisions by hand lapsed (R-76)."""

    registration_id: bytes
    lapsed: int


async def put(single: Single, fields: Mapping[str, str]) -> Registered:
    """Register or change one person; raises SamenloopError, and then nothing is kept."""
    app = single.app
    await app.agreement.refresh(app.connection)
    codes = await app.store.read(lambda db: _codes(db, single.register, fields))
    reader = _reader(single, fields, codes)
    row = _read(reader, fields)
    if row.said.problem is not None:
        raise row.said.problem
    if not row.findable:
        raise RowError("", NOT_FINDABLE)
    plan = await app.store.read(lambda db: _plan(db, single, reader, row))
    keys = write_keys(app)
    profiles = app.profiles()
    tokens = await asyncio.to_thread(lambda: tuple(tokenise(row.person, profiles.of(one.epoch), one) for one in keys))
    found = await app.store.read(lambda db: _by_hand(db, plan, row, reader))
    await _send(single, prepared(plan, row.said, tokens, app.covenant().purpose.id, found.standing), added=True)
    return Registered(plan.registration_id, found.lapsed)


async def withdraw(single: Single, record_id: str) -> None:
    """Withdraw the registration of one record; raises SamenloopError(NOT_FOUND)."""
    app, wanted = single.app, check_record_id(record_id)
    setting_of(app, single.register)
    found = await app.store.read(lambda db: registrations.find(db, single.register, wanted))
    if found is None:
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("Dit dossiernummer is in register {name} niet geregistreerd.", name=single.register)
        )
    await app.agreement.refresh(app.connection)
    await _send(single, withdrawal(wanted, found.registration_id), added=False)


def _codes(db: Transaction, register: str, fields: Mapping[str, str]) -> frozenset[str]:
    return codes_among(registrations.record_ids(db, register), fields.get("record_id", ""))


def _reader(single: Single, fields: Mapping[str, str], codes: frozenset[str]) -> RowReader:
    for name in fields:
        if is_forbidden_column(name) or name not in _COLUMNS:
            raise InvalidInput(name, _("Veld {name} is niet bekend of niet toegestaan. Haal het weg.", name=name))
    app = single.app
    defaults = settings_of(app, single.register).defaults
    places = {column: place for place, column in enumerate(_COLUMNS) if column in fields or column not in defaults}
    layout = Layout(places, defaults, len(_COLUMNS))
    return RowReader(setting_of(app, single.register), layout, app.profiles().newest.name, codes=codes)


def _read(reader: RowReader, fields: Mapping[str, str]) -> Row:
    try:
        return reader.read(Record(1, 0, [fields.get(column, "") for column in _COLUMNS]))
    except RowError as error:
        if is_rule(error.reason):
            raise Refused(error.reason, error.text) from error
        raise


def _plan(db: Transaction, single: Single, reader: RowReader, row: Row) -> PlanRow:
    judge = ColumnJudge()
    for record_id in (row.record_id, *registrations.record_ids(db, single.register)):
        judge.feed(record_id)
    if judge.refused():
        raise RowError("record_id", "bsn")
    found = registrations.find(db, single.register, row.record_id)
    identity = found.registration_id if found else os.urandom(16)
    decision = row.said.decision
    if decision is not None:
        _check_decision(db, single.app, decision, identity)
    return PlanRow(
        row=1,
        offset=0,
        record_id=row.record_id,
        act=1,
        registration_id=identity,
        row_digest=row.row_digest,
        facts_digest=facts_digest(reader.setting, row.said, decision),
        decision=decision.reference if decision else b"",
        frozen=found.frozen if found else False,
    )


def _by_hand(db: Transaction, plan: PlanRow, row: Row, reader: RowReader) -> ByHand:
    registered = registrations.by_id(db, plan.registration_id)
    return by_hand(db, registered, row.said.facts, applied(plan, row.said), reader.setting.today)


def _check_decision(db: Transaction, app: App, decision: RowDecision, own: bytes) -> None:
    owner = registrations.decision_owner(db, decision.reference)
    if owner not in (None, own):
        raise RowError("besluit", "duplicate_decision")
    if owner is None and decided.counted(db, decision.decider, today(app).isoformat()) >= decisions_per_day(app):
        raise RowError("besluit", "decisions_of_day")


async def _send(single: Single, item: Prepared, *, added: bool) -> None:
    app, refused = single.app, list[RowProblem]()
    entry = {
        "register": single.register,
        "actor": app.config.participant,
        "user": app.references.user(single.account).hex(),
        "added" if added else "withdrawn": 1,
    }

    def told(db: Transaction, came: Outcome) -> None:
        refused.extend(came.refused)
        if not came.refused:
            app.ownlog.append(db, Event.SYNC, entry)

    def once() -> Iterator[list[Prepared]]:
        yield [item]

    await Stream(app, single.register, once(), Settler(app, single.register, told).settle).run()
    for problem in refused:
        if is_rule(problem.reason):
            raise Refused(problem.reason, explain("", problem.reason))
        raise RowError(problem.column, problem.reason)
