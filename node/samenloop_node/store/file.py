"""The file of the database itself, before SQLite opens it.

Nothing in this program opens and closes that file, its `-wal` or its `-shm` by itself while a connection lives: on
POSIX, closing any descriptor of a file drops every lock that the process holds on it. Without SQLite's locks another
program that reads the file takes itself for the last user, and removes the write-ahead log that this one still fills.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

_MODE = 0o600


def make(path: Path) -> None:
    """Make an empty file with mode 0600 when there is none; one that exists is not opened. Raises OSError."""
    with suppress(FileExistsError):  # behind a symbolic link too
        os.close(os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_RDWR, _MODE))


def check(path: Path) -> None:
    """Raise the OSError that opening the file for reading and writing would give, without opening it."""
    if stat.S_ISDIR(path.stat().st_mode):
        raise _error(errno.EISDIR, path)
    if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
        read_only = os.statvfs(path).f_flag & os.ST_RDONLY
        raise _error(errno.EROFS if read_only else errno.EACCES, path)


def is_one_of(path: Path, *databases: Path) -> bool:
    """Tell whether `path` is the file of a database or one of SQLite's beside it, under whatever name."""
    return any(_same(path, one) for database in databases for one in database.parent.glob(f"{database.name}*"))


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there: SQLite makes and removes its own
        return False


def _error(number: int, path: Path) -> OSError:
    return OSError(number, errno.errorcode[number], str(path))
