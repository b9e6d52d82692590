"""The same through the programs that people use: daemons, sockets, command lines, standard input."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samenloop.catalogue import load_catalogue
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import HOUSE, POLICE, PROBATION, Process, hold_ceremony
from tests.e2e.world import HOLDERS, World, person, roomy

PROGRAM = [sys.executable, "-c", "from samenloop_node.cli import main; main()"]
ACCOUNT = """
[[account]]
name = "{name}"
os_user = "{name}"
roles = ["{role}"]
secrecy_statement = 2020-01-01
valid_from = 2020-01-01
valid_until = 2099-01-01
"""
ROLES = {"anna": "case_worker", "bakker": "decision_maker", "otto": "operator"}


class Programs:
    """Daemons of two nodes, and command lines that talk to them."""

    def __init__(self, world: World, *, activate: bool = True) -> None:
        self.world = world
        self.activate = activate
        self.accounts = "".join(ACCOUNT.format(name=user, role=role) for user, role in ROLES.items())
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str) -> None:
        """Start the daemon of a participant and wait for its socket."""
        app = self.world.node(name)
        config = app.config
        self.world.run(self.world.nodes.pop(name).close())
        config.authorisations.write_text(self.accounts)
        path = config.state.parent / "node.toml"
        path.write_text(
            f'participant = "{name}"\nstate = "{config.state}"\nsocket = "{config.socket}"\n'
            f'authorisations = "{config.authorisations}"\npoll_seconds = 1\n'
            f'[covenant]\ndocument = "{config.covenant.document}"\nfingerprint = "{config.covenant.fingerprint}"\n'
            f'[tls]\nkey = "{config.tls.key}"\ncertificate = "{config.tls.certificate}"\nca = "{config.tls.ca}"\n'
            f'[keys]\nsigning = "{config.keys.signing}"\nsealing = "{config.keys.sealing}"\n'
            f'references = "{config.keys.references}"\nsecrets = "{config.keys.secrets}"\n'
        )
        with (config.state.parent / "daemon.log").open("ab") as log:
            command = [*PROGRAM, "run", "--config", str(path), "--demo"]
            self.running.append(subprocess.Popen(command, stdout=log, stderr=log))
        self.wait(config.socket.exists, f"the daemon of {name}")
        if self.activate:
            assert self.json(name, "otto", "activate")["state"] == "active"

    def call(self, name: str, acting: str, *arguments: str, stdin: object = None) -> tuple[int, str, str]:
        """Run one command line; return exit code, output and error."""
        socket = self.world.consortium.parties[name].folder / "node.sock"
        done = subprocess.run(
            [*PROGRAM, *arguments, "--socket", str(socket), "--as", acting],
            input="" if stdin is None else json.dumps(stdin),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def json(self, name: str, acting: str, *arguments: str, stdin: object = None) -> Any:
        """Run one command line that must succeed and return its JSON."""
        code, out, err = self.call(name, acting, *arguments, "--json", stdin=stdin)
        assert code == 0, (out, err)
        return json.loads(out)

    def wait(self, true: Any, what: str) -> None:
        """Wait up to two minutes: a busy machine is no failure."""
        until = time.monotonic() + 120
        while not true():
            assert time.monotonic() < until, f"waited in vain for {what}"
            time.sleep(0.1)


@pytest.fixture(scope="module", name="programs")
def _programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    consortium = make_consortium(tmp_path_factory.mktemp("programs"), edit=roomy)
    process = Process(consortium)
    process.start()
    loop = asyncio.new_event_loop()
    world = World(consortium, process, loop, loop.run_until_complete(hold_ceremony(consortium)))
    programs = Programs(world)
    world.register(HOUSE, person(1), "casus-1")
    world.register(POLICE, person(1), "pol-1")
    programs.start(POLICE)
    programs.start(PROBATION)
    yield programs
    for daemon in programs.running:
        daemon.terminate()
        daemon.wait(20)
    for app in world.nodes.values():
        world.run(app.close())
    process.stop()
    loop.close()


def question(case: str, *holders: str) -> dict[str, Any]:
    """Return what a case worker gives on standard input."""
    asked = {"case": case, "holders": [HOLDERS[holder] for holder in holders], "asked_person": "nee_gevaar"}
    lighter = {"anonymous_talk": "nee_persoon_nodig", "phone_call": "nee_vertelt_meer"}
    return {**asked, **lighter, "target_group": ["gebiedsprobleem"]}


def test_from_question_to_release_by_command_lines(programs: Programs) -> None:
    given = {"question": question("R-1", HOUSE, POLICE), "person": person(1)}
    code, out, err = programs.call(PROBATION, "anna", "ask", stdin=given)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert "Bekend bij Zorg- en Veiligheidshuis Midden." in lines[1]
    assert lines[2].startswith("  Code voor aan de telefoon: ")
    assert "Politie Midden: geen bericht." in lines[3]

    programs.wait(lambda: programs.json(POLICE, "bakker", "inbox")["hits"], "the hit")
    (hit,) = programs.json(POLICE, "bakker", "inbox")["hits"]
    assert (hit["state"], hit["records"][0]["record_id"]) == ("hidden", "pol-1")
    number = hit["question"]
    steps = programs.json(POLICE, "bakker", "decide", "steps", number)["steps"]
    answers = [f"--answer={step['step']}={step['answers'][0]}" for step in steps]
    flags = ["--give-basis", "wpg20", "--breach-ground", "wpg20", "--protocol-entry", "PV-1"]
    decree = ["--wpg20-decision", "Besluit 2026-01 (demo)"]
    done = programs.call(
        POLICE, "bakker", "decide", "release", number, *flags, *decree, *answers, stdin={"motive": "nodig"}
    )
    assert done[0] == 0, done

    def released() -> bool:
        (asked,) = programs.json(PROBATION, "anna", "answers", "R-1")["questions"]
        return bool(asked["answers"][1]["released"])

    programs.wait(released, "the release")
    closing = ["case", "close", "R-1", "--reason", "doel_bereikt"]
    assert json.loads(programs.call(PROBATION, "anna", *closing, "--json")[1])["error"]["rule"] == "R-63"
    (notice,) = programs.json(PROBATION, "anna", "notice", "list")["notices"]
    told = ["--given-on", notice["due_on"], "--way", "gesprek", "--given-by", PROBATION]
    contents = [f"--content={code}" for code in load_catalogue().codes["notice_contents"]]
    programs.json(PROBATION, "anna", "notice", "give", str(notice["notice"]), *told, *contents)
    assert programs.json(PROBATION, "anna", *closing)["reported"] is True


@pytest.mark.parametrize(
    ("acting", "arguments"),
    [("otto", ["inbox"]), ("anna", ["inbox"]), ("bakker", ["ask"]), ("otto", ["find-own", "--purpose", "access"])],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_role_that_may_not_gets_one_sentence_and_an_exit_code(
    programs: Programs, acting: str, arguments: list[str]
) -> None:
    code, out, err = programs.call(POLICE, acting, *arguments, stdin={"person": person(1), "question": {}})
    assert (code, out) == (4, "")
    assert len(err.strip().splitlines()) == 1, err


def test_a_question_without_ground_is_refused_by_its_rule_in_json(programs: Programs) -> None:
    asked = question("R-2", POLICE)
    asked["holders"] = [{**HOLDERS[POLICE], "inform_basis": ""}]
    code, out, _err = programs.call(PROBATION, "anna", "ask", "--json", stdin={"question": asked, "person": person(1)})
    assert code == 4
    assert json.loads(out)["error"]["rule"] == "R-25"


def test_the_witness_of_a_running_daemon_may_ask(programs: Programs) -> None:
    def proved() -> bool:
        return programs.json(PROBATION, "otto", "status")["unproved_entries"] == 0

    programs.wait(proved, "the proof of own entries")
    assert programs.json(PROBATION, "otto", "witness", "show")["may_ask"] is True


def test_nothing_of_the_person_is_in_a_log_or_store_of_the_daemons(programs: Programs) -> None:
    words = [person(1)[name].lower().encode() for name in ("voornamen", "geslachtsnaam", "geboortedatum")]
    folder: Path = programs.world.consortium.folder
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes().lower()
            assert not [word for word in words if word in data], path
