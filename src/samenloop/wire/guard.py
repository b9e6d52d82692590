"""The gate in front of every handler of a grpc.aio server.

In this order: (1) the peer is identified from its certificate, never from a message; (2) the handler runs; (3) an
expected error becomes a status and a detail of the closed list; (4) anything else becomes INTERNAL without a text.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import grpc

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire.status import DETAIL_KEY, STATUS, error_detail

AuthContext = Mapping[str, Sequence[bytes]]
Identify = Callable[[AuthContext], PeerIdentity]
Report = Callable[[str, BaseException], None]

_peer: ContextVar[PeerIdentity] = ContextVar("peer")


def peer() -> PeerIdentity:
    """Return who is calling; only inside a handler behind the guard."""
    return _peer.get()


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc ships no types for its base class
    """Identify the peer of each call and translate errors. `report(method, error)` is told of every failed call."""

    def __init__(self, identify: Identify, report: Report) -> None:
        self._identify = identify
        self._report = report

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """Wrap the handler; a method that nobody serves stays unserved."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        coders = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.request_streaming and handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(self._stream(method, handler.stream_stream), **coders)
        if handler.request_streaming or handler.response_streaming:
            return None
        return grpc.unary_unary_rpc_method_handler(self._unary(method, handler.unary_unary), **coders)

    def _unary(self, method: str, inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def guarded(request: Any, context: grpc.aio.ServicerContext) -> Any:
            try:
                _peer.set(self._identify(context.auth_context()))
                return await inner(request, context)
            except (grpc.aio.AbortError, GeneratorExit):
                raise
            except Exception as error:  # noqa: BLE001 - the one place where a bug becomes INTERNAL
                await self._abort(method, error, context)

        return guarded

    def _stream(self, method: str, inner: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
        async def guarded(requests: AsyncIterator[Any], context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
            try:
                _peer.set(self._identify(context.auth_context()))
                async for reply in inner(requests, context):
                    yield reply
            except (grpc.aio.AbortError, GeneratorExit):
                raise
            except Exception as error:  # noqa: BLE001 - the one place where a bug becomes INTERNAL
                await self._abort(method, error, context)

        return guarded

    async def _abort(self, method: str, error: Exception, context: grpc.aio.ServicerContext) -> None:
        self._report(method, error)
        known = error if isinstance(error, SamenloopError) else _internal()
        await context.abort(STATUS[known.code], "", ((DETAIL_KEY, error_detail(known)),))


def _internal() -> SamenloopError:
    return SamenloopError(ErrorCode.INTERNAL, _("De coördinator kon dit verzoek niet afhandelen."))
