"""The tree of the log on PostgreSQL: node hashes, the signed head, the index; and which process integrates.

One of all processes leads, by an advisory lock of the session that moves the head. When that process dies the server
drops the session, and with it the lock; when it merely stops, the server ends the silent session after 5 seconds. The
next process that asks then leads. The head moves by compare-and-swap all the same, so a leader that was deposed
without noticing changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from samenloop.audit.store import IndexRow, Kept, Search
from samenloop.audit.tree import Node
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.store.postgres_link import WRITING, Connection, Link, connect, translated

SILENT = {"idle_session_timeout": "5s", "tcp_keepalives_idle": "3", "tcp_keepalives_interval": "1"}
SILENT |= {"tcp_keepalives_count": "3"}
_LEAD = "SELECT pg_try_advisory_lock('log_head'::regclass::oid::bigint)"
_NODE = "SELECT hash FROM log_node WHERE level = %s AND position = %s"
_NODES = "SELECT level, position, hash FROM log_node WHERE level = %s AND position >= %s ORDER BY position LIMIT %s"
_ADD_NODES = """INSERT INTO log_node (level, position, hash)
                SELECT * FROM unnest(%b::integer[], %b::bigint[], %b::bytea[])"""
_COLUMNS = "seq, end_ms, event, actor, user_ref, case_ref, purpose, rule"
_ADD_ROWS = f"""INSERT INTO log_index ({_COLUMNS})
                SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[],
                                     %b::text[], %b::text[])
                ON CONFLICT (seq) DO NOTHING"""  # noqa: S608  # fixed column names
_KEEP = """INSERT INTO log_checkpoint (size, note, day, signatures) VALUES (%s, %s, %s, %s)
           ON CONFLICT (size) DO UPDATE SET note = excluded.note, day = excluded.day,
               signatures = excluded.signatures"""
_THIN = """DELETE FROM log_checkpoint WHERE day < %s AND size <> (
               SELECT best.size FROM log_checkpoint AS best WHERE best.day = log_checkpoint.day
               ORDER BY best.signatures DESC, best.size DESC LIMIT 1)"""
_CHECKPOINTS = "SELECT size, note, signatures FROM log_checkpoint WHERE size >= %s ORDER BY size LIMIT %s"


class PostgresTree:
    """TreeStore on one connection. Any number of processes read; open one object per thread."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._led = 0

    def close(self) -> None:
        """Close the connection, and so give up the lead."""
        self._link.close()

    def lead(self) -> bool:
        """Tell whether this process integrates now; take the lead when nobody has it."""

        def take(connection: Connection) -> bool:
            if self._led == self._link.made:
                return connection.execute("SELECT 1").fetchone() is not None
            return connection.execute(_LEAD).fetchone() == (True,)

        leads = self._link.run(take)
        self._led = self._link.made if leads else 0
        return leads

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the kept checkpoints against other processes: what is read inside is still true when it is kept."""
        with translated(), self._link.connection().transaction():
            self._link.connection().execute("LOCK TABLE log_checkpoint IN SHARE ROW EXCLUSIVE MODE")
            yield

    def head(self) -> bytes:
        """Return the last signed checkpoint."""
        row = self._one("SELECT note FROM log_head WHERE id = 0")
        if row is None:
            raise IntegrityError(_("De tabel met de stand van het logboek is leeg. Zet de reservekopie terug."))
        return bytes(row[0])

    def advance(self, expected: bytes, new: bytes, nodes: Iterable[Node], rows: Iterable[IndexRow]) -> None:
        """Store nodes and rows and move the head by compare-and-swap."""
        added = [(one.level, one.index, one.hash) for one in nodes]
        found = [(r.seq, r.end_ms, r.event, r.actor, r.user, r.case, r.purpose, r.rule) for r in rows]
        connection = self._link.connection()
        if self._led not in (0, self._link.made):
            raise SamenloopError(ErrorCode.UNAVAILABLE, _("Een ander proces houdt nu het logboek bij."))
        with translated(), connection.transaction():
            sql = "UPDATE log_head SET note = %s WHERE id = 0 AND note = %s"
            if connection.execute(sql, (new, expected)).rowcount != 1:
                raise IntegrityError(
                    _("De stand van het logboek is intussen veranderd: draait er een tweede coördinator?")
                )
            try:
                _insert(connection, _ADD_NODES, added)
            except psycopg.IntegrityError as error:
                raise IntegrityError(
                    _("De boom van het logboek klopt niet met de stand. Zet de reservekopie terug.")
                ) from error
            _insert(connection, _ADD_ROWS, found)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a completed subtree."""
        row = self._one(_NODE, level, index)
        if row is None:
            raise IntegrityError(_("In de boom van het logboek ontbreekt een hash. Zet de reservekopie terug."))
        return bytes(row[0])

    def nodes(self, level: int, first: int, limit: int) -> Sequence[Node]:
        """Return stored nodes of a level, in order."""
        return [Node(*row) for row in self._all(_NODES, level, first, limit)]

    def find_leaf(self, leaf: bytes) -> int | None:
        """Return where a leaf stands, or None."""
        row = self._one("SELECT min(position) FROM log_node WHERE level = 0 AND hash = %s", leaf)
        return None if row is None or row[0] is None else int(row[0])

    def find(self, search: Search, limit: int, before: int | None = None) -> Sequence[IndexRow]:
        """Return matching index rows, newest first."""
        where, values = _where(search, before)
        sql = f"SELECT {_COLUMNS} FROM log_index WHERE {where} ORDER BY seq DESC LIMIT %s"  # noqa: S608  # fixed column names
        return [IndexRow(*row) for row in self._all(sql, *values, limit)]

    def count(self, search: Search) -> int:
        """Return how many entries match."""
        where, values = _where(search, None)
        row = self._one(f"SELECT count(*) FROM log_index WHERE {where}", *values)  # noqa: S608  # fixed column names
        return int(row[0]) if row else 0

    def forget(self, first: int, last: int) -> None:
        """Delete the index rows of purged entries."""
        sql = "DELETE FROM log_index WHERE seq BETWEEN %s AND %s"
        self._link.run(lambda connection: connection.execute(sql, (first, last)))

    def row(self, seq: int) -> IndexRow | None:
        """Return the index row of an entry, or None."""
        row = self._one(f"SELECT {_COLUMNS} FROM log_index WHERE seq = %s", seq)  # noqa: S608  # fixed column names
        return None if row is None else IndexRow(*row)

    def first_newer(self, cutoff_ms: int) -> int | None:
        """Return the first indexed entry that ended after `cutoff_ms`, or None."""
        row = self._one("SELECT min(seq) FROM log_index WHERE end_ms > %s", cutoff_ms)
        return None if row is None or row[0] is None else int(row[0])

    def keep_checkpoint(self, size: int, note: bytes, day: int, signatures: int) -> None:
        """Keep a checkpoint with its cosignatures, and thin out those of earlier days."""
        connection = self._link.connection()
        with translated(), connection.transaction():
            connection.execute(_KEEP, (size, note, day, signatures))
            connection.execute(_THIN, (day - 1,))

    def checkpoints(self, from_size: int, limit: int) -> Sequence[Kept]:
        """Return kept checkpoints, smallest first."""
        return [Kept(*row) for row in self._all(_CHECKPOINTS, from_size, limit)]

    def recent_checkpoints(self, limit: int) -> Sequence[bytes]:
        """Return kept checkpoints, largest first."""
        return [
            bytes(row[0]) for row in self._all("SELECT note FROM log_checkpoint ORDER BY size DESC LIMIT %s", limit)
        ]

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._link.run(lambda connection: connection.execute(sql, values or None).fetchall())

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        return self._link.run(lambda connection: connection.execute(sql, values or None).fetchone())


