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


class _Clock:
    """Stands for `asyncio` in the module under test: sleeping costs nothing and is written down."""

    def __init__(self, rounds: int) -> None:
        self.slept: list[float] = []
        self._rounds = rounds

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self._rounds:
            await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("code", "pauses"),
    [
        (ErrorCode.NOT_AUTHENTICATED, [120, 240, 480, 960, 1920, 3600, 3600, 60]),
        (ErrorCode.NOT_PERMITTED, [120, 240, 480, 960, 1920, 3600, 3600, 60]),
        (ErrorCode.UNAVAILABLE, [60] * 8),
    ],
)
def test_who_is_not_let_in_knocks_ever_less_often_until_he_is(capsys, monkeypatch, code, pauses):
    import sys

    rounds = []

    async def run() -> None:
        rounds.append(1)
        if len(rounds) < 8:
            raise SamenloopError(code, "nee")

    async def main() -> list[float]:
        jobs, clock = background(sys.stderr), _Clock(8)
        monkeypatch.setattr("samenloop_node.background.asyncio", clock)
        jobs.repeat(Periodic("poll", 60.0, run))
        await until(lambda: len(clock.slept) == 8, wanted=True)
        await jobs.stop()
        return clock.slept

    begun = [60 * round(one / 60) for one in asyncio.run(main())]
    assert begun[:1] == pauses[:1]
    assert [late - early for early, late in zip([0, *begun], begun, strict=False)] == pauses


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
