"""Synchronisations: the plan of each, row by row, so that it goes on after a crash. No tokens, no fields: only where
to read them.

A plan row says what must be done with one record and at which byte of the file its row begins. `act` 0 means: leave
it as it is.
"""

import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("syncs")

PLANNING, SENDING, DONE, STOPPED = "planning", "sending", "done", "stopped"
MAX_ERRORS = 10_000


@dataclass(frozen=True, slots=True)
class Sync:
    """One synchronisation. `file_digest` is keyed; `confirmed` the number of withdrawals that the user agreed to."""

    id: int
    register: str
    path: str
    file_digest: bytes
    state: str
    confirmed: int
    account: str
    started_ms: int
    outcome: str


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What to do with one record. `row` counts from 1 (the header is row 1, as a spreadsheet shows it)."""

    row: int
    offset: int
    record_id: str
    act: int
    registration_id: bytes
    row_digest: bytes
    facts_digest: bytes


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that was refused: where and why, never what it said."""

    row: int
    column: str
    code: str


@migrations()
def sync_tables(db: Database) -> None:
    """Make the tables of synchronisations, their plans and their refused rows."""
    db.execute(
        "CREATE TABLE sync (id INTEGER PRIMARY KEY, register TEXT NOT NULL, path TEXT NOT NULL, file_digest BLOB "
        "NOT NULL,"
        " state TEXT NOT NULL, confirmed INTEGER NOT NULL, account TEXT NOT NULL, started_ms INTEGER NOT NULL,"
        " outcome TEXT NOT NULL) STRICT"
    )
    db.execute(
        "CREATE TABLE sync_row (sync INTEGER NOT NULL REFERENCES sync (id), row INTEGER NOT NULL, offset INTEGER "
        "NOT NULL,"
        " record_id TEXT NOT NULL, act INTEGER NOT NULL, registration_id BLOB NOT NULL, row_digest BLOB NOT NULL,"
        " facts_digest BLOB NOT NULL, decision BLOB NOT NULL, done INTEGER NOT NULL DEFAULT 0,"
        " PRIMARY KEY (sync, record_id)) STRICT, WITHOUT ROWID"
    )
    db.execute("CREATE INDEX sync_row_todo ON sync_row (sync, row) WHERE act > 0 AND done = 0")
    db.execute("CREATE INDEX sync_row_decision ON sync_row (sync, decision) WHERE decision <> x''")
    db.execute(
        "CREATE TABLE sync_error (sync INTEGER NOT NULL REFERENCES sync (id), row INTEGER NOT NULL, column_name "
        "TEXT NOT NULL,"
        " code TEXT NOT NULL) STRICT"
    )


def start(db: sqlite3.Connection, sync: Sync) -> Sync:
    """Begin a synchronisation (its `id` is given here); an unfinished one of the same register is given up."""
    for (old,) in db.execute(
        "SELECT id FROM sync WHERE register = ? AND state IN (?, ?)", (sync.register, PLANNING, SENDING)
    ):
        finish(db, old, STOPPED, "")
    cursor = db.execute(
        "INSERT INTO sync (register, path, file_digest, state, confirmed, account, started_ms, outcome)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, '')",
        (sync.register, sync.path, sync.file_digest, PLANNING, sync.confirmed, sync.account, sync.started_ms),
    )
    return Sync(
        int(cursor.lastrowid or 0),
        sync.register,
        sync.path,
        sync.file_digest,
        PLANNING,
        sync.confirmed,
        sync.account,
        sync.started_ms,
        "",
    )


def set_state(db: sqlite3.Connection, sync: int, state: str) -> None:
    """Move a synchronisation on."""
    db.execute("UPDATE sync SET state = ? WHERE id = ?", (state, sync))


def finish(db: sqlite3.Connection, sync: int, state: str, outcome: str) -> None:
    """End a synchronisation with a readable outcome and forget its plan."""
    db.execute("UPDATE sync SET state = ?, outcome = ? WHERE id = ?", (state, outcome, sync))
    db.execute("DELETE FROM sync_row WHERE sync = ?", (sync,))


def unfinished(db: sqlite3.Connection) -> list[Sync]:
    """Return the synchronisations that were being planned or sent."""
    rows = db.execute("SELECT * FROM sync WHERE state IN (?, ?) ORDER BY id", (PLANNING, SENDING))
    return [Sync(*row) for row in rows]


def last(db: sqlite3.Connection, register: str) -> Sync | None:
    """Return the latest synchronisation of a register, or None."""
    row = db.execute("SELECT * FROM sync WHERE register = ? ORDER BY id DESC LIMIT 1", (register,)).fetchone()
    return Sync(*row) if row else None