def create_tree(dsn: str, note: bytes) -> None:
    """Store the first checkpoint (of the empty tree); refuses a log that has a head: there is no second history."""
    connection = connect(dsn, WRITING)
    try:
        with translated():
            added = connection.execute("INSERT INTO log_head (id, note) VALUES (0, %s) ON CONFLICT DO NOTHING", (note,))
    finally:
        connection.close()
    if added.rowcount != 1:
        raise IntegrityError(_("Dit logboek heeft al een stand; er begint geen tweede logboek."))


def open_tree(dsn: str) -> PostgresTree:
    """Open the tree; raises IntegrityError when it has no head."""
    tree = PostgresTree(Link(dsn, {**WRITING, **SILENT}))
    try:
        tree.head()
    except SamenloopError:
        tree.close()
        raise
    return tree


def _insert(connection: Connection, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        connection.execute(sql, [list(column) for column in zip(*rows, strict=True)])


def _where(search: Search, before: int | None) -> tuple[str, tuple[str | int, ...]]:
    named = (
        ("event", search.event),
        ("actor", search.actor),
        ("user_ref", search.user),
        ("case_ref", search.case),
        ("purpose", search.purpose),
        ("rule", search.rule),
    )
    chosen = [(column, value) for column, value in named if value is not None]
    clauses = ["end_ms >= %s", "end_ms < %s", *(f"{column} = %s" for column, _value in chosen)]
    clauses += [] if before is None else ["seq < %s"]
    last = () if before is None else (before,)
    return " AND ".join(clauses), (search.from_ms, search.until_ms, *(value for _column, value in chosen), *last)
