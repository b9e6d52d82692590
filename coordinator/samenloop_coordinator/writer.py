"""One writer with group commit: many units of work, one durable transaction.

1. Units run one after another on the event loop's thread, each in its own savepoint: an error undoes that unit only.
2. One commit makes all of them durable. It stays on that thread: handing it to another costs more than a disk that
   syncs in a millisecond, and a group is as large as what came in meanwhile.
3. Results are handed out after the commit, never before. If it fails, every unit of the batch fails.
4. After an I/O error nobody knows what is on disk: the writer is broken and refuses all that follows, also what was
   queued before.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.grouping import company
from samenloop.texts import _

MOST_UNITS = 128
Result = TypeVar("Result")
Work_contra = TypeVar("Work_contra", contravariant=True)


class Session(Protocol[Work_contra]):
    """What a backend offers the writer: one transaction at a time, on the thread of the event loop."""

    def begin(self) -> None:
        """Open a transaction."""
        ...

    def run(self, work: Work_contra) -> Any:
        """Run one unit in a savepoint; on any error the unit is undone and the error raised."""
        ...

    def open(self) -> bool:
        """Tell whether the transaction is still open: some errors of a store end it as a whole."""
        ...

    def commit(self) -> None:
        """Make all units durable. Raises SamenloopError, IntegrityError when nobody knows what is on disk."""
        ...

    def settle(self) -> None:
        """Called after a commit, on the event loop's thread: show what was written to readers in memory."""
        ...

    def rollback(self) -> None:
        """Undo every unit of the open transaction, if one is still open."""
        ...


@dataclass(slots=True)
class _Unit:
    work: Any
    future: "asyncio.Future[Any]"
    result: Any = None
    failed: bool = False


class Writer:
    """Queues units and commits them in groups. Belongs to one event loop."""

    def __init__(self, session: Session[Any]) -> None:
        self._session = session
        self._queue: deque[_Unit] = deque()
        self._turn = asyncio.Lock()
        self._draining: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "long-job")
        self._broken = False
        self._closed = False

    async def submit(self, work: Any) -> Any:
        """Run `work` as one unit; return its result when it is durable, or raise its error."""
        if self._broken or self._closed:
            raise no_writing()
        unit = _Unit(work, asyncio.get_running_loop().create_future())
        self._queue.append(unit)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return await unit.future

    async def exclusive(self, job: Callable[[], Result]) -> Result:
        """Run a long job of the backend in a thread of its own, between two groups."""
        async with self._turn:
            return await asyncio.get_running_loop().run_in_executor(self._thread, job)

    @property
    def broken(self) -> bool:
        """Tell whether writing stopped for good after an I/O error."""
        return self._broken

    async def close(self) -> None:
        """Finish the units that are queued, then refuse."""
        self._closed = True
        if self._draining is not None:
            await self._draining
        self._thread.shutdown(wait=True)

    async def _drain(self) -> None:
        while self._queue:
            async with self._turn:
                await company(self._queue, MOST_UNITS)
                units = [self._queue.popleft() for _place in range(min(len(self._queue), MOST_UNITS))]
                await self._group(units)

    async def _group(self, units: list[_Unit]) -> None:
        try:
            if self._broken:
                raise no_writing()
            self._session.begin()
            for unit in units:
                self._run(unit)
            if all(unit.failed for unit in units):
                self._session.rollback()
                return
            self._session.commit()
            self._session.settle()
        except Exception as error:  # noqa: BLE001 - whatever it was, no caller may wait for ever
            self._fail(units, error)
            return
        for unit in units:
            if not unit.future.done():
                unit.future.set_result(unit.result)

    def _run(self, unit: _Unit) -> None:
        try:
            unit.result = self._session.run(unit.work)
        except Exception as error:
            unit.failed = True
            if not self._session.open():
                raise
            if not unit.future.done():
                unit.future.set_exception(error)

    def _fail(self, units: list[_Unit], error: Exception) -> None:
        self._broken = self._broken or not expected(error)
        try:
            self._session.rollback()
        except Exception:  # noqa: BLE001 - what stays in an open transaction nobody knows
            self._broken = True
        for unit in units:
            if not unit.future.done():
                unit.future.set_exception(error)


def no_writing() -> SamenloopError:
    """Return the error for whoever wants to write when writing has stopped."""
    return SamenloopError(ErrorCode.UNAVAILABLE, _("De coördinator kan nu niets opslaan. Probeer het later opnieuw."))


def expected(error: Exception) -> bool:
    """Tell whether a failed group leaves the store in a known state: then the next group may go on."""
    return isinstance(error, SamenloopError) and error.code is not ErrorCode.INTEGRITY
