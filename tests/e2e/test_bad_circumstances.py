"""Bad circumstances through the programs that people use: one sentence, an exit code, nothing half done."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from samenloop.covenant import fingerprint
from samenloop.covenant.files import signatures_path
from samenloop.covenant.parse import parse_toml
from samenloop.covenant.signatures import format_signatures, sign
from samenloop_coordinator import ca
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import HOUSE, POLICE, PROBATION, Process, hold_ceremony
from tests.e2e.test_question_programs import PROGRAM, Programs, question
from tests.e2e.world import World, person, roomy

COORDINATOR = [sys.executable, "-c", "from samenloop_coordinator.cli import main; main()"]
LATER, REFUSED, FAILED = 5, 4, 1


@pytest.fixture(scope="module", name="programs")
def _programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    consortium = make_consortium(tmp_path_factory.mktemp("bad"), edit=roomy)
    process = Process(consortium)
    process.start()
    loop = asyncio.new_event_loop()
    world = World(consortium, process, loop, loop.run_until_complete(hold_ceremony(consortium)))
    programs = Programs(world)
    world.register(HOUSE, person(1), "casus-1")
    programs.start(PROBATION)
    yield programs
    for daemon in programs.running:
        daemon.terminate()
        daemon.wait(20)
    for app in world.nodes.values():
        world.run(app.close())
    process.stop()
    loop.close()


def _ask(programs: Programs, case: str, holder: str = HOUSE) -> tuple[int, str, str]:
    return programs.call(PROBATION, "anna", "ask", stdin={"question": question(case, holder), "person": person(1)})


def _restart(programs: Programs, prelude: str = "") -> None:
    """Stop the node's daemon and start it again; `prelude` runs first in the new process."""
    programs.running[-1].terminate()
    programs.running[-1].wait(20)
    folder = programs.world.consortium.parties[PROBATION].folder
    program = [sys.executable, "-c", f"{prelude}\nfrom samenloop_node.cli import main; main()"]
    with (folder / "daemon.log").open("ab") as log:
        command = [*program, "run", "--config", str(folder / "node.toml"), "--demo"]
        programs.running[-1] = subprocess.Popen(command, stdout=log, stderr=log)
    programs.wait((folder / "node.sock").exists, "the daemon")


def test_coordinator_down_gives_an_error_and_no_answer_and_the_question_can_be_asked_again(programs: Programs) -> None:
    programs.world.process.stop()
    code, out, err = _ask(programs, "B-1")
    assert (code, out) == (LATER, "")
    assert "is niet bereikbaar" in err
    assert "Stel dezelfde vraag later opnieuw met: samenloop-node ask --retry" in err
    programs.world.process.start()
    number = err.split()[-1]
    again = programs.call(PROBATION, "anna", "ask", "--retry", number, stdin={"person": person(1)})
    assert (again[0], "Bekend bij" in again[1]) == (0, True)


def _certificate(programs: Programs, days: int, old: timedelta) -> bytes:
    consortium = programs.world.consortium
    request = (consortium.parties[PROBATION].folder / "tls.csr").read_bytes()
    return ca.sign_participant(ca.load(consortium.folder / "ca"), request, PROBATION, days, datetime.now(UTC) - old)


def test_an_expired_certificate_is_named_with_its_day_and_a_new_one_works_at_once(programs: Programs) -> None:
    file = programs.world.consortium.parties[PROBATION].folder / "tls.pem"
    file.write_bytes(_certificate(programs, 1, timedelta(days=3)))
    code, out, err = _ask(programs, "B-2")
    assert (code, out) == (REFUSED, "")
    assert "tls.pem is verlopen op" in err
    assert "Vraag de beheerder van de coördinator om een nieuw certificaat." in err
    file.write_bytes(_certificate(programs, 20, timedelta(days=1)))
    assert _ask(programs, "B-2")[0] == 0


@pytest.mark.parametrize(("minutes", "direction"), [(10, "voor"), (-10, "achter")])
def test_a_clock_ten_minutes_off_is_said_and_nothing_is_answered(
    programs: Programs, minutes: int, direction: str
) -> None:
    _restart(
        programs,
        "import samenloop.clock as clock\nfrom datetime import timedelta\nright = clock.SystemClock.now\n"
        f"clock.SystemClock.now = lambda self: right(self) + timedelta(minutes={minutes})",
    )
    code, out, err = _ask(programs, f"B-3{direction}")
    assert (code, out) == (LATER, "")
    assert f"De klok van deze computer loopt 10 minuten {direction} op die van de coördinator. Zet hem gelijk." in err
    _restart(programs)
    assert _ask(programs, f"B-3{direction}")[0] == 0


def test_a_covenant_that_is_not_the_configured_one_is_refused(programs: Programs) -> None:
    folder = programs.world.consortium.parties[PROBATION].folder
    config = folder / "other.toml"
    right = fingerprint(programs.world.consortium.covenant)
    config.write_text((folder / "node.toml").read_text().replace(right, "0" * 64))
    done = subprocess.run(
        [*PROGRAM, "config", "check", "--config", str(config)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == FAILED
    assert "heeft een andere vingerafdruk dan de configuratie noemt" in done.stderr


def test_a_node_that_lags_behind_follows_a_signed_version_before_it_asks(programs: Programs) -> None:
    consortium = programs.world.consortium
    text = (consortium.folder / "covenant.toml").read_text()
    before, after = text.split(f'id = "{PROBATION}"')
    may_ask = after.split("may_ask = ", 1)[1].split("\n", 1)[0]
    after = after.replace(may_ask, may_ask.replace(f'"{POLICE}", ', ""), 1)
    newer = consortium.folder / "covenant-2.toml"
    old = fingerprint(consortium.covenant)
    newer.write_text(
        f'{before}id = "{PROBATION}"{after}'.replace("version = 1\n", f'version = 2\npredecessor = "{old}"\n', 1)
    )
    command = [*COORDINATOR, "covenant", "activate", str(newer), "--config", str(consortium.config_file)]
    unsigned = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (unsigned.returncode, unsigned.stderr) == (FAILED, "Niet iedereen die moet tekenen heeft getekend.\n")
    covenant = parse_toml(newer.read_text())
    signed = sign(covenant, PROBATION, consortium.parties[PROBATION].signing)
    signatures_path(newer).write_bytes(format_signatures([signed]))
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    assert _ask(programs, "B-5")[0] == 0  # asked under version 1, refused, fetched version 2, asked again
    assert programs.json(PROBATION, "otto", "status")["version"] == 2
    code, out, err = _ask(programs, "B-6", POLICE)
    assert (code, out) == (REFUSED, "")
    assert "Kijk in het convenant." in err
