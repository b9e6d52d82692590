"""Orders of the operator's commands: only the coordinator's own answer says that one was carried out."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from samenloop.audit.fields import Event
from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator import control
from samenloop_coordinator.control import Looked, Order, send, serve_control

LOOKED = Looked(Event.LOG_VIEW, ("case",), 1)


def _sent(path: Path, obey: Callable[[Order], Awaitable[None]]) -> list[BaseException]:
    """Give one order; return what the operator was told of."""
    told: list[BaseException] = []

    async def scenario() -> None:
        server = await serve_control(path, obey, told.append)
        try:
            await send(path, LOOKED)
        finally:
            server.close()
            await asyncio.sleep(0.1)

    asyncio.run(scenario())
    return told


def test_an_order_that_was_carried_out_returns(tmp_path: Path) -> None:
    orders = []

    async def obey(order: Order) -> None:
        orders.append(order)

    assert _sent(tmp_path / "control", obey) == []
    assert orders == [LOOKED]


@pytest.mark.parametrize("last_words", [b"", b"00"])
def test_a_coordinator_that_ends_before_it_answers_did_not_carry_it_out(tmp_path: Path, last_words: bytes) -> None:
    """What `audit search` shows must be in the log first (invariant 3)."""

    async def scenario() -> None:
        async def ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(last_words)
            writer.close()

        server = await asyncio.start_unix_server(ends, str(tmp_path / "control"))
        try:
            await send(tmp_path / "control", LOOKED)
        finally:
            server.close()
            await asyncio.sleep(0.1)

    with pytest.raises(SamenloopError) as caught:
        asyncio.run(scenario())
    assert caught.value.code is ErrorCode.UNAVAILABLE


def test_a_coordinator_that_never_answers_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        left = asyncio.Event()

        async def obey(_order: Order) -> None:
            await left.wait()

        server = await serve_control(tmp_path / "control", obey, [].append)
        try:
            await send(tmp_path / "control", LOOKED)
        finally:
            left.set()
            server.close()
            await asyncio.sleep(0.1)

    monkeypatch.setattr(control, "_SECONDS", 0.25)
    with pytest.raises(SamenloopError) as caught:
        asyncio.run(scenario())
    assert caught.value.code is ErrorCode.UNAVAILABLE


def test_an_unexpected_error_is_answered_at_once_and_told_to_the_operator(tmp_path: Path) -> None:
    told: list[BaseException] = []

    async def obey(_order: Order) -> None:
        raise RuntimeError

    async def scenario() -> None:
        server = await serve_control(tmp_path / "control", obey, told.append)
        try:
            await asyncio.wait_for(send(tmp_path / "control", LOOKED), 60)
        finally:
            server.close()
            await asyncio.sleep(0.1)

    with pytest.raises(SamenloopError) as caught:
        asyncio.run(scenario())
    assert caught.value.code is ErrorCode.INTERNAL
    assert isinstance(told[0], RuntimeError)
