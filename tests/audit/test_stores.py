"""The contract of both stores, held by SQLite and by the memory fake alike."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from samenloop.audit import entry, sqlite, sqlite_tree
from samenloop.audit.fields import Event
from samenloop.audit.store import EntryStore, IndexRow, Purged, Search, TreeStore
from samenloop.audit.tree import Frontier, extend, leaf_hash
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from tests.audit import samples
from tests.audit.fakes import MemoryEntries, MemoryTree

Done = TypeVar("Done", int, Purged)
BODIES = [b"body %d" % number for number in range(5)]
ROWS = [
    IndexRow(0, 100, "start", "", "", "", "", ""),
    IndexRow(1, 200, "question", "politie", "u1", "c1", "p1", ""),
    IndexRow(2, 300, "refuse", "politie", "u1", "c1", "p1", "R-25"),
    IndexRow(3, 400, "question", "ggz", "u2", "c2", "p1", ""),
]


def purge_body(first: int, last: int) -> bytes:
    public = {**samples.least(Event.PURGE), "first": first, "last": last}
    return entry.build(Event.PURGE, public, (), bytes(range(16)))


class SqliteLog:
    """The SQLite entry store with its append and purge, each in a transaction as the daemons do it."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        sqlite.create_log_tables(self.connection)
        self.store = sqlite.SqliteEntries(self.connection)

    def append(self, body: bytes, sealed: tuple[bytes, ...] = ()) -> int:
        return self._in_transaction(lambda: sqlite.append(self.connection, body, sealed))

    def purge(self, body: bytes, signed_size: int) -> Purged:
        return self._in_transaction(lambda: sqlite.purge(self.connection, body, signed_size))

    def _in_transaction(self, act: Callable[[], Done]) -> Done:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            return act()
        finally:
            self.connection.execute("COMMIT")


@pytest.fixture(params=["sqlite", "memory"])
def entries(request: pytest.FixtureRequest, tmp_path: Path) -> SqliteLog | MemoryEntries:
    return SqliteLog(tmp_path / "main.db") if request.param == "sqlite" else MemoryEntries()


@pytest.fixture(params=["sqlite", "memory"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> TreeStore:
    if request.param == "memory":
        return MemoryTree(b"first")
    sqlite_tree.create_tree_file(tmp_path / "tree.db", b"first")
    return sqlite_tree.open_tree_file(tmp_path / "tree.db")


def store_of(entries: SqliteLog | MemoryEntries) -> EntryStore:
    return entries.store if isinstance(entries, SqliteLog) else entries


def grown(count: int) -> tuple[Frontier, list]:
    return extend(Frontier(), [leaf_hash(body) for body in BODIES[:count]])


def test_entries_come_back_in_order_with_their_leaf_and_sealed_halves(entries: SqliteLog | MemoryEntries) -> None:
    assert store_of(entries).count() == 0
    for number, body in enumerate(BODIES):
        assert entries.append(body, (b"s" * 10,) * number) == number
    stored = store_of(entries).entries(0, 10)
    assert [one.body for one in stored] == BODIES
    assert [one.seq for one in stored] == [0, 1, 2, 3, 4]
    assert [one.leaf for one in stored] == [leaf_hash(body) for body in BODIES]
    assert [len(one.sealed) for one in stored] == [0, 1, 2, 3, 4]
    assert [one.seq for one in store_of(entries).entries(1, 2)] == [1, 2]
    assert store_of(entries).entries(5, 2) == []
    assert store_of(entries).count() == 5


def test_purging_leaves_the_leaf_and_says_so_in_the_log(entries: SqliteLog | MemoryEntries) -> None:
    for body in BODIES:
        entries.append(body, (b"sealed",))
    assert entries.purge(purge_body(0, 2), 5) == Purged(0, 2, 5)
    stored = store_of(entries).entries(0, 10)
    assert [one.body is None for one in stored] == [True, True, True, False, False, False]
    assert [one.sealed for one in stored[:3]] == [(), (), ()]
    assert [one.leaf for one in stored[:5]] == [leaf_hash(body) for body in BODIES]
    assert list(store_of(entries).purges()) == [Purged(0, 2, 5)]


def test_what_is_not_signed_yet_cannot_be_purged(entries: SqliteLog | MemoryEntries) -> None:
    for body in BODIES:
        entries.append(body)
    for first, last in ((0, 3), (2, 1)):
        with pytest.raises(IntegrityError):
            entries.purge(purge_body(first, last), 3)
    assert all(one.body for one in store_of(entries).entries(0, 10))


def test_the_head_and_nodes_move_together(tree: TreeStore) -> None:
    _frontier, nodes = grown(3)
    tree.advance(b"first", b"second", nodes, ROWS[:3])
    assert tree.head() == b"second"
    assert {(one.level, one.index): one.hash for one in nodes} == {
        (level, one.index): one.hash for level in (0, 1) for one in tree.nodes(level, 0, 10)
    }
    assert [one.index for one in tree.nodes(0, 1, 1)] == [1]
    assert tree.node(0, 2) == leaf_hash(BODIES[2])
    assert [tree.find_leaf(leaf_hash(body)) for body in BODIES[:4]] == [0, 1, 2, None]


def test_the_head_moves_only_from_what_was_expected_and_then_nothing_is_stored(tree: TreeStore) -> None:
    with pytest.raises(IntegrityError):
        tree.advance(b"other", b"second", grown(2)[1], ROWS[:2])
    assert (tree.head(), tree.nodes(0, 0, 10), tree.row(0)) == (b"first", [], None)


def test_a_node_is_never_stored_twice(tree: TreeStore) -> None:
    tree.advance(b"first", b"second", grown(2)[1], ROWS[:2])
    other = [replace(one, hash=bytes(32)) for one in grown(2)[1]]
    with pytest.raises(IntegrityError):
        tree.advance(b"second", b"third", other, ())
    assert tree.head() == b"second"
    assert tree.node(0, 0) == leaf_hash(BODIES[0])


def test_a_missing_node_is_an_integrity_error(tree: TreeStore) -> None:
    with pytest.raises(IntegrityError):
        tree.node(3, 0)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), [3, 2, 1, 0]),
        (Search(actor="politie"), [2, 1]),
        (Search(event="question"), [3, 1]),
        (Search(actor="politie", event="question"), [1]),
        (Search(user="u2"), [3]),
        (Search(case="c1"), [2, 1]),
        (Search(rule="R-25"), [2]),
        (Search(purpose="p1", from_ms=300), [3, 2]),
        (Search(until_ms=300), [1, 0]),
        (Search(actor=""), [0]),
        (Search(actor="nobody"), []),
    ],
)
def test_entries_are_found_by_what_the_index_keeps(tree: TreeStore, search: Search, found: list[int]) -> None:
    tree.advance(b"first", b"second", grown(4)[1], ROWS)
    assert [row.seq for row in tree.find(search, 10)] == found
    assert tree.count(search) == len(found)
    assert [row.seq for row in tree.find(search, 1)] == found[:1]
    assert [row.seq for row in tree.find(search, 10, before=3)] == [seq for seq in found if seq < 3]


