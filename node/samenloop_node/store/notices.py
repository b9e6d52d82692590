"""Notices: that a person is told, or why not yet (R-61..R-64). Codes, dates and numbers; no letter is kept."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("notices")
_COLUMNS = "id, subject, case_number, registration_id, state, recorded_on, due_on, review_on, deferred_before, data"


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """One notice about a case of ours, or about a registration of ours that somebody was shown.

    `subject` is what made it due, once only; days are ISO, `data` the last step as JSON.
    """

    id: int
    subject: str
    case_number: str
    registration_id: bytes
    state: str
    recorded_on: str
    due_on: str
    review_on: str
    deferred_before: bool
    data: str


@migrations()
def notice_table(db: Database) -> None:
    """Make the table of notices."""
    db.execute(
        "CREATE TABLE notice (id INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE, case_number TEXT NOT NULL,"
        " registration_id BLOB NOT NULL, state TEXT NOT NULL CHECK (state IN ('due', 'deferred', 'given')),"
        " recorded_on TEXT NOT NULL, due_on TEXT NOT NULL, review_on TEXT NOT NULL,"
        " deferred_before INTEGER NOT NULL, data TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX notice_by_case ON notice (case_number)")
    db.execute("CREATE INDEX notice_by_registration ON notice (registration_id)")


@migrations()
def index_of_registrations_only(db: Database) -> None:
    """Leave notices about a case, which have no registration, out of the index of registrations."""
    db.execute("DROP INDEX notice_by_registration")
    db.execute("CREATE INDEX notice_by_registration ON notice (registration_id) WHERE registration_id != x''")


def add(db: sqlite3.Connection, row: StoredNotice) -> None:
    """Add a notice that is due; a second one about the same subject changes nothing."""
    db.execute(
        "INSERT OR IGNORE INTO notice (subject, case_number, registration_id, state, recorded_on, due_on, review_on,"
        " deferred_before, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(row.subject, row.case_number, row.registration_id, row.state, row.recorded_on),
            *(row.due_on, row.review_on, int(row.deferred_before), row.data),
        ),
    )


def find(db: sqlite3.Connection, number: int) -> StoredNotice | None:
    """Return one notice, or None."""
    found = _rows(db, "WHERE id = ?", (number,))
    return found[0] if found else None


def of_case(db: sqlite3.Connection, case_number: str) -> list[StoredNotice]:
    """Return the notices of a case."""
    return _rows(db, "WHERE case_number = ?", (case_number,))


def of_registration(db: sqlite3.Connection, registration_id: bytes) -> list[StoredNotice]:
    """Return the notices about a registration."""
    return _rows(db, "WHERE registration_id = ? AND registration_id != x''", (registration_id,))


def unsettled(db: sqlite3.Connection) -> list[StoredNotice]:
    """Return the notices that are due or deferred, the most urgent first."""
    return _rows(db, "WHERE state != 'given' ORDER BY CASE state WHEN 'due' THEN due_on ELSE review_on END, id", ())


def change(db: sqlite3.Connection, row: StoredNotice) -> None:
    """Store the state of a notice."""
    db.execute(
        "UPDATE notice SET state = ?, due_on = ?, review_on = ?, deferred_before = ?, data = ? WHERE id = ?",
        (row.state, row.due_on, row.review_on, int(row.deferred_before), row.data, row.id),
    )


def unnoticed_hits(db: sqlite3.Connection) -> list[tuple[bytes, bytes, int]]:
    """Return (question, registration, asked ms) of what others were shown without a notice about that registration."""
    rows = db.execute(
        "SELECT question_id, hr.registration_id, asked_ms FROM hit JOIN hit_registration hr USING (question_id)"
        " JOIN registration r ON r.registration_id = hr.registration_id"
        " WHERE disclosed = 1"
        " AND NOT EXISTS (SELECT 1 FROM notice n"
        " WHERE n.registration_id = hr.registration_id AND n.registration_id != x'')"
    )
    return list(rows)


def purge_case(db: sqlite3.Connection, case_number: str) -> None:
    """Remove the notices of a case."""
    db.execute("DELETE FROM notice WHERE case_number = ?", (case_number,))


def purge_gone(db: sqlite3.Connection) -> int:
    """Remove notices about registrations that are no longer here; returns how many."""
    return db.execute(
        "DELETE FROM notice WHERE registration_id != x''"
        " AND registration_id NOT IN (SELECT registration_id FROM registration)"
    ).rowcount


def _rows(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[StoredNotice]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM notice {where}", values)  # noqa: S608 - fixed column list
    return [_notice(list(row)) for row in rows]


def _notice(row: list[Any]) -> StoredNotice:
    values: list[Any] = [*row[:8], bool(row[8]), row[9]]
    return StoredNotice(*values)
