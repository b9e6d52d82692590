"""The store on PostgreSQL: any number of coordinator processes on one database.

Reads run on a few threads, each against one snapshot; writes run in groups on one thread. Who can reach the database
with the program's login can lose or invent registrations and answers; the log shows it, see `postgres_schema`.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.grouping import company
from samenloop.texts import _, carried
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import postgres_schema as schema
from samenloop_coordinator.store.contract import Parts, Result
from samenloop_coordinator.store.postgres_group import Group
from samenloop_coordinator.store.postgres_link import (
    READING,
    WRITING,
    Connection,
    Link,
    Links,
    check_server,
    connect,
    translated,
)
from samenloop_coordinator.store.postgres_log import PostgresEntries
from samenloop_coordinator.store.postgres_session import PostgresSession, Work, parts_of
from samenloop_coordinator.writer import expected, no_writing

CONNECTIONS = 4
"""Connections of one process that read; it has three more: one writes, one reads the log, one keeps its tree."""
MOST_UNITS = 128
_OLD_PROCESSES = "DELETE FROM process WHERE seen < now() - interval '30 days'"


@dataclass(slots=True)
class _Unit:
    work: Work
    future: "asyncio.Future[Any]"


class PostgresStore:
    """See `samenloop_coordinator.store.contract.Store`. Open it with `open_store` inside the event loop."""

    def __init__(self, dsn: str, journal: Journal, connections: int) -> None:
        self._links = Links(dsn, READING)
        self._readers = ThreadPoolExecutor(connections, "read")
        self._session = PostgresSession(dsn, journal)
        self._commit = ThreadPoolExecutor(1, "commit")
        self._entries = PostgresEntries(Link(dsn, READING))
        self._queue: deque[_Unit] = deque()
        self._draining: asyncio.Task[None] | None = None
        self._closed = False
        self._broken = False

    async def write(self, work: Callable[[Parts], Result]) -> Result:
        """Run a unit of work; durable on return."""
        if self._broken or self._closed:
            raise no_writing()
        unit = _Unit(carried(work), asyncio.get_running_loop().create_future())
        self._queue.append(unit)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        result: Result = await unit.future
        return result

    async def read(self, work: Callable[[Parts], Result]) -> Result:
        """Run `work` against one snapshot, on a thread of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, carried(work))

    @property
    def broken(self) -> bool:
        """Tell whether writing stopped for good: nobody knows what is stored."""
        return self._broken

    def judged_by(self, generation: int) -> None:
        """Refuse units with BUSY as soon as another process made a newer generation of covenant or notices."""
        self._session.followed = generation

    async def moved(self) -> bool:
        """Tell whether there is a newer generation of covenant or notices than this process judges by."""
        return await self.read(lambda parts: parts.covenants.generation()) != self._session.followed

    def entries(self) -> PostgresEntries:
        """Return the audit entries, read through a connection of their own."""
        return self._entries

    async def tidy(self) -> None:
        """Nothing: the server does its own upkeep (autovacuum, checkpoints)."""

    async def close(self) -> None:
        """Finish queued units and close every connection."""
        self._closed = True
        if self._draining is not None:
            await self._draining
        self._commit.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._session.close()
        self._entries.close()
        self._links.close()

    async def _drain(self) -> None:
        while self._queue:
            await company(self._queue, MOST_UNITS)
            units = [self._queue.popleft() for _place in range(min(len(self._queue), MOST_UNITS))]
            await self._group(units)

    async def _group(self, units: list[_Unit]) -> None:
        works = [unit.work for unit in units]
        try:
            if self._broken:
                raise no_writing()
            outcomes = await asyncio.get_running_loop().run_in_executor(self._commit, self._session.run, works)
        except Exception as error:  # noqa: BLE001 - whatever it was, no caller may wait for ever
            self._broken = self._broken or not expected(error)
            for unit in units:
                if not unit.future.done():
                    unit.future.set_exception(error)
            return
        for unit, outcome in zip(units, outcomes, strict=True):
            if unit.future.done():
                continue
            if outcome.error is not None:
                unit.future.set_exception(outcome.error)
            else:
                unit.future.set_result(outcome.result)

    def _read(self, work: Callable[[Parts], Result]) -> Result:
        """Read, and once more when the connection turns out to be gone: a read changes nothing."""
        return self._links.own().run(partial(_in_snapshot, work))


def _in_snapshot(work: Callable[[Parts], Result], connection: Connection) -> Result:
    """Read in one pipeline, which the server runs as one transaction, at the isolation level of `READING`."""
    with connection.pipeline():
        return work(parts_of(Group(connection, snapshot=True), []))


def refuse_existing(dsn: str) -> None:
    """Raise NOT_PERMITTED when the tables are there, or when the server is not fit for them."""
    with closing(connect(dsn, WRITING)) as connection:
        check_server(connection)
        if schema.exists(connection):
            raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Er is al een database van een coördinator op dit adres."))


def create_store(dsn: str) -> None:
    """Make the tables in the schema that the address names; raises NOT_PERMITTED when they are there."""
    refuse_existing(dsn)
    with closing(connect(dsn, WRITING)) as connection:
        schema.migrate(connection)


def open_store(dsn: str, journal: Journal, connections: int = CONNECTIONS) -> PostgresStore:
    """Open an existing store; raises NOT_FOUND when its tables are not there, UNAVAILABLE without a server."""
    with closing(connect(dsn, WRITING)) as connection:
        check_server(connection)
        _bring_up_to_date(connection)
    return PostgresStore(dsn, journal, connections)


def _bring_up_to_date(connection: Connection) -> None:
    if not schema.exists(connection):
        raise SamenloopError(
            ErrorCode.NOT_FOUND,
            _("Er is geen database van een coördinator op dit adres. Maak haar met `samenloop-coordinator init`."),
        )
    if schema.missing(connection):
        schema.migrate(connection)
    with translated():
        connection.execute(_OLD_PROCESSES)
