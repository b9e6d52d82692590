"""Jobs of the daemon: a failing round is remembered and the next comes as planned; nobody waiting stops nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.logs import open_log
from samenloop_node.background import Background, Periodic


def background(stream) -> Background:
    return Background(open_log("test", stream))


async def until(look: Callable[[], Any], *, wanted: bool) -> Any:
    """Wait until what is looked at is there, or gone; a busy machine may take its time."""
    for _try in range(100_000):
        if bool(found := look()) is wanted:
            return found
        await asyncio.sleep(0.001)
    raise AssertionError(found)


def test_a_failing_round_is_told_and_the_next_round_comes(capsys):
    import sys

    rounds = []

    async def run() -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise SamenloopError(ErrorCode.UNAVAILABLE, "weg")

    async def main() -> list[dict[str, str]]:
        jobs = background(sys.stderr)
        jobs.repeat(Periodic("poll", 0.05, run))
        first = await until(jobs.troubles, wanted=True)
        second = await until(jobs.troubles, wanted=False)
        await jobs.stop()
        return [first, second]

    assert asyncio.run(main()) == [{"poll": "weg"}, {}]
    assert "weg" not in capsys.readouterr().err


@pytest.mark.parametrize("problem", [OSError("Zonnebloemenveld"), asyncio.CancelledError()], ids=["bug", "cancelled"])
def test_after_a_round_that_met_something_unexpected_the_next_round_comes(capsys, problem):
    """`CancelledError` reaches a job from something it waited for, as when a channel is closed under its stream."""
    import sys

    rounds = []

    async def run() -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise problem

    async def main() -> list[dict[str, str]]:
        jobs = background(sys.stderr)
        jobs.repeat(Periodic("poll", 0.05, run))
        first = await until(jobs.troubles, wanted=True)
        second = await until(jobs.troubles, wanted=False)
        await jobs.stop()
        assert not jobs.running("poll"), "a job that is to stop does stop"
        return [first, second]

    first, second = asyncio.run(asyncio.wait_for(main(), 200))
    assert "logboek" in first["poll"]
    assert second == {}
    logged = capsys.readouterr().err
    assert type(problem).__name__ in logged
    assert "Zonnebloemenveld" not in logged


def test_a_job_goes_on_when_its_caller_is_cancelled(capsys):
    import sys

    done = []

    async def work() -> None:
        await asyncio.sleep(0.05)
        done.append(1)

    async def main() -> None:
        jobs = background(sys.stderr)
        caller = asyncio.ensure_future(asyncio.shield(jobs.start("a", work())))
        await asyncio.sleep(0)
        caller.cancel()
        assert jobs.running("a")
        await until(lambda: jobs.running("a"), wanted=False)

    asyncio.run(main())
    assert done == [1]


def test_a_bug_in_a_job_is_logged_by_its_place_without_its_text(capsys):
    import sys

    async def work() -> None:
        raise ZeroDivisionError("Zonnebloemenveld")

    async def main() -> dict[str, str]:
        jobs = background(sys.stderr)
        task = jobs.start("a", work())
        await asyncio.wait({task})
        await asyncio.sleep(0)
        return jobs.troubles()

    assert "logboek" in asyncio.run(main())["a"]
    logged = capsys.readouterr().err
    assert "ZeroDivisionError" in logged
    assert "Zonnebloemenveld" not in logged
