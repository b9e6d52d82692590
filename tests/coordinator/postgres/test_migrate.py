"""Moving a coordinator from SQLite to PostgreSQL: everything arrives and the log goes on as one history."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from samenloop.audit import log
from samenloop.audit.note import load_signer
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop_coordinator import operating
from samenloop_coordinator.store import postgres, postgres_copy, postgres_move, sqlite
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, MAYOR, POLICE, PROBATION, put, question_request
from tests.coordinator.postgres.places import point_at
from tests.coordinator.world import World, copied, play
from tests.ports import free_port


@pytest.fixture
def files(made_wide: Consortium, tmp_path: Path) -> Consortium:
    """A coordinator on SQLite files that has done some work."""
    consortium = copied(made_wide, tmp_path)

    async def work(world: World) -> None:
        await world.register(POLICE, [put("politie", f"person-{number}") for number in range(30)])
        await world.register(MAYOR, [put("burgemeester", "person-1")])
        await world.register(HOUSE, [put("vhh_casus", f"person-{number}") for number in range(5)])
        for number in range(10):
            await world.ask(PROBATION, [POLICE, MAYOR, HOUSE], f"person-{number}", user_ref=os.urandom(32))
        await world.mail(POLICE)

    play(consortium, work)
    return consortium


def _paths(consortium: Consortium) -> tuple[Path, Path]:
    folder = consortium.folder / "coordinator"
    return folder / "coordinator.db", folder / "log-head.db"


def _integrated(consortium: Consortium) -> int:
    """Put what waits into the tree, as a last running coordinator would; return how many entries are signed."""
    signer = load_signer(consortium.config.origin, consortium.config.secrets.audit_key)
    with operating.log_files(consortium.config) as opened:
        return log.integrate(opened.entries, opened.tree, signer).size


def test_everything_arrives_and_a_repeated_question_has_its_old_answer(files: Consortium, dsn: str) -> None:
    request = question_request(files.parties[PROBATION], [HOUSE, POLICE], "person-2", user_ref=os.urandom(32))
    answers: list[bytes] = []

    async def before(world: World) -> None:
        answers.append((await world.asking.ask(world.peer(PROBATION), request)).SerializeToString())

    play(files, before)
    size = _integrated(files)
    moved = postgres_move.move(*_paths(files), dsn)
    assert moved.log_size == size
    assert moved.rows["registration"] == 36
    assert moved.rows["question"] == 11
    point_at(files, dsn)

    async def after(world: World) -> None:
        answers.append((await world.asking.ask(world.peer(PROBATION), request)).SerializeToString())
        reply = await world.ask(PROBATION, [POLICE, MAYOR, HOUSE], "person-1", user_ref=os.urandom(32))
        assert [one.known for one in reply.answers] == [False, True, True]
        await world.register(POLICE, [put("politie", "a new person")])

    play(files, after)
    assert answers[0] == answers[1]
    assert _integrated(files) > size
    assert operating.check_log(files.config, lambda _done, _all: None).problems == ()


def test_the_old_files_can_serve_no_second_history(files: Consortium, dsn: str) -> None:
    _integrated(files)
    postgres_move.move(*_paths(files), dsn)
    with pytest.raises(SamenloopError):
        play(files, lambda _world: _never())


async def _never() -> None:
    pytest.fail("it served")


def test_files_of_before_an_upgrade_are_moved_too(files: Consortium, dsn: str) -> None:
    _integrated(files)
    with closing(sqlite3.connect(_paths(files)[0], isolation_level=None)) as older:
        older.execute("DROP INDEX counter_by_until")
        older.execute("ALTER TABLE counter DROP COLUMN until")
        older.execute("DELETE FROM _sqlite_migrations WHERE name = 'counters_until'")
        counters = older.execute("SELECT count(*) FROM counter").fetchone()[0]
    assert postgres_move.move(*_paths(files), dsn).rows["counter"] == counters


def _nothing_there(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT to_regclass('registration')").fetchone()
    return row == (None,)


def test_files_in_use_are_not_moved_and_an_existing_coordinator_is_not_overwritten(files: Consortium, dsn: str) -> None:
    lock = sqlite.lock_database(_paths(files)[0])
    with pytest.raises(SamenloopError) as caught:
        postgres_move.move(*_paths(files), dsn)
    assert caught.value.code is ErrorCode.BUSY
    os.close(lock)
    postgres.create_store(dsn)
    with pytest.raises(SamenloopError) as caught:
        postgres_move.move(*_paths(files), dsn)
    assert caught.value.code is ErrorCode.NOT_PERMITTED
    assert all(path.exists() for path in _paths(files))


@pytest.mark.parametrize("table", ["registration", "request", "log_node"])
def test_a_copy_that_differs_in_one_row_is_undone_wholly(
    files: Consortium, dsn: str, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    _integrated(files)
    whole = postgres_copy._copy

    def careless(source: Any, target: Any, one: postgres_copy.Table) -> postgres_copy.Digest:
        digest = whole(source, target, one)
        if one.name == table:
            target.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            target.execute(f"DELETE FROM {table} WHERE ctid = (SELECT min(ctid) FROM {table})")  # noqa: S608
        return digest

    monkeypatch.setattr(postgres_copy, "_copy", careless)
    with pytest.raises(IntegrityError):
        postgres_move.move(*_paths(files), dsn)
    assert _nothing_there(dsn)
    assert all(path.exists() for path in _paths(files))


def test_a_log_that_does_not_hold_is_not_moved(files: Consortium, dsn: str) -> None:
    _integrated(files)
    database = sqlite.connect(_paths(files)[0], 2)
    database.execute("DROP TRIGGER log_entry_same")
    database.execute("UPDATE log_entry SET body = CAST(CAST(body AS TEXT) || ' ' AS BLOB) WHERE seq = 3")
    database.close()
    with pytest.raises(IntegrityError):
        postgres_move.move(*_paths(files), dsn)
    assert _nothing_there(dsn)


def _tool(consortium: Consortium, *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-c", "from samenloop_coordinator.cli import main; main()", *arguments]
    return subprocess.run(
        [*program, "--config", str(consortium.config_file)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://a:secret@127.0.0.1/test",
        "postgresql://127.0.0.1/test?password=secret",
        "postgresql://127.0.0.1/test?pass%77ord=secret",
        "postgresql://127.0.0.1/test?sslpassword=secret",
        "postgresql://[::1/secret",
        "postgresql://127.0.0.1/secret%zz",
        "postgres://127.0.0.1/secret",
    ],
)
def test_a_password_in_the_arguments_and_what_is_no_address_are_refused(files: Consortium, address: str) -> None:
    refused = _tool(files, "migrate", "--from", f"sqlite:{_paths(files)[0]}", "--to", address)
    assert refused.returncode == 2
    assert "wachtwoord" in refused.stderr or "postgresql://" in refused.stderr
    assert "secret" not in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_server_that_lets_nobody_in_and_no_server_are_told_apart(files: Consortium, dsn: str) -> None:
    source, shut = f"sqlite:{_paths(files)[0]}", free_port()
    server = urlsplit(dsn)
    host = server.netloc.rpartition("@")[2]
    for address, told in (
        (f"postgresql://nobody_known@{host}/{server.path.strip('/')}", "laat ons niet binnen"),
        (f"postgresql://{server.netloc}/no_such_database", "laat ons niet binnen"),
        (f"postgresql://127.0.0.1:{shut}/test", "antwoordt geen server"),
        ("postgresql://127.0.0.1:notaport/test", "antwoordt geen server"),
    ):
        refused = _tool(files, "migrate", "--from", source, "--to", address)
        assert refused.returncode != 0
        assert told in " ".join(refused.stderr.split()), refused.stderr


def test_the_command_moves(files: Consortium, dsn: str) -> None:
    source = f"sqlite:{_paths(files)[0]}"
    done = _tool(files, "migrate", "--from", source, "--to", dsn)
    assert done.returncode == 0, done.stderr
    assert "registration: 36" in done.stdout
    point_at(files, dsn)
    status = _tool(files, "status", "--json")
    assert status.returncode == 0, status.stderr
    assert _tool(files, "audit", "fsck").returncode == 0


def test_only_the_database_of_the_configuration_moves_and_no_copy_of_it(files: Consortium, dsn: str) -> None:
    _integrated(files)
    database, head = _paths(files)
    copy = database.with_name("copy.db")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    refused = _tool(files, "migrate", "--from", f"sqlite:{copy}", "--to", dsn)
    assert refused.returncode == 2
    assert str(database) in refused.stderr.replace("\n", "")
    assert head.exists()
    assert _nothing_there(dsn)


def test_the_log_of_a_running_coordinator_does_not_move_with_another_database(files: Consortium, dsn: str) -> None:
    _integrated(files)
    database, head = _paths(files)
    copy = database.with_name("copy.db")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)

    async def work(world: World) -> None:
        with pytest.raises(SamenloopError) as caught:
            postgres_move.move(copy, head, dsn)
        assert caught.value.code is ErrorCode.BUSY

    play(files, work)
    assert head.exists()
    assert _nothing_there(dsn)
