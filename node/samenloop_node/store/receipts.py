"""Audit entries that the coordinator gave with its answers: what this node must find back in the log."""

import hashlib
import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("receipts")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One own entry: its RFC 6962 leaf hash (32 bytes), canonical JSON, event code and when it was received (ms)."""

    leaf: bytes
    entry: bytes
    event: str
    received_ms: int


@migrations()
def receipts_table(db: Database) -> None:
    """Make the table of receipts."""
    db.execute(
        "CREATE TABLE receipt (leaf BLOB PRIMARY KEY, entry BLOB NOT NULL, event TEXT NOT NULL,"
        " received_ms INTEGER NOT NULL, log_index INTEGER) STRICT"
    )
    db.execute("CREATE INDEX receipt_open ON receipt (received_ms) WHERE log_index IS NULL")


def add(db: sqlite3.Connection, entry: bytes, event: str, received_ms: int) -> bytes:
    """Keep an entry whose inclusion is still to be proved; return its leaf hash. The same entry twice is one row."""
    leaf = hashlib.sha256(b"\0" + entry).digest()
    db.execute(
        "INSERT OR IGNORE INTO receipt (leaf, entry, event, received_ms) VALUES (?, ?, ?, ?)",
        (leaf, entry, event, received_ms),
    )
    return leaf


def unproved(db: sqlite3.Connection, limit: int = 100) -> list[Receipt]:
    """Return the oldest entries that were not yet found in the log."""
    rows = db.execute(
        "SELECT leaf, entry, event, received_ms FROM receipt WHERE log_index IS NULL ORDER BY received_ms LIMIT ?",
        (limit,),
    )
    return [Receipt(*row) for row in rows]


def give_up(db: sqlite3.Connection) -> None:
    """Look no longer for what was not found: people accepted that the log lost it. Its place is -1."""
    db.execute("UPDATE receipt SET log_index = -1 WHERE log_index IS NULL")


def proved(db: sqlite3.Connection, leaf: bytes, log_index: int) -> None:
    """Record that the entry with this leaf hash stands in the log at `log_index`."""
    db.execute("UPDATE receipt SET log_index = ? WHERE leaf = ?", (log_index, leaf))
