"""Random changes to the databases behind the log, forks and rollbacks: found by the full check and by two witnesses.

The operator is assumed to own the machine: he drops triggers, edits rows, and may even sign again. CI runs a small
number; FULL=1 runs 10,000 mutations and 100 forks and rollbacks.
"""

import os
import random
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import export, fsck, log, sqlite, sqlite_tree, tree, verify, witness
from samenloop.audit.witness import Reason
from samenloop.errors import IntegrityError, SamenloopError
from tests.audit.world import ANCHOR, COVENANT, HOLDERS, SIGNER, World

FULL = os.environ.get("FULL") == "1"
MUTATIONS = 10_000 if FULL else 120
FORKS = 100 if FULL else 12
pytestmark = pytest.mark.timeout(3_600 if FULL else 300)
"""A full run does a hundred times the work, on a machine that may do other things too."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    world = World(folder)
    world.fill(20)
    return unguarded(world)


@pytest.fixture(scope="module")
def purged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest purge. (Of one whose own entry is gone, only a range that is gone anyway is on the list.)"""
    world = World(tmp_path_factory.mktemp("purged"))
    world.fill(20)
    world.clock.advance(days=ANCHOR.retention_days + 1)
    last = checkpoints.parse(world.tree.head()).size - 2
    for _number in range(2):
        world.refusal()
    world.integrate()
    world.purge_until(last, ANCHOR.retention_days)
    world.integrate()
    world.cosign(*HOLDERS[:2])
    return unguarded(world)


def unguarded(world: World) -> Path:
    """Close a log and take its triggers away."""
    folder = world.folder
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
        stored = sqlite_tree.open_tree_file(folder / "tree.db")
        found = fsck.fsck(sqlite.SqliteEntries(connection), stored, ANCHOR).problems
        stored.close()
    except SamenloopError as error:
        found = (error.text,)
    finally:
        connection.close()
    return found


Tables = Mapping[str, Mapping[str, tuple[str, ...]]]
TABLES: Tables = {
    "main.db": {"log_entry": ("leaf", "body", "sealed", "seq", "sealed_count")},
    "tree.db": {
        "head": ("note",),
        "node": ("hash", "level", "position"),
        "entry_index": ("end_ms", "event", "actor", "case", "user", "purpose", "rule"),
        "leaf_place": ("prefix", "seq"),
        "checkpoint": ("size", "note", "signatures"),
    },
}
"""What is left out: `checkpoint.day`, which only says when a checkpoint may be thinned out."""
PURGED = {"main.db": {"log_purge": ("first", "last", "by")}}
MAY_GO = frozenset({"checkpoint"})
"""Losing one of these is no false statement: that witnesses' evidence is missing is a warning, here and of `verify`."""


def mutate(folder: Path, source: random.Random, tables: Tables = TABLES) -> str:
    """Change one value of one row, or delete a row."""
    name = source.choice(("main.db", *tables))
    table = source.choice(list(tables[name]))
    connection = sqlite3.connect(folder / name, isolation_level=None)
    try:
        keys = {"node": "level, position", "leaf_place": "prefix, seq"}.get(table, "rowid")
        rows = connection.execute(f"SELECT {keys} FROM {table}").fetchall()  # noqa: S608  # names of this file
        where = " AND ".join(f"{key} = ?" for key in keys.split(", "))
        row = source.choice(rows)
        if table not in MAY_GO and source.random() < 0.1:
            connection.execute(f"DELETE FROM {table} WHERE {where}", row)  # noqa: S608  # names of this file
            return f"{table} deleted"
        column = source.choice(tables[name][table])
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


