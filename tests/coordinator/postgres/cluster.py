"""A PostgreSQL server of the test's own: stopped as a power cut would, started again, copied by a standby.

The server refuses to run as root; then the files and the processes belong to the account `nobody`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.ports import free_port

_USER = "samenloop"
_SETTINGS = {"shared_buffers": "16MB", "max_wal_size": "64MB", "autovacuum": "off", "log_min_messages": "fatal"}
_SECONDS = "30"


def programs() -> Path | None:
    """Return the folder with the programs of the server, None when they are not installed."""
    near = shutil.which("initdb")
    places = [Path(near).resolve().parent] if near else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


class Cluster:
    """One server below `folder`, listening on a port of its own."""

    def __init__(self, folder: Path) -> None:
        found = programs()
        assert found is not None
        self._programs, self._folder = found, folder
        self.port = free_port()

    @property
    def host(self) -> str:
        """Where it listens, as in an address."""
        return f"127.0.0.1:{self.port}"

    @property
    def dsn(self) -> str:
        """Return its address."""
        return address(self)

    def make(self, **settings: object) -> None:
        """Make an empty database cluster with these settings."""
        self._run("initdb", "--pgdata", self._data, "--username", _USER, "--auth", "trust", "--encoding", "UTF8")
        self._configure(settings)

    def copy(self, other: "Cluster") -> None:
        """Make this the standby of a running server, which knows it as `standby`."""
        source = f"host=127.0.0.1 port={other.port} user={_USER} application_name=standby"
        given = ["--pgdata", self._data, "--dbname", source, "--write-recovery-conf", "--checkpoint=fast"]
        self._run("pg_basebackup", *given)
        self._configure({})

    def start(self) -> None:
        """Start it; it answers on return."""
        self._control("start", "--wait", "--log", str(self._folder / "server.log"))

    def halt(self, mode: str = "immediate") -> None:
        """Stop it: `immediate` as a crash would, without a checkpoint; `fast` in good order, ending every session."""
        if mode == "immediate":
            self._crash()
        else:
            self._control("stop", "--mode", mode)

    def _crash(self) -> None:
        """Signal it at once: starting a program for it would leave the server time to write what it had not yet."""
        pid_file = self._folder / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
        until = time.monotonic() + float(_SECONDS)
        while pid_file.exists():
            assert time.monotonic() < until, "the server did not stop"
            time.sleep(0.02)

    def promote(self) -> None:
        """Let a standby take over."""
        self._control("promote", "--wait")

    def stop(self) -> None:
        """Stop it if it runs."""
        if (self._folder / "data" / "postmaster.pid").exists():
            self.halt()

    def set(self, **settings: object) -> None:
        """Change settings of the running server."""
        for name, value in settings.items():
            self.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.execute("SELECT pg_reload_conf()")

    def execute(self, sql: str) -> list[tuple[object, ...]]:
        """Run one statement and return its rows, if it has any."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            done = connection.execute(sql)  # type: ignore[call-overload]  # statements of the tests
            return done.fetchall() if done.description else []

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _configure(self, settings: dict[str, object]) -> None:
        given = {**_SETTINGS, **settings, "port": self.port, "unix_socket_directories": str(self._folder)}
        with (self._folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in given.items())

    def _control(self, *command: str) -> None:
        self._run("pg_ctl", "--pgdata", self._data, "--silent", "--timeout", _SECONDS, *command)

    def _run(self, program: str, *given: str) -> None:
        quiet = subprocess.DEVNULL
        command = [*_as_nobody(), str(self._programs / program), *given]
        subprocess.run(command, check=True, cwd="/", stdout=quiet, stderr=quiet)


def _as_nobody() -> list[str]:
    """Return the words before a command; by another program, since Python forks for it, which gRPC does not survive."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def address(*clusters: Cluster) -> str:
    """Return one address that names these servers, the first first."""
    return f"postgresql://{_USER}@{','.join(one.host for one in clusters)}/postgres"


@contextmanager
def own_clusters(number: int) -> Iterator[list[Cluster]]:
    """Yield servers that are yet to be made, and stop and remove them afterwards."""
    with tempfile.TemporaryDirectory(prefix="samenloop-postgresql-") as name:
        folders = [Path(name) / str(each) for each in range(number)]
        for folder in (Path(name), *folders):
            folder.mkdir(exist_ok=True)
            if os.geteuid() == 0:
                shutil.chown(folder, "nobody")
        clusters = [Cluster(folder) for folder in folders]
        try:
            yield clusters
        finally:
            for cluster in clusters:
                cluster.stop()
