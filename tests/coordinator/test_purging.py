"""The coordinator's log after its term: bodies are gone from the files, hashes stay, and every check still holds."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import log, verify
from samenloop.audit.anchor import from_covenant
from samenloop.audit.fields import Event
from samenloop.audit.note import load_signer
from samenloop.audit.store import Purged, Search, TreeStore
from samenloop.covenant import fingerprint
from samenloop_coordinator import operating, purging
from samenloop_coordinator.cli import app
from samenloop_coordinator.purging import LONGEST_MONTH_DAYS
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, POLICE, PROBATION
from tests.coordinator.world import MovingClock, World, copied, play

TERM = timedelta(days=60 * LONGEST_MONTH_DAYS)
CASE = b"\x5e" * 32


async def asked(world: World) -> None:
    """Ask, and have all of it signed."""
    await world.ask(PROBATION, [HOUSE], "nobody", case_ref=CASE)
    await world.coordinator.periodic.record(Event.HEARTBEAT)
    await world.coordinator.integrator.tree(world.coordinator.integrator._all_waiting)


async def aged(world: World, *, witnessed: bool = True) -> None:
    """Ask, let partners cosign, and let the term go by; one newer entry shows that it did."""
    await asked(world)
    if witnessed:
        cosign(world.consortium, int(world.clock.now().timestamp()))
    world.clock.ahead += TERM + timedelta(days=1)
    await world.coordinator.periodic.record(Event.HEARTBEAT)
    await world.coordinator.integrator.tree(world.coordinator.integrator._all_waiting)


def bodies(consortium: Consortium) -> list[bytes | None]:
    with operating.log_files(consortium.config) as files:
        return [one.body for one in files.entries.entries(0, 1_000)]


def purges(consortium: Consortium) -> Sequence[Purged]:
    with operating.log_files(consortium.config) as files:
        return files.entries.purges()


def found(consortium: Consortium) -> tuple[int, int]:
    """Return in how many bodies, and in how many rows of the index, the case is."""
    whole = sum(body is not None and CASE.hex().encode() in body for body in bodies(consortium))
    with operating.log_files(consortium.config) as files:
        return whole, files.tree.count(Search(case=CASE.hex()))


def cosign(consortium: Consortium, seconds: int) -> None:
    """Let two partners witness the log as it is."""
    trusted = from_covenant(consortium.covenant)
    with operating.log_files(consortium.config) as files:
        for name in (PROBATION, POLICE):
            head = files.head()
            line = checkpoints.cosign(head, load_signer(name, consortium.parties[name].folder / "signing.key"), seconds)
            log.accept_cosignature(files.tree, line.line(), head.size, files.signer, trusted.witnesses, seconds * 1000)


def checked(consortium: Consortium, folder: Path, ahead: timedelta = TERM + timedelta(days=2)) -> verify.Report:
    assert operating.check_log(consortium.config, lambda _done, _all: None).problems == ()
    now = MovingClock(ahead)
    cosign(consortium, int(now.now().timestamp()))
    operating.export(consortium.config, folder, now)
    return verify.verify_export(folder, fingerprint(consortium.covenant))


def test_what_is_past_its_term_goes_by_itself_and_the_log_still_verifies(
    consortium: Consortium, tmp_path: Path
) -> None:
    async def scenario(world: World) -> None:
        await aged(world)
        await world.coordinator.periodic.upkeep()
        await world.coordinator.integrator.tree(world.coordinator.integrator._all_waiting)
        assert await world.coordinator.integrator.tree(lambda tree: tree.row(0)) is None

    control = copied(consortium, tmp_path / "control")
    play(control, aged)
    assert found(control) == (1, 1)
    play(consortium, scenario)
    assert found(consortium) == (0, 0)
    kept = bodies(consortium)
    gone = [place for place, body in enumerate(kept) if body is None]
    assert gone == list(range(len(gone)))
    assert len(gone) >= 3
    report = checked(consortium, tmp_path / "export")
    assert (report.problems, report.purged) == ((), ((0, len(gone) - 1),))


def test_a_purge_entry_goes_after_its_own_term_and_the_log_still_verifies(
    consortium: Consortium, tmp_path: Path
) -> None:
    async def scenario(world: World) -> None:
        await aged(world)
        await world.coordinator.periodic.upkeep()
        await aged(world)
        await world.coordinator.periodic.upkeep()
        await world.coordinator.integrator.tree(world.coordinator.integrator._all_waiting)

    play(consortium, scenario)
    assert [one.last for one in purges(consortium)] == sorted({one.last for one in purges(consortium)})
    gone = [place for place, body in enumerate(bodies(consortium)) if body is None]
    assert purges(consortium)[0].by in gone, "the first purge entry is past its term too"
    report = checked(consortium, tmp_path / "export", 2 * TERM + timedelta(days=3))
    assert (report.problems, report.purged) == ((), ((0, len(gone) - 1),))


def test_nothing_goes_of_which_no_witness_says_how_old_it_is(consortium: Consortium) -> None:
    """The verifier would take it for a theft, and rightly so: only the log's own key says that the term is over."""

    async def scenario(world: World) -> None:
        await aged(world, witnessed=False)
        cosign(world.consortium, int(world.clock.now().timestamp()))
        await world.coordinator.periodic.upkeep()
        assert found(consortium) == (1, 1)
        world.clock.ahead += TERM + timedelta(days=1)
        await world.coordinator.periodic.record(Event.HEARTBEAT)
        await world.coordinator.integrator.tree(world.coordinator.integrator._all_waiting)
        await world.coordinator.periodic.upkeep()
        assert found(consortium) == (0, 0), "a term after they cosigned it goes"

    play(consortium, scenario)


