"""Moves a coordinator from SQLite files to PostgreSQL, so that at no moment two of them can serve.

1. The files are locked: no coordinator runs on them.
2. Everything is copied and checked in one transaction (`postgres_copy`).
3. The head of the log is set aside: from here the files serve nothing.
4. Only then the transaction commits. When nobody knows whether it did, the head stays aside; the same command, given
   again, finds out and goes on.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg

from samenloop.audit.sqlite_tree import open_tree_file
from samenloop.audit.verify import Progress
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.store import postgres_schema as schema
from samenloop_coordinator.store.moved_head import Head
from samenloop_coordinator.store.postgres_address import place_of
from samenloop_coordinator.store.postgres_copy import Moved, check_log, copied, holds_log_of
from samenloop_coordinator.store.postgres_link import Connection, check_server, connect, our_error, said_no, translated
from samenloop_coordinator.store.sqlite_link import lock_database

_SETTINGS = {"synchronous_commit": "on", "lock_timeout": "5s"}


def move(database: Path, log_head: Path, dsn: str, progress: Progress = lambda _done, _all: None) -> Moved:
    """Move everything to `dsn`, or go on with a move to there. An error before the commit leaves the files as they are.

    Raises BUSY while a coordinator runs on the files, NOT_PERMITTED when there is another coordinator at `dsn` or when
    the files went elsewhere, IntegrityError when what arrived is not what was sent or the log does not hold,
    UNAVAILABLE when nobody knows whether everything was stored.
    """
    head = Head(log_head, place_of(dsn))
    with _locked(database, log_head), closing(connect(dsn, _SETTINGS)) as target:
        check_server(target)
        place = head.found()
        if schema.exists(target):
            moved = _recognised(database, head, target, progress)
        else:
            moved = _moved(database, place, head, target, progress)
        head.done()
    return moved


@contextmanager
def _locked(*files: Path) -> Iterator[None]:
    with ExitStack() as locks:
        for file in files:
            locks.callback(os.close, lock_database(file))
        yield


def _moved(database: Path, place: Path, head: Head, target: Connection, progress: Progress) -> Moved:
    if head.finished:
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Deze coördinator is al verhuisd, en niet naar dit adres."))
    open_tree_file(place).close()  # refuses what is no head of a log
    with translated():
        target.execute("BEGIN")  # ended by COMMIT below, or undone by closing the connection
        moved = copied(database, place, target, progress)
    head.set_aside()
    try:
        target.execute("COMMIT", prepare=False)
    except psycopg.Error as error:
        raise _uncommitted(error, head, begun_here=place == head.place) from error
    return moved


def _uncommitted(error: psycopg.Error, head: Head, *, begun_here: bool) -> SamenloopError:
    """Return what a failed commit means. A server that says no stored nothing of it; an earlier one may still come."""
    if said_no(error):
        if begun_here:
            head.put_back()
        return our_error(error)
    text = _(
        "Niemand weet of alles is opgeslagen, dus de oude bestanden doen niets meer. "
        "Geef dezelfde opdracht nog een keer."
    )
    return SamenloopError(ErrorCode.UNAVAILABLE, text)


def _recognised(database: Path, head: Head, target: Connection, progress: Progress) -> Moved:
    """Finish a move that was committed: the log at the address begins with every entry of these files."""
    with translated(), target.transaction():
        if not holds_log_of(database, target):
            raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Er is al een database van een coördinator op dit adres."))
        size = check_log(target, progress)
    head.set_aside()
    return Moved({}, size)
