"""Connections to an SQLite file: their pragmas, their lock, and what errors of SQLite mean to the coordinator.

Every pragma that changes what is kept is read back. A second process on the same file is refused by a lock on
`FILE.lock`.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "trusted_schema": 0, "wal_autocheckpoint": 0}
_BUSY_MS = 5_000
_MAPPED = 0x7FFF_0000
"""Bytes of the file that are read in place instead of copied page by page: as many as SQLite maps at most.

A disk that cannot read then ends the process, as after any error of which nobody knows what it did.
"""
_WRITTEN_MIB = 16
_SMALL_FILE = 1 << 30
_FULL = frozenset({sqlite3.SQLITE_FULL})


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


def fit_cache(connection: sqlite3.Connection, path: Path, cache_mib: int) -> None:
    """Give a connection that writes and reads the page cache that its file needs, `cache_mib` at most.

    Pages of a small file are read in place, and only what is written needs room. More would cost: balancing a tree
    makes SQLite use the number of the page at 1 GiB, and as long as the file ends before it, every commit goes through
    the whole cache to look for pages beyond the end.
    """
    small = path.stat().st_size < _SMALL_FILE
    with translated():
        connection.execute(f"PRAGMA cache_size = {-1024 * (min(cache_mib, _WRITTEN_MIB) if small else cache_mib)}")


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
