"""What became of the hits of each ended month, counted once (R-73): so a month tells the same numbers for good, also
when hits are decided, lapse or go afterwards. Numbers only: no question, asker or registration.

A hit counts in the month in which it came, not in which it was asked: nothing comes in a month that is over.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from samenloop.reports.periods import month_of

migrations = Migrations("outcomes")
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """That `count` hits of a month (`2026-11`) were in a state; `days` until it was decided, None when it was not."""

    month: str
    state: str
    days: int | None
    count: int


@migrations()
def outcome_tables(db: Database) -> None:
    """Make the table, and mark hits that are in it."""
    db.execute(
        "CREATE TABLE hit_outcome (month TEXT NOT NULL, state TEXT NOT NULL, days INTEGER NOT NULL,"
        " count INTEGER NOT NULL, PRIMARY KEY (month, state, days)) STRICT, WITHOUT ROWID"
    )
    db.execute("ALTER TABLE hit ADD COLUMN counted INTEGER NOT NULL DEFAULT 0")


def count_ended(db: sqlite3.Connection, now_ms: int) -> None:
    """Count the hits of months that are over, as they stand now; those that were counted stay as they were."""
    rows = db.execute("SELECT question_id, received_ms FROM hit WHERE counted = 0").fetchall()
    running = month_of(now_ms)
    count(db, [question_id for question_id, received_ms in rows if month_of(received_ms) < running])


def count(db: sqlite3.Connection, question_ids: Iterable[bytes]) -> None:
    """Count these hits as they stand now, each once."""
    for question_id in question_ids:
        row = db.execute(
            "SELECT received_ms, state, decided_ms FROM hit WHERE question_id = ? AND counted = 0", (question_id,)
        ).fetchone()
        if row is not None:
            _add(db, *row)
            db.execute("UPDATE hit SET counted = 1 WHERE question_id = ?", (question_id,))


def of_months(db: sqlite3.Connection, months: Sequence[str]) -> list[Outcome]:
    """Return what was counted for these months."""
    marks = ", ".join("?" * len(months))
    rows = db.execute(
        f"SELECT month, state, nullif(days, -1), count FROM hit_outcome WHERE month IN ({marks})",  # noqa: S608 - marks
        tuple(months),
    )
    return [Outcome(*row) for row in rows]


def purge(db: sqlite3.Connection, before_ms: int) -> int:
    """Remove the months that ended before a moment; returns how many rows."""
    return db.execute("DELETE FROM hit_outcome WHERE month < ?", (month_of(before_ms),)).rowcount


def _add(db: sqlite3.Connection, received_ms: int, state: str, decided_ms: int) -> None:
    decided = state in ("released", "withheld") and decided_ms
    days = max(round((decided_ms - received_ms) / _DAY_MS), 0) if decided else -1
    db.execute(
        "INSERT INTO hit_outcome VALUES (?, ?, ?, 1) ON CONFLICT (month, state, days) DO UPDATE SET count = count + 1",
        (month_of(received_ms), state, days),
    )
