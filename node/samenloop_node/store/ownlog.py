"""Tables of the node's own log: its entries (same form as the coordinator's) and the daily anchors with their salts."""

import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from samenloop.audit.sqlite import create_log_tables

migrations = Migrations("ownlog")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One day's anchor: SHA-256(salt || note) stands in the coordinator's log once `sent`."""

    day: str
    salt: bytes
    note: bytes
    sent: bool


@migrations()
def log_tables(db: Database) -> None:
    """Make the tables of the log and of its anchors."""
    create_log_tables(db.conn)
    db.execute(
        "CREATE TABLE anchor (day TEXT PRIMARY KEY, salt BLOB NOT NULL, note BLOB NOT NULL, sent INTEGER NOT NULL) "
        "STRICT"
    )


def entry_count(db: sqlite3.Connection) -> int:
    """Return the number of entries, the ones of the open transaction included."""
    return int(db.execute("SELECT coalesce(max(seq) + 1, 0) FROM log_entry").fetchone()[0])


def anchor_of(db: sqlite3.Connection, day: str) -> Anchor | None:
    """Return the anchor of a day, or None."""
    row = db.execute("SELECT day, salt, note, sent FROM anchor WHERE day = ?", (day,)).fetchone()
    return Anchor(row[0], row[1], row[2], bool(row[3])) if row else None


def keep_anchor(db: sqlite3.Connection, anchor: Anchor) -> None:
    """Keep an anchor, or mark it sent."""
    db.execute(
        "INSERT INTO anchor VALUES (?, ?, ?, ?) ON CONFLICT (day) DO UPDATE SET sent = excluded.sent",
        (anchor.day, anchor.salt, anchor.note, int(anchor.sent)),
    )
