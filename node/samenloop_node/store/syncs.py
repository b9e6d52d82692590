"""Synchronisations: the plan of each, row by row. No tokens, no fields: only what to do and at which byte to read it.

A plan row with `act` 0 means: leave the record as it is. A plan is made anew when a synchronisation goes on after a
crash: what was settled then compares as unchanged.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("syncs")

OPEN, DONE, STOPPED = "open", "done", "stopped"
KEEP = 0


@dataclass(frozen=True, slots=True)
class Sync:
    """One synchronisation. `file_digest` is keyed; `confirmed` is the number of withdrawals that the user agreed to."""

    id: int
    register: str
    path: str
    file_digest: bytes
    confirmed: int
    account: str
    started_ms: int
    state: str = OPEN
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What to do with one record. `row` counts from 1, the header included. `decision` is the reference to apply.

    `record_digest` is the keyed digest of the record as it stood in the file, empty where it is not read again.
    """

    row: int
    offset: int
    record_id: str
    act: int
    registration_id: bytes
    row_digest: bytes
    facts_digest: bytes
    decision: bytes
    record_digest: bytes = b""
    frozen: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Where and why something of a row was refused, never what it said."""

    row: int
    column: str
    reason: str


@migrations()
def sync_tables(db: Database) -> None:
    """Make the tables of synchronisations, their plans and their problems."""
    db.execute(
        "CREATE TABLE sync (id INTEGER PRIMARY KEY, register TEXT NOT NULL, path TEXT NOT NULL,"
        " file_digest BLOB NOT NULL, confirmed INTEGER NOT NULL, account TEXT NOT NULL, started_ms INTEGER NOT NULL,"
        " state TEXT NOT NULL, outcome TEXT NOT NULL) STRICT"
    )
    db.execute(
        "CREATE TABLE sync_row (sync INTEGER NOT NULL REFERENCES sync (id), row INTEGER NOT NULL,"
        " offset INTEGER NOT NULL, record_id TEXT NOT NULL, act INTEGER NOT NULL, registration_id BLOB NOT NULL,"
        " row_digest BLOB NOT NULL, facts_digest BLOB NOT NULL, decision BLOB NOT NULL,"
        " PRIMARY KEY (sync, record_id)) STRICT, WITHOUT ROWID"
    )
    db.execute("CREATE INDEX sync_row_todo ON sync_row (sync, act, row) WHERE act > 0")
    db.execute(
        "CREATE TABLE sync_problem (sync INTEGER NOT NULL REFERENCES sync (id), row INTEGER NOT NULL,"
        " column_name TEXT NOT NULL, reason TEXT NOT NULL) STRICT"
    )


@migrations()
def record_digests(db: Database) -> None:
    """Keep of each planned row what it said, as a keyed digest: it is read a second time before it is sent."""
    db.execute("ALTER TABLE sync_row ADD COLUMN record_digest BLOB NOT NULL DEFAULT x''")


def start(db: sqlite3.Connection, sync: Sync) -> Sync:
    """Begin a synchronisation and return it with its id; an open one of the same register is given up."""
    for given_up in [one for one in unfinished(db) if one.register == sync.register]:
        finish(db, given_up.id, STOPPED, given_up.outcome)
    cursor = db.execute(
        "INSERT INTO sync (register, path, file_digest, confirmed, account, started_ms, state, outcome)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, '')",
        (sync.register, sync.path, sync.file_digest, sync.confirmed, sync.account, sync.started_ms, OPEN),
    )
    return replace(sync, id=int(cursor.lastrowid or 0))


def say(db: sqlite3.Connection, sync: int, outcome: str) -> None:
    """Keep a sentence on how it goes with an open synchronisation."""
    db.execute("UPDATE sync SET outcome = ? WHERE id = ?", (outcome, sync))


def finish(db: sqlite3.Connection, sync: int, state: str, outcome: str) -> None:
    """End a synchronisation with a readable outcome and forget its plan."""
    db.execute("UPDATE sync SET state = ?, outcome = ? WHERE id = ?", (state, outcome, sync))
    forget_plan(db, sync)


def purge(db: sqlite3.Connection, before_ms: int) -> int:
    """Remove ended synchronisations begun before a moment, but for the newest of each register and the newest that
    came to its end. Returns how many.
    """
    old = (
        "SELECT id FROM sync WHERE state != ? AND started_ms < ?"
        " AND id NOT IN (SELECT max(id) FROM sync GROUP BY register)"
        " AND id NOT IN (SELECT max(id) FROM sync WHERE state = ? GROUP BY register)"
    )
    gone = [one for (one,) in db.execute(old, (OPEN, before_ms, DONE))]
    for one in gone:
        forget_plan(db, one)
        db.execute("DELETE FROM sync WHERE id = ?", (one,))
    return len(gone)


def forget_plan(db: sqlite3.Connection, sync: int) -> None:
    """Forget plan and problems, to plan anew."""
    db.execute("DELETE FROM sync_row WHERE sync = ?", (sync,))
    db.execute("DELETE FROM sync_problem WHERE sync = ?", (sync,))


def unfinished(db: sqlite3.Connection) -> list[Sync]:
    """Return the open synchronisations, oldest first."""
    return [Sync(*row) for row in db.execute("SELECT * FROM sync WHERE state = ? ORDER BY id", (OPEN,))]


def last(db: sqlite3.Connection, register: str) -> Sync | None:
    """Return the latest synchronisation of a register, or None."""
    row = db.execute("SELECT * FROM sync WHERE register = ? ORDER BY id DESC LIMIT 1", (register,)).fetchone()
    return Sync(*row) if row else None


def last_done(db: sqlite3.Connection, register: str) -> int | None:
    """Return when the latest synchronisation that came to its end began (ms), or None."""
    row = db.execute(
        "SELECT started_ms FROM sync WHERE register = ? AND state = ? ORDER BY id DESC LIMIT 1", (register, DONE)
    ).fetchone()
    return int(row[0]) if row else None


_PLAN = "row, offset, record_id, act, registration_id, row_digest, facts_digest, decision, record_digest"


def plan(db: sqlite3.Connection, sync: int, row: PlanRow) -> None:
    """Add a row to the plan."""
    where = (row.row, row.offset, row.record_id, row.act, row.registration_id)
    said = (row.row_digest, row.facts_digest, row.decision, row.record_digest)
    db.execute("INSERT INTO sync_row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (sync, *where, *said))


def planned(db: sqlite3.Connection, sync: int, record_id: str) -> PlanRow | None:
    """Return what is planned for a record, or None."""
    row = db.execute(
        f"SELECT {_PLAN} FROM sync_row WHERE sync = ? AND record_id = ?",  # noqa: S608 - fixed column list
        (sync, record_id),
    ).fetchone()
    return PlanRow(*row) if row else None


def keep(db: sqlite3.Connection, sync: int, record_id: str) -> None:
    """Plan to leave a record as it is."""
    db.execute("UPDATE sync_row SET act = ?, decision = x'' WHERE sync = ? AND record_id = ?", (KEEP, sync, record_id))


def todo(db: sqlite3.Connection, sync: int, act: int, after: int, limit: int) -> list[PlanRow]:
    """Return up to `limit` rows to be done with this act, in the order of the file, after row `after`."""
    rows = db.execute(
        "SELECT p.row, p.offset, p.record_id, p.act, p.registration_id, p.row_digest, p.facts_digest, p.decision,"
        " p.record_digest, coalesce(r.frozen, 0),"
        " EXISTS (SELECT 1 FROM beforehand_detail d WHERE d.registration_id = p.registration_id)"
        " FROM sync_row p LEFT JOIN registration r ON r.registration_id = p.registration_id"
        " WHERE p.sync = ? AND p.act = ? AND p.act > 0 AND p.row > ? ORDER BY p.row LIMIT ?",
        (sync, act, after, limit),
    )
    return [replace(PlanRow(*row), frozen=bool(row[-2]), by_hand=bool(row[-1])) for row in rows]


def count_acts(db: sqlite3.Connection, sync: int) -> dict[int, int]:
    """Return how many rows are planned per act."""
    return dict(db.execute("SELECT act, count(*) FROM sync_row WHERE sync = ? GROUP BY act", (sync,)).fetchall())


_ABSENT = (
    " FROM registration r WHERE register = ? AND NOT EXISTS"
    " (SELECT 1 FROM sync_row p WHERE p.sync = ? AND p.record_id = r.record_id)"
)


def count_absent(db: sqlite3.Connection, sync: int, register: str) -> int:
    """Return how many registrations of the register are not in the file."""
    return int(db.execute(f"SELECT count(*){_ABSENT}", (register, sync)).fetchone()[0])


def absent(db: sqlite3.Connection, sync: int, register: str, after: str, limit: int) -> list[tuple[str, bytes]]:
    """Return (record id, registration id) of registrations that are not in the file, by record id after `after`."""
    rows = db.execute(
        f"SELECT record_id, registration_id{_ABSENT} AND r.record_id > ? ORDER BY r.record_id LIMIT ?",
        (register, sync, after, limit),
    )
    return list(rows)


def add_problems(db: sqlite3.Connection, sync: int, problems: Sequence[RowProblem]) -> None:
    """Keep problems of rows."""
    db.executemany(
        "INSERT INTO sync_problem VALUES (?, ?, ?, ?)", [(sync, p.row, p.column, p.reason) for p in problems]
    )


def problems(db: sqlite3.Connection, sync: int, limit: int) -> list[RowProblem]:
    """Return the first `limit` problems in the order of the file."""
    rows = db.execute(
        "SELECT row, column_name, reason FROM sync_problem WHERE sync = ? ORDER BY row LIMIT ?", (sync, limit)
    )
    return [RowProblem(*row) for row in rows]
