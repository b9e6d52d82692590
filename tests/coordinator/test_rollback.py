"""A coordinator that was put back to an old copy, both files: a witness that saw more makes it stop signing."""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import log
from samenloop.audit.checkpoint import Checkpoint, TreeHead
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.errors import SamenloopError
from samenloop.wire.v1 import audit_pb2
from samenloop_coordinator import operating
from samenloop_coordinator.cli import BROKEN
from tests.audit.world import signing_key
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import PROBATION, Process, connect
from tests.coordinator.world import World, copied, play

STOPPED_SECONDS = 60.0
"""What the covenant's partners may count on: a rollback is found within a minute (a node looks every 20 seconds)."""


def head(consortium: Consortium) -> Checkpoint:
    with operating.log_files(consortium.config) as files:
        return files.head()


def grow(consortium: Consortium, times: int = 1) -> Checkpoint:
    """Start it, add entries, sign them."""

    async def scenario(world: World) -> None:
        for _number in range(times):
            await world.coordinator.periodic.record(Event.HEARTBEAT)
        await world.coordinator.integrator.tree(world.coordinator.integrator._all_waiting)

    play(consortium, scenario)
    return head(consortium)


def shown(consortium: Consortium, note: bytes) -> tuple[bool, bool]:
    """Show a note to the coordinator; return whether it stops, and whether it still signs after that."""
    found: list[bool] = []

    async def scenario(world: World) -> None:
        integrator = world.coordinator.integrator
        await integrator.hold_against(note)
        before = await integrator.tree(lambda tree: tree.head())
        await world.coordinator.periodic.record(Event.HEARTBEAT)
        await integrator._round()
        after = await integrator.tree(lambda tree: tree.head())
        found.extend((world.coordinator.stopping.is_set(), before != after))

    play(consortium, scenario)
    return found[0], found[1]


def rolled_back(consortium: Consortium, folder: Path) -> tuple[Consortium, Checkpoint]:
    """Return an old copy, and the checkpoint that a witness saw after it was made."""
    grow(consortium)
    old = copied(consortium, folder)
    return old, grow(consortium, 5)


@pytest.mark.parametrize("regrown", [0, 30], ids=["shorter", "grown past it again"])
def test_a_rolled_back_log_stops_and_signs_nothing_more(consortium: Consortium, tmp_path: Path, regrown: int) -> None:
    old, seen = rolled_back(consortium, tmp_path / "old")
    if regrown:
        assert grow(old, regrown).size > seen.size
    assert shown(old, seen.format()) == (True, False)


def test_what_is_in_the_history_stops_nobody(consortium: Consortium) -> None:
    seen = [grow(consortium), grow(consortium)]
    for one in seen:
        assert shown(consortium, one.format()) == (False, True)


@pytest.mark.parametrize("kind", ["another key", "no note", "forged"])
def test_a_note_that_the_log_did_not_sign_stops_nobody(consortium: Consortium, kind: str) -> None:
    seen = grow(consortium)
    larger = TreeHead(seen.head.origin, seen.size + 1000, bytes(32))
    notes: dict[str, Callable[[], bytes]] = {
        "another key": lambda: checkpoints.sign(larger, NoteSigner(seen.head.origin, signing_key(9))).format(),
        "no note": lambda: b"garbage",
        "forged": lambda: seen.format().replace(f"\n{seen.size}\n".encode(), f"\n{seen.size + 1000}\n".encode()),
    }
    assert shown(consortium, notes[kind]()) == (False, True)


def test_control_a_build_that_does_not_look_goes_on_signing(
    consortium: Consortium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, seen = rolled_back(consortium, tmp_path / "old")
    monkeypatch.setattr(log, "reject_foreign_history", lambda _tree, _shown: None)
    assert shown(old, seen.format()) == (False, True)


def test_the_running_program_stops_says_why_and_is_not_started_again_by_itself(
    consortium: Consortium, tmp_path: Path
) -> None:
    old, seen = rolled_back(consortium, tmp_path / "old")
    process = Process(old)
    process.start()
    begun = time.monotonic()
    asyncio.run(_show(old, seen.format()))
    assert process._running is not None
    assert process._running.wait(STOPPED_SECONDS) == BROKEN
    assert time.monotonic() - begun < STOPPED_SECONDS
    text = (old.folder / "coordinator.log").read_text(encoding="utf-8")
    assert "log_does_not_hold" in text
    assert "teruggezet of gesplitst" in text
    unit = Path(__file__).parents[2] / "deploy" / "systemd" / "samenloop-coordinator.service"
    assert f"RestartPreventExitStatus={BROKEN}\n" in unit.read_text(encoding="utf-8")


async def _show(consortium: Consortium, note: bytes) -> None:
    client: Any = connect(consortium, PROBATION)
    try:
        await client.send(client.audit.GetCheckpoint, audit_pb2.GetCheckpointRequest(accepted=note))
    except SamenloopError:
        pass  # it may be gone before it answers
    finally:
        await client.channel.close()


def test_both_files_put_back_from_the_newest_copy_go_on(consortium: Consortium, tmp_path: Path) -> None:
    old, seen = rolled_back(consortium, tmp_path / "old")
    assert shown(old, seen.format())[0]
    shutil.rmtree(old.folder / "data", ignore_errors=True)
    for name in (old.config.data.database, old.config.data.log_head):
        place = Path(str(name)).relative_to(old.folder)
        (old.folder / place).parent.mkdir(parents=True, exist_ok=True)
        for path in (consortium.folder / place).parent.glob(place.name + "*"):
            shutil.copyfile(path, old.folder / place.parent / path.name)
    assert shown(old, seen.format()) == (False, True)
