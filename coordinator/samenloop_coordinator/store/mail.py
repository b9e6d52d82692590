"""Mailboxes, content keys, covenants and notices on SQLite."""

import sqlite3
from collections.abc import Iterable, Sequence

from samenloop_coordinator.store.contract import MOST_ACKNOWLEDGED
from samenloop_coordinator.store.values import CovenantRow, KeyRow, MailRow, NoticeRow

_ACTIVE = """SELECT id, version, fingerprint, document, signatures, activated_ms FROM covenant
             WHERE activated_ms > 0 ORDER BY id, version"""
_FIND = """SELECT id, version, fingerprint, document, signatures, activated_ms FROM covenant
           WHERE id = ? AND version = ?"""
_KEEP = """INSERT INTO covenant (id, version, fingerprint, document, signatures, activated_ms)
           VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
               fingerprint = excluded.fingerprint, document = excluded.document, signatures = excluded.signatures,
               activated_ms = excluded.activated_ms
           WHERE activated_ms = 0"""
_OLDEST = "SELECT id, item_id FROM mail WHERE receiver = ? ORDER BY id LIMIT ?"


class SqliteMail:
    """See `samenloop_coordinator.store.contract.Mail`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, rows: Iterable[MailRow], now_ms: int) -> None:
        """Add items."""
        self._connection.executemany(
            "INSERT INTO mail (item_id, receiver, key_id, sealed, at_ms) VALUES (?, ?, ?, ?, ?)",
            [(row.item_id, row.receiver, row.key_id, row.sealed, now_ms) for row in rows],
        )

    def fetch(self, receiver: str, limit: int) -> Sequence[MailRow]:
        """Return the oldest items of a receiver."""
        sql = "SELECT item_id, receiver, key_id, sealed FROM mail WHERE receiver = ? ORDER BY id LIMIT ?"
        return [MailRow(*row) for row in self._connection.execute(sql, (receiver, limit)).fetchall()]

    def acknowledge(self, receiver: str, item_ids: Sequence[bytes]) -> None:
        """Delete items of this receiver. They are among its oldest: no index on random ids is kept for them."""
        rows = self._connection.execute(_OLDEST, (receiver, MOST_ACKNOWLEDGED)).fetchall()
        arrived = frozenset(item_ids)
        self._connection.executemany("DELETE FROM mail WHERE id = ?", [(row,) for row, item in rows if item in arrived])

    def forget_others(self, receivers: Sequence[str]) -> int:
        """Delete the items of everybody but these receivers."""
        sql = f"DELETE FROM mail WHERE receiver NOT IN ({', '.join('?' * len(receivers))})"  # noqa: S608  # placeholders
        return self._connection.execute(sql, list(receivers)).rowcount

    def keep_keys(self, rows: Iterable[KeyRow], now_ms: int) -> None:
        """Keep wrapped content keys."""
        self._connection.executemany(
            "INSERT INTO content_key (key_id, holder, wrapped, at_ms) VALUES (?, ?, ?, ?)",
            [(row.key_id, row.holder, row.wrapped, now_ms) for row in rows],
        )

    def keys(self, receiver: str, key_ids: Sequence[bytes]) -> Sequence[KeyRow]:
        """Return wrapped content keys of this receiver."""
        sql = "SELECT key_id, holder, wrapped FROM content_key WHERE key_id = ? AND holder = ?"
        rows = [self._connection.execute(sql, (key_id, receiver)).fetchone() for key_id in key_ids]
        return [KeyRow(*row) for row in rows if row]

    def forget_keys(self, moment_ms: int) -> None:
        """Delete keys made before that no item needs any more."""
        sql = "DELETE FROM content_key WHERE at_ms < ? AND key_id NOT IN (SELECT key_id FROM mail)"
        self._connection.execute(sql, (moment_ms,))


class SqliteCovenants:
    """See `samenloop_coordinator.store.contract.Covenants`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def active(self) -> Sequence[CovenantRow]:
        """Return every active covenant version."""
        return [CovenantRow(*row) for row in self._connection.execute(_ACTIVE).fetchall()]

    def find(self, covenant: str, version: int) -> CovenantRow | None:
        """Return one version."""
        row = self._connection.execute(_FIND, (covenant, version)).fetchone()
        return CovenantRow(*row) if row else None

    def keep(self, row: CovenantRow) -> None:
        """Keep a version; one that is active is never replaced."""
        self._connection.execute(
            _KEEP,
            (row.id, row.version, row.fingerprint, row.document, row.signatures, row.activated_ms),
        )

    def post(self, notice: NoticeRow, now_ms: int) -> int:
        """Put a notice on the board and return its sequence number; an equal one keeps its number."""
        digest = notice.digest()
        self._connection.execute(
            """INSERT OR IGNORE INTO notice (covenant, kind, author, body, signature, at_ms, digest)
               VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (notice.covenant, notice.kind, notice.author, notice.body, notice.signature, now_ms, digest),
        )
        sql = "SELECT sequence FROM notice WHERE digest = ?"
        return int(self._connection.execute(sql, (digest,)).fetchone()[0])

    def notices(self, covenant: str, after: int, limit: int) -> Sequence[NoticeRow]:
        """Return notices of a covenant with a higher sequence number, in order."""
        sql = """SELECT covenant, kind, author, body, signature, sequence FROM notice
                 WHERE covenant = ? AND sequence > ? ORDER BY sequence LIMIT ?"""
        return [NoticeRow(*row) for row in self._connection.execute(sql, (covenant, after, limit)).fetchall()]

    def generation(self) -> int:
        """Return a number that grows with every version kept and every notice posted."""
        sql = "SELECT (SELECT count(*) FROM covenant) + (SELECT coalesce(max(sequence), 0) FROM notice)"
        return int(self._connection.execute(sql).fetchone()[0])
