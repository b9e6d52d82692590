"""Requests of persons about their data (R-65..R-68): kind, days, who answers, and which own registrations are meant."""

import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("requests")


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """One request. `number` is 32 hexadecimal digits, `desk` the participant that received it, days are ISO."""

    number: str
    kind: str
    state: str
    received_on: str
    answer_before: str
    desk: str
    holder: str
    objection_basis: str
    outcome: str
    answered_on: str


@migrations()
def request_tables(db: Database) -> None:
    """Make the tables of requests and the registrations that they are about."""
    db.execute(
        "CREATE TABLE rights_request (number TEXT PRIMARY KEY, kind TEXT NOT NULL,"
        " state TEXT NOT NULL CHECK (state IN ('received', 'routed', 'answered')), received_on TEXT NOT NULL,"
        " answer_before TEXT NOT NULL, desk TEXT NOT NULL, holder TEXT NOT NULL, objection_basis TEXT NOT NULL,"
        " outcome TEXT NOT NULL, answered_on TEXT NOT NULL) STRICT"
    )
    db.execute(
        "CREATE TABLE rights_record (number TEXT NOT NULL REFERENCES rights_request (number) ON DELETE CASCADE,"
        " registration_id BLOB NOT NULL, PRIMARY KEY (number, registration_id)) STRICT, WITHOUT ROWID"
    )


@migrations()
def seen_records(db: Database) -> None:
    """Remember what a record was when its request came in, to see whether it was corrected since (R-65)."""
    db.execute("ALTER TABLE rights_record ADD COLUMN seen TEXT NOT NULL DEFAULT ''")


def add(db: sqlite3.Connection, row: StoredRequest) -> bool:
    """Add a request; returns False when it was there already (a letter that came twice)."""
    added = db.execute(
        "INSERT OR IGNORE INTO rights_request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(row.number, row.kind, row.state, row.received_on, row.answer_before, row.desk, row.holder),
            *(row.objection_basis, row.outcome, row.answered_on),
        ),
    )
    return added.rowcount == 1


def find(db: sqlite3.Connection, number: str) -> StoredRequest | None:
    """Return one request, or None."""
    row = db.execute("SELECT * FROM rights_request WHERE number = ?", (number,)).fetchone()
    return StoredRequest(*row) if row else None


def listed(db: sqlite3.Connection) -> list[StoredRequest]:
    """Return all requests, the most urgent first."""
    rows = db.execute("SELECT * FROM rights_request ORDER BY state = 'answered', answer_before, number")
    return [StoredRequest(*row) for row in rows]


def change(db: sqlite3.Connection, row: StoredRequest) -> None:
    """Store the state, ground of objection, outcome and day of answer."""
    db.execute(
        "UPDATE rights_request SET state = ?, objection_basis = ?, outcome = ?, answered_on = ? WHERE number = ?",
        (row.state, row.objection_basis, row.outcome, row.answered_on, row.number),
    )


def keep_records(db: sqlite3.Connection, number: str, registration_ids: list[bytes]) -> None:
    """Remember which registrations a request is about, and what they are now (their keyed digests)."""
    db.executemany(
        "INSERT OR IGNORE INTO rights_record SELECT ?, registration_id, hex(row_digest) || hex(facts_digest)"
        " FROM registration WHERE registration_id = ?",
        [(number, one) for one in registration_ids],
    )


def corrected(db: sqlite3.Connection, number: str) -> bool:
    """Tell whether every registration of a request was said anew with other facts since, or is gone."""
    row = db.execute(
        "SELECT count(*) FROM rights_record JOIN registration USING (registration_id)"
        " WHERE number = ? AND seen = hex(row_digest) || hex(facts_digest)",
        (number,),
    ).fetchone()
    return int(row[0]) == 0


def records(db: sqlite3.Connection, number: str) -> list[bytes]:
    """Return the registrations that a request is about."""
    rows = db.execute("SELECT registration_id FROM rights_record WHERE number = ? ORDER BY 1", (number,))
    return [row[0] for row in rows]


def held_still(db: sqlite3.Connection, of: bytes, besides: str) -> bool:
    """Tell whether another request keeps this registration frozen: an open objection, or a restriction."""
    row = db.execute(
        "SELECT 1 FROM rights_record JOIN rights_request USING (number) WHERE registration_id = ? AND number != ?"
        " AND ((kind = 'bezwaar' AND state != 'answered')"
        " OR (kind = 'beperking' AND outcome IN ('', 'toegewezen', 'deels_toegewezen'))) LIMIT 1",
        (of, besides),
    )
    return row.fetchone() is not None


def purge(db: sqlite3.Connection, number: str) -> None:
    """Remove a request."""
    db.execute("DELETE FROM rights_request WHERE number = ?", (number,))
