"""The gate in front of every handler: identity first, closed list of errors, nothing else gets out."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import SimpleNamespace

import grpc
import pytest

from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.wire import guard
from samenloop.wire.status import error_from_rpc
from samenloop.wire.v1 import audit_pb2, audit_pb2_grpc, overlap_pb2, overlap_pb2_grpc

SECRET = "Jansen"


class Audit(audit_pb2_grpc.AuditServiceServicer):
    async def GetCheckpoint(self, request: object, context: object) -> audit_pb2.Checkpoint:
        return audit_pb2.Checkpoint(note=str(guard.peer()).encode())

    async def Cosign(self, request: audit_pb2.CosignRequest, context: object) -> audit_pb2.CosignReply:
        if request.tree_size == 1:
            raise Refused("R-25", "Deze houder kan niet worden gevraagd.", ("inform_basis",))
        raise KeyError(SECRET)


class Overlap(overlap_pb2_grpc.OverlapServiceServicer):
    async def Register(
        self, requests: AsyncIterator[overlap_pb2.RegisterRequest], context: object
    ) -> AsyncIterator[overlap_pb2.RegisterReply]:
        async for request in requests:
            if not request.items:
                raise Refused("R-11", "Geen taak.")
            yield overlap_pb2.RegisterReply(request_id=request.salt)


class Server:
    """A guarded server whose identification can be made to fail."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, str]] = []
        self.denied = False

    def identify(self, auth_context: Mapping[str, Sequence[bytes]]) -> SimpleNamespace:
        if self.denied:
            raise SamenloopError(ErrorCode.NOT_AUTHENTICATED, "Onbekend certificaat.")
        return SimpleNamespace(transport=sorted(auth_context))

    async def run(self) -> tuple[grpc.aio.Server, grpc.aio.Channel]:
        gate = guard.Guard(self.identify, lambda method, error: self.reported.append((method, type(error).__name__)))
        server = grpc.aio.server(interceptors=[gate])
        audit_pb2_grpc.add_AuditServiceServicer_to_server(Audit(), server)
        overlap_pb2_grpc.add_OverlapServiceServicer_to_server(Overlap(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, grpc.aio.insecure_channel(f"127.0.0.1:{port}")


async def outcome(call: object) -> SamenloopError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]
    assert SECRET not in str(caught.value)
    return error_from_rpc(caught.value)


def run(scenario: object) -> None:
    import asyncio

    async def whole() -> None:
        world = Server()
        server, channel = await world.run()
        try:
            await scenario(world, channel)  # type: ignore[operator]
        finally:
            await channel.close()
            await server.stop(None)

    asyncio.run(whole())


def test_a_handler_sees_the_identified_peer() -> None:
    async def scenario(world: Server, channel: grpc.aio.Channel) -> None:
        reply = await audit_pb2_grpc.AuditServiceStub(channel).GetCheckpoint(audit_pb2.GetCheckpointRequest())
        assert b"namespace" in reply.note

    run(scenario)


def test_a_peer_that_is_not_identified_gets_only_that_answer() -> None:
    async def scenario(world: Server, channel: grpc.aio.Channel) -> None:
        world.denied = True
        error = await outcome(audit_pb2_grpc.AuditServiceStub(channel).GetCheckpoint(audit_pb2.GetCheckpointRequest()))
        assert (error.code, error.text) == (ErrorCode.NOT_AUTHENTICATED, "Onbekend certificaat.")

    run(scenario)


def test_a_refusal_keeps_its_rule_and_a_bug_keeps_its_text_at_home() -> None:
    async def scenario(world: Server, channel: grpc.aio.Channel) -> None:
        stub = audit_pb2_grpc.AuditServiceStub(channel)
        refusal = await outcome(stub.Cosign(audit_pb2.CosignRequest(tree_size=1)))
        assert isinstance(refusal, Refused)
        assert (refusal.rule, refusal.missing) == ("R-25", ("inform_basis",))
        bug = await outcome(stub.Cosign(audit_pb2.CosignRequest(tree_size=2)))
        assert bug.code is ErrorCode.INTERNAL
        assert [name for _method, name in world.reported] == ["Refused", "KeyError"]

    run(scenario)


def test_a_stream_answers_until_it_is_refused() -> None:
    async def scenario(world: Server, channel: grpc.aio.Channel) -> None:
        good = overlap_pb2.RegisterRequest(salt=b"1", items=[b"x"])
        call = overlap_pb2_grpc.OverlapServiceStub(channel).Register(iter([good, overlap_pb2.RegisterRequest()]))
        replies = []
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for reply in call:
                replies.append(reply.request_id)
        assert replies == [b"1"]
        assert isinstance(error_from_rpc(caught.value), Refused)

    run(scenario)


def test_a_method_that_nobody_serves_stays_unserved() -> None:
    async def scenario(world: Server, channel: grpc.aio.Channel) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/samenloop.wire.v1.AuditService/Nothing")(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED

    run(scenario)
