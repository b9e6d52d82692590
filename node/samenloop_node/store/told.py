"""What the node at the other side of a question told by sealed letter: outcomes of contacts, consents, informing.

A line is kept only about a question of ours, or a hit that is here; a letter that came before changes nothing.
"""

import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("told")
DEFERRED, INFORMED = "deferred", "informed"
_CONTACTS = "SELECT * FROM contact_told ORDER BY place, day, letter"
_CONTACTS_OF = "SELECT * FROM contact_told WHERE question_id = ? ORDER BY place, day, letter"


@dataclass(frozen=True, slots=True)
class ToldContact:
    """What the other side recorded of one talk about one hit; `letter` makes it count once."""

    letter: str
    question_id: bytes
    holder: str
    outcome: str
    useful: bool
    day: str
    told_by: str


@dataclass(frozen=True, slots=True)
class AskerConsent:
    """The consent that the asker of a question obtained (R-52): number there, purpose, ISO days, `given` or `ended`."""

    question_id: bytes
    number: str
    purpose: str
    signed_on: str
    valid_until: str
    state: str


@migrations()
def told_tables(db: Database) -> None:
    """Make the tables."""
    db.execute(
        "CREATE TABLE contact_told (letter TEXT PRIMARY KEY, question_id BLOB NOT NULL, holder TEXT NOT NULL,"
        " outcome TEXT NOT NULL, useful INTEGER NOT NULL, day TEXT NOT NULL, told_by TEXT NOT NULL)"
        " STRICT, WITHOUT ROWID"
    )
    db.execute("CREATE INDEX contact_told_by_question ON contact_told (question_id)")
    db.execute(
        "CREATE TABLE asker_consent (question_id BLOB NOT NULL, number TEXT NOT NULL, purpose TEXT NOT NULL,"
        " signed_on TEXT NOT NULL, valid_until TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('given', 'ended')),"
        " PRIMARY KEY (question_id, number)) STRICT, WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE informing_told (question_id BLOB PRIMARY KEY, state TEXT NOT NULL"
        " CHECK (state IN ('deferred', 'informed'))) STRICT, WITHOUT ROWID"
    )


@migrations()
def contact_in_order(db: Database) -> None:
    """Remember in which order contacts were heard: the last of a side is what counts (R-36)."""
    db.execute("ALTER TABLE contact_told ADD COLUMN place INTEGER NOT NULL DEFAULT 0")


def add_contact(db: sqlite3.Connection, one: ToldContact) -> bool:
    """Keep what was told of a contact; returns False when this letter came before."""
    values = (one.letter, one.question_id, one.holder, one.outcome, int(one.useful), one.day, one.told_by)
    added = db.execute(
        "INSERT OR IGNORE INTO contact_told SELECT ?, ?, ?, ?, ?, ?, ?, COALESCE(MAX(place), 0) + 1 FROM contact_told",
        values,
    )
    return added.rowcount == 1


def contacts(db: sqlite3.Connection, question_id: bytes | None = None) -> list[ToldContact]:
    """Return what was told of contacts about a question, or of all, in the order of hearing them."""
    rows = db.execute(_CONTACTS_OF, (question_id,)) if question_id else db.execute(_CONTACTS)
    return [ToldContact(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6]) for row in rows]


def keep_consent(db: sqlite3.Connection, one: AskerConsent) -> bool:
    """Keep a consent of the asker; one that ended stays so. Returns False when this changed nothing."""
    kept = db.execute(
        "INSERT INTO asker_consent VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (question_id, number) DO UPDATE"
        " SET state = excluded.state WHERE excluded.state = 'ended' AND asker_consent.state != 'ended'",
        (one.question_id, one.number, one.purpose, one.signed_on, one.valid_until, one.state),
    )
    return kept.rowcount == 1


def consents(db: sqlite3.Connection, question_id: bytes) -> list[AskerConsent]:
    """Return the consents that the asker told of for this question and that did not end."""
    rows = db.execute("SELECT * FROM asker_consent WHERE question_id = ? AND state = 'given'", (question_id,))
    return [AskerConsent(*row) for row in rows]


def keep_informing(db: sqlite3.Connection, question_id: bytes, state: str) -> None:
    """Keep whether the asker informed the person or deferred that; who was informed stays informed."""
    db.execute(
        "INSERT INTO informing_told VALUES (?, ?) ON CONFLICT (question_id) DO UPDATE SET state = excluded.state"
        " WHERE excluded.state = 'informed'",
        (question_id, state),
    )


def informing(db: sqlite3.Connection, question_id: bytes) -> str:
    """Return DEFERRED, INFORMED, or nothing when the asker said nothing."""
    row = db.execute("SELECT state FROM informing_told WHERE question_id = ?", (question_id,)).fetchone()
    return str(row[0]) if row else ""


def purge(db: sqlite3.Connection) -> None:
    """Remove what was told about questions and hits that are no longer here."""
    here = "(SELECT question_id FROM question UNION SELECT question_id FROM hit)"
    for table in ("contact_told", "asker_consent", "informing_told"):
        db.execute(f"DELETE FROM {table} WHERE question_id NOT IN {here}")  # noqa: S608 - fixed text
