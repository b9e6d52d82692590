"""Free text of people, sealed: motives of questions and decisions. Only ciphertext and its digest are here."""

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("notes")


@migrations()
def note_table(db: Database) -> None:
    """Make the table of sealed texts."""
    db.execute(
        "CREATE TABLE note (document BLOB PRIMARY KEY CHECK (length(document) = 32), sealed BLOB NOT NULL,"
        " made_ms INTEGER NOT NULL) STRICT"
    )


def keep(db: sqlite3.Connection, document: bytes, sealed: bytes, made_ms: int) -> None:
    """Keep sealed text under the SHA-256 of its ciphertext, which stands in the node's own log."""
    db.execute("INSERT OR IGNORE INTO note VALUES (?, ?, ?)", (document, sealed, made_ms))


def find(db: sqlite3.Connection, document: bytes) -> bytes | None:
    """Return sealed text, or None."""
    row = db.execute("SELECT sealed FROM note WHERE document = ?", (document,)).fetchone()
    return row[0] if row else None
