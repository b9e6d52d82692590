"""docs/how-to/mend-the-log.md, step by step, with the programs that people use."""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samenloop_coordinator import operating
from samenloop_coordinator.cli import BROKEN
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import HOUSE, PROBATION, Process, hold_ceremony
from tests.e2e.test_question_programs import ACCOUNT, Programs
from tests.e2e.world import World, roomy

NODES = (PROBATION, HOUSE)
NOTICED_SECONDS = 60.0
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "mend-the-log.md"


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """A coordinator and two nodes, of which the coordinator was copied, went on, and was put back."""
    consortium = make_consortium(tmp_path, roomy)
    process = Process(consortium)
    process.start()
    loop = asyncio.new_event_loop()
    made = Programs(World(consortium, process, loop, asyncio.run(hold_ceremony(consortium))))
    made.accounts += ACCOUNT.format(name="fg", role="privacy_officer")
    for name in NODES:
        made.start(name)
    try:
        settle(made)
        yield made
    finally:
        for daemon in made.running:
            daemon.terminate()
            daemon.wait(30)
        process.stop()
        loop.close()


def files(programs: Programs) -> list[Path]:
    data = programs.world.consortium.config.data
    return [Path(str(data.database)), Path(str(data.log_head))]


def copy_to(programs: Programs, folder: Path) -> None:
    folder.mkdir()
    for path in files(programs):
        shutil.copyfile(path, folder / path.name)


def put_back(programs: Programs, folder: Path) -> None:
    for path in files(programs):
        for name in (f"{path.name}-wal", f"{path.name}-shm"):
            (path.parent / name).unlink(missing_ok=True)
        shutil.copyfile(folder / path.name, path)


def size(programs: Programs) -> int:
    with operating.log_files(programs.world.consortium.config) as opened:
        return opened.head().size


def accepted(programs: Programs, name: str) -> int:
    with sqlite3.connect(programs.world.consortium.parties[name].folder / "state" / "node.sqlite") as connection:
        row = connection.execute("SELECT size FROM witness").fetchone()
    return int(row[0]) if row else 0


def settle(programs: Programs) -> None:
    """Wait until every node accepted all that is signed now."""
    wanted = size(programs)
    for name in NODES:
        programs.wait(lambda name=name: accepted(programs, name) >= wanted, f"what {name} accepts")


def rolled_back(programs: Programs, folder: Path) -> None:
    """Copy the coordinator's files, let the log grow, keep the newest copy too, and put back the old one."""
    process = programs.world.process
    assert process.stop() == 0
    copy_to(programs, folder / "old")
    process.start()
    programs.json(PROBATION, "otto", "status")
    settle(programs)
    assert process.stop() == 0
    copy_to(programs, folder / "new")
    put_back(programs, folder / "old")


def ends_by_itself(programs: Programs) -> None:
    process = programs.world.process
    process.start()
    begun = time.monotonic()
    assert process._running is not None
    assert process._running.wait(NOTICED_SECONDS) == BROKEN
    process._running = None
    assert time.monotonic() - begun < NOTICED_SECONDS


def standing(programs: Programs, name: str) -> dict[str, Any]:
    found: dict[str, Any] = programs.json(name, "otto", "witness", "show")
    return found


def goes_on(programs: Programs) -> None:
    before = size(programs)
    programs.wait(lambda: size(programs) > before or all_at(programs, size(programs)), "the log to grow")
    settle(programs)
    for name in NODES:
        assert standing(programs, name)["stops"] == []
    assert programs.world.process._running is not None
    assert programs.world.process._running.poll() is None


def all_at(programs: Programs, wanted: int) -> bool:
    return all(accepted(programs, name) == wanted for name in NODES)


def test_a_newer_copy_is_put_back_and_the_nodes_go_on(programs: Programs, tmp_path: Path) -> None:
    rolled_back(programs, tmp_path)
    ends_by_itself(programs)
    put_back(programs, tmp_path / "new")
    programs.world.process.start()
    for name in NODES:
        programs.json(name, "otto", "witness", "resume")
    goes_on(programs)


def test_without_a_newer_copy_all_nodes_accept_the_loss_and_go_on(programs: Programs, tmp_path: Path) -> None:
    rolled_back(programs, tmp_path)
    ends_by_itself(programs)
    known = programs.json(PROBATION, "fg", "witness", "evidence")["accepted"]
    assert programs.json(PROBATION, "fg", "witness", "accept-loss")["may_ask"]
    assert programs.json(PROBATION, "fg", "witness", "evidence")["lost"] == [known]
    ends_by_itself(programs)  # the other node still shows what it accepted
    programs.json(HOUSE, "fg", "witness", "accept-loss")
    programs.world.process.start()
    goes_on(programs)


def test_the_page_names_the_commands_that_were_tried() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for command in (
        "audit fsck",
        "witness resume",
        "witness show",
        "witness evidence",
        "witness accept-loss",
        f"exit code {BROKEN}",
    ):
        assert command in text
