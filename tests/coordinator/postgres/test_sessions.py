"""Sessions with a server that goes, comes back, is full, is a standby, or does not write durably: the store alone."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator import front
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import postgres, postgres_link
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.postgres import CONNECTIONS, PostgresStore
from tests.contract.test_store import expect
from tests.coordinator.postgres.cluster import Cluster, address
from tests.coordinator.postgres.test_faults import TERMINATE, _act, _numbers, _with_store

AT_ONCE = front.SECONDS / 2
"""Seconds: less than a call lives at most, and enough on a busy machine."""


def test_a_server_that_does_not_write_durably_is_refused(cluster: Cluster) -> None:
    postgres.create_store(cluster.dsn)
    cluster.set(fsync="off")
    for opening in (postgres.refuse_existing, lambda dsn: postgres.open_store(dsn, _journal())):
        with pytest.raises(SamenloopError) as caught:
            opening(cluster.dsn)
        assert caught.value.code is ErrorCode.NOT_PERMITTED
        assert "fsync" in caught.value.text


def _journal() -> Journal:
    return Journal("test.example/log", Stamper(SystemClock()))


def test_during_an_outage_every_caller_hears_so_at_once_and_afterwards_the_first_call_works(cluster: Cluster) -> None:
    postgres.create_store(cluster.dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        await _works(store, journal, 1)
        cluster.halt()
        begun = time.monotonic()
        while time.monotonic() - begun < 5:
            await _away(store, journal)
        cluster.start()
        await _works(store, journal, 2)
        cluster.halt("fast")
        cluster.start()
        await _works(store, journal, 3)
        assert _numbers(store) == [0, 1, 2]

    _with_store(cluster.dsn, scenario)


async def _works(store: PostgresStore, journal: Journal, number: int) -> None:
    begun = time.monotonic()
    assert await store.write(_act(journal, os.urandom(16))) == number
    assert await asyncio.gather(*(store.read(_counted) for _each in range(20))) == [number] * 20
    assert store.entries().count() == number
    assert time.monotonic() - begun < AT_ONCE


async def _away(store: PostgresStore, journal: Journal) -> None:
    begun = time.monotonic()
    for call in (store.write(_act(journal, os.urandom(16))), store.read(_counted)):
        await expect(ErrorCode.UNAVAILABLE, call)
    assert time.monotonic() - begun < AT_ONCE
    assert not store.broken


def _counted(parts: Parts) -> int:
    return parts.requests.counted(b"scope", "")


def test_a_standby_is_never_asked_whatever_the_order_of_the_address(both: tuple[Cluster, Cluster]) -> None:
    primary, standby = both
    dsn = address(standby, primary)
    postgres.create_store(dsn)
    _fall_behind(standby)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        await _works(store, journal, 1)
        primary.halt()
        await _away(store, journal)

    _with_store(dsn, scenario)
    with pytest.raises(SamenloopError) as caught:
        postgres.open_store(standby.dsn, _journal())
    assert caught.value.code is ErrorCode.UNAVAILABLE


def _fall_behind(standby: Cluster) -> None:
    """Let a standby show the tables, and nothing that is stored from now on."""
    while standby.execute("SELECT to_regclass('log_checkpoint')") == [(None,)]:
        time.sleep(0.01)
    standby.execute("SELECT pg_wal_replay_pause()")
    while standby.execute("SELECT pg_get_wal_replay_pause_state()") != [("paused",)]:
        time.sleep(0.01)


def test_control_a_build_that_reads_wherever_it_is_let_in_misses_what_was_acknowledged(
    both: tuple[Cluster, Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, standby = both
    postgres.create_store(primary.dsn)
    _fall_behind(standby)

    def anywhere(dsn: str, settings: dict[str, str]) -> str:
        given = conninfo(dsn, settings)
        return make_conninfo(given, target_session_attrs="any" if settings is postgres_link.READING else "primary")

    conninfo = postgres_link._conninfo
    monkeypatch.setattr(postgres_link, "_conninfo", anywhere)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        assert await store.write(_act(journal, os.urandom(16))) == 1
        assert await store.read(_counted) == 0

    _with_store(address(standby, primary), scenario)


def test_the_number_of_sessions_stays_what_the_configuration_says(cluster: Cluster) -> None:
    assert _most_sessions(cluster) <= CONNECTIONS + 2


def test_control_a_build_that_connects_for_every_read_is_caught(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fresh(links: postgres_link.Links) -> postgres_link.Link:
        kept.append(postgres_link.Link(links._dsn, links._settings))
        return kept[-1]

    kept: list[postgres_link.Link] = []
    monkeypatch.setattr(postgres_link.Links, "own", fresh)
    most = _most_sessions(cluster)
    for link in kept:
        link.close()
    assert most > CONNECTIONS + 2


def _most_sessions(cluster: Cluster) -> int:
    """Read and write 60 times at once, and return how many sessions the server had at the most."""
    postgres.create_store(cluster.dsn)
    seen: list[int] = []

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        calls = [store.read(_counted) for _each in range(30)]
        calls += [store.write(_act(journal, os.urandom(16))) for _each in range(30)]
        running = asyncio.gather(*calls)
        while not running.done():
            seen.append(await asyncio.to_thread(_sessions, cluster))
        assert sorted((await running)[30:]) == list(range(1, 31))
        seen.append(_sessions(cluster))

    _with_store(cluster.dsn, scenario)
    return max(seen)


def _sessions(cluster: Cluster) -> int:
    rows = cluster.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'samenloop-%'")
    return int(str(rows[0][0]))


def test_a_full_server_is_said_to_be_away_and_afterwards_everything_is_there(cluster: Cluster) -> None:
    postgres.create_store(cluster.dsn)
    cluster.set(max_connections=20, superuser_reserved_connections=0)
    cluster.halt("fast")
    cluster.start()

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        await _works(store, journal, 1)
        with _filled(cluster) as others:
            await _works(store, journal, 2)
            others[0].execute(TERMINATE, [str(os.getpid())])
            with _filled(cluster):
                await _away(store, journal)
                with pytest.raises(SamenloopError) as caught:
                    postgres.open_store(cluster.dsn, journal)
                assert caught.value.code is ErrorCode.UNAVAILABLE
        await _works(store, journal, 3)
        assert _numbers(store) == [0, 1, 2]

    _with_store(cluster.dsn, scenario)


@contextmanager
def _filled(cluster: Cluster) -> Iterator[list[psycopg.Connection[Any]]]:
    """Take every connection that the server has left."""
    taken: list[psycopg.Connection[Any]] = []
    with ExitStack() as stack:
        with suppress(psycopg.OperationalError):
            while True:
                taken.append(stack.enter_context(psycopg.connect(cluster.dsn, autocommit=True)))
        yield taken


def test_a_read_that_hangs_ends_and_the_others_go_on(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres_link.READING, "statement_timeout", "500ms")
    postgres.create_store(cluster.dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        await store.write(_act(journal, os.urandom(16)))
        hanging = [store.read(_hang) for _each in range(2 * CONNECTIONS)]
        for outcome in await asyncio.gather(*hanging, store.read(_counted), return_exceptions=True):
            assert outcome == 1 or (isinstance(outcome, SamenloopError) and outcome.code is ErrorCode.UNAVAILABLE)
        await _works(store, journal, 2)

    _with_store(cluster.dsn, scenario)


def _hang(parts: Parts) -> object:
    return parts.requests._group.rows("SELECT pg_sleep(60)")
