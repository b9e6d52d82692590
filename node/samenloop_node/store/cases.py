"""Own cases and contacts after a hit: process information in codes and dates, never content (R-58).

A case is named by its number in this partner's own system. `data` holds the parts of the decision rules as JSON.
"""

import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("cases")


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case: its state (`samenloop.decisions.case_facts.CaseState`), who reported it, ISO days, parts as JSON."""

    case_number: str
    state: str
    reported_by: str
    responsible: str
    reported_on: str
    closed_on: str
    data: str


@dataclass(frozen=True, slots=True)
class Contact:
    """One talk about one hit (R-53): outcome code, useful or not, ISO day. `receiver` is empty for an own question."""

    question_id: bytes
    holder: str
    outcome: str
    useful: bool
    day: str
    made_by: str


@migrations()
def case_tables(db: Database) -> None:
    """Make the tables of cases and contacts."""
    db.execute(
        "CREATE TABLE case_file (case_number TEXT PRIMARY KEY, state TEXT NOT NULL, reported_by TEXT NOT NULL,"
        " responsible TEXT NOT NULL, reported_on TEXT NOT NULL, closed_on TEXT NOT NULL, data TEXT NOT NULL) STRICT"
    )
    db.execute(
        "CREATE TABLE contact (id INTEGER PRIMARY KEY, question_id BLOB NOT NULL, holder TEXT NOT NULL,"
        " outcome TEXT NOT NULL, useful INTEGER NOT NULL, day TEXT NOT NULL, made_by TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX contact_by_question ON contact (question_id)")


def add(db: sqlite3.Connection, case: CaseFile) -> None:
    """Add a case."""
    db.execute(
        "INSERT INTO case_file VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(case.case_number, case.state, case.reported_by, case.responsible),
            *(case.reported_on, case.closed_on, case.data),
        ),
    )


def find(db: sqlite3.Connection, case_number: str) -> CaseFile | None:
    """Return one case, or None."""
    row = db.execute("SELECT * FROM case_file WHERE case_number = ?", (case_number,)).fetchone()
    return CaseFile(*row) if row else None


def listed(db: sqlite3.Connection) -> list[CaseFile]:
    """Return all cases, newest first."""
    return [CaseFile(*row) for row in db.execute("SELECT * FROM case_file ORDER BY reported_on DESC, case_number")]


def change(db: sqlite3.Connection, case: CaseFile) -> None:
    """Store the state, closing day and parts of a case."""
    db.execute(
        "UPDATE case_file SET state = ?, closed_on = ?, data = ? WHERE case_number = ?",
        (case.state, case.closed_on, case.data, case.case_number),
    )


def add_contact(db: sqlite3.Connection, contact: Contact) -> None:
    """Add a contact; earlier ones about the same hit stay, so that contradictions show."""
    db.execute(
        "INSERT INTO contact (question_id, holder, outcome, useful, day, made_by) VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(contact.question_id, contact.holder, contact.outcome),
            *(int(contact.useful), contact.day, contact.made_by),
        ),
    )


def contacts(db: sqlite3.Connection, question_id: bytes | None = None) -> list[Contact]:
    """Return the contacts about a question, or all, oldest first."""
    where, values = ("WHERE question_id = ? ", (question_id,)) if question_id else ("", ())
    rows = db.execute(
        f"SELECT question_id, holder, outcome, useful, day, made_by FROM contact {where}ORDER BY id",  # noqa: S608
        values,
    )
    return [Contact(row[0], row[1], row[2], bool(row[3]), row[4], row[5]) for row in rows]


def purge(db: sqlite3.Connection, case_number: str) -> None:
    """Remove a case with its questions and contacts."""
    ids = "SELECT question_id FROM question WHERE case_number = ?"
    db.execute(f"DELETE FROM contact WHERE question_id IN ({ids})", (case_number,))  # noqa: S608 - fixed text
    db.execute(f"DELETE FROM asked_holder WHERE question_id IN ({ids})", (case_number,))  # noqa: S608 - fixed text
    db.execute("DELETE FROM question WHERE case_number = ?", (case_number,))
    db.execute("DELETE FROM case_letter WHERE case_number = ?", (case_number,))
    db.execute("DELETE FROM case_file WHERE case_number = ?", (case_number,))
