"""OverlapService: registering, asking, declaring, finding one's own."""

from collections.abc import AsyncIterator

from samenloop.errors import InvalidInput
from samenloop.wire.ask import parse_ask
from samenloop.wire.v1 import common_pb2, overlap_pb2, overlap_pb2_grpc
from samenloop_coordinator.asking import Asking
from samenloop_coordinator.declaring import Declaring
from samenloop_coordinator.front import Front
from samenloop_coordinator.owning import FindingOwn
from samenloop_coordinator.registering import RegisterChunks

Context = object


class OverlapServicer(overlap_pb2_grpc.OverlapServiceServicer):
    """Thin: each call is one use case behind the front."""

    def __init__(
        self, front: Front, asking: Asking, registering: RegisterChunks, declaring: Declaring, owning: FindingOwn
    ) -> None:
        self._front = front
        self._asking = asking
        self._registering = registering
        self._declaring = declaring
        self._owning = owning

    async def Register(
        self, request_iterator: AsyncIterator[overlap_pb2.RegisterRequest], _context: Context
    ) -> AsyncIterator[overlap_pb2.RegisterReply]:
        """Reply to each chunk in order, after its entry is durable."""
        async for request in request_iterator:
            yield await self._register(request)

    async def _register(self, request: overlap_pb2.RegisterRequest) -> overlap_pb2.RegisterReply:
        return await self._front.run("register", lambda peer: self._registering.register(peer, request))

    async def Ask(self, request: overlap_pb2.AskRequest, _context: Context) -> overlap_pb2.AskReply:
        """Answer one question."""
        return await self._front.run("ask", lambda peer: self._asking.ask(peer, request), lambda: _about(request))

    async def Declare(self, request: overlap_pb2.DeclareRequest, _context: Context) -> common_pb2.Receipt:
        """Take one statement."""
        return await self._front.run("declare", lambda peer: self._declaring.declare(peer, request))

    async def FindOwn(self, request: overlap_pb2.FindOwnRequest, _context: Context) -> overlap_pb2.FindOwnReply:
        """Find the caller's own registrations."""
        return await self._front.run("find-own", lambda peer: self._owning.find(peer, request))

    async def ListOwn(self, request: overlap_pb2.ListOwnRequest, _context: Context) -> overlap_pb2.ListOwnReply:
        """List one page of a register of the caller."""
        return await self._front.run("list-own", lambda peer: self._owning.page(peer, request))


def _about(request: overlap_pb2.AskRequest) -> dict[str, object]:
    """Return what a refused question says about itself, for the search by case, user and purpose."""
    try:
        question = parse_ask(request).question
    except InvalidInput:
        return {}
    return {
        "request": question.question_id.hex(),
        "covenant": question.covenant.id,
        "version": question.covenant.version,
        "purpose": question.purpose,
        "case": question.case_ref.hex(),
        "user": question.user_ref.hex(),
    }
