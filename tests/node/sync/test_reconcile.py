"""`reconcile`: only what this node does not know is withdrawn, after its number was confirmed, and once."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samenloop.audit import entry as entries
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop_node import witness
from samenloop_node.app import App
from samenloop_node.commands import reconcile as command
from samenloop_node.commands.status import _unknown
from samenloop_node.registrations import reconcile
from samenloop_node.registrations.jobs import synchronise
from samenloop_node.registrations.sync import Order
from samenloop_node.store import registrations
from tests.node.daemon.test_commands import OPERATOR
from tests.node.kit import REGISTER, FakeCoordinator, Partner, world
from tests.node.sync.test_sync import person, write


@pytest.fixture(name="fake")
def _fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCoordinator]:
    monkeypatch.setattr(reconcile, "PAGE", 2)
    monkeypatch.setattr(reconcile, "_PAUSES", (0.01,) * 4)
    made, partner = world(tmp_path)
    made.page = 2
    made.partner = partner  # type: ignore[attr-defined]
    with made.serving():
        yield made


def within(fake: FakeCoordinator, scenario: Any) -> Any:
    """Run something with the node open."""

    async def main() -> Any:
        partner: Partner = fake.partner  # type: ignore[attr-defined]
        app = App.open(partner.config())
        try:
            return await scenario(app)
        finally:
            await app.background.stop()
            await app.close()

    return asyncio.run(main())


async def sync(app: App, file: Path) -> dict[str, Any]:
    return await synchronise(app, Order(REGISTER, file, 0, "o.operator"), lambda _message: None)


async def run(app: App, confirmed: int = 0) -> dict[str, Any]:
    return await command.run(app, OPERATOR, {"register": REGISTER, "confirm_withdrawals": confirmed}, None)


def forgotten(fake: FakeCoordinator, number: int) -> set[bytes]:
    """Let the coordinator have registrations that the node does not know."""
    like = next(iter(fake.registered.values()))
    made = {os.urandom(16) for _one in range(number)}
    for one in made:
        fake.registered[one], fake.registers[one] = like, REGISTER
    return made


def test_R18_only_what_is_unknown_is_withdrawn_and_only_after_its_number_was_confirmed(fake, tmp_path):
    async def scenario(app: App) -> None:
        await sync(app, write(tmp_path / "export.csv", [person(n) for n in range(5)]))
        own = set(fake.registered)
        forgotten(fake, 4)
        for confirmed in (0, 3):
            with pytest.raises(SamenloopError, match=r"heeft 9 registraties.*er 4 niet") as caught:
                await run(app, confirmed)
            assert caught.value.code is ErrorCode.REFUSED
            assert len(fake.registered) == 9
        assert len(app.store.read_now(lambda db: _unknown(db, app))) == 1
        done = await run(app, 4)
        assert (done["listed"], done["withdrawn"], done["lacking"]) == (9, 4, 0)
        assert set(fake.registered) == own
        assert app.store.read_now(lambda db: _unknown(db, app)) == []
        chunks = len(fake.chunks)
        assert (await run(app))["withdrawn"] == 0
        assert len(fake.chunks) == chunks

    within(fake, scenario)


def test_a_registration_on_its_way_is_known_and_stays(fake, tmp_path):
    async def scenario(app: App) -> None:
        await sync(app, write(tmp_path / "export.csv", [person(n) for n in range(3)]))
        (one,) = forgotten(fake, 1)
        await app.store.write(lambda db: registrations.unsettle(db, [(REGISTER, "op-weg", one)], 1))
        done = await run(app)
        assert (done["withdrawn"], done["lacking"]) == (0, 0)
        assert one in fake.registered

    within(fake, scenario)


def test_no_reconciling_while_the_register_is_synchronised(fake, tmp_path):
    file = write(tmp_path / "export.csv", [person(n) for n in range(3)])
    fake.held = threading.Event()

    async def scenario(app: App) -> None:
        busy = asyncio.create_task(sync(app, file))
        await asyncio.sleep(0.05)
        with pytest.raises(SamenloopError) as caught:
            await run(app)
        assert caught.value.code is ErrorCode.BUSY
        assert fake.held
        fake.held.set()
        await busy

    within(fake, scenario)


def test_what_was_interrupted_is_finished_by_the_same_command(fake, tmp_path):
    async def scenario(app: App) -> None:
        await sync(app, write(tmp_path / "export.csv", [person(n) for n in range(3)]))
        own = set(fake.registered)
        forgotten(fake, 450)
        fake.faults = [None, "after", ErrorCode.STORAGE_FULL]
        with pytest.raises(SamenloopError):
            await run(app, 450)
        left = len(fake.registered) - 3
        assert 0 < left < 450
        assert (await run(app, left))["withdrawn"] == left
        assert set(fake.registered) == own

    within(fake, scenario)


def test_a_page_without_a_reply_is_asked_for_again_with_the_same_bytes(fake, tmp_path):
    async def scenario(app: App) -> None:
        await sync(app, write(tmp_path / "export.csv", [person(n) for n in range(3)]))
        fake.list_faults = ["after", "after"]
        await run(app)
        assert len(fake.listed) == 2 + 2
        assert len({one.request_id for one in fake.listed}) == 2

    within(fake, scenario)


def test_what_the_coordinator_lacks_is_sent_again_under_its_own_id(fake, tmp_path):
    file = write(tmp_path / "export.csv", [person(n) for n in range(5)])

    async def scenario(app: App) -> None:
        await sync(app, file)
        own = set(fake.registered)
        gone = sorted(own)[0], sorted(own)[-1]
        for one in gone:
            del fake.registered[one]
        assert (await run(app))["lacking"] == 2
        await sync(app, file)
        assert set(fake.registered) == own

    within(fake, scenario)


@pytest.mark.parametrize(
    "order", [lambda ids: ids[::-1], lambda ids: [*ids, ids[-1]], lambda ids: [one[:8] for one in ids]]
)
def test_a_list_out_of_order_is_refused_with_nothing_withdrawn(fake, tmp_path, order):
    fake.order = order

    async def scenario(app: App) -> None:
        await sync(app, write(tmp_path / "export.csv", [person(n) for n in range(3)]))
        with pytest.raises(IntegrityError, match="geen geldige lijst"):
            await run(app, 99)
        assert len(fake.registered) == 3

    within(fake, scenario)


def test_a_page_that_was_logged_as_another_stops_this_node(fake, tmp_path):
    async def scenario(app: App) -> None:
        await sync(app, write(tmp_path / "export.csv", [person(n) for n in range(3)]))
        fake.wrong_receipt = True
        with pytest.raises(IntegrityError):
            await run(app, 99)
        assert (await witness.stand(app)).stops

    within(fake, scenario)


def test_the_own_log_says_who_withdrew_how_many(fake, tmp_path):
    async def scenario(app: App) -> None:
        await sync(app, write(tmp_path / "export.csv", [person(n) for n in range(3)]))
        forgotten(fake, 2)
        await run(app, 2)
        bodies = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry ORDER BY seq").fetchall())
        public = [entries.parse(body).public for (body,) in bodies]
        (said,) = [one for one in public if one.get("action") == "reconcile"]
        assert (said["event"], said["withdrawn"], said["register"]) == ("sync", 2, REGISTER)
        assert said["user"] == app.references.user(OPERATOR.name).hex()

    within(fake, scenario)
