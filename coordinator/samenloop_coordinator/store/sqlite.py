"""The embedded store: one SQLite file in WAL mode, one writer with group commit, one process."""

import asyncio
import functools
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samenloop.audit import sqlite as audit_sqlite
from samenloop.audit.stamp import Mark
from samenloop.audit.store import Purged
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _, carried
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import tokens
from samenloop_coordinator.store.contract import Parts, Result
from samenloop_coordinator.store.mail import SqliteCovenants, SqliteMail
from samenloop_coordinator.store.registrations import Pending, SqliteRegistrations
from samenloop_coordinator.store.requests import SqliteQuestions, SqliteRequests
from samenloop_coordinator.store.schema import migrate
from samenloop_coordinator.store.sqlite_link import connect, fit_cache, lock_database, translated
from samenloop_coordinator.store.tokens import RecentTokens
from samenloop_coordinator.writer import Writer

CACHE_MIB = 128
EMPTY_WAL_EVERY = 60
"""Calls of `tidy`, about one a second, between two moments at which the WAL is emptied."""


class SqliteLog:
    """See `samenloop_coordinator.store.contract.Log`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def append(self, body: bytes, sealed: Any) -> None:
        """Append an entry to the open transaction."""
        audit_sqlite.append(self._connection, body, sealed)

    def purge(self, body: bytes, signed_size: int) -> Purged:
        """Append the purge entry, erase what it names."""
        return audit_sqlite.purge(self._connection, body, signed_size)


class SqliteSession:
    """The write connection as the writer sees it; gives back counters of the log for what is undone."""

    def __init__(self, connection: sqlite3.Connection, recent: RecentTokens, journal: Journal) -> None:
        self._connection = connection
        self._recent = recent
        self._pending = Pending()
        self._journal = journal
        self._begun: Mark = journal.mark()
        self._half = False
        self.parts = _parts(connection, recent, self._pending)

    def begin(self) -> None:
        """Open a transaction."""
        self._begun = self._journal.mark()
        with translated():
            self._connection.execute("BEGIN IMMEDIATE")

    def run(self, work: Callable[[Parts], Result]) -> Result:
        """Run one unit in a savepoint."""
        mark, length = self._journal.mark(), len(self._pending.changes)
        with translated():
            self._connection.execute("SAVEPOINT unit")
            try:
                result = work(self.parts)
                self._connection.execute("RELEASE unit")
            except BaseException:
                self._journal.undo(mark)
                del self._pending.changes[length:]
                self._undo_unit()
                raise
        return result

    def open(self) -> bool:
        """Tell whether the transaction is still open, and holds whole units only."""
        return self._connection.in_transaction and not self._half

    def commit(self) -> None:
        """Make all units durable."""
        with translated():
            self._connection.execute("COMMIT")

    def settle(self) -> None:
        """Show what was written to readers of the level in memory."""
        self._pending.settle(self._recent)

    def rollback(self) -> None:
        """Undo every unit of the open transaction."""
        self._journal.undo(self._begun)
        self._pending.changes.clear()
        if self._connection.in_transaction:
            with translated():
                self._connection.execute("ROLLBACK")
        self._half = False

    def _undo_unit(self) -> None:
        """Undo the unit that failed; raises when that fails too: then nothing of the group may be committed."""
        if not self._connection.in_transaction:
            return
        self._half = True
        self._connection.execute("ROLLBACK TO unit")
        self._connection.execute("RELEASE unit")
        self._half = False


class SqliteStore:
    """See `samenloop_coordinator.store.contract.Store`. Open it with `open_store` inside the event loop."""

    def __init__(self, path: Path, journal: Journal, lock: int, cache_mib: int) -> None:
        self._lock = lock
        self._connection, self._keep = connect(path, cache_mib), connect(path, cache_mib)
        self._entries = connect(path, 2)
        self._fit_cache = functools.partial(fit_cache, self._connection, path, cache_mib)
        self._fit_cache()
        self._recent = tokens.load_recent(self._connection)
        self._reading = _parts(self._connection, self._recent, Pending())
        self._writer = Writer(SqliteSession(self._connection, self._recent, journal))
        self._merge_at = tokens.MERGE_AT
        self._tidied = 0

    async def write(self, work: Callable[[Parts], Result]) -> Result:
        """Run a unit of work; durable on return."""
        result: Result = await self._writer.submit(carried(work))
        return result

    async def read(self, work: Callable[[Parts], Result]) -> Result:
        """Run `work` against one snapshot. Reads are short and stay on the event loop's thread.

        They use the writer's connection, between its groups: another one would lose its page cache at every commit.
        """
        with translated():
            self._connection.execute("BEGIN")
            try:
                return work(self._reading)
            finally:
                self._connection.execute("COMMIT")

    @property
    def broken(self) -> bool:
        """Tell whether writing stopped for good after an I/O error."""
        return self._writer.broken

    def judged_by(self, generation: int) -> None:
        """Nothing: no other process can change covenant or notices."""

    async def moved(self) -> bool:
        """Return False: no other process can change covenant or notices."""
        return False

    def entries(self) -> audit_sqlite.SqliteEntries:
        """Return the audit entries, read through a connection of their own."""
        return audit_sqlite.SqliteEntries(self._entries)

    async def tidy(self) -> None:
        """Merge recent values when there are many, and move the WAL into the file; now and then empty the WAL wholly.

        Most of the WAL is moved beside the writer, the little that came in meanwhile between two of its groups: after
        that it writes from the head of the WAL again, and overwriting costs half of what growing a file does. What
        was deleted is gone from both files within a minute (`secure_delete` blanks the pages themselves).
        """
        if len(self._recent) >= self._merge_at:
            await self._merge()
        self._tidied += 1
        kind = "TRUNCATE" if self._tidied % EMPTY_WAL_EVERY == 0 else "PASSIVE"
        await asyncio.get_running_loop().run_in_executor(None, self._checkpoint, "PASSIVE")
        await self._writer.exclusive(functools.partial(self._checkpoint, kind))

    async def close(self) -> None:
        """Finish queued units, move the WAL into the file, release the lock."""
        await self._writer.close()
        self._checkpoint("TRUNCATE")
        for connection in (self._entries, self._keep, self._connection):
            connection.close()
        os.close(self._lock)

    async def _merge(self) -> None:
        """Merge the recent values; a restart in between finds all of them recent again, which does no harm."""
        self._recent.begin_merge()
        try:
            last = await self._writer.exclusive(self._prepare)
            for number in range(tokens.SLICES):
                await self._writer.exclusive(functools.partial(self._slice, number))
            await self._writer.exclusive(lambda: self._finish(last))
        except BaseException:
            self._recent.abort_merge()
            raise
        self._recent.end_merge()
        self._fit_cache()

    def _prepare(self) -> int:
        with translated():
            return tokens.prepare_merge(self._keep)

    def _slice(self, number: int) -> None:
        with translated():
            tokens.merge_slice(self._keep, number, self._recent.dropped())

    def _finish(self, last: int) -> None:
        with translated():
            tokens.finish_merge(self._keep, last)

    def _checkpoint(self, kind: str) -> None:
        with translated():
            self._keep.execute(f"PRAGMA wal_checkpoint({kind})").fetchall()


def create_store(path: Path) -> None:
    """Make a new database file, mode 0600; raises NOT_PERMITTED when it exists."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Er is al een database: {path}.", path=path)) from None
    connection = connect(path, 2)
    with translated():
        migrate(connection)
    connection.close()


def open_store(path: Path, journal: Journal, cache_mib: int = CACHE_MIB) -> SqliteStore:
    """Open an existing database; raises NOT_FOUND when absent, BUSY when another process has it."""
    if not path.exists():
        raise SamenloopError(
            ErrorCode.NOT_FOUND,
            _("Er is geen database: {path}. Maak haar met `samenloop-coordinator init`.", path=path),
        )
    lock = lock_database(path)
    try:
        connection = connect(path, 2)
        with translated():
            migrate(connection)
        connection.close()
        return SqliteStore(path, journal, lock, cache_mib)
    except BaseException:
        os.close(lock)
        raise


def _parts(connection: sqlite3.Connection, recent: RecentTokens, pending: Pending) -> Parts:
    return Parts(
        SqliteRegistrations(connection, recent, pending),
        SqliteRequests(connection),
        SqliteQuestions(connection),
        SqliteMail(connection),
        SqliteCovenants(connection),
        SqliteLog(connection),
    )
