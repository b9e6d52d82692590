"""The token table over two more servers, as docs/explanation/spread.md sets it up: what works unchanged and what not.

postgres_fdw commits on every server apart, without a promise beforehand: the last tests show what that costs.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop.errors import ErrorCode
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import postgres
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.postgres import PostgresStore
from tests.conftest import NO_POSTGRESQL
from tests.contract.test_store import *  # noqa: F403 - every sentence of the contract
from tests.contract.test_store import HOME, Run, Scenario, expect, registration, split
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, MAYOR, PROBATION, put
from tests.coordinator.postgres.cluster import Cluster, own_clusters, programs
from tests.coordinator.postgres.places import on_postgresql
from tests.coordinator.postgres.test_faults import _with_store
from tests.coordinator.world import World, play

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "spread.md"
ON_A_SHARD, ON_THE_COORDINATOR, REPAIR = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
_VALUES = 60
_CALLS = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query ~ '{kind}'"
_WRITES = "^(INSERT|UPDATE|DELETE)"


class Spread:
    """A server of the coordinator and two servers that hold the values."""

    def __init__(self, centre: Cluster, shards: list[Cluster]) -> None:
        self.centre, self.shards = centre, shards

    def make(self) -> None:
        """Make the tables anew, and spread them by the statements of the page."""
        for shard in self.shards:
            shard.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE EXTENSION pg_stat_statements")
            shard.execute("SELECT pg_stat_statements_reset()")
            shard.execute(ON_A_SHARD)
        self.centre.execute("DROP EXTENSION IF EXISTS postgres_fdw CASCADE; DROP SCHEMA public CASCADE")
        self.centre.execute("CREATE SCHEMA public")
        postgres.create_store(self.centre.dsn)
        first, second = (shard.port for shard in self.shards)
        self.centre.execute(ON_THE_COORDINATOR.replace("PORT_ONE", str(first)).replace("PORT_TWO", str(second)))

    def calls(self, kind: str) -> list[int]:
        """Return how many statements of a kind each shard was sent."""
        return [int(str(shard.execute(_CALLS.format(kind=kind))[0][0])) for shard in self.shards]

    def rows(self) -> int:
        """Return how many values there are on all shards."""
        return sum(int(str(shard.execute("SELECT count(*) FROM token_part")[0][0])) for shard in self.shards)


@pytest.fixture(scope="module")
def servers() -> Iterator[Spread]:
    found = programs()
    if found is None:
        pytest.skip(NO_POSTGRESQL)
    with own_clusters(3) as clusters:
        for cluster in clusters:
            cluster.make()
            cluster.start()
        offered = "SELECT count(*) FROM pg_available_extensions WHERE name IN ('postgres_fdw', 'pg_stat_statements')"
        if clusters[0].execute(offered) != [(2,)]:
            pytest.skip("PostgreSQL: postgres_fdw and pg_stat_statements are not installed, so no table was spread")
        for shard in clusters[1:]:
            shard.set(shared_preload_libraries="pg_stat_statements")
            shard.halt("fast")
            shard.start()
        yield Spread(clusters[0], clusters[1:])


@pytest.fixture
def spread(servers: Spread) -> Spread:
    servers.make()
    return servers


@pytest.fixture
def run(spread: Spread) -> Run:
    def running(scenario: Scenario) -> None:
        async def all_of_it() -> None:
            journal = Journal("test.example/log", Stamper(SystemClock()))
            store = postgres.open_store(spread.centre.dsn, journal)
            try:
                await scenario(store, journal)
            finally:
                await store.close()

        asyncio.run(all_of_it())

    return running


def _put(place: int, new: Any = None) -> Callable[[Parts], int]:
    return lambda parts: parts.registrations.put(new or registration(place, tokens=_VALUES))


async def _many(store: PostgresStore, place: int, spread: Spread) -> None:
    """Make the table so large that fetching it would be the wrong plan, and let the shards know it."""
    for _each in range(20):
        await store.write(_put(place))
    for shard in spread.shards:
        shard.execute("ANALYZE")


def _lookup(values: bytes) -> Callable[[Parts], list[tuple[int, int]]]:
    return lambda parts: parts.registrations.lookup(split(values))


async def _home(store: PostgresStore) -> int:
    return await store.write(lambda parts: parts.registrations.make_place(HOME))


def test_the_values_lie_on_both_servers_and_a_lookup_only_reads_there(spread: Spread) -> None:
    async def scenario(store: PostgresStore, _journal: Journal) -> None:
        place = await _home(store)
        new = registration(place, tokens=_VALUES)
        row = await store.write(_put(place, new))
        assert all(0 < many <= 2 for many in spread.calls("^INSERT.*token")), "values go in batches, not one by one"
        await _many(store, place, spread)
        before = spread.calls(_WRITES)
        found = await store.read(_lookup(new.values))
        assert sorted(found) == [(n, row) for n in range(_VALUES)]
        assert spread.calls(_WRITES) == before
        assert sum(spread.calls("^DECLARE.*token")) == _VALUES, "one search per value, not the whole table"

    _with_store(spread.centre.dsn, scenario)


def test_a_question_goes_through_where_shards_refuse_every_write_and_a_registration_leaves_nothing(
    made: Consortium, tmp_path: Path, spread: Spread
) -> None:
    async def scenario(world: World) -> None:
        await world.register(MAYOR, [put("burgemeester", "anna")])
        _read_only(spread, "on")
        rows, handles = spread.rows(), spread.centre.execute("SELECT * FROM handle")
        begun = spread.calls("^START TRANSACTION")
        reply = await world.ask(PROBATION, [MAYOR], "anna")
        assert reply.answers[0].known
        assert [now - then for now, then in zip(spread.calls("^START TRANSACTION"), begun, strict=True)] == [1, 1]
        await expect(ErrorCode.UNAVAILABLE, world.register(HOUSE, [put("vhh_casus", "anna")]))
        assert (spread.rows(), spread.centre.execute("SELECT * FROM handle")) == (rows, handles)
        _read_only(spread, "off")
        await world.register(HOUSE, [put("vhh_casus", "anna")])
        assert (await world.ask(PROBATION, [HOUSE], "anna")).answers[0].known

    play(_consortium(made, tmp_path, spread), scenario)


def test_while_a_shard_is_down_a_question_is_an_error_and_a_registration_leaves_nothing(
    made: Consortium, tmp_path: Path, spread: Spread
) -> None:
    async def scenario(world: World) -> None:
        await world.register(MAYOR, [put("burgemeester", "anna")])
        rows, handles = spread.rows(), spread.centre.execute("SELECT * FROM handle")
        spread.shards[1].halt()
        try:
            await expect(ErrorCode.UNAVAILABLE, world.ask(PROBATION, [MAYOR], "anna"))
            await expect(ErrorCode.UNAVAILABLE, world.register(HOUSE, [put("vhh_casus", "anna")]))
        finally:
            spread.shards[1].start()
        assert (spread.rows(), spread.centre.execute("SELECT * FROM handle")) == (rows, handles)
        assert (await world.ask(PROBATION, [MAYOR], "anna")).answers[0].known
        await world.register(HOUSE, [put("vhh_casus", "anna")])

    play(_consortium(made, tmp_path, spread), scenario)


def _consortium(made: Consortium, folder: Path, spread: Spread) -> Consortium:
    """Return a consortium whose tables are made by `initialise`, and spread afterwards."""
    spread.centre.execute("DROP EXTENSION postgres_fdw CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    consortium = on_postgresql(made, folder, spread.centre.dsn)
    first, second = (shard.port for shard in spread.shards)
    spread.centre.execute(ON_THE_COORDINATOR.replace("PORT_ONE", str(first)).replace("PORT_TWO", str(second)))
    return consortium


def _read_only(spread: Spread, value: str) -> None:
    """Let every later transaction on the shards be read-only or not, and wait until they say so."""
    for shard in spread.shards:
        shard.set(default_transaction_read_only=value)
        until = time.monotonic() + 10
        while shard.execute("SHOW default_transaction_read_only") != [(value,)]:
            assert time.monotonic() < until
            time.sleep(0.02)
    time.sleep(0.2)  # the sessions that the coordinator's server keeps there hear it a moment later


_AT_COMMIT = """CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {act}; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR DELETE ON token_part DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION at_commit();"""
_REFUSE = "RAISE EXCEPTION 'injected' USING ERRCODE = 'disk_full'"
_LINGER = "PERFORM pg_sleep(0.03)"


@contextmanager
def _when_it_commits(shard: Cluster, act: str) -> Iterator[None]:
    shard.execute(_AT_COMMIT.format(act=act))
    yield
    shard.execute("DROP FUNCTION at_commit CASCADE")


def test_an_addition_that_one_shard_refuses_at_commit_leaves_values_of_nobody_until_the_repair(spread: Spread) -> None:
    async def scenario(store: PostgresStore, _journal: Journal) -> None:
        place = await _home(store)
        new = registration(place, tokens=_VALUES)
        for shard in spread.shards:
            with _when_it_commits(shard, _REFUSE):
                await expect(ErrorCode.STORAGE_FULL, store.write(_put(place, new)))
        left = await store.read(_lookup(new.values))
        assert 0 < len(left) < _VALUES, "the shard that commits first has committed"
        assert await store.read(lambda parts: parts.registrations.fetch([row for _n, row in left])) == {}
        row = await store.write(_put(place, new))
        assert len(await store.read(_lookup(new.values))) == _VALUES + len(left)
        spread.centre.execute(REPAIR)
        assert sorted(await store.read(_lookup(new.values))) == [(n, row) for n in range(_VALUES)]

    _with_store(spread.centre.dsn, scenario)


def test_a_removal_that_one_shard_refuses_at_commit_loses_values_until_the_repair(spread: Spread) -> None:
    """Why nobody should run it so: until the repair a question can miss somebody who is registered."""

    async def scenario(store: PostgresStore, _journal: Journal) -> None:
        place = await _home(store)
        new = registration(place, tokens=_VALUES)
        row = await store.write(_put(place, new))
        for shard in spread.shards:
            if spread.rows() == _VALUES:
                with _when_it_commits(shard, _REFUSE):
                    await expect(ErrorCode.STORAGE_FULL, store.write(lambda parts: parts.registrations.remove(row)))
        assert (await store.read(lambda parts: parts.registrations.fetch([row]))).keys() == {row}
        assert 0 < len(await store.read(_lookup(new.values))) < _VALUES
        spread.centre.execute(REPAIR)
        assert sorted(await store.read(_lookup(new.values))) == [(n, row) for n in range(_VALUES)]

    _with_store(spread.centre.dsn, scenario)


def test_while_a_registration_is_replaced_a_question_can_miss_it(spread: Spread) -> None:
    """The other reason: what one shard has committed is seen before what the coordinator's own server commits."""

    def known(new: Any) -> Callable[[Parts], int]:
        def look(parts: Parts) -> int:
            found = parts.registrations.lookup(split(new.values))
            there = parts.registrations.fetch([row for _n, row in found])
            return len({n for n, row in found if row in there})

        return look

    async def scenario(store: PostgresStore, _journal: Journal) -> None:
        place = await _home(store)
        new = registration(place, tokens=_VALUES)
        await store.write(_put(place, new))
        least = _VALUES
        for shard in spread.shards:
            with _when_it_commits(shard, _LINGER):
                replacing = asyncio.create_task(store.write(_put(place, new)))
                while not replacing.done():
                    least = min(least, await store.read(known(new)))
                await replacing
        assert await store.read(known(new)) == _VALUES
        assert least < _VALUES

    _with_store(spread.centre.dsn, scenario)
