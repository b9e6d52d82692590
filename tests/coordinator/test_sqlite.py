"""What only the SQLite store has: two levels of values, a lock, pragmas, a disk that is full, files that are broken."""

import asyncio
import itertools
import os
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from samenloop.audit.fields import Event
from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import RegistrationId
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import schema, sqlite_link, tokens
from samenloop_coordinator.store import sqlite as store_sqlite
from samenloop_coordinator.store.sqlite import SqliteStore, create_store, open_store
from samenloop_coordinator.store.sqlite_link import connect
from samenloop_coordinator.store.values import Mark, NewRegistration, Place

HOME = Place("zvh-demo", "politie-midden", "politie")


def _journal() -> Journal:
    return Journal("test.example/log", Stamper(SystemClock()))


def _play(path: Path, scenario: Callable[[SqliteStore], Awaitable[None]]) -> None:
    async def playing() -> None:
        store = open_store(path, _journal(), 4)
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(playing())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_store(tmp_path / "store.db")
    return tmp_path / "store.db"


def _new(place: int) -> NewRegistration:
    marks = (Mark("2026-1", 7, 0, 24),)
    return NewRegistration(place, RegistrationId(os.urandom(16)), b"f", b"", marks, os.urandom(24 * 16))


async def _fill(store: SqliteStore, number: int) -> list[NewRegistration]:
    place = await store.write(lambda parts: parts.registrations.make_place(HOME))
    new = [_new(place) for _number in range(number)]
    await store.write(lambda parts: [parts.registrations.put(one) for one in new])
    return new


async def _found(store: SqliteStore, new: NewRegistration) -> int:
    probes = [new.values[start : start + 16] for start in range(0, len(new.values), 16)]
    return len(await store.read(lambda parts: parts.registrations.lookup(probes)))


def test_what_was_counted_before_an_upgrade_counts_after_it(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path, isolation_level=None)
    schema.migrations.apply(Database(connection), stop_before="questions_by_time")
    connection.execute("INSERT INTO counter (scope, day, count) VALUES (x'01', '', 2)")
    connection.close()

    async def scenario(store: SqliteStore) -> None:
        assert await store.write(lambda parts: parts.requests.count_all([(b"\x01", "")])) == [3]
        await store.write(lambda parts: parts.requests.forget_counters("2999-01-01"))
        assert await store.read(lambda parts: parts.requests.counted(b"\x01", "")) == 3

    _play(path, scenario)


