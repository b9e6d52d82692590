"""Consents: ticks, codes, dates and the number of the paper form; and what each was used for, to undo it.

No names: those stand on the paper form only.
"""

import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("consents")
RELEASE, BEFOREHAND = "release", "beforehand"
NUMBER_BYTES = 8
"""Length of a consent's number; people see it as 16 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """One consent. `number` is 16 hexadecimal digits, `form` the decision rules' form as JSON, days are ISO."""

    number: str
    state: str
    form: str
    recorded_by: str
    recorded_on: str
    ended_on: str


@dataclass(frozen=True, slots=True)
class Use:
    """What rests on a consent: a release (`subject` = question id) or a decision beforehand (its registration id)."""

    number: str
    kind: str
    subject: bytes
    undone: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """A decision beforehand that was taken by hand: what must be said again whenever the facts are sent (R-76)."""

    registration_id: bytes
    reference: bytes
    content: str
    consent: str


@migrations()
def consent_tables(db: Database) -> None:
    """Make the tables of consents, their uses, and decisions beforehand taken by hand."""
    db.execute(
        "CREATE TABLE consent (number TEXT PRIMARY KEY, state TEXT NOT NULL, form TEXT NOT NULL,"
        " recorded_by TEXT NOT NULL, recorded_on TEXT NOT NULL, ended_on TEXT NOT NULL) STRICT"
    )
    db.execute(
        "CREATE TABLE consent_use (number TEXT NOT NULL REFERENCES consent (number) ON DELETE CASCADE,"
        " kind TEXT NOT NULL, subject BLOB NOT NULL, undone INTEGER NOT NULL,"
        " PRIMARY KEY (number, kind, subject)) STRICT, WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE beforehand_detail (registration_id BLOB NOT NULL REFERENCES registration (registration_id)"
        " ON DELETE CASCADE, reference BLOB NOT NULL, content TEXT NOT NULL, consent TEXT NOT NULL,"
        " PRIMARY KEY (registration_id, reference)) STRICT, WITHOUT ROWID"
    )


def add(db: sqlite3.Connection, consent: StoredConsent) -> None:
    """Add a consent."""
    db.execute(
        "INSERT INTO consent VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(consent.number, consent.state, consent.form),
            *(consent.recorded_by, consent.recorded_on, consent.ended_on),
        ),
    )


def find(db: sqlite3.Connection, number: str) -> StoredConsent | None:
    """Return one consent, or None."""
    row = db.execute("SELECT * FROM consent WHERE number = ?", (number,)).fetchone()
    return StoredConsent(*row) if row else None


def listed(db: sqlite3.Connection) -> list[StoredConsent]:
    """Return all consents, newest first."""
    return [StoredConsent(*row) for row in db.execute("SELECT * FROM consent ORDER BY recorded_on DESC, number")]


def set_state(db: sqlite3.Connection, number: str, state: str, ended_on: str) -> None:
    """Store the state of a consent; `ended_on` is empty while it lasts."""
    db.execute("UPDATE consent SET state = ?, ended_on = ? WHERE number = ?", (state, ended_on, number))


def add_use(db: sqlite3.Connection, number: str, kind: str, subject: bytes) -> None:
    """Remember what rests on a consent."""
    db.execute("INSERT OR REPLACE INTO consent_use VALUES (?, ?, ?, 0)", (number, kind, subject))


def unuse(db: sqlite3.Connection, number: str, kind: str, subject: bytes) -> None:
    """Forget a use that was refused; the consent is as it was."""
    db.execute("DELETE FROM consent_use WHERE number = ? AND kind = ? AND subject = ?", (number, kind, subject))
    db.execute("UPDATE consent SET state = 'given' WHERE number = ? AND state = 'used'", (number,))


def uses(db: sqlite3.Connection, number: str) -> list[Use]:
    """Return what rests, or rested, on a consent."""
    rows = db.execute("SELECT number, kind, subject, undone FROM consent_use WHERE number = ?", (number,))
    return [Use(row[0], row[1], row[2], bool(row[3])) for row in rows]


def uses_of(db: sqlite3.Connection, kind: str, subject: bytes) -> list[Use]:
    """Return which consents this rests on and still shows by."""
    rows = db.execute(
        "SELECT number, kind, subject, undone FROM consent_use WHERE kind = ? AND subject = ? AND undone = 0",
        (kind, subject),
    )
    return [Use(row[0], row[1], row[2], bool(row[3])) for row in rows]


def to_undo(db: sqlite3.Connection) -> list[Use]:
    """Return what still shows although its consent ended."""
    rows = db.execute(
        "SELECT u.number, kind, subject, undone FROM consent_use u JOIN consent USING (number)"
        " WHERE undone = 0 AND state IN ('withdrawn', 'expired')"
    )
    return [Use(row[0], row[1], row[2], bool(row[3])) for row in rows]


def undone(db: sqlite3.Connection, use: Use) -> None:
    """Remember that this no longer shows."""
    db.execute(
        "UPDATE consent_use SET undone = 1 WHERE number = ? AND kind = ? AND subject = ?",
        (use.number, use.kind, use.subject),
    )


def details(db: sqlite3.Connection, registration_id: bytes) -> list[Detail]:
    """Return the decisions beforehand that were taken by hand over a registration."""
    rows = db.execute("SELECT * FROM beforehand_detail WHERE registration_id = ?", (registration_id,))
    return [Detail(*row) for row in rows]


def keep_details(db: sqlite3.Connection, registration_id: bytes, rows: list[Detail]) -> None:
    """Store the decisions beforehand by hand of a registration, and forget the others."""
    if not rows and not details(db, registration_id):
        return
    db.execute("DELETE FROM beforehand_detail WHERE registration_id = ?", (registration_id,))
    db.executemany(
        "INSERT INTO beforehand_detail VALUES (?, ?, ?, ?)",
        [(row.registration_id, row.reference, row.content, row.consent) for row in rows],
    )


def purge(db: sqlite3.Connection, number: str) -> None:
    """Remove a consent and what was kept of its use."""
    db.execute("DELETE FROM consent WHERE number = ?", (number,))
