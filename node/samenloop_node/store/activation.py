"""Whether this node was put into use (R-01..R-10): one row, with the covenant version of the green checklist."""

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("activation")


@migrations()
def activation_table(db: Database) -> None:
    """Make the table; it has at most one row."""
    db.execute(
        "CREATE TABLE activation (one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL,"
        " version INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT"
    )


def state(db: sqlite3.Connection) -> str:
    """Return the state of this node (`samenloop.decisions.network.NodeState`); a node that never was is a draft."""
    row = db.execute("SELECT state FROM activation").fetchone()
    return str(row[0]) if row else "draft"


def keep(db: sqlite3.Connection, new: str, version: int, at_ms: int) -> None:
    """Store the state of this node."""
    db.execute("INSERT OR REPLACE INTO activation VALUES (1, ?, ?, ?)", (new, version, at_ms))
