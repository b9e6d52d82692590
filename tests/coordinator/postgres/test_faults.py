"""What goes wrong between coordinator and server: nothing acknowledged is lost, nothing is half, errors are errors."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from samenloop.audit.fields import Event
from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import postgres
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.postgres import PostgresStore
from samenloop_coordinator.store.postgres_requests import PostgresRequests
from samenloop_coordinator.store.postgres_session import PostgresSession
from samenloop_coordinator.store.values import NoticeRow, Request
from tests.contract.test_store import HOME, expect, registration, split
from tests.coordinator import test_crash as crash
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import Process, hold_ceremony
from tests.coordinator.postgres.places import address_of
from tests.coordinator.postgres.proxy import AFTER, BEFORE, Proxy
from tests.coordinator.postgres.server import inject

TERMINATE = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE application_name LIKE 'samenloop-coordinator/%%' AND split_part(application_name, '/', 2) = %s"""
EACH = 150
Scenario = Callable[[PostgresStore, Journal], Awaitable[None]]


def _with_store(dsn: str, scenario: Scenario) -> None:
    async def all_of_it() -> None:
        journal = Journal("test.example/log", Stamper(SystemClock()))
        store = postgres.open_store(dsn, journal)
        try:
            await scenario(store, journal)
        finally:
            await store.close()

    asyncio.run(all_of_it())


def _act(journal: Journal, identity: bytes) -> Callable[[Parts], int]:
    """Return a unit as the use cases do them: a counter, an entry and a stored reply."""

    def unit(parts: Parts) -> int:
        if parts.requests.find(identity) is not None:
            return -1
        counted = parts.requests.count_all([(b"scope", "")])[0]
        parts.log.append(journal.body(Event.HEARTBEAT, {}), ())
        parts.requests.keep(identity, Request("politie-midden", b"h" * 32, b"reply"), 1)
        return counted

    return unit


def _numbers(store: PostgresStore) -> list[int]:
    bodies = [one.body or b"" for one in store.entries().entries(0, 10_000)]
    return [int(body.split(b'"n":')[1].split(b",")[0]) for body in bodies]


@pytest.mark.parametrize(
    ("when", "stored"), [(BEFORE, 0), (AFTER, 1)], ids=["failed and not stored", "failed but stored"]
)
def test_a_commit_without_answer_is_unavailable_and_its_retry_has_one_effect(dsn: str, when: str, stored: int) -> None:
    postgres.create_store(dsn)
    proxy, identity = Proxy(dsn), os.urandom(16)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        proxy.cut(when)
        await expect(ErrorCode.UNAVAILABLE, store.write(_act(journal, identity)))
        assert proxy.cuts == 1
        assert not store.broken
        assert await store.write(_act(journal, identity)) == (-1 if stored else 1)
        assert await store.write(_act(journal, os.urandom(16))) == 2
        assert await store.read(lambda parts: parts.requests.counted(b"scope", "")) == 2
        assert _numbers(store) == [0, 1]

    _with_store(proxy.dsn, scenario)
    proxy.close()


