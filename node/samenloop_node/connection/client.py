"""The channel to the coordinator. The node dials out, to one address and one pinned key, and tells every failure in
a sentence.

1. The own certificate is judged before dialling: an expired one would show as a bare 'unavailable'.
2. The channel is built anew when the own certificate was renewed, when the covenant names another coordinator, and
   after it was unavailable (the coordinator may have a new certificate under its pinned key).
3. A channel that was replaced closes when its calls have ended, behind everybody's back: a running stream goes on. Who
   needs a channel while one is being built waits for that one, and hears the same when it cannot be built.
4. Every call has a deadline. Nothing is retried here: who calls knows under which request id.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import grpc

from samenloop.clock import Clock
from samenloop.covenant import Covenant
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import language
from samenloop.tls import (
    TlsFiles,
    channel_credentials,
    channel_options,
    check_expiry,
    check_term,
    coordinator_certificate,
)
from samenloop.wire.guard import LANGUAGE_KEY
from samenloop.wire.status import error_from_rpc
from samenloop.wire.v1 import (
    audit_pb2,
    audit_pb2_grpc,
    common_pb2,
    covenant_pb2,
    covenant_pb2_grpc,
    mailbox_pb2,
    mailbox_pb2_grpc,
    overlap_pb2,
    overlap_pb2_grpc,
)

DEADLINE: Final = 5.0
"""Seconds that one call may take."""
_CLOSE_GRACE: Final = DEADLINE
_REPLACED_GRACE: Final = 60.0
"""Longer than any call may take, streams too."""
_Reply = TypeVar("_Reply")


@dataclass(frozen=True, slots=True)
class _Channel:
    """One open channel with what it was built for."""

    channel: grpc.aio.Channel
    built_for: tuple[object, ...]
    overlap: Any
    covenant: Any
    mailbox: Any
    audit: Any


class Connection:
    """All calls of a node to its coordinator. Use from one event loop; raises SamenloopError only."""

    def __init__(self, files: TlsFiles, covenant: Callable[[], Covenant], clock: Clock) -> None:
        """Take the TLS files and who can say what the active covenant is; nothing is dialled yet."""
        self._files = files
        self._covenant = covenant
        self._clock = clock
        self._current: _Channel | None = None
        self._building: tuple[tuple[object, ...], asyncio.Task[_Channel]] | None = None
        self._closing: dict[asyncio.Task[None], _Channel] = {}

    def certificate_warning(self) -> str | None:
        """Return a sentence when the own certificate ends within 30 days; raises SamenloopError when it has ended."""
        return check_expiry(self._files.certificate, self._clock.now())

    async def ask(self, request: overlap_pb2.AskRequest) -> overlap_pb2.AskReply:
        """Ask one question."""
        return await self._call(lambda open_: open_.overlap.Ask, request)

    async def declare(self, request: overlap_pb2.DeclareRequest) -> common_pb2.Receipt:
        """Declare one statement."""
        return await self._call(lambda open_: open_.overlap.Declare, request)

    async def find_own(self, request: overlap_pb2.FindOwnRequest) -> overlap_pb2.FindOwnReply:
        """Find own registrations."""
        return await self._call(lambda open_: open_.overlap.FindOwn, request)

    async def list_own(self, request: overlap_pb2.ListOwnRequest) -> overlap_pb2.ListOwnReply:
        """List one page of an own register."""
        return await self._call(lambda open_: open_.overlap.ListOwn, request)

    async def register(
        self, requests: AsyncIterable[overlap_pb2.RegisterRequest], seconds: float
    ) -> AsyncIterator[overlap_pb2.RegisterReply]:
        """Send chunks and yield their replies in order; the whole stream may take so many `seconds`."""
        channel = await self._open()
        call = channel.overlap.Register(requests, timeout=seconds, metadata=_metadata())
        try:
            async for reply in call:
                yield reply
        except grpc.aio.AioRpcError as error:
            raise self._failed(channel, error) from error
        finally:
            call.cancel()

    async def get_covenant(self, request: covenant_pb2.GetCovenantRequest) -> covenant_pb2.CovenantDocument:
        """Fetch a covenant version."""
        return await self._call(lambda open_: open_.covenant.GetCovenant, request)

    async def post_notice(self, request: covenant_pb2.Notice) -> common_pb2.Receipt:
        """Put a notice on the board of ceremonies and epochs."""
        return await self._call(lambda open_: open_.covenant.PostNotice, request)

    async def list_notices(self, request: covenant_pb2.ListNoticesRequest) -> covenant_pb2.ListNoticesReply:
        """Read the board."""
        return await self._call(lambda open_: open_.covenant.ListNotices, request)

    async def get_state(self, request: covenant_pb2.GetStateRequest) -> covenant_pb2.CovenantState:
        """Ask which version and epochs are live, and what the own registers hold."""
        return await self._call(lambda open_: open_.covenant.GetState, request)

    async def fetch_mail(self, request: mailbox_pb2.FetchRequest) -> mailbox_pb2.FetchReply:
        """Fetch mailbox items."""
        return await self._call(lambda open_: open_.mailbox.Fetch, request)

    async def acknowledge_mail(self, request: mailbox_pb2.AcknowledgeRequest) -> mailbox_pb2.AcknowledgeReply:
        """Say that items arrived."""
        return await self._call(lambda open_: open_.mailbox.Acknowledge, request)

    async def get_checkpoint(self, request: audit_pb2.GetCheckpointRequest) -> audit_pb2.Checkpoint:
        """Fetch the newest checkpoint."""
        return await self._call(lambda open_: open_.audit.GetCheckpoint, request)

    async def get_consistency(self, request: audit_pb2.GetConsistencyRequest) -> audit_pb2.Proof:
        """Fetch a consistency proof."""
        return await self._call(lambda open_: open_.audit.GetConsistency, request)

    async def get_inclusion(self, request: audit_pb2.GetInclusionRequest) -> audit_pb2.InclusionReply:
        """Fetch inclusion proofs."""
        return await self._call(lambda open_: open_.audit.GetInclusion, request)

    async def cosign(self, request: audit_pb2.CosignRequest) -> audit_pb2.CosignReply:
        """Hand in a cosignature."""
        return await self._call(lambda open_: open_.audit.Cosign, request)

    async def count_own(self, request: audit_pb2.CountOwnRequest) -> audit_pb2.CountOwnReply:
        """Count the own entries of a day."""
        return await self._call(lambda open_: open_.audit.CountOwn, request)

    async def close(self) -> None:
        """Let running calls finish and close every channel."""
        if self._building is not None:
            self._building[1].cancel()
        self._replace(None)
        if self._closing:
            _ended, late = await asyncio.wait(self._closing, timeout=_CLOSE_GRACE)
            await asyncio.gather(*(self._closing[task].channel.close(None) for task in late))

    async def _call(self, method: Callable[[_Channel], Callable[..., Awaitable[_Reply]]], request: object) -> _Reply:
        channel = await self._open()
        try:
            return await method(channel)(request, timeout=DEADLINE, metadata=_metadata())
        except grpc.aio.AioRpcError as error:
            raise self._failed(channel, error) from error

    def _failed(self, channel: _Channel, error: grpc.aio.AioRpcError) -> SamenloopError:
        failure = error_from_rpc(error)
        if failure.code is ErrorCode.UNAVAILABLE and self._current is channel:
            self._replace(None)
        return failure

    async def _open(self) -> _Channel:
        check_term(self._files.certificate, self._clock.now())
        covenant = self._covenant()
        wanted = (covenant.coordinator.address, covenant.coordinator.tls_pin, self._stamp())
        if self._current is not None and self._current.built_for == wanted:
            return self._current
        if self._building is None or self._building[0] != wanted or self._building[1].done():
            task = asyncio.get_running_loop().create_task(self._build(covenant, wanted))
            task.add_done_callback(self._built)
            self._building = wanted, task
        return await asyncio.shield(self._building[1])

    def _built(self, task: "asyncio.Task[_Channel]") -> None:
        if not task.cancelled() and task.exception() is None:
            self._replace(task.result())

    def _replace(self, channel: _Channel | None) -> None:
        """Use this channel from now on; the one before closes when its calls have ended, and nobody waits for that."""
        before, self._current = self._current, channel
        if before is not None:
            task = asyncio.get_running_loop().create_task(before.channel.close(_REPLACED_GRACE))
            self._closing[task] = before
            task.add_done_callback(self._closing.pop)

    async def _build(self, covenant: Covenant, built_for: tuple[object, ...]) -> _Channel:
        place = covenant.coordinator
        server = await asyncio.to_thread(
            coordinator_certificate, self._files, place.address, covenant.trust_domain, place.tls_pin, DEADLINE
        )
        credentials = channel_credentials(self._files, server, self._clock.now())
        channel = grpc.aio.secure_channel(place.address, credentials, channel_options())
        return _Channel(
            channel=channel,
            built_for=built_for,
            overlap=overlap_pb2_grpc.OverlapServiceStub(channel),  # type: ignore[no-untyped-call]
            covenant=covenant_pb2_grpc.CovenantServiceStub(channel),  # type: ignore[no-untyped-call]
            mailbox=mailbox_pb2_grpc.MailboxServiceStub(channel),  # type: ignore[no-untyped-call]
            audit=audit_pb2_grpc.AuditServiceStub(channel),  # type: ignore[no-untyped-call]
        )

    def _stamp(self) -> tuple[int, int]:
        status = self._files.certificate.stat()
        return (status.st_mtime_ns, status.st_ino)


def _metadata() -> tuple[tuple[str, str], ...]:
    """Say in which language the texts of errors are read."""
    return ((LANGUAGE_KEY, language()),)
