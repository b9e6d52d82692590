"""Covenant versions that this node accepted, in canonical bytes with their signatures. Only verified ones come in."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _

migrations = Migrations("covenants")


@dataclass(frozen=True, slots=True)
class StoredCovenant:
    """One accepted version: canonical document and signatures, and when it was accepted (ms)."""

    version: int
    document: bytes
    signatures: bytes
    accepted_ms: int


@migrations()
def covenant_table(db: Database) -> None:
    """Make the table of accepted versions."""
    db.execute(
        "CREATE TABLE covenant (version INTEGER PRIMARY KEY, document BLOB NOT NULL, signatures BLOB NOT NULL,"
        " accepted_ms INTEGER NOT NULL) STRICT"
    )


def accepted(db: sqlite3.Connection) -> list[StoredCovenant]:
    """Return every accepted version, the newest first; none on a fresh node."""
    return [StoredCovenant(*row) for row in db.execute("SELECT * FROM covenant ORDER BY version DESC")]


def newest(db: sqlite3.Connection) -> int:
    """Return the number of the version that was accepted last, 0 on a fresh node."""
    return int(db.execute("SELECT coalesce(max(version), 0) FROM covenant").fetchone()[0])


def newest_in(database: Path) -> bytes:
    """Return the document that was accepted last, empty when none was; changes nothing and the node may be running.

    Raises SamenloopError when the file cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as db:
            made = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'covenant'").fetchone()
            return next((row.document for row in accepted(db)), b"") if made else b""
    except sqlite3.Error as error:
        text = _("Database {path} kan niet worden gelezen: {why}.", path=database, why=error)
        raise SamenloopError(ErrorCode.UNAVAILABLE, text) from error


def accept(db: sqlite3.Connection, covenant: StoredCovenant) -> None:
    """Add a version; a version once accepted never changes."""
    db.execute(
        "INSERT INTO covenant (version, document, signatures, accepted_ms) VALUES (?, ?, ?, ?)",
        (covenant.version, covenant.document, covenant.signatures, covenant.accepted_ms),
    )
