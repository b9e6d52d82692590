"""The embedded store: one SQLite file in WAL mode, one writer with group commit, one process.

Every pragma that changes what is kept is read back. A second process on the same file is refused by a lock on
`FILE.lock`.
"""

import asyncio
import fcntl
import functools
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from samenloop.audit import sqlite as audit_sqlite
from samenloop.audit.stamp import Mark
from samenloop.audit.store import Purged
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _, carried
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import tokens
from samenloop_coordinator.store.contract import Parts, Result
from samenloop_coordinator.store.mail import SqliteCovenants, SqliteMail
from samenloop_coordinator.store.registrations import Pending, SqliteRegistrations
from samenloop_coordinator.store.requests import SqliteQuestions, SqliteRequests
from samenloop_coordinator.store.schema import migrate
from samenloop_coordinator.store.tokens import RecentTokens
from samenloop_coordinator.writer import Writer

CACHE_MIB = 128
EMPTY_WAL_EVERY = 60
"""Calls of `tidy`, about one a second, between two moments at which the WAL is emptied."""
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "trusted_schema": 0, "wal_autocheckpoint": 0}
_BUSY_MS = 5_000
_MAPPED = 0x7FFF_0000
"""Bytes of the file that are read in place instead of copied page by page: as many as SQLite maps at most.

A disk that cannot read then ends the process, as after any error of which nobody knows what it did.
"""
_FULL = frozenset({sqlite3.SQLITE_FULL})


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
            except BaseException:
                self._journal.undo(mark)
                del self._pending.changes[length:]
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK TO unit")
                    self._connection.execute("RELEASE unit")
                raise
            self._connection.execute("RELEASE unit")
        return result

    def open(self) -> bool:
        """Tell whether the transaction is still open."""
        return self._connection.in_transaction

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


class SqliteStore:
    """See `samenloop_coordinator.store.contract.Store`. Open it with `open_store` inside the event loop."""

    def __init__(self, path: Path, journal: Journal, lock: int, cache_mib: int) -> None:
        self._lock = lock
        self._connection, self._keep = connect(path, cache_mib), connect(path, cache_mib)
        self._entries = connect(path, 2)
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

    def _prepare(self) -> int:
        with translated():
            return tokens.prepare_merge(self._keep)

    def _slice(self, number: int) -> None:
        with translated():
            tokens.merge_slice(self._keep, number)

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


def connect(path: Path, cache_mib: int) -> sqlite3.Connection:
    """Open a connection with every pragma set, and read back those that change what is kept."""
    with translated():
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        wanted = {**_PRAGMAS, "cache_size": -1024 * cache_mib, "busy_timeout": _BUSY_MS, "temp_store": 2}
        for name, value in wanted.items():
            connection.execute(f"PRAGMA {name} = {value}").fetchall()
            (found,) = connection.execute(f"PRAGMA {name}").fetchone()
            if found != value:
                connection.close()
                raise SamenloopError(ErrorCode.INTERNAL, _("SQLite neemt de instelling {name} niet aan.", name=name))
        connection.execute(f"PRAGMA mmap_size = {_MAPPED}").fetchall()  # one built to map less is only slower
    return connection


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of SQLite into ours: full disk, busy, or a state that nobody knows."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code & 0xFF in _FULL:
            raise SamenloopError(
                ErrorCode.STORAGE_FULL,
                _(
                    "De schijf van de coördinator is vol. Er is niets opgeslagen. "
                    "Vraag de beheerder om ruimte te maken."
                ),
            ) from error
        if code & 0xFF == sqlite3.SQLITE_BUSY:
            raise SamenloopError(
                ErrorCode.BUSY, _("De database van de coördinator is bezet. Probeer het zo weer.")
            ) from error
        raise IntegrityError(
            _("De database van de coördinator is niet te gebruiken: {error}.", error=_name(error))
        ) from error


def _name(error: sqlite3.Error) -> str:
    """Return the code that SQLite gives, such as SQLITE_READONLY: its sentences are English."""
    return getattr(error, "sqlite_errorname", type(error).__name__)


def lock_database(path: Path) -> int:
    """Return the lock that keeps every other process off this database; raises BUSY when another has it."""
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise SamenloopError(
            ErrorCode.BUSY, _("Er draait al een coördinator op deze database: {path}.", path=path)
        ) from None
    return lock


def _parts(connection: sqlite3.Connection, recent: RecentTokens, pending: Pending) -> Parts:
    return Parts(
        SqliteRegistrations(connection, recent, pending),
        SqliteRequests(connection),
        SqliteQuestions(connection),
        SqliteMail(connection),
        SqliteCovenants(connection),
        SqliteLog(connection),
    )
