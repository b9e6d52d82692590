"""The tables of the SQLite store, as ordered migrations recorded by name in the transaction of the change.

Who can write this file can lose or invent registrations and answers, which the audit log shows; who can read it sees
random registration ids, codes and keyed values, never a person and never that two registers overlap.
"""

import sqlite3

from sqlite_utils import Database, Migrations

from samenloop.audit.sqlite import create_log_tables
from samenloop_coordinator.store.values import MOST_PROBES

migrations = Migrations("samenloop-coordinator")


_FIRST = (
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
    """CREATE TABLE place (
        id INTEGER PRIMARY KEY, covenant TEXT NOT NULL, participant TEXT NOT NULL, register TEXT NOT NULL,
        updated_until TEXT NOT NULL DEFAULT '', registered INTEGER NOT NULL DEFAULT 0,
        UNIQUE (covenant, participant, register)
    ) STRICT""",
    """CREATE TABLE coverage (
        place INTEGER NOT NULL, epoch TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (place, epoch)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE registration (
        id INTEGER PRIMARY KEY AUTOINCREMENT, place INTEGER NOT NULL,
        registration_id BLOB NOT NULL CHECK (length(registration_id) = 16),
        facts BLOB NOT NULL, beforehand BLOB NOT NULL, marks BLOB NOT NULL,
        UNIQUE (registration_id, place)
    ) STRICT""",
    """CREATE TABLE handle (
        registration INTEGER PRIMARY KEY, tokens BLOB NOT NULL CHECK (length(tokens) % 16 = 0)
    ) STRICT""",
    """CREATE TABLE token (
        value BLOB NOT NULL CHECK (length(value) = 16), registration INTEGER NOT NULL, PRIMARY KEY (value, registration)
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE number (n INTEGER PRIMARY KEY) STRICT",
    """CREATE TABLE request (
        id BLOB PRIMARY KEY CHECK (length(id) = 16), participant TEXT NOT NULL, payload_hash BLOB NOT NULL,
        reply BLOB, at_ms INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE counter (
        scope BLOB NOT NULL, day TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (scope, day)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE question (
        id BLOB PRIMARY KEY CHECK (length(id) = 16), covenant TEXT NOT NULL, asker TEXT NOT NULL, case_ref BLOB NOT
        NULL, asked_ms INTEGER NOT NULL, holders TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX question_by_case ON question (case_ref, asker)",
    """CREATE TABLE shown (
        question BLOB NOT NULL, holder TEXT NOT NULL, handle BLOB NOT NULL, until TEXT NOT NULL, acting_as TEXT NOT
        NULL, purpose TEXT NOT NULL, released INTEGER NOT NULL, PRIMARY KEY (question, holder, handle)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX shown_by_handle ON shown (handle)",
    "CREATE INDEX shown_by_day ON shown (until)",
    """CREATE TABLE mail (
        id INTEGER PRIMARY KEY, item_id BLOB NOT NULL CHECK (length(item_id) = 16),
        receiver TEXT NOT NULL, key_id BLOB NOT NULL, sealed BLOB NOT NULL, at_ms INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX mail_by_receiver ON mail (receiver, id)",
    """CREATE TABLE content_key (
        key_id BLOB PRIMARY KEY, holder TEXT NOT NULL, wrapped BLOB NOT NULL, at_ms INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE covenant (
        id TEXT NOT NULL, version INTEGER NOT NULL, fingerprint BLOB NOT NULL, document BLOB NOT NULL,
        signatures BLOB NOT NULL, activated_ms INTEGER NOT NULL, PRIMARY KEY (id, version)
    ) STRICT""",
    """CREATE TABLE notice (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, covenant TEXT NOT NULL, kind TEXT NOT NULL, author TEXT NOT NULL,
        body BLOB NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL, digest BLOB NOT NULL UNIQUE
    ) STRICT""",
)

_COUNTERS_BY_DAY = (
    "ALTER TABLE counter RENAME TO counter_before",
    """CREATE TABLE counter (
        scope BLOB NOT NULL, day TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, scope)
    ) STRICT, WITHOUT ROWID""",
    "INSERT INTO counter SELECT * FROM counter_before",
    "DROP TABLE counter_before",
)


_COUNTERS_UNTIL = (
    "ALTER TABLE counter ADD COLUMN until TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX counter_by_until ON counter (until) WHERE until <> ''",
)


@migrations()
def first_tables(db: Database) -> None:
    """Make every table of the first version."""
    connection: sqlite3.Connection = db.conn
    for statement in _FIRST:
        connection.execute(statement)
    connection.executemany("INSERT INTO number (n) VALUES (?)", [(n,) for n in range(MOST_PROBES)])
    create_log_tables(connection)


@migrations()
def counters_by_day(db: Database) -> None:
    """Put the counters of a day beside each other: a question then writes them to one place."""
    for statement in _COUNTERS_BY_DAY:
        db.execute(statement)


@migrations()
def questions_by_time(db: Database) -> None:
    """Find the questions that are past their term."""
    db.execute("CREATE INDEX question_by_time ON question (asked_ms)")


@migrations()
def counters_until(db: Database) -> None:
    """Let the counters of a case end some time after the case."""
    for statement in _COUNTERS_UNTIL:
        db.execute(statement)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date."""
    migrations.apply(Database(connection))
