"""One SQLite file with one writer thread: many callers, one durable transaction (group commit).

1. A write is durable (WAL, synchronous=FULL) before its caller gets the result.
2. Each piece of work runs in its own savepoint: a failing one rolls back only itself.
3. Every pragma is read back: SQLite ignores the ones that it does not know.
"""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.reasons import why
from samenloop.texts import _, carried

T = TypeVar("T")
Transaction: TypeAlias = sqlite3.Connection
"""What a piece of work gets: the open transaction (or, for `read`, a read-only connection)."""
Work = Callable[[Transaction], T]

_BATCH = 64
_PRAGMAS: dict[str, object] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "temp_store": 2,
    "busy_timeout": 5000,
}
_STORAGE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    future: "Future[Any]" = field(default_factory=Future)


class Store:
    """The node's database. Safe to use from any thread and from the event loop."""

    def __init__(self, path: Path) -> None:
        """Open `path` (made with mode 0600 when absent) and bring its schema up to date."""
        self.path = path
        self._connection = connect(path)
        migrate(self._connection)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._writer = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._writer.start()
        self._reader = connect(path)
        self._reader.execute("PRAGMA query_only = ON")
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="store-reader")

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a savepoint; return its result once it is durable. Raises SamenloopError(STORAGE_FULL)."""
        return await asyncio.wrap_future(self._submit(work))

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a read-only connection outside the event loop."""
        return await asyncio.wrap_future(self._submit_read(work))

    def write_now(self, work: Work[T]) -> T:
        """Do `write` from a thread that may wait."""
        return self._submit(work).result()

    def read_now(self, work: Work[T]) -> T:
        """Do `read` from a thread that may wait."""
        return self._submit_read(work).result()

    def truncate_log(self) -> None:
        """Empty the write-ahead log, so that nothing purged stays behind in it."""
        self._readers.submit(self._reader.execute, "PRAGMA wal_checkpoint(TRUNCATE)").result()

    def close(self) -> None:
        """Finish waiting writes and close; whoever comes later gets SamenloopError(UNAVAILABLE). May be called once."""
        with self._gate:
            self._closed = True
            self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._reader.close()
        self._connection.close()

    def _submit(self, work: Work[T]) -> "Future[T]":
        job = _Job(carried(work))
        with self._gate:
            self._refuse_closed()
            self._jobs.put(job)
        return job.future

    def _submit_read(self, work: Work[T]) -> "Future[T]":
        with self._gate:
            self._refuse_closed()
            return self._readers.submit(self._read, carried(work))

    def _refuse_closed(self) -> None:
        if self._closed:
            raise SamenloopError(ErrorCode.UNAVAILABLE, _("De node stopt. Probeer het opnieuw als hij weer draait."))

    def _read(self, work: Work[T]) -> T:
        try:
            return work(self._reader)
        except sqlite3.OperationalError as error:
            raise _storage_error(error) from error

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch, more = self._batch(first)
            self._commit(batch)
            if not more:
                return

    def _batch(self, first: _Job) -> tuple[list[_Job], bool]:
        batch = [first]
        while len(batch) < _BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return batch, False
            batch.append(job)
        return batch, True

    def _commit(self, jobs: list[_Job]) -> None:
        batch = [job for job in jobs if job.future.set_running_or_notify_cancel()]  # from here on it is done
        outcomes: list[tuple[_Job, Any]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in batch:
                outcomes.append((job, self._attempt(job)))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(batch, error)
            return
        for job, outcome in outcomes:
            if isinstance(outcome, BaseException):
                job.future.set_exception(outcome)
            else:
                job.future.set_result(outcome)

    def _attempt(self, job: _Job) -> Any:
        self._connection.execute("SAVEPOINT job")
        try:
            outcome = job.work(self._connection)
        except BaseException as error:
            if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in _STORAGE:
                raise
            outcome = error
            self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")
        return outcome

    def _give_up(self, batch: list[_Job], error: sqlite3.Error) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        for job in batch:
            job.future.set_exception(_storage_error(error))


def connect(path: Path) -> sqlite3.Connection:
    """Open an SQLite file in autocommit mode with all pragmas set and read back; raises SamenloopError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for name, value in _PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
            if connection.execute(f"PRAGMA {name}").fetchone() != (value,):
                raise SamenloopError(ErrorCode.INTERNAL, _("SQLite neemt de instelling {name} niet aan.", name=name))
    except sqlite3.DatabaseError as error:
        raise _storage_error(error) from error
    except OSError as error:
        raise SamenloopError(
            ErrorCode.STORAGE_FULL,
            _("Het bestand {path} kan niet worden geopend: {why}.", path=path, why=why(error)),
        ) from error
    return connection


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
            ErrorCode.INTEGRITY, _("De databank van deze node is beschadigd. Zet de laatste reservekopie terug.")
        )
    return SamenloopError(
        ErrorCode.STORAGE_FULL,
        _(
            "De databank van deze node weigert: {why}. Controleer de schijf en de rechten.",
            why=getattr(error, "sqlite_errorname", type(error).__name__),
        ),
    )
