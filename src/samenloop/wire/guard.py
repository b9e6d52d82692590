"""The gate in front of every handler of a grpc.aio server.

In this order: (1) the peer is identified from its certificate, never from a message; (2) the handler runs; (3) an
expected error becomes a status and a detail of the closed list; (4) anything else becomes INTERNAL without a text.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, TypeAlias, cast
from urllib.parse import unquote

import grpc
from google.protobuf.message import DecodeError

from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.texts import DUTCH, _, known, speak
from samenloop.tls import PeerIdentity
from samenloop.wire.status import DETAIL_KEY, STATUS, error_detail

AuthContext: TypeAlias = Mapping[str, Iterable[bytes]]
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Unary: TypeAlias = Callable[..., Awaitable[Any]]
Stream: TypeAlias = Callable[..., AsyncIterator[Any]]
Identify = Callable[[AuthContext], PeerIdentity]
Report = Callable[[str, BaseException], None]

LANGUAGE_KEY = "samenloop-language"
"""Metadata of a call: the language in which its peer reads the text of an error. It changes nothing else."""

_peer: ContextVar[PeerIdentity] = ContextVar("peer")
_came_from: ContextVar[str] = ContextVar("came_from", default="")


def peer() -> PeerIdentity:
    """Return who is calling; only inside a handler behind the guard."""
    return _peer.get()


def address() -> str:
    """Return the network address that the caller came from, without its port; empty outside a handler."""
    _kind, _colon, place = _came_from.get().partition(":")
    return unquote(place.rpartition(":")[0]).strip("[]")


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs only, not at run time
    """Identify the peer of each call and translate errors. `report(method, error)` is told of every failed call."""

    def __init__(self, identify: Identify, report: Report) -> None:
        self._identify = identify
        self._report = report
        self._guarded: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Wrap the handler, once for each method; one that nobody serves, or of a kind that we do not serve, stays
        unserved.
        """
        method = handler_call_details.method
        guarded = self._guarded.get(method)
        if guarded is None:
            handler = await continuation(handler_call_details)
            if not handler or handler.request_streaming != handler.response_streaming:
                return cast("Handler", None)
            guarded = self._guarded[method] = self._wrapped(method, handler)
        return guarded

    def _wrapped(self, method: str, handler: Handler) -> Handler:
        coders = {
            "request_deserializer": _lenient(handler.request_deserializer),
            "response_serializer": handler.response_serializer,
        }
        if handler.request_streaming:
            stream = cast("Stream", handler.stream_stream)
            return grpc.stream_stream_rpc_method_handler(self._stream(method, stream), **coders)
        unary = cast("Unary", handler.unary_unary)
        return grpc.unary_unary_rpc_method_handler(self._unary(method, unary), **coders)

    def _enter(self, context: Context) -> None:
        speak(_language(context))
        _came_from.set(context.peer())
        _peer.set(self._identify(context.auth_context()))

    def _unary(self, method: str, inner: Unary) -> Unary:
        async def guarded(request: Any, context: Context) -> Any:
            try:
                self._enter(context)
                return await inner(_readable(request), context)
            except (grpc.aio.AbortError, GeneratorExit):
                raise
            except Exception as error:  # noqa: BLE001 - the one place where a bug becomes INTERNAL
                await self._abort(method, error, context)

        return guarded

    def _stream(self, method: str, inner: Stream) -> Stream:
        async def guarded(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            try:
                self._enter(context)
                async for reply in inner(_all_readable(requests), context):
                    yield reply
            except (grpc.aio.AbortError, GeneratorExit):
                raise
            except Exception as error:  # noqa: BLE001 - the one place where a bug becomes INTERNAL
                await self._abort(method, error, context)

        return guarded

    async def _abort(self, method: str, error: Exception, context: Context) -> None:
        self._report(method, error)
        known = error if isinstance(error, SamenloopError) else _internal()
        await context.abort(STATUS[known.code], "", ((DETAIL_KEY, error_detail(known)),))


def _language(context: Context) -> str:
    metadata = dict(cast("Iterable[tuple[str, object]]", context.invocation_metadata() or ()))
    return known(str(metadata.get(LANGUAGE_KEY, DUTCH)))


class _Unreadable:
    """Stands for a message that is no message of its kind; grpc itself would answer with the parser's own words."""


def _lenient(parse: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    if parse is None:
        return None

    def parsed(data: bytes) -> Any:
        try:
            return parse(data)
        except DecodeError:
            return _Unreadable()

    return parsed


def _readable(request: Any) -> Any:
    if isinstance(request, _Unreadable):
        raise InvalidInput("message", _("Dit bericht is niet te lezen."))
    return request


async def _all_readable(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        yield _readable(request)


def _internal() -> SamenloopError:
    return SamenloopError(ErrorCode.INTERNAL, _("De coördinator kon dit verzoek niet afhandelen."))