def test_nothing_goes_by_the_term_of_a_version_that_was_replaced_meanwhile(consortium: Consortium) -> None:
    """The purge entry would stand behind the new version, by which it is judged."""

    async def scenario(world: World) -> None:
        await aged(world)
        desk, tree = world.coordinator.desk, world.coordinator.integrator.tree
        replaced = dataclasses.replace(consortium.covenant, name="De versie ervoor")
        counts = [
            await purging.purge(desk.store, desk.journal, tree, covenant, world.clock.now())
            for covenant in (replaced, consortium.covenant)
        ]
        assert counts[0] == 0 < counts[1]

    play(consortium, scenario)


def test_nothing_goes_before_its_term(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await world.ask(PROBATION, [HOUSE], "nobody", case_ref=CASE)
        world.clock.ahead += TERM - timedelta(days=1)
        await world.coordinator.periodic.record(Event.HEARTBEAT)
        await world.coordinator.integrator.tree(world.coordinator.integrator._all_waiting)
        await world.coordinator.periodic.upkeep()

    play(consortium, scenario)
    assert None not in bodies(consortium)


def test_what_a_crash_left_in_the_index_is_forgotten_the_next_time(
    consortium: Consortium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CrashError(Exception):
        """The machine stopped between the erasing and the index."""

    async def scenario(world: World) -> None:
        coordinator = world.coordinator
        await aged(world)
        covenant, now = coordinator.desk.agreement.covenant, world.clock.now()

        async def crashing(work: Callable[[TreeStore], Any]) -> Any:
            def stopped(tree: TreeStore) -> Any:
                monkeypatch.setattr(type(tree), "forget", lambda *_range: (_ for _ in ()).throw(CrashError))
                return work(tree)

            return await coordinator.integrator.tree(stopped)

        with pytest.raises(CrashError):
            await purging.purge(coordinator.store, coordinator.desk.journal, crashing, covenant, now)
        monkeypatch.undo()
        await coordinator.integrator.tree(coordinator.integrator._all_waiting)
        left = await coordinator.integrator.tree(lambda tree: tree.row(0))
        assert left is not None, "the index still has what was erased"
        await coordinator.periodic.upkeep()
        await coordinator.integrator.tree(coordinator.integrator._all_waiting)

    play(consortium, scenario)
    assert checked(consortium, tmp_path / "export").problems == ()


def test_the_command_erases_nothing_that_is_not_past_its_term(consortium: Consortium) -> None:
    done = CliRunner().invoke(app, ["audit", "purge", "--config", str(consortium.config_file)])
    assert (done.exit_code, done.output.strip()) == (0, "Gewist na de bewaartermijn: 0 regels.")
    assert None not in bodies(consortium)
