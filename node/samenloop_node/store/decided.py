"""How many decisions beforehand of each decider the coordinator took on a day (R-76): as the coordinator counts them.

A day is the day on which a decision arrives there, in UTC. The day on which it was taken is what this node says of
itself: counted by that, a back-dated decision would get round the brake.
"""

import sqlite3
from collections import Counter

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("decided")


@migrations()
def decided_table(db: Database) -> None:
    """Make the table of counts. What was registered before is not in it: the coordinator counts that too."""
    db.execute(
        "CREATE TABLE decided_count (decider BLOB NOT NULL, day TEXT NOT NULL, count INTEGER NOT NULL,"
        " PRIMARY KEY (decider, day)) STRICT, WITHOUT ROWID"
    )
    db.execute("DROP INDEX beforehand_decider")


def counted(db: sqlite3.Connection, decider: bytes, day: str) -> int:
    """Return how many new decisions of this decider arrived on this ISO day; one that was taken back stays counted."""
    row = db.execute("SELECT count FROM decided_count WHERE decider = ? AND day = ?", (decider, day)).fetchone()
    return int(row[0]) if row else 0


def count(db: sqlite3.Connection, fresh: Counter[bytes], day: str) -> None:
    """Add new decisions per decider to the counts of this ISO day, and forget those of earlier days."""
    if not fresh:
        return
    db.execute("DELETE FROM decided_count WHERE day < ?", (day,))
    db.executemany(
        "INSERT INTO decided_count VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(decider, day, number) for decider, number in fresh.items()],
    )


def fill(db: sqlite3.Connection, decider: bytes, day: str, most: int) -> None:
    """Note that the coordinator takes no more of this decider on this ISO day."""
    db.execute(
        "INSERT INTO decided_count VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = max(count, excluded.count)",
        (decider, day, most),
    )