def test_a_purged_entry_is_not_found_any_more_but_its_hash_stays(tree: TreeStore) -> None:
    tree.advance(b"first", b"second", grown(4)[1], ROWS)
    tree.forget(0, 1)
    assert [tree.row(seq) for seq in range(4)] == [None, None, *ROWS[2:]]
    assert tree.node(0, 0) == leaf_hash(BODIES[0])


def test_the_first_entry_after_a_moment_is_known(tree: TreeStore) -> None:
    tree.advance(b"first", b"second", grown(4)[1], ROWS)
    assert [tree.first_newer(moment) for moment in (0, 100, 250, 400)] == [0, 1, 2, None]


def test_of_earlier_days_only_the_best_checkpoint_is_kept(tree: TreeStore) -> None:
    for size, day, signatures in ((1, 10, 2), (2, 10, 3), (3, 10, 2), (4, 11, 1), (5, 11, 1), (6, 12, 1)):
        tree.keep_checkpoint(size, b"note %d" % size, day, signatures)
    assert [one.note for one in tree.checkpoints(0, 10)] == [b"note 2", b"note 4", b"note 5", b"note 6"]
    assert [(one.size, one.note) for one in tree.checkpoints(3, 2)] == [(4, b"note 4"), (5, b"note 5")]
    assert tree.recent_checkpoints(2) == [b"note 6", b"note 5"]
    tree.keep_checkpoint(6, b"note 6 again", 12, 2)
    assert tree.recent_checkpoints(1) == [b"note 6 again"]


# What only SQLite can do wrong


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log_entry WHERE seq = 1",
        "UPDATE log_entry SET body = x'00' WHERE seq = 1",
        "UPDATE log_entry SET body = NULL, sealed = NULL WHERE seq = 1",
        "UPDATE log_entry SET leaf = zeroblob(32) WHERE seq = 1",
        "UPDATE log_entry SET seq = 9 WHERE seq = 1",
        "UPDATE log_entry SET sealed_count = 7 WHERE seq = 1",
        "UPDATE log_entry SET body = x'00' WHERE seq = 0",
        "UPDATE log_entry SET leaf = zeroblob(32) WHERE seq = 0",
        "INSERT INTO log_entry VALUES (99, zeroblob(32), NULL, 0, NULL)",
        "INSERT OR REPLACE INTO log_entry VALUES (1, zeroblob(32), NULL, 0, NULL)",
        "INSERT INTO log_entry VALUES (6, zeroblob(31), NULL, 0, NULL)",
        "DELETE FROM log_purge",
        "UPDATE log_purge SET last = 4",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(tmp_path: Path, statement: str) -> None:
    log = SqliteLog(tmp_path / "main.db")
    for body in BODIES:
        log.append(body)
    log.purge(purge_body(0, 0), 5)
    with pytest.raises(sqlite3.IntegrityError):
        log.connection.execute(statement)