@pytest.mark.parametrize("log_of", ["original", "purged"])
def test_an_untouched_log_gives_no_alarm(log_of: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    shutil.copytree(request.getfixturevalue(log_of), tmp_path / "copy")
    for _number in range(20):
        assert problems(tmp_path / "copy") == ()


@pytest.mark.parametrize(("log_of", "tables", "times"), [("original", TABLES, MUTATIONS), ("purged", PURGED, 40)])
def test_every_random_change_to_the_databases_is_found(
    log_of: str, tables: Tables, times: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    source = random.Random()
    log_before: Path = request.getfixturevalue(log_of)
    for _number in range(times):
        folder = tmp_path / "copy"
        folder.mkdir()
        for name in TABLES:
            shutil.copyfile(log_before / name, folder / name)
        try:
            what = mutate(folder, source, tables)
        except sqlite3.IntegrityError:
            continue  # the table itself refused the value
        finally:
            found = problems(folder)
            shutil.rmtree(folder)
        assert found, what


def exported(folder: Path, root: Path) -> dict[str, bytes]:
    """Export the databases as they are; raises SamenloopError when they refuse."""
    connection = sqlite3.connect(folder / "main.db", isolation_level=None)
    try:
        stored = sqlite_tree.open_tree_file(folder / "tree.db")
        export.write_export(root, (sqlite.SqliteEntries(connection), stored), SIGNER, [COVENANT], 1_770_000_000_000)
        stored.close()
    finally:
        connection.close()
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_no_random_change_to_the_databases_survives_an_export_that_verifies(original: Path, tmp_path: Path) -> None:
    """A change is refused by the export, found by its verifier, or not in the export at all."""
    source = random.Random()
    honest = exported(original, tmp_path / "honest")
    assert verify.verify_export(tmp_path / "honest", ANCHOR.fingerprint).holds
    found = 0
    for number in range(MUTATIONS // 4):
        folder, root = tmp_path / f"copy-{number}", tmp_path / f"export-{number}"
        shutil.copytree(original, folder)
        try:
            what = mutate(folder, source)
            same = exported(folder, root) == honest
            holds = verify.verify_export(root, ANCHOR.fingerprint).holds
            assert same or not holds, what
            found += not same
        except (SamenloopError, sqlite3.IntegrityError):
            found += 1
        finally:
            shutil.rmtree(folder)
            shutil.rmtree(root, ignore_errors=True)
    assert found > MUTATIONS // 16, "most changes are in what is exported"


def rewritten(folder: Path, source: random.Random, process: str) -> World:
    """Change one answer or rule, build the whole tree anew and sign it: all that an operator with the key can do."""
    connection = sqlite3.connect(folder / "main.db", isolation_level=None)
    rows = connection.execute("SELECT seq, body FROM log_entry").fetchall()
    fit = [(seq, body) for seq, body in rows if b"no_message" in body or b"R-25" in body]
    seq, body = source.choice(fit)
    other = body.replace(b"no_message", b"none", 1).replace(b"R-25", b"R-28")
    connection.execute("UPDATE log_entry SET body = ?, leaf = ? WHERE seq = ?", (other, tree.leaf_hash(other), seq))
    connection.close()
    (folder / "tree.db").unlink()
    sqlite_tree.create_tree_file(folder / "tree.db", log.empty_checkpoint(SIGNER).format())
    world = World(folder, source=source, process=process)
    world.integrate()
    if source.random() < 0.5:
        world.start()
        world.question()
        world.integrate()
    return world


def test_every_entry_that_the_operator_rewrites_and_signs_again_is_found_by_two_witnesses(
    original: Path, tmp_path: Path
) -> None:
    source = random.Random()
    honest = World(Path(shutil.copytree(original, tmp_path / "honest")))
    seen = [follow(witness.begin(1), honest) for _node in range(2)]
    honest.close()
    for number in range(FORKS):
        folder = Path(shutil.copytree(original, tmp_path / f"{number}"))
        world = rewritten(folder, source, f"{number + 2:016x}")
        assert problems(folder) == (), "by itself the rewritten log holds: only witnesses can tell"
        assert [follow(state, world).stopped for state in seen] == [Reason.INCONSISTENT] * 2
        with pytest.raises(IntegrityError):
            log.reject_foreign_history(world.tree, checkpoints.parse(seen[0].note))
        report = verify.verify_export(world.export(tmp_path / f"export-{number}"), ANCHOR.fingerprint)
        assert any("medeondertekend" in text for text in report.warnings), "and the verifier misses the witnesses"
        world.close()


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
