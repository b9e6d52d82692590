"""One synchronisation from file to freshness date: survey, plan, guard, send, declare.

1. The file as a whole is refused before anything is stored.
2. Suspiciously many withdrawals (`guard`) are refused before anything is sent, unless their number was confirmed.
3. When the coordinator is away the synchronisation stays open, and the daemon goes on with it later, if the file is
   the same.
4. A file that changes while it is read stops the synchronisation; what was sent until then was as surveyed.
"""

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.model import RegisterId
from samenloop.texts import _
from samenloop.wire.declare import Freshness
from samenloop.wire.register import FACTS, PUT
from samenloop.wire.v1.overlap_pb2 import RegisterReply
from samenloop_node.app import App
from samenloop_node.csvfile import CsvFile
from samenloop_node.registrations import prepare
from samenloop_node.registrations.guard import check_withdrawals
from samenloop_node.registrations.plan import Counts, Planner
from samenloop_node.registrations.prepare import Prepared, Source
from samenloop_node.registrations.report import sync_report
from samenloop_node.registrations.rows import RowReader
from samenloop_node.registrations.setting import decisions_per_day, setting_of, settings_of, write_keys
from samenloop_node.registrations.settle import Outcome, Settler
from samenloop_node.registrations.stream import Sent, Stream
from samenloop_node.registrations.survey import Survey, has_changed, survey
from samenloop_node.statements import declare
from samenloop_node.store import Transaction, past, registrations, syncs
from samenloop_node.store.file import is_one_of
from samenloop_node.store.syncs import DONE, STOPPED, Sync
from samenloop_node.tokens.streams import Making

PARALLEL_FROM: Final = 4000
"""From this many changes on it pays to start more processes that make tokens."""
REPORTED: Final = 1000
"""Problems that a report names; the number of all is always there."""
_LATER = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.BUSY, ErrorCode.STORAGE_FULL, ErrorCode.CLOCK_SKEW})
_CHANGED = frozenset({ErrorCode.COVENANT_MISMATCH, ErrorCode.EPOCH_MISMATCH})
_ROUNDS = 3

