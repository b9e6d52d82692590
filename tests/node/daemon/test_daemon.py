"""The program itself: a node process, its socket, its command line, and what kill -9 leaves behind."""

import json
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.node.kit import REGISTER, FakeCoordinator, Partner, world
from tests.node.sync.test_sync import person, write

ME = pwd.getpwuid(os.getuid()).pw_name
PROGRAM = Path(sys.executable).parent / "samenloop-node"


@pytest.fixture(name="coordinator", scope="module")
def _coordinator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeCoordinator, Partner]]:
    made, partner = world(tmp_path_factory.mktemp("world"), os_user=ME)
    (partner.folder / "node.toml").write_text(partner.toml())
    with made.serving():
        yield made, partner


class Node:
    """A running node process; `prelude` runs first in it."""

    def __init__(self, partner: Partner, prelude: str = "") -> None:
        self.partner = partner
        self.program = [sys.executable, "-c", f"{prelude}\nfrom samenloop_node.cli import main; main()"]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        config = self.partner.folder / "node.toml"
        with (self.partner.folder / "node.log").open("ab") as log:
            self.process = subprocess.Popen([*self.program, "run", "--config", config, *options], stderr=log)
        for _try in range(600):
            if self.partner.config().socket.exists() and self.run("status").returncode == 0:
                assert self.run("activate").returncode == 0
                return
            time.sleep(0.1)
        raise AssertionError((self.partner.folder / "node.log").read_text())

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self, number: int = signal.SIGKILL, seconds: float = 120) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SAMENLOOP_NODE_SOCKET": str(self.partner.config().socket)}
        return subprocess.run(
            [PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
            check=False,
        )

    def json(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        done = self.run(*arguments, "--json", stdin=stdin)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.fixture(name="one_node", scope="module")
def _one_node(coordinator: tuple[FakeCoordinator, Partner]) -> Iterator[Node]:
    node = Node(coordinator[1])
    yield node
    if node.running():
        node.kill(signal.SIGTERM)


@pytest.fixture(name="node")
def _node(one_node: Node) -> Node:
    if not one_node.running():
        one_node.start()
    return one_node


@pytest.fixture(name="fake")
def _fake(coordinator: tuple[FakeCoordinator, Partner]) -> FakeCoordinator:
    coordinator[0].seconds_per_chunk = 0.0
    return coordinator[0]


@contextmanager
def held(fake: FakeCoordinator) -> Iterator[None]:
    """Let the coordinator answer no chunk meanwhile, however long that takes."""
    fake.held = event = threading.Event()
    try:
        yield
    finally:
        event.set()
        fake.held = None


def test_kill_9_in_the_middle_of_a_sync_loses_nothing_and_registers_nobody_twice(node, fake, tmp_path):
    file = write(tmp_path / "export.csv", [person(n) for n in range(3000)])
    fake.seconds_per_chunk = 0.15
    chunks = len(fake.chunks)
    command = [PROGRAM, "sync", str(file), "--register", REGISTER, "--socket", str(node.partner.config().socket)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as caller:
        while len(fake.chunks) < chunks + 4:
            time.sleep(0.02)
        with held(fake):
            node.kill()
            assert "stopte" in (caller.communicate(timeout=120)[1])
    assert caller.returncode == 5
    there = set(fake.registered)
    assert 0 < len(there) < 3000
    node.start()
    for _try in range(300):
        status = node.json("status")
        if not status["open_syncs"]:
            break
        time.sleep(0.1)
    assert status["registers"][0]["registered"] == 3000
    assert len(fake.registered) == 3000
    assert there <= set(fake.registered)


def test_sigterm_in_the_middle_of_a_sync_ends_at_once_and_the_sync_goes_on_later(node, fake, tmp_path):
    file = write(tmp_path / "export.csv", [person(n, huisnummer="99") for n in range(3000)])
    fake.seconds_per_chunk = 0.15
    chunks = len(fake.chunks)
    command = [PROGRAM, "sync", str(file), "--register", REGISTER, "--socket", str(node.partner.config().socket)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as caller:
        while len(fake.chunks) < chunks + 4:
            time.sleep(0.02)
        with held(fake):
            assert node.kill(signal.SIGTERM, seconds=60) == 0, "although no answer comes"
            caller.communicate(timeout=120)
    assert caller.returncode == 5
    fake.seconds_per_chunk = 0.0
    node.start()
    for _try in range(300):
        status = node.json("status")
        if not status["open_syncs"]:
            break
        time.sleep(0.1)
    assert status["registers"][0]["registered"] == 3000
    assert status["registers"][0]["outcome"].startswith("0 toegevoegd")


def test_one_person_is_registered_from_standard_input_and_withdrawn(node, fake):
    before = len(fake.registered)
    fields = {name: value for name, value in person(7, record_id="").items() if value}
    done = node.run("register", "--register", REGISTER, "--record-id", "single-1", stdin=json.dumps(fields))
    assert (done.returncode, done.stdout) == (0, "Geregistreerd in register politie.\n")
    assert len(fake.registered) == before + 1
    assert node.run("withdraw", "--register", REGISTER, "--record-id", "single-1").returncode == 0
    assert len(fake.registered) == before
    again = node.run("withdraw", "--register", REGISTER, "--record-id", "single-1")
    assert again.returncode == 1
    assert "niet geregistreerd" in again.stderr


def test_a_single_person_with_a_bsn_or_a_forbidden_field_is_refused(node, fake):
    fields = {**person(7), "geboorteplaats": "123456782"}
    fields.pop("record_id")
    refused = node.run("register", "--register", REGISTER, "--record-id", "s-2", stdin=json.dumps(fields))
    assert refused.returncode == 2
    assert "BSN" in refused.stderr
    assert "123456782" not in refused.stderr + refused.stdout
    fields = {"bsn": "123456782"}
    assert node.run("register", "--register", REGISTER, "--record-id", "s-2", stdin=json.dumps(fields)).returncode == 2


def test_the_program_and_its_daemon_speak_english_when_asked(node, monkeypatch):
    assert node.run("status").stdout.startswith("Deelnemer ")
    assert "kent alleen ja en nee" in _refused_row(node)
    monkeypatch.setenv("SAMENLOOP_LANG", "en")
    assert node.run("status").stdout.startswith("Participant ")
    assert "knows only ja (yes) and nee (no)" in _refused_row(node)  # a sentence of the daemon, from its own thread
    missing = node.run("sync", "/nowhere.csv", "--register", REGISTER)
    assert missing.stderr == "File /nowhere.csv cannot be read: it does not exist. Check the name and the folder.\n"


def _refused_row(node):
    fields = {**person(7), "bescherming": "misschien"}
    fields.pop("record_id")
    return node.run("register", "--register", REGISTER, "--record-id", "s-3", stdin=json.dumps(fields)).stderr


def test_as_somebody_else_is_refused_outside_a_demo(node):
    refused = node.run("status", "--as", "b.boss")
    assert refused.returncode == 4
    assert "demonstratie" in refused.stderr


def test_as_works_in_a_demo_and_roles_and_dates_still_count(coordinator, node):
    node.kill(signal.SIGTERM)
    node.start("--demo")
    assert node.run("status", "--as", "b.boss").returncode == 0
    refused = node.run("sync", "/etc/hostname", "--register", REGISTER, "--as", "b.boss")
    assert (refused.returncode, "geen rol" in refused.stderr) == (4, True)
    refused = node.run("status", "--as", "w.worker")
    assert (refused.returncode, "niet geldig" in refused.stderr) == (4, True)
    assert node.run("status", "--as", "nobody").returncode == 4
    node.kill(signal.SIGTERM)


def test_a_second_node_on_the_same_state_refuses(node):
    second = node.run("run", "--config", str(node.partner.folder / "node.toml"))
    assert second.returncode == 5
    assert "draait al een node" in second.stderr


def test_sigterm_ends_the_node_gracefully_and_removes_its_socket(node):
    assert node.kill(signal.SIGTERM) == 0
    assert not node.partner.config().socket.exists()
    gone = node.run("status")
    assert gone.returncode == 5
    assert "Start hem met" in gone.stderr


def test_an_error_with_json_is_an_object(node):
    refused = node.run("sync", str(node.partner.folder / "node.toml"), "--register", "elders", "--json")
    assert json.loads(refused.stdout)["error"]["code"] == "invalid_input"


def test_the_log_of_the_node_holds_no_name_and_only_listed_fields(node):
    from samenloop.logs import ALLOWED

    lines = (node.partner.folder / "node.log").read_text().splitlines()
    assert lines
    for line in lines:
        assert set(json.loads(line)) <= ALLOWED
    assert "heijdenrijk" not in "".join(lines).lower()
