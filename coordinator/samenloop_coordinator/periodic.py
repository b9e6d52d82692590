"""The jobs that a coordinator repeats, each at its own interval: a closed list.

1. `tidy`: merge recent values, move the write-ahead log into the file.
2. `upkeep`: what time brings. 3. `review`: the draws that are due and the alarms about today's questions.
4. `follow`: take over what another process on the same database changed. 5. A heartbeat in the log.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from samenloop.audit.fields import Event
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.logs import Log, describe
from samenloop.review.samples import NewEntry
from samenloop_coordinator import forgetting
from samenloop_coordinator.board import Board
from samenloop_coordinator.config import CoordinatorConfig
from samenloop_coordinator.control import Reviewed, record_review
from samenloop_coordinator.desk import Desk
from samenloop_coordinator.expiry import ExpiryWatch
from samenloop_coordinator.integrator import Integrator
from samenloop_coordinator.lapsing import Lapsing
from samenloop_coordinator.purging import purge
from samenloop_coordinator.review import watching
from samenloop_coordinator.store.backend import backend_of

HEARTBEAT_SECONDS = 300.0
TIDY_SECONDS = 1.0
FOLLOW_SECONDS = 0.25
UPKEEP_SECONDS = 60.0
WATCH_SECONDS = 30.0
"""An alarm must be there within 60 seconds of what it is about."""


@dataclass(slots=True)
class Periodic:
    """The repeating work of one coordinator."""

    config: CoordinatorConfig
    desk: Desk
    board: Board
    lapsing: Lapsing
    integrator: Integrator
    log: Log
    stopping: asyncio.Event
    expiry: ExpiryWatch

    def jobs(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what runs until it is cancelled."""
        return (self._tidy(), self._upkeep(), self._watch(), self._beat(), self._follow())

    async def _tidy(self) -> None:
        await self._every(TIDY_SECONDS, "tidy", self.desk.store.tidy)

    async def _follow(self) -> None:
        async def follow() -> None:
            with contextlib.suppress(SamenloopError):  # upkeep reports a database that is away
                await self.board.follow()

        await self._every(FOLLOW_SECONDS, "follow", follow)

    async def _upkeep(self) -> None:
        await self._every(UPKEEP_SECONDS, "upkeep", self.upkeep)

    async def _watch(self) -> None:
        await self._every(WATCH_SECONDS, "review", self.review)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.safely("heartbeat", lambda: self.record(Event.HEARTBEAT))

    async def upkeep(self) -> None:
        """Do what time brings, each apart so that none holds up another; nothing more once the store does not hold."""
        for name, step in self._steps().items():
            if not self.stopping.is_set():
                await self.safely(name, step)

    def _steps(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Return: keys of the day, what lapses or left, what is forgotten, epochs that ended, what the log loses, a
        certificate that ends.
        """
        desk = self.desk
        return {
            "keys": lambda: desk.keys.renew(desk.agreement.covenant),
            "lapsing": self.lapsing.overdue,
            "left": self.lapsing.left,
            **forgetting.steps(desk),
            "epochs": self.board.drop_gone,
            "purge": self._purge,
            "certificate": self.expiry.look,
        }

    async def _purge(self) -> None:
        if not backend_of(self.config.data).shared:
            desk = self.desk
            await purge(desk.store, desk.journal, self.integrator.tree, desk.agreement.covenant, desk.clock.now())

    async def review(self) -> None:
        """Log the alarms about today's questions and the draws that are due; of all processes the leading one does."""
        if self.desk.agreement.lifted or not await self.integrator.leads():
            return
        found = await asyncio.to_thread(watching.due, self.config, self.desk.clock)
        alarms = [one for one in found if one[0] is Event.ALARM]
        await self._reviewed(alarms)
        for _event, public in alarms:
            facts = {"code": public["reason"], "participant": public["actor"], "count": public["count"]}
            self.log.warning("alarm", **facts)
        try:
            await self._reviewed([one for one in found if one not in alarms])
        except SamenloopError as problem:
            if problem.code is not ErrorCode.REQUEST_REUSED:  # somebody drew by hand meanwhile: the period begins anew
                raise

    async def _reviewed(self, made: Sequence[NewEntry]) -> None:
        found = Reviewed(tuple(made))
        if found.entries:
            await self.desk.store.write(lambda parts: record_review(parts, self.desk.journal, found))

    async def record(self, event: Event) -> None:
        """Append an entry about the log itself."""
        await self.desk.store.write(lambda parts: parts.log.append(self.desk.journal.body(event, {}), ()))

    async def _every(self, seconds: float, name: str, job: Callable[[], Awaitable[object]]) -> None:
        while True:
            await self.safely(name, job)
            await asyncio.sleep(seconds)

    async def safely(self, name: str, job: Callable[[], Awaitable[object]]) -> None:
        """Run a job that nobody waits for: whatever goes wrong is told to the operator, and the next round comes.

        A broken log stops everything.
        """
        try:
            await job()
        except SamenloopError as error:
            self.log.error("upkeep_failed", method=name, code=error.code.value)
            if error.code is ErrorCode.INTEGRITY:
                self.stopping.set()
        except Exception as error:  # noqa: BLE001 - a bug or a disk that refuses ends this round only
            self.log.error("upkeep_failed", method=name, **describe(error))
