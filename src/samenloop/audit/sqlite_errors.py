"""What SQLite says when a file of the log is damaged or the disk is full, as errors of ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


@contextmanager
def readable() -> Iterator[None]:
    """Turn a damaged file into our error: no service on bad data."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if no_room(error):
            raise disk_full() from error
        raise IntegrityError(
            _(
                "Het logboek is niet te lezen: {error}. Zet de reservekopie terug.",
                error=getattr(error, "sqlite_errorname", type(error).__name__),
            )
        ) from error


def no_room(error: sqlite3.Error) -> bool:
    """Tell whether the disk is full or refuses."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_ROOM


def disk_full() -> SamenloopError:
    """Return the error for a disk that is full or refuses."""
    return SamenloopError(
        ErrorCode.STORAGE_FULL,
        _("De schijf met het logboek is vol of weigert. Maak ruimte vrij; er is niets half opgeslagen."),
    )
