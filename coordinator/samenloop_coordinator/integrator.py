"""Puts durable entries into the tree and signs, within a second; one per log. Keeps its own thread and connections."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from samenloop.audit import log
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.note import NoteSigner
from samenloop.audit.sqlite import SqliteTree, open_tree_file
from samenloop.audit.store import EntryStore
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

SECONDS = 0.5
Result = TypeVar("Result")
Alarm = Callable[[BaseException], None]


class Integrator:
    """Integrates until it is stopped. A log that does not hold stops it for good, and `alarm` is told."""

    def __init__(self, entries: EntryStore, tree_file: Path, signer: NoteSigner, alarm: Alarm) -> None:
        self._entries = entries
        self._tree_file = tree_file
        self._signer = signer
        self._alarm = alarm
        self._thread = ThreadPoolExecutor(1, "integrate")
        self._tree: SqliteTree | None = None
        self._stop = asyncio.Event()

    async def open(self) -> Checkpoint:
        """Check that both stores belong together; raises IntegrityError: do not start."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def tree(self, work: Callable[[SqliteTree], Result]) -> Result:
        """Run `work` with the tree store, in the integrator's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._with_tree, work)

    async def run(self) -> None:
        """Integrate about twice a second until `stop`; then once more, so that nothing waits."""
        while not self._stop.is_set():
            if not await self._round():
                return
            try:
                await asyncio.wait_for(self._stop.wait(), SECONDS)
            except TimeoutError:
                continue
        await self._round()

    async def stop(self) -> None:
        """Let `run` end."""
        self._stop.set()

    async def close(self) -> None:
        """Close the tree file; after `run` has ended."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=True)

    async def _round(self) -> bool:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._integrate)
        except IntegrityError as error:
            self._alarm(error)
            return False
        return True

    def _open(self) -> Checkpoint:
        self._tree = open_tree_file(self._tree_file)
        return log.open_head(self._entries, self._tree, self._signer)

    def _with_tree(self, work: Callable[[SqliteTree], Result]) -> Result:
        if self._tree is None:
            raise SamenloopError(ErrorCode.UNAVAILABLE, _("Het logboek is nog niet open."))
        return work(self._tree)

    def _integrate(self) -> None:
        self._with_tree(self._all_waiting)

    def _all_waiting(self, tree: SqliteTree) -> None:
        while log.integrate(self._entries, tree, self._signer).size < self._entries.count():
            continue

    def _close(self) -> None:
        if self._tree is not None:
            self._tree.close()
