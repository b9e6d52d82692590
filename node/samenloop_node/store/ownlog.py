"""Tables of the node's own log: its entries (same form as the coordinator's) and the daily anchors with their salts."""

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from samenloop.audit.anchored import DailyAnchor
from samenloop.audit.sqlite import create_log_tables
from samenloop.audit.sqlite_errors import readable

migrations = Migrations("ownlog")


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


def hold(db: sqlite3.Connection) -> None:
    """From now on see the database as it is now, whatever others write. For a connection of one's own."""
    with readable():
        db.execute("BEGIN")
        entry_count(db)


def anchor_of(db: sqlite3.Connection, day: str) -> DailyAnchor | None:
    """Return the anchor of a day, or None."""
    row = db.execute("SELECT day, salt, note, sent FROM anchor WHERE day = ?", (day,)).fetchone()
    return DailyAnchor(row[0], row[1], row[2], bool(row[3])) if row else None


def anchors(db: sqlite3.Connection) -> list[DailyAnchor]:
    """Return every anchor, oldest first."""
    rows = db.execute("SELECT day, salt, note, sent FROM anchor ORDER BY day").fetchall()
    return [DailyAnchor(day, salt, note, bool(sent)) for day, salt, note, sent in rows]


def keep_anchor(db: sqlite3.Connection, anchor: DailyAnchor) -> None:
    """Keep an anchor, or mark it sent."""
    db.execute(
        "INSERT INTO anchor VALUES (?, ?, ?, ?) ON CONFLICT (day) DO UPDATE SET sent = excluded.sent",
        (anchor.day, anchor.salt, anchor.note, int(anchor.sent)),
    )
