"""Connections to PostgreSQL: how they are made, mended and bounded, and what their errors mean to the coordinator.

1. A connection that broke is made anew for the next piece of work, never in the middle of one.
2. Every wait has an end: connecting, a lock, a statement, a silent network.
3. Texts of the server can hold row data, so they are never passed on: the SQLSTATE is.
4. A standby is never asked, also when the address names several servers: it may be behind, and what it does not know
   yet would become a false "geen bericht".
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

SCHEME = "postgresql://"
OLDEST = 14_00_00
"""Oldest server (as `server_version_num`): it must end sessions that fell silent (`idle_session_timeout`)."""
READING = {"default_transaction_read_only": "on", "default_transaction_isolation": "repeatable\\ read"}
READING |= {"statement_timeout": "8s", "idle_in_transaction_session_timeout": "8s"}
WRITING = {"synchronous_commit": "on", "lock_timeout": "5s", "statement_timeout": "30s"}
WRITING |= {"idle_in_transaction_session_timeout": "5s"}
"""A process that stops in the middle of a transaction gives the write lock back within 5 seconds."""
_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
}
"""One plan for every lookup, by index, however many hits there are and whatever the statistics say."""
_ALWAYS = {"timezone": "UTC", "application_name": f"samenloop-coordinator/{os.getpid()}", "jit": "off", **_PLANS}
_NETWORK = {"connect_timeout": 3, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2}
_NETWORK |= {"tcp_user_timeout": 8_000}
_LOST = (psycopg.OperationalError, psycopg.InterfaceError)
_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)

_SPEAKING_LAST = ("57P", "08", "XX")
"""Classes of SQLSTATE after which the session is at its end."""

Connection = psycopg.Connection[tuple[Any, ...]]
Result = TypeVar("Result")


def connect(dsn: str, settings: Mapping[str, str]) -> Connection:
    """Open one connection in autocommit mode; raises UNAVAILABLE."""
    with translated():
        return psycopg.connect(_conninfo(dsn, settings), autocommit=True, prepare_threshold=0)


def check_server(connection: Connection) -> None:
    """Refuse a server that is too old, or that does not write to disk what it says is durable."""
    with translated():
        durable = connection.execute("SHOW fsync").fetchone()
    if connection.info.server_version < OLDEST:
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Deze PostgreSQL-server is te oud: versie 14 of nieuwer."))
    if durable != ("on",):
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Deze PostgreSQL-server bewaart niet duurzaam: zet fsync aan."))


class Links:
    """One connection for each of a few threads, so that no thread waits for a connection of another."""

    def __init__(self, dsn: str, settings: Mapping[str, str]) -> None:
        self._dsn = dsn
        self._settings = settings
        self._of_thread: dict[int, Link] = {}

    def own(self) -> "Link":
        """Return the connection of the thread that asks."""
        thread = threading.get_ident()
        if thread not in self._of_thread:
            self._of_thread[thread] = Link(self._dsn, self._settings)
        return self._of_thread[thread]

    def close(self) -> None:
        """Close every connection, once the threads have ended."""
        for link in self._of_thread.values():
            link.close()


class Link:
    """One connection, made when it is needed and made anew after it broke. For one thread at a time."""

    def __init__(self, dsn: str, settings: Mapping[str, str]) -> None:
        self._dsn = dsn
        self._settings = settings
        self._connection: Connection | None = None
        self.made = 0

    def connection(self) -> Connection:
        """Return a connection that was usable when it was last used; raises UNAVAILABLE."""
        if self._connection is None or self._connection.closed:
            self.made += 1
            self._connection = connect(self._dsn, self._settings)
        return self._connection

    def run(self, work: Callable[[Connection], Result]) -> Result:
        """Run work that may safely run twice: when the connection turns out to be broken, it runs once more."""
        with translated():
            try:
                return work(self.connection())
            except _LOST:
                if not self.broken:
                    raise
            return work(self.connection())

    @property
    def broken(self) -> bool:
        """Tell whether the connection is gone."""
        return self._connection is None or self._connection.closed

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of PostgreSQL into ours."""
    try:
        yield
    except psycopg.Error as error:
        raise our_error(error) from error


def our_error(error: psycopg.Error) -> SamenloopError:
    """Return what an error of PostgreSQL means: busy, full, not there, or a state that nobody knows."""
    if isinstance(error, (errors.DiskFull, errors.OutOfMemory)):
        return SamenloopError(
            ErrorCode.STORAGE_FULL,
            _("De schijf van de coördinator is vol. Er is niets opgeslagen. Vraag de beheerder om ruimte te maken."),
        )
    if isinstance(error, (errors.LockNotAvailable, errors.TooManyConnections, *_AGAIN)):
        return SamenloopError(ErrorCode.BUSY, _("De database van de coördinator is bezet. Probeer het zo weer."))
    if isinstance(error, (*_LOST, errors.ReadOnlySqlTransaction, errors.IdleInTransactionSessionTimeout)):
        return SamenloopError(
            ErrorCode.UNAVAILABLE, _("De database van de coördinator is niet bereikbaar. Probeer het later opnieuw.")
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return SamenloopError(ErrorCode.NOT_PERMITTED, _("De gebruiker van de database mag dit niet."))
    state = error.sqlstate or type(error).__name__
    return IntegrityError(_("De database van de coördinator is niet te gebruiken: {error}.", error=state))


def may_be_tried_again(error: psycopg.Error) -> bool:
    """Tell whether nothing was stored and the same transaction may well succeed now."""
    return isinstance(error, _AGAIN)


def said_no(error: psycopg.Error) -> bool:
    """Tell whether the server itself refused a statement and lives on: then it stored nothing of the transaction.

    Not so when the connection was lost, or when the server was shutting down while it spoke.
    """
    return error.sqlstate is not None and not error.sqlstate.startswith(_SPEAKING_LAST)


def _conninfo(dsn: str, settings: Mapping[str, str]) -> str:
    given = conninfo_to_dict(dsn)
    options = [f"-c {name}={value}" for name, value in {**_ALWAYS, **settings}.items()]
    more = {name: value for name, value in _NETWORK.items() if name not in given}
    joined = " ".join([str(given.get("options") or ""), *options])
    return make_conninfo(dsn, options=joined, target_session_attrs="primary", **more)
