"""Which real mail items were handled and not acknowledged yet: each has its effect once, however often it comes.

Most items would change nothing the second time anyway; not those that take away (`Lapsed`, a consent that ended), for
meanwhile the holder may have released anew. A row lives from the effect, in whose transaction it is made, to the
acknowledgement. Dummies have none.
"""

import sqlite3
from collections.abc import Sequence

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("handled")


@migrations()
def handled_table(db: Database) -> None:
    """Make the table."""
    db.execute("CREATE TABLE handled_mail (item_id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID")


def add(db: sqlite3.Connection, item_id: bytes) -> bool:
    """Note that an item is handled in this transaction; False when it was before."""
    return db.execute("INSERT OR IGNORE INTO handled_mail VALUES (?)", (item_id,)).rowcount == 1


def waiting(db: sqlite3.Connection) -> bool:
    """Tell whether any handled item is not known to be acknowledged."""
    return db.execute("SELECT 1 FROM handled_mail LIMIT 1").fetchone() is not None


def forget(db: sqlite3.Connection, item_ids: Sequence[bytes]) -> None:
    """Forget items that were acknowledged: they do not come again."""
    db.executemany("DELETE FROM handled_mail WHERE item_id = ?", [(one,) for one in item_ids])


def forget_all(db: sqlite3.Connection) -> None:
    """Forget every item: the mailbox is empty."""
    db.execute("DELETE FROM handled_mail")
