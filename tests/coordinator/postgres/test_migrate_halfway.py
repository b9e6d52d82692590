"""A move that ends anywhere halfway: never do two coordinators serve, and the same command goes on."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator import operating
from samenloop_coordinator.store import postgres_move
from samenloop_coordinator.store.moved_head import Head
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, MAYOR, POLICE, PROBATION
from tests.coordinator.postgres.places import point_at
from tests.coordinator.postgres.proxy import AFTER, BEFORE, Proxy
from tests.coordinator.postgres.server import own_schema
from tests.coordinator.postgres.test_migrate import _integrated, _nothing_there, _paths, _tool, files
from tests.coordinator.world import World, play

__all__ = ["files"]

_KILLED = """
import os, signal, sys
from samenloop_coordinator.store import moved_head, postgres_move
place, name, first = sys.argv.pop(1).split(":")
holder = moved_head.Head if place == "head" else postgres_move
whole = getattr(holder, name)
def until_here(*given, **more):
    if first: whole(*given, **more)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(holder, name, until_here)
from samenloop_coordinator.cli import main; main()
"""


def _serves(consortium: Consortium) -> bool:
    asked: list[str] = []

    async def work(world: World) -> None:
        await world.ask(PROBATION, [POLICE, MAYOR, HOUSE], "person-1", user_ref=os.urandom(32))
        asked.append("answered")

    with contextlib.suppress(SamenloopError):
        play(consortium, work)
    return bool(asked)


def _migrate(consortium: Consortium, dsn: str) -> "subprocess.CompletedProcess[str]":
    return _tool(consortium, "migrate", "--from", f"sqlite:{_paths(consortium)[0]}", "--to", dsn)


def _arrived(consortium: Consortium, dsn: str) -> None:
    """The files serve nothing, the new coordinator serves on one log."""
    assert not _serves(consortium)
    point_at(consortium, dsn)
    assert _serves(consortium)
    assert operating.check_log(consortium.config, lambda _done, _all: None).problems == ()


@pytest.mark.parametrize(
    ("at", "stored", "aside"),
    [
        ("move:copied:after", False, False),
        ("head:set_aside:after", False, True),
        ("head:done:", True, True),
    ],
    ids=["before the head is set aside", "before the commit", "after the commit"],
)
def test_a_killed_move_leaves_one_coordinator_at_most_and_goes_on(
    files: Consortium, dsn: str, at: str, *, stored: bool, aside: bool
) -> None:
    _integrated(files)
    database, head = _paths(files)
    program = [sys.executable, "-c", _KILLED, at, "migrate", "--from", f"sqlite:{database}", "--to", dsn]
    killed = subprocess.run([*program, "--config", str(files.config_file)], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert _nothing_there(dsn) is not stored
    assert head.exists() is not aside
    if aside:
        assert not _serves(files)
    done = _migrate(files, dsn)
    assert done.returncode == 0, done.stderr
    _arrived(files, dsn)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_commit_without_answer_sets_the_files_still_and_the_same_command_goes_on(
    files: Consortium, dsn: str, when: str
) -> None:
    size, proxy = _integrated(files), Proxy(dsn)
    proxy.cut(when)
    with pytest.raises(SamenloopError) as caught:
        postgres_move.move(*_paths(files), proxy.dsn)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert proxy.cuts == 1
    assert _nothing_there(dsn) is (when == BEFORE)
    assert not _serves(files)
    assert postgres_move.move(*_paths(files), proxy.dsn).log_size == size
    proxy.close()
    _arrived(files, dsn)


def test_a_half_done_move_goes_nowhere_else(
    files: Consortium, database: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _integrated(files)
    _failing_commit(monkeypatch, lambda connection: connection.close())
    with pytest.raises(SamenloopError):
        postgres_move.move(*_paths(files), dsn)
    monkeypatch.undo()
    with own_schema(database) as elsewhere:
        with pytest.raises(SamenloopError) as caught:
            postgres_move.move(*_paths(files), elsewhere)
        assert caught.value.code is ErrorCode.NOT_PERMITTED
        assert _nothing_there(elsewhere)
        postgres_move.move(*_paths(files), dsn)
        with pytest.raises(SamenloopError) as caught:
            postgres_move.move(*_paths(files), elsewhere)
        assert caught.value.code is ErrorCode.NOT_PERMITTED
        assert _nothing_there(elsewhere)


def test_the_files_serve_on_when_the_server_itself_refused_the_commit(
    files: Consortium, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _integrated(files)
    _failing_commit(monkeypatch, _refuse_at_commit)
    with pytest.raises(SamenloopError):
        postgres_move.move(*_paths(files), dsn)
    assert _nothing_there(dsn)
    assert sorted(path.name for path in _paths(files)[1].parent.glob("log-head.db*") if path.suffix != ".lock") == [
        "log-head.db"
    ]
    assert _serves(files)


Act = Callable[["psycopg.Connection[tuple[object, ...]]"], object]


def _failing_commit(monkeypatch: pytest.MonkeyPatch, act: Act) -> None:
    """Do something to the connection at the last moment before the commit."""
    held: list[psycopg.Connection[tuple[object, ...]]] = []
    connect, set_aside = postgres_move.connect, Head.set_aside

    def connected(*given: object) -> object:
        held.append(connect(*given))  # type: ignore[arg-type]
        return held[-1]

    def last(head: Head) -> None:
        set_aside(head)
        act(held[-1])

    monkeypatch.setattr(postgres_move, "connect", connected)
    monkeypatch.setattr(Head, "set_aside", last)


def _refuse_at_commit(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    connection.execute("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$")
    connection.execute(
        "CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON state DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION no()"
    )
    connection.execute("UPDATE state SET generation = generation + 1")


@pytest.mark.parametrize("kind", [Path.mkdir, Path.touch])
def test_what_stands_in_the_way_of_the_old_head_is_named_before_anything_is_stored(
    files: Consortium, dsn: str, kind: Callable[[Path], None]
) -> None:
    _integrated(files)
    head = _paths(files)[1]
    kind(head.with_name(head.name + ".moved"))
    refused = _migrate(files, dsn)
    assert refused.returncode != 0
    assert "log-head.db.moved" in refused.stderr.replace("\n", "")
    assert "Traceback" not in refused.stderr
    assert _nothing_there(dsn)
    assert head.is_file()


def test_a_disk_that_does_not_set_the_head_aside_stores_nothing(
    files: Consortium, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _integrated(files)

    def full(_path: Path, _to: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(SamenloopError) as caught:
        postgres_move.move(*_paths(files), dsn)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert _nothing_there(dsn)
    assert _serves(files)


def test_a_backup_of_the_head_put_back_after_the_move_serves_nothing(files: Consortium, dsn: str) -> None:
    _integrated(files)
    head = _paths(files)[1]
    postgres_move.move(*_paths(files), dsn)
    shutil.copy(head.with_name(head.name + ".moved"), head)
    assert not _serves(files)
    told = _tool(files, "status")
    assert told.returncode != 0
    assert "verhuisd" in told.stderr


def test_files_that_went_on_after_the_move_are_no_finished_move(files: Consortium, dsn: str) -> None:
    _integrated(files)
    postgres_move.move(*_paths(files), dsn)
    head = _paths(files)[1]
    head.with_name(head.name + ".moved").rename(head)
    assert _serves(files)
    with pytest.raises(SamenloopError) as caught:
        postgres_move.move(*_paths(files), dsn)
    assert caught.value.code is ErrorCode.NOT_PERMITTED
    assert head.exists()
