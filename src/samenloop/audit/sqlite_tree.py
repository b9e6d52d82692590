"""The tree of a log on SQLite: in its own file, opened with mode=rw so that a wrong path cannot start a second
history.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from samenloop.audit.sqlite_errors import known_error, readable
from samenloop.audit.sqlite_schema import TREE_TABLES
from samenloop.audit.store import IndexRow, Kept, Search
from samenloop.audit.tree import Node
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

_THIN = """DELETE FROM checkpoint WHERE day < ? AND size <> (
    SELECT best.size FROM checkpoint AS best WHERE best.day = checkpoint.day
    ORDER BY best.signatures DESC, best.size DESC LIMIT 1)"""
_INDEX_COLUMNS = 'seq, end_ms, event, actor, user, "case", purpose, rule'


class SqliteTree:
    """TreeStore in its own file. One integrator writes; open one object per thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def hold(self) -> None:
        """From now on see the tree as it is now, whatever the integrator adds."""
        self._connection.execute("BEGIN")
        self.head()

    def head(self) -> bytes:
        """Return the last signed checkpoint."""
        with readable():
            row = self._connection.execute("SELECT note FROM head WHERE id = 0").fetchone()
        if row is None:
            raise IntegrityError(_("Het bestand met de stand van het logboek is leeg. Zet de reservekopie terug."))
        return bytes(row[0])

    def advance(self, expected: bytes, new: bytes, nodes: Iterable[Node], rows: Iterable[IndexRow]) -> None:
        """Store nodes and rows and move the head by compare-and-swap."""
        added = list(nodes)
        with self._transaction() as connection:
            moved = connection.execute("UPDATE head SET note = ? WHERE id = 0 AND note = ?", (new, expected))
            if moved.rowcount != 1:
                raise IntegrityError(
                    _("De stand van het logboek is intussen veranderd: draait er een tweede coördinator?")
                )
            try:
                connection.executemany("INSERT INTO node VALUES (?, ?, ?)", [(n.level, n.index, n.hash) for n in added])
            except sqlite3.IntegrityError as error:
                raise IntegrityError(
                    _("De boom van het logboek klopt niet met de stand. Zet de reservekopie terug.")
                ) from error
            places = [(_prefix(one.hash), one.index) for one in added if one.level == 0]
            connection.executemany("INSERT INTO leaf_place VALUES (?, ?)", places)
            connection.executemany(
                f"INSERT OR REPLACE INTO entry_index ({_INDEX_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # fixed column names
                [(r.seq, r.end_ms, r.event, r.actor, r.user, r.case, r.purpose, r.rule) for r in rows],
            )

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a completed subtree."""
        with readable():
            row = self._connection.execute(
                "SELECT hash FROM node WHERE level = ? AND position = ?", (level, index)
            ).fetchone()
        if row is None:
            raise IntegrityError(_("In de boom van het logboek ontbreekt een hash. Zet de reservekopie terug."))
        return bytes(row[0])

    def nodes(self, level: int, first: int, limit: int) -> Sequence[Node]:
        """Return stored nodes of a level, in order."""
        sql = "SELECT level, position, hash FROM node WHERE level = ? AND position >= ? ORDER BY position LIMIT ?"
        with readable():
            return [Node(*row) for row in self._connection.execute(sql, (level, first, limit)).fetchall()]

    def find_leaf(self, leaf: bytes) -> int | None:
        """Return where a leaf stands, or None."""
        with readable():
            rows = self._connection.execute("SELECT seq FROM leaf_place WHERE prefix = ?", (_prefix(leaf),)).fetchall()
        return next((int(seq) for (seq,) in rows if self.node(0, seq) == leaf), None)

    def find(self, search: Search, limit: int, before: int | None = None) -> Sequence[IndexRow]:
        """Return matching index rows, newest first."""
        where, values = _where(search)
        if before is not None:
            where, values = f"{where} AND seq < ?", (*values, before)
        sql = f"SELECT {_INDEX_COLUMNS} FROM entry_index WHERE {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608  # fixed column names
        with readable():
            return [IndexRow(*row) for row in self._connection.execute(sql, (*values, limit)).fetchall()]

    def count(self, search: Search) -> int:
        """Return how many entries match."""
        where, values = _where(search)
        sql = f"SELECT count(*) FROM entry_index WHERE {where}"  # noqa: S608  # fixed column names
        with readable():
            (count,) = self._connection.execute(sql, values).fetchone()
        return int(count)

    def forget(self, first: int, last: int) -> None:
        """Delete the index rows of purged entries."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM entry_index WHERE seq BETWEEN ? AND ?", (first, last))

    def row(self, seq: int) -> IndexRow | None:
        """Return the index row of an entry, or None."""
        sql = f"SELECT {_INDEX_COLUMNS} FROM entry_index WHERE seq = ?"  # noqa: S608  # fixed column names
        with readable():
            row = self._connection.execute(sql, (seq,)).fetchone()
        return None if row is None else IndexRow(*row)

    def first_newer(self, cutoff_ms: int) -> int | None:
        """Return the first indexed entry that ended after `cutoff_ms`, or None."""
        with readable():
            (found,) = self._connection.execute(
                "SELECT min(seq) FROM entry_index WHERE end_ms > ?", (cutoff_ms,)
            ).fetchone()
        return None if found is None else int(found)

    def keep_checkpoint(self, size: int, note: bytes, day: int, signatures: int) -> None:
        """Keep a checkpoint with its cosignatures, and thin out those of earlier days."""
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?)", (size, note, day, signatures))
            connection.execute(_THIN, (day - 1,))

    def checkpoints(self, from_size: int, limit: int) -> Sequence[Kept]:
        """Return kept checkpoints, smallest first."""
        sql = "SELECT size, note, signatures FROM checkpoint WHERE size >= ? ORDER BY size LIMIT ?"
        with readable():
            return [Kept(*row) for row in self._connection.execute(sql, (from_size, limit)).fetchall()]

    def recent_checkpoints(self, limit: int) -> Sequence[bytes]:
        """Return kept checkpoints, largest first."""
        with readable():
            rows = self._connection.execute(
                "SELECT note FROM checkpoint ORDER BY size DESC LIMIT ?", (limit,)
            ).fetchall()
        return [bytes(row[0]) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            known = known_error(error) if isinstance(error, sqlite3.OperationalError) else None
            if known is not None:
                raise known from error
            raise


def create_tree_file(path: Path, note: bytes) -> None:
    """Create the tree file with its first checkpoint (of the empty tree); refuses a path that exists."""
    try:
        path.open("xb").close()
    except FileExistsError as error:
        raise IntegrityError(_("Het bestand {path} bestaat al; er begint geen tweede logboek.", path=path)) from error
    path.chmod(0o600)
    connection = _connect(path)
    connection.execute("BEGIN IMMEDIATE")
    for statement in TREE_TABLES:
        connection.execute(statement)
    connection.execute("INSERT INTO head (id, note) VALUES (0, ?)", (note,))
    connection.execute("COMMIT")
    connection.close()


def open_tree_file(path: Path) -> SqliteTree:
    """Open an existing tree file; raises IntegrityError when it is not there or no tree file."""
    try:
        tree = SqliteTree(_connect(path))
    except sqlite3.Error as error:
        known = known_error(error) if path.exists() else None
        if known is not None:
            raise known from error
        raise IntegrityError(
            _("Het bestand {path} met de stand van het logboek is er niet of is stuk.", path=path)
        ) from error
    tree.head()
    return tree


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=10)
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "trusted_schema": 0}
    for name, value in wanted.items():
        connection.execute(f"PRAGMA {name} = {value}")
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
        if found != value:
            connection.close()
            raise SamenloopError(ErrorCode.INTERNAL, _("SQLite neemt de instelling {name} niet aan.", name=name))
    return connection


def _prefix(leaf: bytes) -> int:
    return int.from_bytes(leaf[:8], "big", signed=True)


def _where(search: Search) -> tuple[str, tuple[str | int, ...]]:
    named = (
        ("event", search.event),
        ("actor", search.actor),
        ("user", search.user),
        ('"case"', search.case),
        ("purpose", search.purpose),
        ("rule", search.rule),
    )
    chosen = [(column, value) for column, value in named if value is not None]
    clauses = ["end_ms >= ?", "end_ms < ?", *(f"{column} = ?" for column, _value in chosen)]
    return " AND ".join(clauses), (search.from_ms, search.until_ms, *(value for _column, value in chosen))