def test_control_a_build_that_takes_silence_for_a_refusal_is_caught(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def naive(session: Any, counted: int) -> None:
        if session._doubt is not None:
            session._journal.undo(session._doubt)
        session._doubt, session._groups = None, counted

    monkeypatch.setattr(PostgresSession, "_resolve", naive)
    postgres.create_store(dsn)
    proxy = Proxy(dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        proxy.cut(AFTER)
        await expect(ErrorCode.UNAVAILABLE, store.write(_act(journal, os.urandom(16))))
        await store.write(_act(journal, os.urandom(16)))
        assert _numbers(store) == [0, 0]

    _with_store(proxy.dsn, scenario)
    proxy.close()


def test_a_connection_cut_between_two_groups_is_made_anew_without_an_error(dsn: str) -> None:
    postgres.create_store(dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        for number in range(1, 4):
            assert await store.write(_act(journal, os.urandom(16))) == number
            with psycopg.connect(dsn, autocommit=True) as connection:
                assert connection.execute(TERMINATE, [str(os.getpid())]).fetchone() != (0,)
            assert await store.read(lambda parts: parts.requests.counted(b"scope", "")) == number
            assert store.entries().count() == number

    _with_store(dsn, scenario)


@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["serialization failure", "deadlock"])
def test_a_group_that_the_server_turned_back_is_run_again_with_the_same_effect(dsn: str, state: str) -> None:
    postgres.create_store(dsn)
    inject(dsn, "request", state, 3)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        units = [_act(journal, os.urandom(16)) for _number in range(20)]
        assert await asyncio.gather(*(store.write(unit) for unit in units)) == list(range(1, 21))
        assert _numbers(store) == list(range(20))

    _with_store(dsn, scenario)


def test_when_the_server_goes_on_turning_back_the_caller_hears_busy_and_nothing_is_stored(dsn: str) -> None:
    postgres.create_store(dsn)
    inject(dsn, "request", "40001", 5)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        await expect(ErrorCode.BUSY, store.write(_act(journal, os.urandom(16))))
        assert store.entries().count() == 0
        assert await store.write(_act(journal, os.urandom(16))) == 1
        assert _numbers(store) == [0]

    _with_store(dsn, scenario)


def test_a_full_disk_refuses_and_heals(dsn: str) -> None:
    postgres.create_store(dsn)
    inject(dsn, "request", "53100", 2)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        await expect(ErrorCode.STORAGE_FULL, store.write(_act(journal, os.urandom(16))))
        await expect(ErrorCode.STORAGE_FULL, store.write(_act(journal, os.urandom(16))))
        assert await store.write(_act(journal, os.urandom(16))) == 1
        assert _numbers(store) == [0]

    _with_store(dsn, scenario)


def test_one_unit_that_the_server_refuses_does_not_drag_the_others_along(dsn: str) -> None:
    postgres.create_store(dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        def bad(parts: Parts) -> None:
            parts.log.append(journal.body(Event.HEARTBEAT, {}), ())
            parts.requests.keep(b"too short", Request("a", b"h", b""), 1)

        works = [bad if number == 5 else _act(journal, os.urandom(16)) for number in range(12)]
        results: list[Any] = await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)
        assert isinstance(results.pop(5), SamenloopError)
        assert sorted(results) == list(range(1, 12))
        assert _numbers(store) == list(range(11))
        assert not store.broken

    _with_store(dsn, scenario)


def test_a_process_that_holds_the_write_lock_and_stops_makes_others_wait_seconds_not_for_ever(dsn: str) -> None:
    postgres.create_store(dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        settings = " -c idle_in_transaction_session_timeout=1000"
        with psycopg.connect(dsn, options=_options(dsn) + settings) as holding:
            begun = time.monotonic()
            holding.execute("SELECT generation FROM state WHERE id = 0 FOR UPDATE")
            assert await store.write(_act(journal, os.urandom(16))) == 1
            assert 0.5 < time.monotonic() - begun < 60
            holding.close()

    _with_store(dsn, scenario)


def _options(dsn: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(dsn).get("options") or "")


def test_a_database_that_went_back_in_time_is_not_written_to(dsn: str) -> None:
    postgres.create_store(dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        await store.write(_act(journal, os.urandom(16)))
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("UPDATE process SET groups = groups - 1")
        await expect(ErrorCode.INTEGRITY, store.write(_act(journal, os.urandom(16))))
        assert store.broken

    _with_store(dsn, scenario)


def test_after_the_break_what_was_queued_is_refused_too(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.create_store(dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        whole = PostgresSession.run

        def bug(*_given: Any) -> None:
            monkeypatch.setattr(PostgresSession, "run", whole)
            raise ZeroDivisionError

        monkeypatch.setattr(PostgresSession, "run", bug)
        acts = [store.write(_act(journal, os.urandom(16))) for _unit in range(postgres.MOST_UNITS + 5)]
        results = await asyncio.gather(*acts, return_exceptions=True)
        assert all(isinstance(one, Exception) for one in results)
        assert store.broken
        assert _numbers(store) == []

    _with_store(dsn, scenario)


def test_a_read_is_one_snapshot_whatever_others_commit_meanwhile(dsn: str) -> None:
    postgres.create_store(dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        await store.write(_act(journal, os.urandom(16)))

        def twice(parts: Parts) -> tuple[int, int]:
            first = parts.requests.counted(b"scope", "")
            with psycopg.connect(dsn, autocommit=True) as other:
                other.execute("UPDATE counter SET count = count + 1")
            return first, PostgresRequests(parts.requests._group).counted(b"scope", "")

        assert await store.read(twice) == (1, 1)
        assert await store.read(lambda parts: parts.requests.counted(b"scope", "")) == 2

    _with_store(dsn, scenario)


def test_without_a_server_opening_and_asking_say_unavailable() -> None:
    journal = Journal("test.example/log", Stamper(SystemClock()))
    with pytest.raises(SamenloopError) as caught:
        postgres.open_store("postgresql://127.0.0.1:1/none", journal)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert "none" not in caught.value.text


def test_a_store_is_made_once_and_must_be_there(dsn: str) -> None:
    journal = Journal("test.example/log", Stamper(SystemClock()))
    with pytest.raises(SamenloopError) as caught:
        postgres.open_store(dsn, journal)
    assert caught.value.code is ErrorCode.NOT_FOUND
    postgres.create_store(dsn)
    with pytest.raises(SamenloopError) as caught:
        postgres.create_store(dsn)
    assert caught.value.code is ErrorCode.NOT_PERMITTED


def test_a_unit_that_fails_after_reading_what_waits_takes_back_only_its_own(dsn: str) -> None:
    """A read in the middle of a group sends what waits; when that unit fails, rows of earlier units are sent again."""
    postgres.create_store(dsn)

    async def scenario(store: PostgresStore, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        ones = [registration(place) for _number in range(9)]

        def fails(parts: Parts) -> None:
            parts.registrations.put(registration(place))
            assert parts.registrations.lookup(split(ones[0].values))
            assert parts.registrations.coverage(place)[0] > 0
            raise SamenloopError(ErrorCode.REFUSED, "no")

        works: list[Any] = [lambda parts, one=one: parts.registrations.put(one) for one in ones]
        works[4:4] = [fails]
        results = await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)
        assert sum(isinstance(one, SamenloopError) for one in results) == 1
        for one in ones:
            assert len(await store.read(lambda parts, one=one: parts.registrations.lookup(split(one.values)))) == 3
        assert (await store.read(lambda parts: parts.registrations.coverage(place)))[0] == 9

    _with_store(dsn, scenario)


def test_after_backends_were_terminated_everything_acknowledged_is_there_once_and_the_log_verifies(
    wide: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crash, "EACH", EACH)
    process = Process(wide)
    process.start()
    asyncio.run(hold_ceremony(wide))
    history = crash._history(wide, EACH)
    asyncio.run(_under_fire(wide, history, process))
    asyncio.run(crash._rest(wide, history))
    replayed = asyncio.run(crash._again(wide, history))
    assert replayed == [history.replies[number] for number in range(len(history.requests))]
    assert process.stop() == 0
    crash._check(wide, history)


def test_after_kills_everything_acknowledged_is_there_once_and_the_log_verifies(
    wide: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crash, "EACH", EACH)
    process = Process(wide)
    process.start()
    asyncio.run(hold_ceremony(wide))
    history = crash._history(wide, EACH)
    for acknowledged in (20, 90):
        asyncio.run(crash._until(wide, history, acknowledged, process))
        process.start()
    asyncio.run(crash._rest(wide, history))
    assert process.stop() == 0
    crash._check(wide, history)


async def _under_fire(consortium: Consortium, history: Any, process: Process) -> None:
    """Send everything while all connections of the process are terminated again and again."""
    clients = crash._clients(consortium)
    sending = asyncio.create_task(crash._send(clients, history, history.open()))
    with psycopg.connect(address_of(consortium), autocommit=True) as connection:
        for _number in range(8):
            await asyncio.sleep(0.15)
            connection.execute(TERMINATE, [str(process.pid)])
    await sending
    await crash._close(clients)


GROWING = ["log_entry", "log_purge", "log_node"]


def test_the_programs_role_can_do_its_work_but_not_change_or_delete_the_log(dsn: str) -> None:
    role = f"samenloop_test_{os.urandom(4).hex()}"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN")
        postgres.schema.migrate(owner, role)
    try:
        _as_program(dsn, role)
    finally:
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute(f"DROP OWNED BY {role}")
            owner.execute(f"DROP ROLE {role}")


def _as_program(dsn: str, role: str) -> None:
    async def scenario(store: PostgresStore, journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        row = await store.write(lambda parts: parts.registrations.put(registration(place)))
        await store.write(lambda parts: parts.registrations.remove(row))
        assert await store.write(_act(journal, os.urandom(16))) == 1

    address = psycopg.conninfo.make_conninfo(dsn, user=role)
    _with_store(address, scenario)
    with psycopg.connect(address, autocommit=True) as program:
        for table in GROWING:
            for verb in ("DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET hash = NULL", "DROP TABLE {}"):
                with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedColumn)):
                    program.execute(verb.format(table))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            program.execute("DELETE FROM log_head")


OWNER = [
    "DELETE FROM log_entry",
    "TRUNCATE log_entry",
    "UPDATE log_entry SET body = 'x'",
    "UPDATE log_entry SET body = NULL, sealed = NULL",
    "UPDATE log_entry SET seq = 7",
    "INSERT INTO log_entry (seq, leaf, body, sealed_count, sealed) SELECT 5, leaf, body, 0, '' FROM log_entry",
    "DELETE FROM log_head",
    "TRUNCATE log_node",
]


@pytest.mark.parametrize("statement", OWNER)
def test_even_the_owner_cannot_change_or_skip_entries_by_accident(dsn: str, statement: str) -> None:
    postgres.create_store(dsn)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        await store.write(_act(journal, os.urandom(16)))
        with psycopg.connect(dsn, autocommit=True) as owner, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            owner.execute(statement)
        assert _numbers(store) == [0]

    _with_store(dsn, scenario)


def test_a_unit_judged_by_an_older_generation_is_refused_until_the_process_has_followed(dsn: str) -> None:
    postgres.create_store(dsn)
    notice = NoticeRow("zvh-demo", "key_commit", "a", b"body", b"signature")

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        other = postgres.open_store(dsn, Journal("test.example/log", Stamper(SystemClock())), 1)
        try:
            store.judged_by(await store.read(lambda parts: parts.covenants.generation()))
            assert not await store.moved()
            await store.write(_act(journal, os.urandom(16)))
            await other.write(lambda parts: parts.covenants.post(notice, 1))
            assert await store.moved()
            await expect(ErrorCode.BUSY, store.write(_act(journal, os.urandom(16))))
            store.judged_by(await store.read(lambda parts: parts.covenants.generation()))
            assert await store.write(_act(journal, os.urandom(16))) == 2
            assert _numbers(store) == [0, 1]
        finally:
            await other.close()

    _with_store(dsn, scenario)


def test_a_request_that_another_process_answered_is_not_answered_again(dsn: str) -> None:
    """The group takes the id for new; the unique key says otherwise; the group runs again and reads."""
    postgres.create_store(dsn)
    identity, fresh = os.urandom(16), os.urandom(16)

    async def scenario(store: PostgresStore, journal: Journal) -> None:
        other_journal = Journal("test.example/log", Stamper(SystemClock()))
        other = postgres.open_store(dsn, other_journal, 1)

        def fails_unless_answered(parts: Parts) -> int:
            if parts.requests.find(identity) is not None:
                return -1
            raise SamenloopError(ErrorCode.BUDGET_EXHAUSTED, "no")

        try:
            assert await other.write(_act(other_journal, identity)) == 1
            works = [_act(journal, identity), _act(journal, fresh), fails_unless_answered]
            assert await asyncio.gather(*(store.write(work) for work in works)) == [-1, 2, -1]
            assert store.entries().count() == 2
        finally:
            await other.close()

    _with_store(dsn, scenario)
