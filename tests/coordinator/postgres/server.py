"""A PostgreSQL server for tests: where it is, and a schema of one's own on it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psycopg

from tests.conftest import POSTGRESQL_URL
from tests.coordinator.postgres.cluster import own_clusters, programs

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


def near() -> str:
    """Return the address of a test database that is given or that answers nearby, empty when there is none."""
    given = os.environ.get(POSTGRESQL_URL)
    return given or next((url for url in NEAR if _answers(url)), "")


@contextmanager
def any_server() -> Iterator[str]:
    """Yield the address of a test database: nearby, else on a server of its own, else (not installed) empty."""
    found = near()
    if found or programs() is None:
        yield found
        return
    with own_clusters(1) as (made,):
        made.make()
        made.start()
        yield made.dsn


def with_options(url: str, options: str) -> str:
    """Return the address with settings of the session added."""
    return f"{url}{'&' if '?' in url else '?'}options={quote(options)}"


@contextmanager
def own_schema(url: str) -> Iterator[str]:
    """Make a schema in a database, yield the address that works in it, and drop it with all that it holds."""
    name = f"samenloop_test_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    try:
        yield with_options(url, f"-c search_path={name}")
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
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
