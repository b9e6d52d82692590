"""Work that nobody waits for goes on: a round that fails is told, the next one comes, and nothing holds up another."""

import asyncio
import contextlib
import io
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from samenloop.audit import checkpoint as checkpoints
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.logs import open_log
from samenloop_coordinator import integrator, periodic
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, PROBATION, put
from tests.coordinator.world import World, play

FULL = SamenloopError(ErrorCode.STORAGE_FULL, "full")
FAILURES = [FULL, OSError("disk"), ZeroDivisionError("bug")]


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_given: Any, **_named: Any) -> Any:
        raise error

    return fail


def told(world: World) -> io.StringIO:
    """Let the world's coordinator write its own log to what this returns."""
    stream = io.StringIO()
    world.coordinator.periodic.log = world.coordinator.integrator._log = open_log("test", stream)
    return stream


async def signed(world: World) -> int:
    return checkpoints.parse(await world.coordinator.integrator.tree(lambda tree: tree.head())).size


async def until(look: Callable[[], bool]) -> None:
    """Wait until it is so; a busy machine may take its time."""
    for _try in range(100_000):
        if look():
            return
        await asyncio.sleep(0.001)
    raise AssertionError


@pytest.mark.parametrize("error", FAILURES, ids=lambda one: type(one).__name__)
def test_after_a_round_that_failed_the_log_is_signed_in_the_next_and_the_operator_was_told_once(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(integrator, "SECONDS", 0.01)

    async def scenario(world: World) -> None:
        work, stream, rounds = world.coordinator.integrator, told(world), list[int]()
        whole = work._integrate

        def some_fail() -> None:
            rounds.append(1)
            if len(rounds) < 4:
                raise error
            whole()

        monkeypatch.setattr(work, "_integrate", some_fail)
        running = asyncio.create_task(work.run())
        await until(lambda: len(rounds) > 5 or running.done())
        assert not running.done()
        await work.stop()
        await running
        assert await signed(world) == world.coordinator.store.entries().count()
        assert stream.getvalue().count("integrating_failed") == 1

    play(consortium, scenario)


@pytest.mark.parametrize("error", FAILURES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("name", ["tidy", "upkeep", "review", "follow"])
def test_a_repeating_job_that_fails_comes_again_and_the_operator_is_told(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception
) -> None:
    for interval in ("TIDY_SECONDS", "UPKEEP_SECONDS", "WATCH_SECONDS", "FOLLOW_SECONDS"):
        monkeypatch.setattr(periodic, interval, 0.01)

    async def scenario(world: World) -> None:
        stream, rounds = told(world), list[int]()
        jobs = world.coordinator.periodic

        async def fail(*_given: Any) -> None:
            rounds.append(1)
            raise error

        owner = {"tidy": type(jobs.desk.store), "follow": type(jobs.board)}.get(name, type(jobs))
        monkeypatch.setattr(owner, name, fail)
        tasks = [asyncio.create_task(job) for job in jobs.jobs()]
        await until(lambda: len(rounds) > 2 or any(task.done() for task in tasks))
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        assert len(rounds) > 2
        assert ("upkeep_failed" in stream.getvalue()) == (name != "follow" or error is not FULL)
        assert not world.coordinator.stopping.is_set()

    play(consortium, scenario)


@pytest.mark.parametrize("error", FAILURES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("step", ["renew", "overdue", "forget_before", "forget_counters", "forget_keys", "drop_gone"])
def test_one_part_of_the_upkeep_that_fails_holds_up_no_other(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    async def scenario(world: World) -> None:
        await world.register(HOUSE, [put("vhh_casus", "anna")])
        await world.ask(PROBATION, [HOUSE], "anna", question_id=os.urandom(16))
        world.clock.ahead += timedelta(days=500)
        jobs, stream, done = world.coordinator.periodic, told(world), list[str]()
        await jobs.desk.keys.renew(jobs.desk.agreement.covenant)
        parts = await world.table(lambda parts: parts)
        owners = {
            "renew": type(jobs.desk.keys),
            "overdue": type(jobs.lapsing),
            "forget_before": type(parts.requests),
            "forget_counters": type(parts.requests),
            "forget_keys": type(parts.mail),
            "drop_gone": type(jobs.board),
        }
        for name, owner in owners.items():
            whole = getattr(owner, name)

            def noted(*given: Any, name: str = name, whole: Any = whole) -> Any:
                done.append(name)
                return failing(error)() if name == step else whole(*given)

            monkeypatch.setattr(owner, name, noted)
        await jobs.upkeep()
        assert set(owners) <= set(done)
        assert "upkeep_failed" in stream.getvalue()

    play(consortium, scenario)


def test_nothing_more_is_erased_once_the_store_does_not_hold(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(world: World) -> None:
        jobs, erased = world.coordinator.periodic, list[int]()
        monkeypatch.setattr(type(jobs.lapsing), "overdue", failing(IntegrityError("torn")))
        monkeypatch.setattr(periodic, "purge", lambda *_given: erased.append(1))
        await jobs.upkeep()
        assert world.coordinator.stopping.is_set()
        assert erased == []

    play(consortium, scenario)