Progress = Callable[[Mapping[str, object]], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What a user asked for."""

    register: str
    path: Path
    confirmed: int
    account: str


@dataclass(slots=True)
class Running:
    """One synchronisation under way: what it is, what was surveyed, and how far it is."""

    app: App
    sync: Sync
    survey: Survey
    progress: Progress
    counts: Counts
    refused: int = 0
    sent: int = 0
    total: int = 0


async def begin(app: App, order: Order) -> tuple[Sync, Survey]:
    """Survey the file and open a synchronisation; raises InvalidInput with one sentence, and then nothing is stored."""
    setting_of(app, order.register)
    seen = await _surveyed(app, order.register, order.path)
    sync = Sync(
        id=0,
        register=order.register,
        path=str(order.path),
        file_digest=seen.digest,
        confirmed=order.confirmed,
        account=order.account,
        started_ms=milliseconds(app.clock.now()),
    )
    return await app.store.write(lambda db: syncs.start(db, sync)), seen


async def again(app: App, sync: Sync) -> Survey:
    """Survey the file of an open synchronisation once more; when it changed or went, the synchronisation is stopped."""
    try:
        seen = await _surveyed(app, sync.register, Path(sync.path))
        if seen.digest != sync.file_digest:
            raise has_changed()
    except SamenloopError as error:
        text = error.text
        await app.store.write(lambda db: syncs.finish(db, sync.id, STOPPED, text))
        raise
    return seen


async def _surveyed(app: App, register: str, path: Path) -> Survey:
    if is_one_of(path, app.store.path, app.ownlog.tree_path):  # closing it would drop the locks on it
        raise InvalidInput("file", _("Dit is een bestand van de node zelf. Noem de export van uw eigen systeem."))
    return await asyncio.to_thread(survey, path, settings_of(app, register), app.references)


async def carry_out(app: App, sync: Sync, seen: Survey, progress: Progress) -> dict[str, object]:
    """Do a synchronisation to the end and return its report.

    Raises SamenloopError: it stays open when it can go on later, and is stopped otherwise; what was settled stays.
    """
    running = Running(app, sync, seen, progress, Counts())
    try:
        return await _rounds(running)
    except SamenloopError as error:
        await _interrupted(running, error)
        raise _explained(error) from error


async def _rounds(running: Running) -> dict[str, object]:
    app = running.app
    for _round in range(_ROUNDS):
        await app.agreement.refresh(app.connection)
        try:
            await _plan_and_send(running)
        except SamenloopError as error:
            if error.code not in _CHANGED:
                raise
            continue
        return await _finish(running)
    raise SamenloopError(
        ErrorCode.EPOCH_MISMATCH, _("Convenant of tijdvak verandert steeds. Probeer het over enkele minuten opnieuw.")
    )


async def _plan_and_send(running: Running) -> None:
    app, sync = running.app, running.sync
    keys = write_keys(app)
    reader = RowReader(
        setting_of(app, sync.register),
        running.survey.layout,
        app.profiles().newest.name,
        drop_optional=app.evaluation,
        codes=running.survey.codes,
    )
    await app.store.write(lambda db: syncs.forget_plan(db, sync.id))
    with CsvFile(Path(sync.path)) as file:
        planner = Planner(
            store=app.store,
            sync=sync.id,
            since_ms=sync.started_ms,
            reader=reader,
            survey=running.survey,
            epochs=frozenset(one.epoch for one in keys),
            decisions_per_day=decisions_per_day(app),
        )
        running.refused = running.sent = 0
        running.counts = await asyncio.to_thread(planner.plan, file, _reporting(running, "plan", running.survey.rows))
        withdraw = await _guard(running)
        source = Source(
            store=app.store,
            sync=sync.id,
            file=file,
            reader=reader,
            making=Making(tuple((app.profiles().of(one.epoch), one) for one in keys), drop_optional=app.evaluation),
            processes=app.config.tokenise_processes if running.total >= PARALLEL_FROM else 1,
            purpose=app.covenant().purpose.id,
        )
        await _send(running, prepare.everything(source, withdraw=withdraw))


async def _guard(running: Running) -> bool:
    """Return whether there is anything to withdraw; raises SamenloopError when it would be suspiciously much."""
    sync = running.sync

    def numbers(db: Transaction) -> tuple[int, int, dict[int, int]]:
        gone = syncs.count_absent(db, sync.id, sync.register)
        return gone, registrations.count(db, sync.register), syncs.count_acts(db, sync.id)

    gone, registered, acts = await running.app.store.read(numbers)
    running.total = acts.get(PUT, 0) + acts.get(FACTS, 0)
    if running.counts.unidentified or not gone:
        return False
    check_withdrawals(gone, registered, sync.confirmed)
    running.total += gone
    return True


async def _send(running: Running, chunks: Generator[list[Prepared], None, None]) -> None:
    app, sync = running.app, running.sync
    report = _reporting(running, "send", running.total)

    def told(db: Transaction, came: Outcome) -> None:
        syncs.add_problems(db, sync.id, [*came.refused, *came.not_applied])
        running.refused += len(came.refused)
        running.counts.added -= came.not_added
        running.counts.changed -= came.not_changed
        running.counts.decisions_not_applied += len(came.not_applied)
        running.sent += came.done

    async def stream(settler: Settler, chunks: Generator[list[Prepared], None, None]) -> None:
        async def settle(sent: Sent, reply: RegisterReply) -> None:
            await settler.settle(sent, reply)
            report(running.sent)

        try:
            await Stream(app, sync.register, chunks, settle).run()
        finally:
            await asyncio.to_thread(chunks.close)

    again: list[Prepared] = []
    await stream(Settler(app, sync.register, told, again), chunks)
    await stream(Settler(app, sync.register, told), prepare.again(again))


async def _finish(running: Running) -> dict[str, object]:
    app, sync = running.app, running.sync
    day = min(running.survey.changed_on, app.clock.now().date())
    await declare(app, Freshness(RegisterId(sync.register), day), Event.FRESHNESS.value)
    problems = await app.store.read(lambda db: syncs.problems(db, sync.id, REPORTED))
    withdrawn = await app.store.read(lambda db: past.withdrawn_since(db, sync.register, sync.started_ms))
    numbers = {**asdict(running.counts), "withdrawn": withdrawn}
    numbers["failed"] += running.refused
    report = sync_report(sync.register, numbers, problems, day.isoformat())
    entry = {
        "register": sync.register,
        "actor": app.config.participant,
        "user": app.references.user(sync.account).hex(),
        **{name: numbers[name] for name in ("added", "changed", "withdrawn", "failed")},
        "day": day.isoformat(),
    }

    def work(db: Transaction) -> None:
        app.ownlog.append(db, Event.SYNC, entry)
        syncs.finish(db, sync.id, DONE, str(report["text"]))

    await app.store.write(work)
    return report


async def _interrupted(running: Running, error: SamenloopError) -> None:
    sync, text = running.sync, error.text
    with suppress(SamenloopError):  # a full disk: then what stands there says enough
        if error.code in _LATER:
            await running.app.store.write(lambda db: syncs.say(db, sync.id, text))
        else:
            await running.app.store.write(lambda db: syncs.finish(db, sync.id, STOPPED, text))


def _explained(error: SamenloopError) -> SamenloopError:
    if error.code not in _LATER:
        return error
    return SamenloopError(
        error.code,
        error.text + " " + _("De synchronisatie blijft openstaan en gaat vanzelf verder; zie samenloop-node status."),
    )


def _reporting(running: Running, stage: str, total: int) -> Callable[[int], None]:
    loop = asyncio.get_running_loop()

    def report(done: int) -> None:
        loop.call_soon_threadsafe(running.progress, {"stage": stage, "done": done, "total": total})

    return report
