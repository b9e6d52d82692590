"""Random changes to the databases behind the log, forks and rollbacks: found by the full check and by two witnesses.

The operator is assumed to own the machine: he drops triggers, edits rows, and may even sign again. CI runs a small
number; FULL=1 runs 10,000 mutations and 100 forks and rollbacks.
"""

import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import fsck, log, sqlite, tree, witness
from samenloop.audit.witness import Reason
from samenloop.errors import IntegrityError, SamenloopError
from tests.audit.world import ANCHOR, World

FULL = os.environ.get("FULL") == "1"
MUTATIONS = 10_000 if FULL else 120
FORKS = 100 if FULL else 12


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    world = World(folder)
    world.fill(20)
    world.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    world.close()
    for name in ("main.db", "tree.db"):
        connection = sqlite3.connect(folder / name, isolation_level=None)
        connection.execute("PRAGMA journal_mode = delete")
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (trigger,) in rows:
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.close()
    return folder


def problems(folder: Path) -> tuple[str, ...]:
    """Run the start check and the full check, as a coordinator and its nightly job do."""
    connection = sqlite3.connect(folder / "main.db", isolation_level=None)
    try:
        stored = sqlite.open_tree_file(folder / "tree.db")
        found = fsck.fsck(sqlite.SqliteEntries(connection), stored, ANCHOR).problems
        stored.close()
    except SamenloopError as error:
        found = (error.text,)
    finally:
        connection.close()
    return found


TABLES = {
    "main.db": {"log_entry": ("leaf", "body", "sealed", "seq", "sealed_count")},
    "tree.db": {
        "head": ("note",),
        "node": ("hash", "level", "position"),
        "entry_index": ("end_ms", "event", "actor", "case", "user", "purpose", "rule"),
        "leaf_place": ("prefix", "seq"),
    },
}


def mutate(folder: Path, source: random.Random) -> str:
    """Change one value of one row, or delete a row."""
    name = source.choice(("main.db", "main.db", "tree.db"))
    table = source.choice(list(TABLES[name]))
    connection = sqlite3.connect(folder / name, isolation_level=None)
    try:
        keys = {"node": "level, position", "leaf_place": "prefix, seq"}.get(table, "rowid")
        rows = connection.execute(f"SELECT {keys} FROM {table}").fetchall()  # noqa: S608  # names of this file
        where = " AND ".join(f"{key} = ?" for key in keys.split(", "))
        row = source.choice(rows)
        if source.random() < 0.1:
            connection.execute(f"DELETE FROM {table} WHERE {where}", row)  # noqa: S608  # names of this file
            return f"{table} deleted"
        column = source.choice(TABLES[name][table])
        read = f'SELECT "{column}" FROM {table} WHERE {where}'  # noqa: S608  # names of this file
        (value,) = connection.execute(read, row).fetchone()
        write = f'UPDATE {table} SET "{column}" = ? WHERE {where}'  # noqa: S608  # names of this file
        connection.execute(write, (changed(value, source), *row))
        return f"{table}.{column}"
    finally:
        connection.close()


def changed(value: object, source: random.Random) -> object:
    if isinstance(value, int):
        return value + source.choice((-1, 1, 1000))
    if isinstance(value, str):
        return value + "x"
    data = bytearray(value if isinstance(value, bytes) else b"")
    if not data or source.random() < 0.2:
        return bytes(data) + b"x"
    place = source.randrange(len(data) * 8)
    data[place // 8] ^= 1 << place % 8
    return bytes(data)


def test_an_untouched_log_gives_no_alarm(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original, tmp_path / "copy")
    for _number in range(20):
        assert problems(tmp_path / "copy") == ()


def test_every_random_change_to_the_databases_is_found(original: Path, tmp_path: Path) -> None:
    source = random.Random()
    for _number in range(MUTATIONS):
        folder = tmp_path / "copy"
        folder.mkdir()
        for name in TABLES:
            shutil.copyfile(original / name, folder / name)
        try:
            what = mutate(folder, source)
        except sqlite3.IntegrityError:
            continue  # the table itself refused the value
        finally:
            found = problems(folder)
            shutil.rmtree(folder)
        assert found, what


def test_the_check_would_miss_a_change_if_bodies_were_not_hashed_again(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control: a build that trusts the stored leaf hashes passes an edited answer."""
    for name in TABLES:
        shutil.copyfile(original / name, tmp_path / name)
    connection = sqlite3.connect(tmp_path / "main.db", isolation_level=None)
    connection.execute(
        "UPDATE log_entry SET body = CAST(replace(CAST(body AS TEXT), 'no_message', 'none') AS BLOB) WHERE seq = 2"
    )
    connection.close()
    assert problems(tmp_path)
    real = tree.leaf_hash
    connection = sqlite3.connect(tmp_path / "main.db")
    stored = {row[0]: row[1] for row in connection.execute("SELECT body, leaf FROM log_entry")}
    connection.close()
    monkeypatch.setattr(tree, "leaf_hash", lambda body: stored.get(body) or real(body))
    assert problems(tmp_path) == ()


def grown(folder: Path, source: random.Random, process: str) -> World:
    world = World(folder, source=source, process=process)
    world.start()
    for _number in range(source.randrange(1, 6)):
        world.question()
    world.integrate()
    return world


def follow(state: witness.WitnessState, world: World) -> witness.WitnessState:
    head = checkpoints.parse(world.tree.head())
    path: tuple[bytes, ...] = ()
    if state.size <= head.size:
        path = log.prove_consistency(world.tree, state.size, head.size)
    return witness.accept(state, head.format(), path, ANCHOR, 1)


def test_every_fork_and_rollback_is_found_by_a_node_and_by_the_log_itself(original: Path, tmp_path: Path) -> None:
    """The operator restores both files from a copy and goes on; two nodes had seen the first history."""
    source = random.Random()
    for number in range(FORKS):
        folder = tmp_path / f"{number}"
        shutil.copytree(original, folder)
        first = grown(folder, source, f"{2 * number + 2:016x}")
        seen = follow(witness.begin(1), first)
        assert seen.stopped is None
        first.close()
        shutil.rmtree(folder)
        shutil.copytree(original, folder)
        second = grown(folder, source, f"{2 * number + 3:016x}") if number % 4 else World(folder)
        for node in ("node", "second witness"):
            assert follow(seen, second).stopped in (Reason.SMALLER, Reason.INCONSISTENT), node
        with pytest.raises(IntegrityError):
            log.reject_foreign_history(second.tree, checkpoints.parse(seen.note))
        second.close()


def test_honest_growth_never_alarms_a_witness(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original, tmp_path / "copy")
    state = witness.begin(1)
    source = random.Random()
    for number in range(FORKS):
        world = grown(tmp_path / "copy", source, f"{number + 2:016x}")
        state = follow(state, world)
        assert state.stopped is None
        log.reject_foreign_history(world.tree, checkpoints.parse(state.note))
        world.close()
    assert problems(tmp_path / "copy") == ()
