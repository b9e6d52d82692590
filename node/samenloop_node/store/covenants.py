"""Covenant versions that this node accepted, in canonical bytes with their signatures. Only verified ones come in."""

import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

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


def accept(db: sqlite3.Connection, covenant: StoredCovenant) -> None:
    """Add a version; a version once accepted never changes."""
    db.execute(
        "INSERT INTO covenant (version, document, signatures, accepted_ms) VALUES (?, ?, ?, ?)",
        (covenant.version, covenant.document, covenant.signatures, covenant.accepted_ms),
    )
