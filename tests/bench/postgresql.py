"""Asking on PostgreSQL: the same consortium, moved there by `migrate`, with one and with two coordinator processes.

Rates are at the wire, beside the rate on SQLite in
the same run; with two processes the questions are spread evenly.
"""

import itertools
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from samenloop.covenant import Covenant
from samenloop.loop import run
from samenloop.tls import TlsFiles
from samenloop_node.app import App
from samenloop_node.connection.client import Connection
from tests.bench.asking import ready_requests
from tests.bench.figures import Figure
from tests.bench.peers import Latency, timed_calls
from tests.bench.rig import Rig
from tests.coordinator.postgres.server import own_schema

CONCURRENCY = 32
BAR = 0.5
"""Part of the SQLite rate with one process."""
_SECONDS = 30.0


def measure(rig: Rig, url: str, size: int, calls: int) -> list[Figure]:
    """Measure with `size` registered persons, `calls` questions each time, in the test database `url`.

    Afterwards the coordinator has no store.
    """
    config = rig.consortium.config("coordinator")
    text = config.read_text(encoding="utf-8")
    sqlite = run(_rate(rig, calls, [rig.consortium.port]))
    rig.consortium.stop("coordinator")
    with own_schema(url) as address:
        _migrate(config, rig.database, address)
        config.write_text(_moved(text, address), encoding="utf-8")
        rig.start()
        one = run(_rate(rig, calls, [rig.consortium.port]))
        with _second(config, rig.consortium.port) as port:
            two = run(_rate(rig, calls, [rig.consortium.port, port]))
        rig.consortium.stop("coordinator")
    return [
        Figure("postgresql", "one process: rate", size, one.rate, "questions/s", "SQLite", sqlite.rate, BAR),
        Figure("postgresql", "one process: p50", size, one.p50, "ms", "SQLite p50", sqlite.p50),
        Figure("postgresql", "two processes: rate", size, two.rate, "questions/s", "one process", one.rate, 1.0),
    ]


async def _rate(rig: Rig, calls: int, ports: list[int]) -> Latency:
    app = rig.open()
    connections = [_connection(app, port) for port in ports]
    try:
        await app.agreement.refresh(app.connection)
        turn = itertools.cycle(connections)
        warm, ready = ready_requests(rig, app, 4 * CONCURRENCY), ready_requests(rig, app, calls)
        await timed_calls(lambda: next(turn).ask(next(warm)), 4 * CONCURRENCY, CONCURRENCY)
        return await timed_calls(lambda: next(turn).ask(next(ready)), calls, CONCURRENCY)
    finally:
        for connection in connections:
            await connection.close()
        await app.close()


def _connection(app: App, port: int) -> Connection:
    def covenant() -> Covenant:
        active = app.covenant()
        return replace(active, coordinator=replace(active.coordinator, address=f"127.0.0.1:{port}"))

    tls = app.config.tls
    return Connection(TlsFiles(tls.key, tls.certificate, tls.ca), covenant, app.clock)


def _migrate(config: Path, database: Path, address: str) -> None:
    names = ["--from", f"sqlite:{database}", "--to", address, "--config", str(config)]
    subprocess.run([_program(), "migrate", *names], check=True, stdout=subprocess.DEVNULL)


def _moved(text: str, address: str) -> str:
    for name in ("database", "log_head"):
        start = text.index(f"{name} = ")
        text = text[:start] + f'{name} = "{address}"' + text[text.index("\n", start) :]
    return text


@contextmanager
def _second(config: Path, port: int) -> Iterator[int]:
    """Run a second process of the coordinator on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        other = int(free.getsockname()[1])
    file = config.with_name("second.toml")
    file.write_text(config.read_text(encoding="utf-8").replace(f":{port}", f":{other}", 1), encoding="utf-8")
    process = subprocess.Popen([_program(), "serve", "--config", str(file)], stderr=subprocess.DEVNULL)
    try:
        _wait(other)
        yield other
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=_SECONDS)


def _wait(port: int) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the second coordinator does not listen")


def _program() -> str:
    return str(Path(sys.executable).with_name("samenloop-coordinator"))
