"""In front of the use cases: nobody waits longer than the time limit, whoever else is busy."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator import front
from samenloop_coordinator.front import Front
from tests.coordinator.harness import POLICE

CALLS = 60


def test_no_call_lives_longer_than_the_limit_its_waiting_included(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "SECONDS", 0.3)
    monkeypatch.setattr(front, "AT_WORK", 1)
    monkeypatch.setattr(front, "peer", lambda: SimpleNamespace(participant=POLICE))
    door: Any = Front(None)  # type: ignore[arg-type]

    async def hangs(_peer: Any) -> None:
        await asyncio.sleep(60)

    async def scenario() -> list[Any]:
        calls = [door.run("ask", hangs) for _call in range(CALLS)]
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 0.3 * CALLS / 2)

    found = asyncio.run(scenario())
    assert {one.code for one in found if isinstance(one, SamenloopError)} == {ErrorCode.UNAVAILABLE}
    assert len(found) == CALLS
    assert door._present[POLICE] == 0
