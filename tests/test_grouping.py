"""Waiting for company: who is on the way shares the commit, and nobody waits long."""

import asyncio
import time

import pytest

from samenloop import grouping
from samenloop.grouping import LONGEST_WAIT, company


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody be missed because this process stood still for a moment."""
    monkeypatch.setattr(grouping, "LONGEST_WAIT", 60.0)


async def _arrive(queue: list[int], number: int, after: int) -> None:
    for _round in range(after):
        await asyncio.sleep(0)
    queue.append(number)


def test_who_is_on_the_way_is_waited_for(patient: None) -> None:
    async def scenario() -> int:
        queue = [0]
        coming = [asyncio.create_task(_arrive(queue, number, 2 * number)) for number in range(1, 10)]
        await company(queue, 100)
        reached = len(queue)
        await asyncio.gather(*coming)
        return reached

    assert asyncio.run(scenario()) == 10


def test_a_full_group_waits_no_longer(patient: None) -> None:
    async def scenario() -> int:
        queue = [0]
        coming = [asyncio.create_task(_arrive(queue, number, number)) for number in range(1, 10)]
        await company(queue, 5)
        reached = len(queue)
        await asyncio.gather(*coming)
        return reached

    assert 5 <= asyncio.run(scenario()) < 10


def test_an_endless_stream_is_not_waited_for() -> None:
    async def scenario() -> float:
        queue: list[int] = []

        async def endless() -> None:
            while True:
                queue.append(0)
                await asyncio.sleep(0)

        stream = asyncio.create_task(endless())
        begun = time.monotonic()
        await company(queue, 10**9)
        waited = time.monotonic() - begun
        stream.cancel()
        return waited

    waited = asyncio.run(scenario())
    assert waited >= LONGEST_WAIT


def test_who_is_alone_goes_on_at_once() -> None:
    async def scenario() -> bool:
        later = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(LONGEST_WAIT, later.set_result, None)
        await company([0], 100)
        return later.done()

    assert not asyncio.run(scenario())
