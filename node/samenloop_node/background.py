"""Work of the daemon that nobody waits for: jobs that repeat, and jobs that go on when their caller has left."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from samenloop.errors import SamenloopError

_logger = structlog.get_logger("samenloop_node")


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that runs at start and then every `seconds`, whatever it finds: the interval tells nobody anything."""

    name: str
    seconds: float
    run: Callable[[], Awaitable[None]]


class Background:
    """The running jobs of one daemon, by name. One job per name at a time."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._troubles: dict[str, str] = {}

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run `work` under `name`; it goes on when nobody awaits it. The caller checks `running` first."""
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
        due = loop.time()
        while True:
            try:
                await job.run()
                self._troubles.pop(job.name, None)
            except SamenloopError as error:
                self._troubles[job.name] = error.text
                _logger.warning("job_failed", job=job.name, code=error.code.value)
            due = max(due + job.seconds, loop.time())
            await asyncio.sleep(due - loop.time())

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.pop(task.get_name(), None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            code = error.code.value if isinstance(error, SamenloopError) else type(error).__name__
            self._troubles[task.get_name()] = error.text if isinstance(error, SamenloopError) else code
            _logger.error("job_ended", job=task.get_name(), code=code)
