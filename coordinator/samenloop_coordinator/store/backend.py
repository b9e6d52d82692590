"""Which backend keeps the coordinator's data, chosen by the addresses in the configuration; and what a backend opens.

PostgreSQL is an extra: its modules are imported only when an address asks for them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from samenloop.audit.sqlite import SqliteEntries
from samenloop.audit.sqlite_tree import create_tree_file, open_tree_file
from samenloop.audit.store import EntryStore, TreeStore
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.config import DataFiles
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.contract import Store
from samenloop_coordinator.store.mail import SqliteCovenants
from samenloop_coordinator.store.moved_head import refuse_moved
from samenloop_coordinator.store.sqlite import create_store, open_store
from samenloop_coordinator.store.sqlite_link import connect, lock_database

_FEW_MIB = 8


@dataclass(frozen=True, slots=True)
class LogTree:
    """The tree of the log on a connection of its own, for one thread.

    `lead` tells whether this process puts entries into the tree and signs now: of all processes one does. Inside
    `alone` nobody else changes the kept checkpoints.
    """

    store: TreeStore
    close: Callable[[], None]
    lead: Callable[[], bool]
    alone: Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class OpenLog:
    """The log, open to read; `documents` are the covenant versions that were active, oldest first."""

    entries: EntryStore
    tree: TreeStore
    documents: tuple[bytes, ...]


class Backend(Protocol):
    """Makes and opens everything that a coordinator keeps."""

    @property
    def shared(self) -> bool:
        """Tell whether several processes may serve from it at once."""
        ...

    def refuse_existing(self) -> None:
        """Raise NOT_PERMITTED when there is a database or a log already."""
        ...

    def create(self, note: bytes) -> None:
        """Make the store, and the tree of the log with its first checkpoint."""
        ...

    def open(self, journal: Journal, *, briefly: bool = False) -> Store:
        """Open the store, inside the event loop; `briefly`: for one command, with little memory."""
        ...

    def open_tree(self) -> LogTree:
        """Open the tree of the log; raises IntegrityError when it is not there."""
        ...

    def open_log(self) -> AbstractContextManager[OpenLog]:
        """Open the log to read, beside running coordinators or without one."""
        ...


@dataclass(frozen=True, slots=True)
class SqliteBackend:
    """Two files and one process."""

    database: Path
    log_head: Path
    cache_mib: int
    shared: bool = False

    def refuse_existing(self) -> None:
        """Refuse when one of the files is there."""
        if self.database.exists() or self.log_head.exists():
            raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Deze coördinator bestaat al: {path}.", path=self.database))

    def create(self, note: bytes) -> None:
        """Make both files, mode 0600."""
        for folder in (self.database.parent, self.log_head.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_store(self.database)
        create_tree_file(self.log_head, note)

    def open(self, journal: Journal, *, briefly: bool = False) -> Store:
        """Open the database; raises BUSY when another process has it, NOT_PERMITTED when it moved."""
        refuse_moved(self.log_head)
        return open_store(self.database, journal, _FEW_MIB if briefly else self.cache_mib)

    def open_tree(self) -> LogTree:
        """Open the tree file and lock it, since another database may name it too; the one process leads."""
        with ExitStack() as held:
            held.callback(os.close, lock_database(self.log_head))
            tree = open_tree_file(self.log_head)
            held.callback(tree.close)
            return LogTree(tree, held.pop_all().close, lambda: True, nullcontext)

    @contextmanager
    def open_log(self) -> Iterator[OpenLog]:
        """Open both files to read; raises NOT_PERMITTED when they moved."""
        refuse_moved(self.log_head)
        with closing(connect(self.database, _FEW_MIB)) as connection, closing(open_tree_file(self.log_head)) as tree:
            documents = tuple(row.document for row in SqliteCovenants(connection).active())
            yield OpenLog(SqliteEntries(connection), tree, documents)


def backend_of(data: DataFiles) -> Backend:
    """Return the backend that the configuration names; raises NOT_FOUND when its libraries are not installed."""
    if isinstance(data.database, Path) and isinstance(data.log_head, Path):
        return SqliteBackend(data.database, data.log_head, data.cache_mib)
    return postgres_backend(_address(data.database), _address(data.log_head), data.connections)


def postgres_backend(database: str, log_head: str, connections: int) -> Backend:
    """Return the PostgreSQL backend; raises NOT_FOUND when its libraries are not installed."""
    try:
        from samenloop_coordinator.store.postgres_backend import PostgresBackend
    except ImportError as error:
        raise SamenloopError(
            ErrorCode.NOT_FOUND,
            _("Voor PostgreSQL is extra software nodig: installeer samenloop-coordinator[postgres]."),
        ) from error
    return PostgresBackend(database, log_head, connections)


def _address(given: Path | SecretStr) -> str:
    return given.get_secret_value() if isinstance(given, SecretStr) else str(given)
