"""What reviews ask of the node's tables: own case numbers and account names."""

import sqlite3


def case_numbers(db: sqlite3.Connection) -> list[str]:
    """Return the numbers of all cases that this node knows or asked about."""
    rows = db.execute("SELECT case_number FROM question UNION SELECT case_number FROM case_file ORDER BY 1")
    return [row[0] for row in rows]


def account_names(db: sqlite3.Connection) -> list[str]:
    """Return the names of all accounts that asked or decided here, also of those that have left since."""
    rows = db.execute(
        "SELECT asked_by FROM question UNION SELECT responsible FROM question UNION SELECT decided_by FROM hit"
        " UNION SELECT account FROM sync UNION SELECT decided_by FROM decision_past ORDER BY 1"
    )
    return [row[0] for row in rows if row[0]]
