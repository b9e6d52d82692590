"""A whole consortium on this machine, run with nothing but the public programs: daemons, commands, key ceremony.

Every party has its own folder below `root`; no party reads another's private files. `making` makes those folders.
"""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAMS = Path(sys.executable).parent
START_SECONDS = 120


PARTLY = 3
"""Exit code of a synchronisation that left rows out."""


class ProgramError(Exception):
    """A program ended with an exit code that was not expected; holds what it said."""

    def __init__(self, command: Sequence[str], done: subprocess.CompletedProcess[str]) -> None:
        super().__init__(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        self.done = done


@dataclass(frozen=True)
class Account:
    """One row of a node's authorisation document. Without an OS user it is reached with `--as`, in a demo only."""

    name: str
    roles: tuple[str, ...]
    os_user: str = ""


@dataclass(frozen=True)
class Party:
    """One participant: its registers, who may use its node, and the settings of its registers in TOML."""

    id: str
    registers: tuple[str, ...]
    accounts: tuple[Account, ...]
    settings: str = ""
    network: bool = False
    poll_seconds: int = 2

    @property
    def operator(self) -> str:
        """Return the first account that may operate the node."""
        return next(account.name for account in self.accounts if "operator" in account.roles)


def run(*command: str, text: str = "") -> str:
    """Run one of our programs and return what it printed; raises ProgramError.

    A synchronisation that left rows out says so in its report.
    """
    words = [str(PROGRAMS / command[0]), *command[1:]]
    done = subprocess.run(words, input=text, text=True, capture_output=True, check=False, timeout=600)
    if done.returncode != 0 and not ("sync" in command and done.returncode == PARTLY):
        raise ProgramError(command, done)
    return done.stdout


def run_json(*command: str, text: str = "") -> Any:
    """Run one of our programs with --json and return its result."""
    return json.loads(run(*command, "--json", text=text))


def free_port() -> int:
    """Return a port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Consortium:
    """The parties, their folders and their processes."""

    def __init__(self, root: Path, parties: Sequence[Party], flag: str) -> None:
        """`flag` is the start option of the nodes: `--demo`, `--evaluation` (the covenant must say so too) or empty."""
        self.root = root
        self.parties = {party.id: party for party in parties}
        self.flag = flag
        self.port = free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def folder(self, party: str) -> Path:
        """Return the folder of one party, `coordinator` included."""
        return self.root / party

    def config(self, party: str) -> Path:
        """Return the configuration file of one party."""
        return self.folder(party) / ("coordinator.toml" if party == "coordinator" else "node.toml")

    def node(self, party: str, *command: str, user: str = "", text: str = "") -> Any:
        """Let one user of a node give a command; return its JSON result. Raises ProgramError."""
        words = [*command, "--socket", str(self.folder(party) / "node.sock")]
        acting = ["--as", user] if user and self.flag == "--demo" else []
        return run_json("samenloop-node", *words, *acting, text=text)

    def start(self) -> None:
        """Start the coordinator, then all nodes; returns when each answers. Raises ProgramError or TimeoutError."""
        self.start_coordinator()
        self.start_nodes(*self.parties)
        for party in self.parties.values():
            self.node(party.id, "activate", user=party.operator)

    def start_nodes(self, *names: str) -> None:
        """Start these nodes; returns when each answers."""
        for name in names:
            config = ("--config", str(self.config(name)))
            self._start(name, ["samenloop-node", "run", *config, *([self.flag] if self.flag else [])])
        for name in names:
            self._wait((self.folder(name) / "node.sock").exists, name)

    def start_coordinator(self) -> None:
        """Start the coordinator; returns when it listens."""
        evaluation = ["--evaluation"] if self.flag == "--evaluation" else []
        config = ("--config", str(self.config("coordinator")))
        self._start("coordinator", ["samenloop-coordinator", "serve", *config, *evaluation])
        self._wait(lambda: _listens(self.port), "coordinator")

    def stop(self, *names: str) -> None:
        """Stop these processes, or every process that was started here, nodes first."""
        chosen = [name for name in reversed(self._processes) if not names or name in names]
        for name in chosen:
            self._processes[name].send_signal(signal.SIGTERM)
        for name in chosen:
            process = self._processes.pop(name)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                print(f"{name} did not stop by itself", file=sys.stderr)

    def processes(self) -> dict[str, int]:
        """Return the process id of every party that runs."""
        return {name: process.pid for name, process in self._processes.items()}

    def ceremony(self, epoch: str, first: str, second: str) -> Any:
        """Announce an epoch and let two partners make its secret; every node accepts it. Returns the last result."""
        operator = self.parties[first].operator
        contributors = ("--contributor", first, "--contributor", second)
        for party in (first, second):
            self.node(party, "epoch", "announce", epoch, *contributors, user=self.parties[party].operator)
        for party in (first, second, first, second, first, second):
            self.node(party, "key", "contribute", epoch, user=self.parties[party].operator)
        self._everywhere("key", "accept", epoch)
        return self.node(first, "key", "show", epoch, user=operator)

    def _everywhere(self, *command: str) -> None:
        """Let the operator of every node give one command, two at a time."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: self.node(one.id, *command, user=one.operator), self.parties.values()))

    def _start(self, name: str, command: list[str]) -> None:
        words = [str(PROGRAMS / command[0]), *command[1:]]
        log = self.folder(name) / "log.jsonl"
        with log.open("ab") as out:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        self._processes[name] = process

    def _wait(self, ready: Callable[[], bool], name: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not ready():
            if self._processes[name].poll() is not None or time.monotonic() > until:
                said = (self.folder(name) / "log.jsonl").read_text(encoding="utf-8")[-2000:]
                raise TimeoutError(f"{name} did not start:\n{said}")
            time.sleep(0.05)


def until(ready: Callable[[], bool], what: str) -> None:
    """Wait until something holds; raises TimeoutError that says what did not."""
    end = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"this did not happen: {what}")
        time.sleep(0.5)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
