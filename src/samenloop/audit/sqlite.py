"""The entries of a log on SQLite: in the caller's own database, so that `append` joins the transaction of the act.

The tree stands in a second file (`samenloop.audit.sqlite_tree`).
"""

import sqlite3
from collections.abc import Sequence

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.audit.sqlite_errors import readable
from samenloop.audit.sqlite_schema import ENTRY_TABLES
from samenloop.audit.store import Purged, StoredEntry
from samenloop.audit.tree import leaf_hash
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

_APPEND = """INSERT INTO log_entry (seq, leaf, body, sealed_count, sealed)
             VALUES ((SELECT coalesce(max(seq) + 1, 0) FROM log_entry), ?, ?, ?, ?)"""
_ERASE = """UPDATE log_entry SET body = NULL, sealed = NULL
            WHERE seq BETWEEN max(?1, (SELECT coalesce(max(last) + 1, 0) FROM log_purge WHERE by < ?3)) AND ?2"""
"""What earlier purges erased is not written again."""


def create_log_tables(connection: sqlite3.Connection) -> None:
    """Create the entry tables and their triggers in the caller's database (part of its migration)."""
    for statement in ENTRY_TABLES:
        connection.execute(statement)


def append(connection: sqlite3.Connection, body: bytes, sealed: Sequence[bytes]) -> int:
    """Append an entry to the caller's open transaction and return its sequence number (its leaf index).

    `body` comes from `entry.build` with the hashes of `sealed`, which all have one length. Durable when the caller's
    transaction is; nothing may be answered before that. Raises SamenloopError when no transaction is open.
    """
    if not connection.in_transaction:
        raise SamenloopError(ErrorCode.INTERNAL, "append to the log outside a transaction")
    blob = b"".join(sealed)
    if sealed and len(blob) != len(sealed) * len(sealed[0]):
        raise SamenloopError(ErrorCode.INTERNAL, "sealed halves of different length")
    cursor = connection.execute(_APPEND, (leaf_hash(body), body, len(sealed), blob))
    return cursor.lastrowid or 0


def purge(connection: sqlite3.Connection, body: bytes, signed_size: int) -> Purged:
    """In the caller's open transaction: append the purge entry `body`, then erase the bodies and ciphertexts it names.

    Only entries that the latest checkpoint (`signed_size`) counts can go. Leaf hashes stay. The caller commits, then
    truncates the WAL and calls `TreeStore.forget`. Raises IntegrityError when the body is no purge entry or names
    entries that are not there.
    """
    parsed = entries.parse(body)
    first, last = parsed.integer("first"), parsed.integer("last")
    if parsed.event is not Event.PURGE or not 0 <= first <= last < signed_size:
        raise IntegrityError(_("Deze regels van het logboek kunnen niet worden gewist."))
    by = append(connection, body, ())
    connection.execute("INSERT INTO log_purge (first, last, by) VALUES (?, ?, ?)", (first, last, by))
    connection.execute(_ERASE, (first, last, by))
    return Purged(first, last, by)


class SqliteEntries:
    """EntryStore over a database with the tables of `create_log_tables`; give it its own connection to read durable
    rows.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def count(self) -> int:
        """Return how many entries there are."""
        with readable():
            (count,) = self._connection.execute("SELECT coalesce(max(seq) + 1, 0) FROM log_entry").fetchone()
        return int(count)

    def entries(self, first: int, limit: int) -> Sequence[StoredEntry]:
        """Return up to `limit` entries from `first` on."""
        sql = "SELECT seq, leaf, body, sealed_count, sealed FROM log_entry WHERE seq >= ? ORDER BY seq LIMIT ?"
        with readable():
            rows = self._connection.execute(sql, (first, limit)).fetchall()
        return [StoredEntry(seq, leaf, body, _pieces(count, blob)) for seq, leaf, body, count, blob in rows]

    def purges(self) -> Sequence[Purged]:
        """Return every purged range."""
        with readable():
            rows = self._connection.execute("SELECT first, last, by FROM log_purge ORDER BY by").fetchall()
        return [Purged(*row) for row in rows]


def _pieces(count: int, blob: bytes | None) -> tuple[bytes, ...]:
    if blob is None:
        return ()
    size = len(blob) // count if count else 0
    if size * count != len(blob) or (count and not size):
        raise IntegrityError(_("Een verzegeld deel in het logboek heeft niet de juiste lengte."))
    return tuple(blob[start : start + size] for start in range(0, len(blob), size or 1))