def test_a_merge_puts_back_no_value_that_was_dropped_with_its_epoch_or_withdrawn_meanwhile(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = (Mark("2026-1", 7, 0, 24), Mark("2026-2", 7, 0, 24))

    async def scenario(store: SqliteStore) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        new = NewRegistration(place, RegistrationId(b"r" * 16), b"f", b"", marks, os.urandom(48 * 16))
        other = NewRegistration(place, RegistrationId(b"o" * 16), b"f", b"", marks[1:], os.urandom(24 * 16))
        await store.write(lambda parts: parts.registrations.put(new))
        row = await store.write(lambda parts: parts.registrations.put(other))
        store._merge_at = 1

        real, jobs = store._writer.exclusive, itertools.count()

        async def between(job: Callable[[], Any]) -> Any:
            if next(jobs) == tokens.SLICES // 2:
                assert await store.write(lambda parts: parts.registrations.drop_epoch(place, "2026-1", 9)) == 1
                await store.write(lambda parts: parts.registrations.remove(row))
            return await real(job)

        monkeypatch.setattr(store._writer, "exclusive", between)
        await store.tidy()
        kept = [new.values[start : start + 16] for start in range(24 * 16, 48 * 16, 16)]
        stored = [row[0] for row in store._connection.execute("SELECT value FROM token")]
        assert sorted(stored) == sorted(kept)
        assert await _found(store, new) == 24

    _play(path, scenario)


def _merged(path: Path) -> int:
    database = sqlite3.connect(path)
    count = database.execute("SELECT count(*) FROM token").fetchone()[0]
    database.close()
    return int(count)


def test_values_are_found_before_during_and_after_their_merge_and_after_restarts(path: Path) -> None:
    kept: list[NewRegistration] = []

    async def before(store: SqliteStore) -> None:
        kept.extend(await _fill(store, 100))
        store._merge_at = 1

        async def looking() -> None:
            for _number in range(60):
                assert [await _found(store, one) for one in kept[::10]] == [24] * 10
                await asyncio.sleep(0)

        await asyncio.gather(store.tidy(), looking())
        assert len(store._recent) == 0

    async def after(store: SqliteStore) -> None:
        assert [await _found(store, one) for one in kept] == [24] * 100
        more = await _fill(store, 10)
        assert [await _found(store, one) for one in more] == [24] * 10

    async def again(store: SqliteStore) -> None:
        assert len(store._recent) == 240
        assert [await _found(store, one) for one in kept] == [24] * 100

    _play(path, before)
    assert _merged(path) == 2400
    _play(path, after)
    _play(path, again)


def test_what_is_withdrawn_during_a_merge_does_not_come_back(path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        new = await _fill(store, 50)
        store._merge_at = 1

        async def withdrawing() -> None:
            for one in new[::2]:
                rows = await store.read(lambda parts, one=one: parts.registrations.rows_of([one.registration_id]))
                await store.write(lambda parts, rows=rows: [parts.registrations.remove(row) for row in rows])

        await asyncio.gather(store.tidy(), withdrawing())
        assert [await _found(store, one) for one in new] == [0, 24] * 25

    _play(path, scenario)
    assert _merged(path) == 25 * 24


def test_a_merge_that_fails_half_way_loses_nothing_and_can_be_done_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = store_sqlite.tokens.merge_slice

    def failing(connection: sqlite3.Connection, number: int, dropped: Sequence[tuple[bytes, int]]) -> None:
        if number == 7:
            raise sqlite3.OperationalError("disk I/O error")
        whole(connection, number, dropped)

    async def scenario(store: SqliteStore) -> None:
        new = await _fill(store, 50)
        store._merge_at = 1
        monkeypatch.setattr(store_sqlite.tokens, "merge_slice", failing)
        with pytest.raises(SamenloopError):
            await store.tidy()
        assert {await _found(store, one) // 24 for one in new} == {1}
        monkeypatch.setattr(store_sqlite.tokens, "merge_slice", whole)
        await store.tidy()
        assert [await _found(store, one) for one in new] == [24] * 50

    _play(path, scenario)
    assert _merged(path) == 50 * 24


def test_a_full_disk_is_told_leaves_nothing_half_done_and_heals_when_there_is_space(path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        journal = _journal()
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        before = await store.write(lambda parts: parts.registrations.make_place(HOME))
        new = [_new(before) for _number in range(200)]
        with pytest.raises(SamenloopError) as caught:
            await store.write(lambda parts: [parts.registrations.put(one) for one in new])
        assert caught.value.code is ErrorCode.STORAGE_FULL
        assert await store.read(lambda parts: parts.registrations.coverage(before)) == (0, ())
        assert await _found(store, new[0]) == 0
        assert not store.broken
        store._connection.execute("PRAGMA max_page_count = 1000000")
        await store.write(lambda parts: [parts.registrations.put(one) for one in new])
        await store.write(lambda parts: parts.log.append(journal.body(Event.HEARTBEAT, {}), ()))
        assert await _found(store, new[0]) == 24

    _play(path, scenario)


def test_every_unit_of_a_group_that_met_a_full_disk_is_told_so(path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        big = [_new(place) for _number in range(100)]
        units = [store.write(lambda parts, one=one: parts.registrations.put(one)) for one in big]
        results = await asyncio.gather(*units, return_exceptions=True)
        assert {one.code for one in results if isinstance(one, SamenloopError)} == {ErrorCode.STORAGE_FULL}
        stored = await store.read(lambda parts: parts.registrations.coverage(place))
        assert stored[0] == sum(isinstance(one, int) for one in results)

    _play(path, scenario)


class Flaky:
    """A connection on which these statements fail."""

    def __init__(self, real: sqlite3.Connection, failing: Sequence[str]) -> None:
        self.real, self.failing = real, set(failing)

    @property
    def in_transaction(self) -> bool:
        return self.real.in_transaction

    def execute(self, statement: str) -> sqlite3.Cursor:
        if statement in self.failing:
            raise sqlite3.OperationalError("disk I/O error")
        return self.real.execute(statement)


def _half_done(parts: Any) -> None:
    parts.registrations.make_place(Place("zvh-demo", "ggz-midden", "ggz"))
    raise SamenloopError(ErrorCode.REFUSED, "refused")


@pytest.mark.parametrize("failing", [["ROLLBACK TO unit"], ["RELEASE unit"], ["ROLLBACK TO unit", "ROLLBACK"]])
def test_a_unit_that_cannot_be_undone_is_not_committed_with_its_group(path: Path, failing: Sequence[str]) -> None:
    async def scenario(store: SqliteStore) -> None:
        session = store._writer._session
        session._connection = flaky = Flaky(store._connection, failing)  # type: ignore[attr-defined]
        units = [store.write(lambda parts: parts.registrations.make_place(HOME)), store.write(_half_done)]
        results = await asyncio.gather(*units, return_exceptions=True)
        assert all(isinstance(one, SamenloopError) for one in results)
        flaky.failing.clear()
        with pytest.raises(SamenloopError) as caught:
            await store.write(lambda parts: parts.registrations.make_place(HOME))
        assert (caught.value.code, store.broken) == (ErrorCode.UNAVAILABLE, True), "nobody knows the state of the disk"

    async def after(store: SqliteStore) -> None:
        assert await store.read(lambda parts: parts.registrations.places("zvh-demo")) == []

    _play(path, scenario)
    _play(path, after)


def test_a_second_process_on_the_file_is_refused(path: Path) -> None:
    program = (
        "from pathlib import Path; from samenloop_coordinator.store.sqlite import open_store\n"
        "from samenloop_coordinator.journal import Journal; from samenloop.audit.stamp import Stamper\n"
        "from samenloop.clock import SystemClock; from samenloop.errors import SamenloopError\n"
        f"try:\n    open_store(Path({str(path)!r}), Journal('x', Stamper(SystemClock())), 4)\n"
        "except SamenloopError as error:\n    print(error.code.value)\n"
    )

    async def scenario(_store: SqliteStore) -> None:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)  # noqa: ASYNC221
        assert done.stdout.strip() == "busy"

    _play(path, scenario)


def test_a_missing_or_existing_file_is_told_and_a_broken_one_is_not_served(path: Path, tmp_path: Path) -> None:
    with pytest.raises(SamenloopError) as caught:
        open_store(tmp_path / "other.db", _journal(), 4)
    assert caught.value.code is ErrorCode.NOT_FOUND
    with pytest.raises(SamenloopError) as caught:
        create_store(path)
    assert caught.value.code is ErrorCode.NOT_PERMITTED
    path.write_bytes(b"this is no database" * 500)
    with pytest.raises(SamenloopError) as caught:
        open_store(path, _journal(), 4)
    assert caught.value.code is ErrorCode.INTEGRITY


def test_pragmas_are_read_back_and_one_that_does_not_hold_is_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(path, 4)
    read = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "secure_delete")}
    assert read == {"synchronous": 2, "secure_delete": 1}
    connection.close()
    monkeypatch.setitem(sqlite_link._PRAGMAS, "synchronous", 7)
    with pytest.raises(SamenloopError) as caught:
        connect(path, 4)
    assert caught.value.code is ErrorCode.INTERNAL


def test_the_page_cache_is_small_until_a_merge_makes_the_file_outgrow_what_is_read_in_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mib(store: SqliteStore) -> float:
        return float(store._connection.execute("PRAGMA cache_size").fetchone()[0]) / -1024

    size = path.stat().st_size

    async def scenario() -> None:
        store = open_store(path, _journal(), 64)
        small = mib(store)
        monkeypatch.setattr(sqlite_link, "_SMALL_FILE", size)
        monkeypatch.setattr(store, "_merge_at", 1)
        await _fill(store, 3)
        before = mib(store)
        await store.tidy()
        assert (small, before, mib(store)) == (16, 16, 64)
        await store.close()

    asyncio.run(scenario())


def test_the_wal_is_emptied_now_and_then_and_files_are_the_owners_alone(path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        await _fill(store, 50)
        assert _size(path) > 0
        for _number in range(store_sqlite.EMPTY_WAL_EVERY):
            await store.tidy()
        assert _size(path) == 0
        assert _mode(path) & 0o077 == 0

    _play(path, scenario)


def test_writing_starts_at_the_head_of_the_wal_again_though_somebody_always_writes(path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        async def writing() -> None:
            while True:
                await _fill(store, 20)

        always = asyncio.create_task(writing())
        before = _restarts(path)
        for _number in range(20):
            await asyncio.sleep(0.05)
            await store.tidy()
        always.cancel()
        assert _restarts(path) - before >= 10

    _play(path, scenario)


def _restarts(path: Path) -> int:
    """Return the checkpoint sequence number of the WAL (SQLite file format, section 4.1)."""
    return int.from_bytes(path.with_name(path.name + "-wal").read_bytes()[12:16])


def _size(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


def _mode(path: Path) -> int:
    return path.stat().st_mode


def test_migrations_are_recorded_by_name_and_run_once(path: Path) -> None:
    async def nothing(_store: SqliteStore) -> None:
        return

    _play(path, nothing)
    _play(path, nothing)
    database = sqlite3.connect(path)
    names = [row[0] for row in database.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    database.close()
    assert names[0] == "first_tables"
    assert len(names) == len(set(names))


def test_log_entries_cannot_be_changed_or_deleted_in_the_file(path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        journal = _journal()
        await store.write(lambda parts: parts.log.append(journal.body(Event.HEARTBEAT, {}), ()))

    _play(path, scenario)
    database = sqlite3.connect(path)
    for statement in ("DELETE FROM log_entry", "UPDATE log_entry SET body = x'00'"):
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(statement)
    database.close()
