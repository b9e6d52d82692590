"""A PostgreSQL server for tests: where it is, and a schema of one's own on it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psycopg
import pytest

from tests.conftest import POSTGRESQL_URL

NEAR = (
    "postgresql://127.0.0.1:5432/test?connect_timeout=3",
    "postgresql:///test?host=/var/run/postgresql&connect_timeout=3",
)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.Error:
        return False
    return True


def _found() -> str:
    given = os.environ.get(POSTGRESQL_URL)
    return given or next((url for url in NEAR if _answers(url)), "")


URL = _found()
needs_server = pytest.mark.skipif(not URL, reason=f"no PostgreSQL server; set {POSTGRESQL_URL}")


def with_options(url: str, options: str) -> str:
    """Return the address with settings of the session added."""
    return f"{url}{'&' if '?' in url else '?'}options={quote(options)}"


@contextmanager
def own_schema(extra: str = "") -> Iterator[str]:
    """Make a schema, yield the address that works in it (with `extra` settings), and drop it with all that it holds."""
    name = f"samenloop_test_{secrets.token_hex(6)}"
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    try:
        yield with_options(URL, f"-c search_path={name} {extra}".strip())
    finally:
        with psycopg.connect(URL, autocommit=True) as connection:
            connection.execute("SET client_min_messages = error")
            connection.execute(f"DROP SCHEMA {name} CASCADE")


_FAILING = """
    CREATE SEQUENCE fault;
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('fault') <= {times} THEN RAISE EXCEPTION 'injected' USING ERRCODE = '{state}'; END IF;
        RETURN NULL;
      END $$;
    CREATE TRIGGER fail AFTER INSERT OR UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION fail();
"""


def inject(dsn: str, table: str, state: str, times: int) -> None:
    """Let the server refuse the next so many statements that write to a table, with this SQLSTATE."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_FAILING.format(table=table, state=state, times=times))


@contextmanager
def with_trigger(dsn: str, table: str, state: str) -> Iterator[None]:
    """Let the server refuse every statement that writes to a table, for a while."""
    inject(dsn, table, state, 1_000_000)
    yield
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET client_min_messages = error")
        connection.execute("DROP FUNCTION fail CASCADE")
        connection.execute("DROP SEQUENCE fault")
