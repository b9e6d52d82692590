"""Where the tests find a server: near, else one of their own; and what was not tried is said."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.conftest import NO_POSTGRESQL
from tests.coordinator.postgres import server
from tests.coordinator.postgres.cluster import programs

_ONE = Path(__file__).with_name("test_log_stores.py")
_ALONE = """
import sys, pytest
from tests.coordinator.postgres import server
{without}
sys.exit(pytest.main(["-q", "-n0", "-p", "no:cacheprovider", sys.argv[1] + "::test_there_is_one_history_only"]))
"""


@pytest.mark.skipif(programs() is None, reason=NO_POSTGRESQL)
def test_without_a_server_near_the_tests_have_one_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "near", lambda: "")
    with server.any_server() as url, server.own_schema(url) as dsn, psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM pg_class WHERE relname = 'registration'").fetchone() == (0,)


def _said(without: str) -> str:
    program = [sys.executable, "-c", _ALONE.format(without=without), str(_ONE)]
    return subprocess.run(program, capture_output=True, text=True, timeout=120, check=False).stdout


def test_what_was_skipped_for_want_of_a_server_is_said_at_the_end() -> None:
    said = _said("server.near = lambda: ''; server.programs = lambda: None")
    assert "1 skipped" in said
    assert "PostgreSQL: no server here, so what needs one was not tried: 1 " in said


def test_nothing_is_said_when_it_was_tried(dsn: str) -> None:
    assert dsn
    said = _said("")
    assert "1 passed" in said
    assert "PostgreSQL:" not in said
