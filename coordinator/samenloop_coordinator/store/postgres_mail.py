"""Mailboxes, content keys, covenants and notices on PostgreSQL."""

from collections.abc import Iterable, Sequence

from samenloop_coordinator.store.postgres_group import Group
from samenloop_coordinator.store.values import CovenantRow, KeyRow, MailRow, NoticeRow

_PUT = """INSERT INTO mail (item_id, receiver, key_id, sealed, at_ms)
          SELECT item_id, receiver, key_id, sealed, at_ms
          FROM unnest(%b::bytea[], %b::text[], %b::bytea[], %b::bytea[], %b::bigint[])
               WITH ORDINALITY AS added (item_id, receiver, key_id, sealed, at_ms, n) ORDER BY n"""
_FETCH = "SELECT item_id, receiver, key_id, sealed FROM mail WHERE receiver = %s ORDER BY id LIMIT %s"
_KEYS = "SELECT key_id, holder, wrapped FROM content_key WHERE key_id = ANY(%b::bytea[]) AND holder = %s"
_KEEP_KEY = "INSERT INTO content_key (key_id, holder, wrapped, at_ms) VALUES (%s, %s, %s, %s)"
_FORGET_KEYS = """DELETE FROM content_key WHERE at_ms < %s
                  AND NOT EXISTS (SELECT FROM mail WHERE mail.key_id = content_key.key_id)"""
_ACTIVE = """SELECT id, version, fingerprint, document, signatures, activated_ms FROM covenant
             WHERE activated_ms > 0 ORDER BY id, version"""
_FIND = """SELECT id, version, fingerprint, document, signatures, activated_ms FROM covenant
           WHERE id = %s AND version = %s"""
_KEEP = """INSERT INTO covenant (id, version, fingerprint, document, signatures, activated_ms)
           VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id, version) DO UPDATE SET
               fingerprint = excluded.fingerprint, document = excluded.document, signatures = excluded.signatures,
               activated_ms = excluded.activated_ms
           WHERE covenant.activated_ms = 0"""
_POST = """INSERT INTO notice (covenant, kind, author, body, signature, at_ms, digest)
           VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (digest) DO NOTHING"""
_NOTICES = """SELECT covenant, kind, author, body, signature, sequence FROM notice
              WHERE covenant = %s AND sequence > %s ORDER BY sequence LIMIT %s"""
_CHANGED = "UPDATE state SET generation = generation + 1 WHERE id = 0"


class PostgresMail:
    """See `samenloop_coordinator.store.contract.Mail`."""

    def __init__(self, group: Group) -> None:
        self._group = group

    def put(self, rows: Iterable[MailRow], now_ms: int) -> None:
        """Add items."""
        for row in rows:
            self._group.add(_PUT, row.item_id, row.receiver, row.key_id, row.sealed, now_ms)

    def fetch(self, receiver: str, limit: int) -> Sequence[MailRow]:
        """Return the oldest items of a receiver."""
        self._group.settle(_PUT)
        return [MailRow(*row) for row in self._group.rows(_FETCH, receiver, limit)]

    def acknowledge(self, receiver: str, item_ids: Sequence[bytes]) -> None:
        """Delete items of this receiver."""
        self._group.settle(_PUT)
        self._group.change("DELETE FROM mail WHERE item_id = ANY(%b::bytea[]) AND receiver = %s", item_ids, receiver)

    def forget_others(self, receivers: Sequence[str]) -> int:
        """Delete the items of everybody but these receivers."""
        self._group.settle(_PUT)
        return self._group.change("DELETE FROM mail WHERE receiver <> ALL(%b::text[])", list(receivers))

    def keep_keys(self, rows: Iterable[KeyRow], now_ms: int) -> None:
        """Keep wrapped content keys."""
        for row in rows:
            self._group.change(_KEEP_KEY, row.key_id, row.holder, row.wrapped, now_ms)

    def keys(self, receiver: str, key_ids: Sequence[bytes]) -> Sequence[KeyRow]:
        """Return wrapped content keys of this receiver, in the order asked."""
        found = {row[0]: KeyRow(*row) for row in self._group.rows(_KEYS, list(key_ids), receiver)}
        return [found[key_id] for key_id in key_ids if key_id in found]

    def forget_keys(self, moment_ms: int) -> None:
        """Delete keys made before that no item needs any more."""
        self._group.settle(_PUT)
        self._group.change(_FORGET_KEYS, moment_ms)


class PostgresCovenants:
    """See `samenloop_coordinator.store.contract.Covenants`."""

    def __init__(self, group: Group) -> None:
        self._group = group

    def generation(self) -> int:
        """Return a number that grows with every version kept and every notice posted."""
        row = self._group.row("SELECT generation FROM state WHERE id = 0")
        return int(row[0]) if row else 0

    def active(self) -> Sequence[CovenantRow]:
        """Return every active covenant version."""
        return [CovenantRow(*row) for row in self._group.rows(_ACTIVE)]

    def find(self, covenant: str, version: int) -> CovenantRow | None:
        """Return one version."""
        row = self._group.row(_FIND, covenant, version)
        return CovenantRow(*row) if row else None

    def keep(self, row: CovenantRow) -> None:
        """Keep a version; one that is active is never replaced."""
        values = (row.id, row.version, row.fingerprint, row.document, row.signatures, row.activated_ms)
        self._group.change(_KEEP, *values)
        self._group.change(_CHANGED)

    def post(self, notice: NoticeRow, now_ms: int) -> int:
        """Put a notice on the board and return its sequence number; an equal one keeps its number."""
        digest = notice.digest()
        values = (notice.covenant, notice.kind, notice.author, notice.body, notice.signature, now_ms, digest)
        if self._group.change(_POST, *values):
            self._group.change(_CHANGED)
        row = self._group.row("SELECT sequence FROM notice WHERE digest = %s", digest)
        return int(row[0]) if row else 0

    def notices(self, covenant: str, after: int, limit: int) -> Sequence[NoticeRow]:
        """Return notices of a covenant with a higher sequence number, in order."""
        return [NoticeRow(*row) for row in self._group.rows(_NOTICES, covenant, after, limit)]
