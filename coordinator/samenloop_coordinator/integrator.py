"""Puts durable entries into the tree and signs, within a second. Keeps its own thread and connections.

Every process has one to read with; of all processes on a log the one that leads integrates.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import log
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.note import NoteSigner
from samenloop.audit.store import EntryStore, TreeStore
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.logs import Log, describe
from samenloop.texts import _
from samenloop_coordinator.store.backend import LogTree

SECONDS = 0.5
Result = TypeVar("Result")
Alarm = Callable[[BaseException], None]


class Integrator:
    """Integrates until it is stopped. A log that does not hold stops it for good, and `alarm` is told.

    Whatever else goes wrong, such as a full disk, is told in the program's own log, and the next round tries again.
    """

    def __init__(
        self, entries: EntryStore, open_tree: Callable[[], LogTree], signer: NoteSigner, alarm: Alarm, log: Log
    ) -> None:
        self._entries = entries
        self._open_tree = open_tree
        self._signer = signer
        self._alarm = alarm
        self._log = log
        self._trouble = ""
        self._thread = ThreadPoolExecutor(1, "integrate")
        self._tree: LogTree | None = None
        self._stop = asyncio.Event()
        self._foreign = False

    async def open(self) -> Checkpoint:
        """Check that both stores belong together; raises IntegrityError: do not start."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def tree(self, work: Callable[[TreeStore], Result]) -> Result:
        """Run `work` with the tree store, in the integrator's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._with_tree, work)

    async def alone(self, work: Callable[[TreeStore], Result]) -> Result:
        """Do the same while no other process changes the kept checkpoints."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._with_tree_alone, work)

    async def leads(self) -> bool:
        """Tell whether this process is the one of all that looks after the log now."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._opened().lead())

    async def hold_against(self, accepted: bytes) -> None:
        """Hold a note that a witness accepted against this log.

        When we signed it and do not have it, this log was rolled back or split: from then on nothing is signed, and
        `alarm` is told. A note that this key did not sign proves nothing and is passed over.
        """
        try:
            await self.tree(lambda tree: self._hold_against(tree, accepted))
        except IntegrityError as error:
            self._alarm(error)

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
        except Exception as error:  # noqa: BLE001 - nothing is signed any more when this task ends
            self._tell(error)
        else:
            self._trouble = ""
        return True

    def _tell(self, error: Exception) -> None:
        """Write to the program's log what goes wrong, once while it lasts: there are two rounds a second."""
        facts = describe(error)
        if isinstance(error, SamenloopError):
            facts = {"code": error.code.value}
        trouble = str(facts.get("code", type(error)))
        if trouble != self._trouble:
            self._trouble = trouble
            self._log.error("integrating_failed", **facts)

    def _open(self) -> Checkpoint:
        self._tree = self._open_tree()
        return log.open_head(self._entries, self._tree.store, self._signer)

    def _opened(self) -> LogTree:
        if self._tree is None:
            raise SamenloopError(ErrorCode.UNAVAILABLE, _("Het logboek is nog niet open."))
        return self._tree

    def _with_tree(self, work: Callable[[TreeStore], Result]) -> Result:
        return work(self._opened().store)

    def _with_tree_alone(self, work: Callable[[TreeStore], Result]) -> Result:
        tree = self._opened()
        with tree.alone():
            return work(tree.store)

    def _hold_against(self, tree: TreeStore, accepted: bytes) -> None:
        try:
            shown = checkpoints.verify(accepted, self._signer.name, self._signer.public_key())
        except IntegrityError:
            return
        try:
            log.reject_foreign_history(tree, shown)
        except IntegrityError:
            self._foreign = True
            raise

    def _integrate(self) -> None:
        tree = self._opened()
        if tree.lead() and not self._foreign:
            self._all_waiting(tree.store)

    def _all_waiting(self, tree: TreeStore) -> None:
        while log.integrate(self._entries, tree, self._signer).size < self._entries.count():
            continue

    def _close(self) -> None:
        if self._tree is not None:
            self._tree.close()
