"""What happens when making a chunk fails: nothing is skipped, and the synchronisation goes on later from the file."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_node.app import App
from samenloop_node.registrations import prepare
from samenloop_node.registrations.jobs import resume, synchronise
from samenloop_node.registrations.sync import Order
from samenloop_node.store import syncs
from tests.node.kit import REGISTER
from tests.node.sync.test_sync import _coordinator, _partner, person, write  # noqa: F401 - fixtures


@pytest.mark.parametrize("code", [ErrorCode.UNAVAILABLE, ErrorCode.BUSY])
def test_a_chunk_that_could_not_be_made_is_not_skipped_and_the_sync_goes_on_later(
    coordinator, partner, tmp_path, monkeypatch, code
):
    file = write(tmp_path / "export.csv", [person(n) for n in range(500)])
    honest, calls = prepare.everything, []

    def breaking(*arguments: Any, **named: Any) -> Iterator[Any]:
        for chunk in honest(*arguments, **named):
            calls.append(1)
            if len(calls) == 2:
                raise SamenloopError(code, "Een hulpproces is gestopt.")
            yield chunk

    monkeypatch.setattr(prepare, "everything", breaking)

    async def main() -> str:
        app = App.open(partner.config())
        try:
            with pytest.raises(SamenloopError, match=r"hulpproces.*vanzelf verder"):
                await synchronise(app, Order(REGISTER, file, 0, "o.operator"), lambda _message: None)
            assert coordinator.statements == []
            await resume(app)
            found = await app.store.read(lambda db: syncs.last(db, REGISTER))
        finally:
            await app.background.stop()
            await app.close()
        return found.state

    assert asyncio.run(main()) == syncs.DONE
    assert len(coordinator.registered) == 500
