"""The figures of a synchronisation say what became of the register, in however many rounds and after a restart."""

import asyncio
import json
from typing import Any

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_node.app import App
from samenloop_node.registrations.jobs import resume
from samenloop_node.store import syncs
from tests.node.kit import REGISTER, Partner
from tests.node.sync.test_sync import _coordinator, _partner, _sync, person, write  # noqa: F401 - fixtures

FIGURES = ("added", "changed", "withdrawn", "unchanged", "failed")


def figures(report: dict[str, Any]) -> tuple[int, ...]:
    return tuple(report[name] for name in FIGURES)


def logged(partner: Partner) -> tuple[int, ...]:
    """Return the figures of the last SYNC entry of the own log."""
    app = App.open(partner.config())
    try:
        bodies = app.store.read_now(
            lambda db: [row[0] for row in db.execute("SELECT body FROM log_entry ORDER BY seq")]
        )
    finally:
        asyncio.run(app.close())
    last = [public for body in bodies if (public := json.loads(body)["public"])["event"] == "sync"][-1]
    return tuple(last[name] for name in ("added", "changed", "withdrawn", "failed"))


def rows(count: int, **changes: str) -> list[dict[str, str]]:
    return [person(n, taak="wpg13" if n == 0 else "wpg8", **changes) for n in range(count)]


@pytest.mark.parametrize("fault", [ErrorCode.EPOCH_MISMATCH, ErrorCode.COVENANT_MISMATCH])
def test_a_second_round_counts_nobody_twice(coordinator, sync, tmp_path, fault):
    coordinator.refuse = {"wpg13": "R-14"}
    coordinator.faults = [None, fault]
    report = sync(write(tmp_path / "export.csv", rows(500)))
    assert figures(report) == (499, 0, 0, 0, 1)
    assert report["text"] == "499 toegevoegd, 0 gewijzigd, 0 ingetrokken, 0 gelijk, 1 geweigerd."
    assert len(coordinator.registered) == 499


def test_changes_and_withdrawals_of_a_second_round_are_counted_once(coordinator, sync, tmp_path):
    file = tmp_path / "export.csv"
    sync(write(file, [person(n, record_id=f"p-{n:03}") for n in range(500)]))
    changed = [person(n, record_id=f"p-{n:03}", roepnaam="Ans" if n < 450 else "") for n in range(20, 510)]
    coordinator.faults = [None, None, ErrorCode.EPOCH_MISMATCH]
    assert figures(sync(write(file, changed))) == (10, 430, 20, 50, 0)
    assert len(coordinator.registered) == 490


def test_a_row_that_the_coordinator_refuses_is_counted_as_refused_only(coordinator, sync, tmp_path):
    file = tmp_path / "export.csv"
    sync(write(file, rows(3)))
    coordinator.refuse = {"wpg13": "R-14"}
    assert figures(sync(write(file, [*rows(3, roepnaam="Ans"), person(7, taak="wpg13")]))) == (0, 2, 0, 0, 2)


def test_a_sync_that_goes_on_after_an_outage_tells_and_logs_what_it_did_in_all(coordinator, partner, sync, tmp_path):
    file = write(tmp_path / "export.csv", [person(n) for n in range(700)])
    coordinator.faults = [None, None, ErrorCode.STORAGE_FULL]
    with pytest.raises(SamenloopError, match="vanzelf verder"):
        sync(file)

    async def main() -> str:
        app = App.open(partner.config())
        try:
            await resume(app)
            return (await app.store.read(lambda db: syncs.last(db, REGISTER))).outcome
        finally:
            await app.background.stop()
            await app.close()

    assert asyncio.run(main()).startswith("700 toegevoegd, 0 gewijzigd, 0 ingetrokken, 0 gelijk")
    assert logged(partner) == (700, 0, 0, 0)
