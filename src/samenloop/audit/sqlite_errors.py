"""What SQLite says when a file of the log is damaged or gone or the disk is full, as errors of ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_REPLACED = {sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_READONLY_DBMOVED}
"""Codes for what no disk does by itself: a file holds less than this process put there, or stands elsewhere."""


@contextmanager
def readable() -> Iterator[None]:
    """Turn a damaged file into our error: no service on bad data."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        known = known_error(error)
        if known is not None:
            raise known from error
        raise IntegrityError(
            _(
                "Het logboek is niet te lezen: {error}. Zet de reservekopie terug.",
                error=getattr(error, "sqlite_errorname", type(error).__name__),
            )
        ) from error


def known_error(error: sqlite3.Error) -> SamenloopError | None:
    """Return our error for a file that was taken away or a disk that is full or refuses, None for anything else."""
    if is_replaced(error):
        return replaced()
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_ROOM:
        return SamenloopError(
            ErrorCode.STORAGE_FULL,
            _("De schijf met het logboek is vol of weigert. Maak ruimte vrij; er is niets half opgeslagen."),
        )
    return None


def is_replaced(error: sqlite3.Error) -> bool:
    """Tell whether a file was taken away or replaced while this process had it open."""
    return getattr(error, "sqlite_errorcode", 0) in _REPLACED


def replaced() -> IntegrityError:
    """Return the error for a file that was taken away or replaced."""
    return IntegrityError(
        _(
            "Een bestand van de database of het logboek is weggehaald of vervangen terwijl het programma draaide. "
            "Stop het programma en start het opnieuw."
        )
    )
