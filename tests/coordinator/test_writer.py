"""The writer: groups, savepoints, and what happens when a write fails, stored or not."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop_coordinator.writer import MOST_UNITS, Writer

FULL = SamenloopError(ErrorCode.STORAGE_FULL, "full")
Work = Callable[[list[str]], str]


@dataclass
class Fake:
    """A session over a list; `faults` are raised by the next commits, "stored" ones after they stored."""

    durable: list[str] = field(default_factory=list)
    now: list[str] | None = None
    commits: int = 0
    faults: list[tuple[bool, Exception]] = field(default_factory=list)
    ends: bool = False
    stuck: bool = False

    def begin(self) -> None:
        assert self.now is None
        self.now = list(self.durable)

    def run(self, work: Work) -> str:
        assert self.now is not None
        kept = list(self.now)
        try:
            return work(self.now)
        except BaseException:
            self.now = None if self.ends else kept
            raise

    def open(self) -> bool:
        return self.now is not None

    def commit(self) -> None:
        self.commits += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or fault[0]:
            self.durable = list(self.now or [])
        if fault is not None:
            raise fault[1]
        self.now = None

    def settle(self) -> None:
        assert self.now is None

    def rollback(self) -> None:
        if self.stuck:
            raise IntegrityError("rollback")
        self.now = None


def _add(name: str) -> Work:
    def work(rows: list[str]) -> str:
        rows.append(name)
        return name

    return work


def _raising(error: Exception) -> Work:
    def work(rows: list[str]) -> str:
        rows.append("half done")
        raise error

    return work


async def _together(writer: Writer, works: list[Work]) -> list[Any]:
    return await asyncio.gather(*(writer.submit(work) for work in works), return_exceptions=True)


def test_many_units_share_one_commit_and_a_failing_one_is_undone_alone() -> None:
    async def scenario() -> None:
        fake = Fake()
        writer = Writer(fake)
        works = [_add("a"), _raising(SamenloopError(ErrorCode.REFUSED, "no")), _add("b"), _raising(KeyError("bug"))]
        results = await _together(writer, works)
        assert results[0::2] == ["a", "b"]
        assert isinstance(results[1], SamenloopError)
        assert isinstance(results[3], KeyError)
        assert (fake.durable, fake.commits) == (["a", "b"], 1)
        await writer.close()

    asyncio.run(scenario())


def test_nothing_is_committed_when_every_unit_failed() -> None:
    async def scenario() -> None:
        fake = Fake()
        writer = Writer(fake)
        await _together(writer, [_raising(SamenloopError(ErrorCode.REFUSED, "no"))] * 3)
        assert (fake.durable, fake.commits) == ([], 0)
        assert await writer.submit(_add("a")) == "a"
        await writer.close()

    asyncio.run(scenario())


def test_a_full_disk_fails_the_whole_group_and_the_next_one_goes_on() -> None:
    async def scenario() -> None:
        fake = Fake(faults=[(False, FULL)])
        writer = Writer(fake)
        results = await _together(writer, [_add("a"), _add("b")])
        assert [one.code for one in results] == [ErrorCode.STORAGE_FULL] * 2
        assert fake.durable == []
        assert not writer.broken
        assert await writer.submit(_add("c")) == "c"
        assert fake.durable == ["c"]
        await writer.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("stored", [False, True], ids=["not stored", "stored anyway"])
def test_after_an_error_that_leaves_the_disk_unknown_nothing_is_acknowledged_and_writing_stops(stored: bool) -> None:
    async def scenario() -> None:
        fake = Fake(faults=[(stored, IntegrityError("fsync"))])
        writer = Writer(fake)
        results = await _together(writer, [_add("a"), _add("b")])
        assert all(isinstance(one, IntegrityError) for one in results)
        assert writer.broken
        with pytest.raises(SamenloopError) as caught:
            await writer.submit(_add("c"))
        assert caught.value.code is ErrorCode.UNAVAILABLE
        assert "c" not in fake.durable
        await writer.close()

    asyncio.run(scenario())


def test_after_an_error_that_leaves_the_disk_unknown_what_was_queued_is_refused_too() -> None:
    async def scenario() -> None:
        fake = Fake(faults=[(False, IntegrityError("fsync"))])
        writer = Writer(fake)
        results = await _together(writer, [_add(str(number)) for number in range(MOST_UNITS + 5)])
        assert all(isinstance(one, IntegrityError) for one in results[:MOST_UNITS])
        assert [one.code for one in results[MOST_UNITS:]] == [ErrorCode.UNAVAILABLE] * 5
        assert (fake.durable, fake.commits) == ([], 1)
        await writer.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("failing", [_raising(FULL), _add("a")], ids=["in the unit", "at the commit"])
def test_an_undoing_that_fails_too_stops_writing_and_nobody_waits_for_ever(failing: Work) -> None:
    async def scenario() -> None:
        fake = Fake(faults=[(False, FULL)], stuck=True)
        writer = Writer(fake)
        works = [failing] * MOST_UNITS + [_add("later")] * 5
        results = await asyncio.wait_for(_together(writer, works), 60)
        assert all(isinstance(one, SamenloopError) for one in results)
        assert writer.broken
        assert fake.durable == []
        await writer.close()

    asyncio.run(scenario())


def test_a_unit_whose_error_ended_the_transaction_takes_its_group_along() -> None:
    async def scenario() -> None:
        fake = Fake(ends=True)
        writer = Writer(fake)
        results = await _together(writer, [_add("a"), _raising(FULL), _add("b")])
        assert [one.code for one in results] == [ErrorCode.STORAGE_FULL] * 3
        assert fake.durable == []
        await writer.close()

    asyncio.run(scenario())


def test_a_caller_that_went_away_harms_nobody() -> None:
    async def scenario() -> None:
        fake = Fake()
        writer = Writer(fake)
        gone = asyncio.create_task(writer.submit(_add("a")))
        stays = asyncio.create_task(writer.submit(_add("b")))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == "b"
        assert fake.durable == ["a", "b"]
        await writer.close()

    asyncio.run(scenario())


def test_a_long_job_has_its_own_turn_between_groups_and_closing_finishes_what_waits() -> None:
    async def scenario() -> None:
        fake = Fake()
        writer = Writer(fake)
        seen: list[bool] = []
        job = asyncio.create_task(writer.exclusive(lambda: seen.append(fake.now is None)))
        adding = [asyncio.create_task(writer.submit(_add(str(number)))) for number in range(200)]
        await asyncio.sleep(0)
        await writer.close()
        await asyncio.gather(job, *adding)
        assert seen == [True]
        assert len(fake.durable) == 200
        with pytest.raises(SamenloopError):
            await writer.submit(_add("late"))

    asyncio.run(scenario())
