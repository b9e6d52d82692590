"""What reviews ask of the node's tables: own case numbers, and registrations with their epochs."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Touched:
    """One registration as a breach report needs it; `epochs` are those it has tokens for, `changed_ms` Unix ms."""

    register: str
    record_id: str
    registration_id: bytes
    changed_ms: int
    epochs: tuple[str, ...]


def case_numbers(db: sqlite3.Connection) -> list[str]:
    """Return the numbers of all cases that this node knows or asked about."""
    rows = db.execute("SELECT case_number FROM question UNION SELECT case_number FROM case_file ORDER BY 1")
    return [row[0] for row in rows]


def account_names(db: sqlite3.Connection) -> list[str]:
    """Return the names of all accounts that asked or decided here, also of those that have left since."""
    rows = db.execute(
        "SELECT asked_by FROM question UNION SELECT responsible FROM question UNION SELECT decided_by FROM hit"
        " UNION SELECT account FROM sync ORDER BY 1"
    )
    return [row[0] for row in rows if row[0]]


def touched(db: sqlite3.Connection, register: str = "") -> list[Touched]:
    """Return all registrations, or those of one register, by record id."""
    rows = db.execute(
        "SELECT register, record_id, r.registration_id, changed_ms, coalesce(group_concat(epoch), '')"
        " FROM registration r LEFT JOIN registration_epoch e USING (registration_id)"
        " WHERE ? IN ('', register) GROUP BY r.registration_id ORDER BY register, record_id",
        (register,),
    )
    return [
        Touched(name, record, identity, changed, tuple(sorted(filter(None, epochs.split(",")))))
        for name, record, identity, changed, epochs in rows
    ]
