"""One SQLite file: many callers, one durable transaction (group commit).

1. A write is durable (WAL, synchronous=FULL) before its caller gets the result.
2. Each piece of work runs in its own savepoint: a failing one rolls back only itself.
3. Short work stays on the thread of its caller: a change of thread costs more than most reads, and about as much as a
   commit. Long work belongs in a thread of its own, with `read_now` and `write_now`.
4. Every pragma is read back: SQLite ignores the ones that it does not know.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from samenloop.audit.sqlite_errors import is_replaced, replaced
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.grouping import company
from samenloop.reasons import why
from samenloop.texts import _, carried
from samenloop_node.store import file

T = TypeVar("T")
Transaction: TypeAlias = sqlite3.Connection
"""What a piece of work gets: the open transaction (or, for `read`, a read-only connection)."""
Work = Callable[[Transaction], T]

_BATCH = 64
_PATIENCE = 0.001
"""Seconds between two looks whether a thread still has the connection for writing."""
_PRAGMAS: dict[str, object] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "temp_store": 2,
    "busy_timeout": 5000,
    "wal_autocheckpoint": 16_000,  # pages, 64 MB: the daemon calls `tidy` long before
}
_STORAGE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    future: "asyncio.Future[Any]"


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a piece of work that failed leaves instead of its result."""

    error: BaseException


class Store:
    """The node's database. Safe to use from any thread and from the event loop."""

    def __init__(self, path: Path) -> None:
        """Open `path` (made with mode 0600 when absent) and bring its schema up to date."""
        self.path = path
        with _opening(path):
            file.make(path)
        self._connection = connect(path)
        migrate(self._connection)
        self._near, self._far = _reader(path), _reader(path)
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._jobs: deque[_Job] = deque()
        self._draining: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a savepoint; return its result once it is durable. Raises SamenloopError(STORAGE_FULL)."""
        self._refuse_closed()
        job = _Job(carried(work), asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        result: T = await job.future
        return result

    async def read(self, work: Work[T]) -> T:
        """Run short `work` on a read-only connection."""
        self._refuse_closed()
        return _read(self._near, work)

    def write_now(self, work: Work[T]) -> T:
        """Do `write` from a thread that may wait."""
        with self._writing:
            self._refuse_closed()
            outcome = self._commit([work])[0]
        if isinstance(outcome, _Failed):
            raise outcome.error
        result: T = outcome
        return result

    def read_now(self, work: Work[T]) -> T:
        """Do `read` from a thread that may wait."""
        with self._reading:
            self._refuse_closed()
            return _read(self._far, work)

    def tidy(self) -> None:
        """Move the write-ahead log into the file, from a thread that may wait: most of it beside the writers, the
        rest while they wait.

        After that they write from its head again: overwriting costs half of what growing a file does.
        """
        for lock, connection in ((self._reading, self._far), (self._writing, self._connection)):
            with lock:
                self._refuse_closed()
                _read(connection, lambda db: db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())

    def truncate_log(self) -> None:
        """Empty the write-ahead log, so that nothing purged stays behind in it."""
        with self._reading:
            self._far.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Finish waiting writes and close; whoever comes later gets SamenloopError(UNAVAILABLE). May be called once."""
        with self._writing, self._reading:
            self._closed = True
            while self._jobs:
                self._next_group()
            for connection in (self._near, self._far, self._connection):
                connection.close()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise SamenloopError(ErrorCode.UNAVAILABLE, _("De node stopt. Probeer het opnieuw als hij weer draait."))

    async def _drain(self) -> None:
        while self._jobs:
            await company(self._jobs, _BATCH)
            while not self._writing.acquire(blocking=False):  # noqa: ASYNC110 - a thread holds it, no task
                await asyncio.sleep(_PATIENCE)
            try:
                self._next_group()
            finally:
                self._writing.release()

    def _next_group(self) -> None:
        batch = [self._jobs.popleft() for _place in range(min(len(self._jobs), _BATCH))]
        jobs = [job for job in batch if not job.future.done()]
        for job, outcome in zip(jobs, self._commit([job.work for job in jobs]), strict=True):
            if isinstance(outcome, _Failed):
                job.future.set_exception(outcome.error)
            else:
                job.future.set_result(outcome)

    def _commit(self, works: Sequence[Work[Any]]) -> list[Any]:
        """Do all works in one transaction; return per work its result or what failed."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._attempt(work) for work in works]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return [_Failed(_storage_error(error)) for _work in works]
        return outcomes

    def _attempt(self, work: Work[Any]) -> Any:
        self._connection.execute("SAVEPOINT job")
        try:
            outcome = work(self._connection)
        except BaseException as error:
            if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in _STORAGE:
                raise
            outcome = _Failed(error)
            self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")
        return outcome


def _reader(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _read(connection: sqlite3.Connection, work: Work[T]) -> T:
    try:
        return work(connection)
    except sqlite3.OperationalError as error:
        raise _storage_error(error) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open an SQLite file that exists in autocommit mode with all pragmas set and read back; raises SamenloopError."""
    with _opening(path):
        file.check(path)
        address = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        for name, value in _PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
            if connection.execute(f"PRAGMA {name}").fetchone() != (value,):
                raise SamenloopError(ErrorCode.INTERNAL, _("SQLite neemt de instelling {name} niet aan.", name=name))
    return connection


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _storage_error(error) from error
    except OSError as error:
        raise SamenloopError(
            ErrorCode.STORAGE_FULL,
            _("Het bestand {path} kan niet worden geopend: {why}.", path=path, why=why(error)),
        ) from error


def migrate(connection: sqlite3.Connection) -> None:
    """Apply every migration that this file does not have yet."""
    import sqlite_utils

    from samenloop_node.store.migrations import all_migrations

    database = sqlite_utils.Database(connection)
    for migrations in all_migrations():
        migrations.apply(database)


def _storage_error(error: sqlite3.Error) -> SamenloopError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return SamenloopError(
            ErrorCode.STORAGE_FULL,
            _("De schijf van deze node is vol. Maak ruimte vrij; er is niets half opgeslagen."),
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return SamenloopError(
            ErrorCode.INTEGRITY, _("De database van deze node is beschadigd. Zet de laatste reservekopie terug.")
        )
    if is_replaced(error):
        return replaced()
    return SamenloopError(
        ErrorCode.STORAGE_FULL,
        _(
            "De database van deze node weigert: {why}. Controleer de schijf en de rechten.",
            why=getattr(error, "sqlite_errorname", type(error).__name__),
        ),
    )