@pytest.mark.parametrize("statement", ["DELETE FROM node", "UPDATE node SET hash = zeroblob(32)", "DELETE FROM head"])
def test_the_tree_file_itself_refuses_to_change_the_tree(tmp_path: Path, statement: str) -> None:
    sqlite_tree.create_tree_file(tmp_path / "tree.db", b"first")
    sqlite_tree.open_tree_file(tmp_path / "tree.db").advance(b"first", b"second", grown(2)[1], ())
    with sqlite3.connect(tmp_path / "tree.db") as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)


def test_an_append_outside_a_transaction_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SamenloopError):
        sqlite.append(SqliteLog(tmp_path / "main.db").connection, b"body", ())


def test_an_append_is_undone_with_the_act_that_it_belongs_to(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "main.db")
    log.connection.execute("CREATE TABLE act (what TEXT) STRICT")
    log.connection.execute("BEGIN IMMEDIATE")
    log.connection.execute("INSERT INTO act VALUES ('something')")
    assert sqlite.append(log.connection, b"body", ()) == 0
    log.connection.execute("ROLLBACK")
    assert log.store.count() == 0
    assert log.append(b"body") == 0


def test_sealed_halves_of_one_entry_have_one_length(tmp_path: Path) -> None:
    with pytest.raises(SamenloopError):
        SqliteLog(tmp_path / "main.db").append(b"body", (b"long", b"s"))


def test_only_a_purge_entry_purges(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "main.db")
    log.append(BODIES[0])
    other = entry.build(Event.HEARTBEAT, samples.least(Event.HEARTBEAT), (), bytes(range(16)))
    with pytest.raises(IntegrityError):
        log.purge(other, 1)
    assert log.store.entries(0, 1)[0].body == BODIES[0]


def test_purged_bytes_are_gone_from_the_files(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "main.db")
    log.connection.execute("PRAGMA secure_delete = ON")
    log.connection.execute("PRAGMA journal_mode = WAL")
    log.append(b"FIND-ME-BODY" * 5, (b"FIND-ME-SEAL" * 40,))
    log.append(BODIES[1])

    def found() -> bool:
        return any(b"FIND-ME" in path.read_bytes() for path in tmp_path.iterdir())

    assert found()
    log.purge(purge_body(0, 0), 2)
    log.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not found()


def test_a_tree_file_that_is_not_there_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError):
        sqlite_tree.open_tree_file(tmp_path / "wrong.db")
    assert list(tmp_path.iterdir()) == []


def test_a_tree_file_is_made_once(tmp_path: Path) -> None:
    sqlite_tree.create_tree_file(tmp_path / "tree.db", b"first")
    with pytest.raises(IntegrityError):
        sqlite_tree.create_tree_file(tmp_path / "tree.db", b"again")
    assert sqlite_tree.open_tree_file(tmp_path / "tree.db").head() == b"first"
    assert (tmp_path / "tree.db").stat().st_mode & 0o077 == 0


def test_another_file_is_no_tree_file(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"not a database" * 100)
    sqlite3.connect(tmp_path / "empty.db").execute("CREATE TABLE head (id INTEGER, note BLOB)").connection.close()
    for name in ("text", "empty.db"):
        with pytest.raises(IntegrityError):
            sqlite_tree.open_tree_file(tmp_path / name)


def test_a_damaged_sealed_blob_is_an_integrity_error(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "main.db")
    log.connection.execute("INSERT INTO log_entry VALUES (0, zeroblob(32), x'00', 2, x'000000')")
    with pytest.raises(IntegrityError):
        log.store.entries(0, 1)
    log.connection.execute("DROP TABLE log_purge")
    with pytest.raises(IntegrityError):
        log.store.purges()


def test_a_full_disk_under_the_tree_is_said_as_such_and_nothing_is_half_done(tmp_path: Path) -> None:
    path = tmp_path / "head.sqlite"
    sqlite_tree.create_tree_file(path, b"first")
    connection = sqlite_tree._connect(path)
    tree = sqlite_tree.SqliteTree(connection)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(SamenloopError) as full:
        tree.keep_checkpoint(1, b"n" * 1_000_000, 1, 0)
    assert full.value.code is ErrorCode.STORAGE_FULL
    assert list(tree.recent_checkpoints(9)) == []
    connection.execute("PRAGMA max_page_count = 100000")
    tree.keep_checkpoint(1, b"n", 1, 0)
    assert list(tree.recent_checkpoints(9)) == [b"n"]
    tree.close()
