"""Work of the daemon that nobody waits for: jobs that repeat, and jobs that go on when their caller has left."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.logs import Log, describe
from samenloop.texts import _

_T = TypeVar("_T")
AWAY_SECONDS = 3600.0
_AWAY = frozenset({ErrorCode.NOT_AUTHENTICATED, ErrorCode.NOT_PERMITTED})


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that runs at start and then every `seconds`, whatever it finds: the interval tells nobody anything.

    Who is not let in by the coordinator knocks ever less often, at most `AWAY_SECONDS` apart: it logs each time.
    """

    name: str
    seconds: float
    run: Callable[[], Awaitable[None]]


class Background:
    """The running jobs of one daemon, by name. One job per name at a time."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._troubles: dict[str, str] = {}

    def start(self, name: str, work: Coroutine[Any, Any, _T]) -> "asyncio.Task[_T]":
        """Run `work` under `name`; it goes on when nobody awaits it. The caller checks `running` first."""
        self._troubles.pop(name, None)
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(self._ended)
        return task

    def running(self, name: str) -> bool:
        """Say whether a job of this name is busy."""
        return name in self._tasks

    def repeat(self, job: Periodic) -> None:
        """Run a job for ever at its fixed interval; a failure is remembered and the next round comes as planned."""
        self.start(job.name, self._loop(job))

    def troubles(self) -> dict[str, str]:
        """Return, per repeating job whose last round failed, its Dutch sentence."""
        return dict(self._troubles)

    async def stop(self) -> None:
        """Cancel all jobs and wait until they have ended."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _loop(self, job: Periodic) -> None:
        loop = asyncio.get_running_loop()
        due, pause = loop.time(), job.seconds
        while True:
            turned_away = await self._round(job)
            pause = min(2 * pause, max(AWAY_SECONDS, job.seconds)) if turned_away else job.seconds
            due = max(due + pause, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _round(self, job: Periodic) -> bool:
        """Run a job once; return whether the coordinator did not let this node in."""
        try:
            await job.run()
        except asyncio.CancelledError as error:
            if _being_cancelled():
                raise
            self._failed(job.name, error, "job_failed")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the next round must come
            self._failed(job.name, error, "job_failed")
            return isinstance(error, SamenloopError) and error.code in _AWAY
        else:
            self._troubles.pop(job.name, None)
        return False

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.pop(task.get_name(), None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failed(task.get_name(), error, "job_ended")

    def _failed(self, name: str, error: BaseException, event: str) -> None:
        if isinstance(error, SamenloopError):
            self._troubles[name] = error.text
            self._log.warning(event, method=name, code=error.code.value)
        else:
            self._troubles[name] = _("De node maakte een fout. Kijk in het logboek van de node.")
            self._log.error(event, method=name, **describe(error))


def _being_cancelled() -> bool:
    """Tell a job that is to stop from one that waited for something that was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
