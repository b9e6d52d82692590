"""Sending chunks: a few in flight, settled in the order of their receipts, sent again unchanged when the line breaks.

1. Before a chunk leaves, its registrations are marked unsettled; only its receipt settles them. One that this
   node does not know (`reconcile`) is not.
2. A receipt must name our request, register, count and commitment: another one stops everything.
3. Within one run a chunk is repeated with the same bytes under the same request id. After a restart it is made anew,
   with the same registration ids, so that nothing is there twice.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from samenloop.audit import entry as entries
from samenloop.clock import milliseconds
from samenloop.commitment import SALT_BYTES, items_digest
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.model import ID_BYTES, ParticipantId, RegisterId
from samenloop.texts import _
from samenloop.wire.register import Chunk, build_register
from samenloop.wire.v1 import overlap_pb2
from samenloop_node.app import App
from samenloop_node.registrations.prepare import Prepared
from samenloop_node.store import registrations

WINDOW = 4
"""Chunks in flight."""
BURST_SECONDS = 3.0
STREAM_SECONDS = 10.0
"""A stream takes new chunks for 3 seconds and must end within 10."""
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
_AGAIN = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.BUSY})

Settle = Callable[["Sent", overlap_pb2.RegisterReply], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A chunk that was made and may be on its way."""

    chunk: Chunk
    items: list[Prepared]
    request: overlap_pb2.RegisterRequest


@dataclass(slots=True)
class Stream:
    """Sends the chunks of one register."""

    app: App
    register: str
    source: Iterator[list[Prepared]]
    settle: Settle
    _waiting: deque[Sent] = field(default_factory=deque)
    _settled: int = 0
    _ended: bool = False
    _making: "asyncio.Task[None] | None" = None

    async def run(self) -> None:
        """Send everything; raises SamenloopError(UNAVAILABLE) when the coordinator stays away for 15 seconds.

        Raises what making a chunk raised, and then the rest was not sent.
        """
        pauses = iter(_PAUSES)
        try:
            while not (self._ended and not self._waiting):
                try:
                    await self._burst()
                    pauses = iter(_PAUSES)
                except SamenloopError as error:
                    pause = next(pauses, None)
                    if error.code not in _AGAIN or pause is None or self._broken():
                        raise
                    await asyncio.sleep(pause)
        finally:
            if self._making is not None:
                await asyncio.wait({self._making})

    def _broken(self) -> bool:
        """Tell whether making a chunk failed: its items are gone from the source, so there is no going on from here."""
        made = self._making
        return made is not None and made.done() and made.exception() is not None

    async def _burst(self) -> None:
        window = asyncio.Semaphore(WINDOW)
        async for reply in self.app.connection.register(self._requests(window), STREAM_SECONDS):
            sent = self._waiting[0] if self._waiting else None
            if sent is None or reply.request_id != sent.chunk.request_id:
                raise IntegrityError(_("De coördinator bevestigt een blok dat deze node niet stuurde."))
            check_receipt(self.app, sent.chunk, reply)
            await self.settle(sent, reply)
            self._waiting.popleft()
            self._settled += 1
            window.release()
        if self._making is not None and self._making.done():
            self._making.result()

    async def _requests(self, window: asyncio.Semaphore) -> AsyncIterator[overlap_pb2.RegisterRequest]:
        until = asyncio.get_running_loop().time() + BURST_SECONDS
        begun, yielded = self._settled, 0
        while True:
            await window.acquire()
            place = yielded - (self._settled - begun)
            late = self._ended or asyncio.get_running_loop().time() >= until
            if place >= len(self._waiting) and (late or not await self._more()):
                return
            yielded += 1
            yield self._waiting[place].request

    async def _more(self) -> bool:
        """Have one more chunk waiting; False when there is none, or making it failed: then `_burst` raises that.

        gRPC may cancel who asks for requests at any time; what is being made goes on and is sent by the next stream.
        """
        if self._making is None or self._making.done():
            self._making = asyncio.get_running_loop().create_task(self._make())
        waiting = len(self._waiting)
        await asyncio.wait({asyncio.shield(self._making)})
        return self._making.exception() is None and len(self._waiting) > waiting

    async def _make(self) -> None:
        items = await asyncio.to_thread(next, self.source, None)
        if items is None:
            self._ended = True
            return
        sent = self._build(items)
        rows = [(self.register, item.record_id, item.registration_id) for item in items if item.record_id]
        await self.app.store.write(lambda db: registrations.unsettle(db, rows, sent.chunk.sent_ms))
        self._waiting.append(sent)

    def _build(self, items: list[Prepared]) -> Sent:
        salt = os.urandom(SALT_BYTES)
        data = [item.data for item in items]
        chunk = Chunk(
            covenant=self.app.agreement.ref(),
            request_id=os.urandom(ID_BYTES),
            participant=ParticipantId(self.app.config.participant),
            register=RegisterId(self.register),
            sent_ms=milliseconds(self.app.clock.now()),
            digest=items_digest(salt, data),
            count=len(data),
        )
        return Sent(chunk, items, build_register(chunk, data, salt, self.app.signing_key))


def check_receipt(app: App, chunk: Chunk, reply: overlap_pb2.RegisterReply) -> None:
    """Compare the entry of a receipt with what was sent; raises IntegrityError."""
    known: dict[str, object] = {
        "origin": app.covenant().coordinator.log_origin,
        "request": chunk.request_id.hex(),
        "covenant": chunk.covenant.id,
        "actor": chunk.participant,
        "register": chunk.register,
        "commitment": chunk.digest.hex(),
        "count": chunk.count,
    }
    try:
        entry = entries.parse(reply.receipt.entry)
    except InvalidInput as problem:
        raise _does_not_fit() from problem
    if any(entry.public.get(name) != value for name, value in known.items()) or len(reply.results) != chunk.count:
        raise _does_not_fit()


def _does_not_fit() -> IntegrityError:
    return IntegrityError(
        _("De bevestiging van de coördinator past niet bij wat deze node registreerde. Bel de beheerder.")
    )
