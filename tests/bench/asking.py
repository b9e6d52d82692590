"""Asking: the node's own function call, and prepared questions at the wire, beside a bare echo and a bare commit.

A question is signed, audited, sealed for three holders and durable at both ends. The node stores it, with a line in its
own log, before it is sent, and again when the answer is there; at the wire only the coordinator's share is left.
"""

import itertools
import time
from collections.abc import Iterator

from samenloop.loop import run
from samenloop.wire.v1 import overlap_pb2
from samenloop_node import periodic
from samenloop_node.app import App
from samenloop_node.identity.person import parse_person
from samenloop_node.questions.preparing import prepare
from tests.bench.figures import LESS, Figure
from tests.bench.peers import Latency, bare_commit, bare_echo, timed_calls
from tests.bench.people import person_fields, rows
from tests.bench.rig import Rig

CONCURRENCY = (1, 8, 32)
NODE_BARS = {1: (5.0, 20.0)}
"""p50 and p99 in ms of the node's function call, on a disk whose bare commit takes less than 1 ms."""
WIRE_BARS = {1: (3.0, 10.0)}
"""The same at the wire."""
ECHO_BAR = 0.12
"""Part of the bare echo rate at concurrency 32."""
RATE_BAR = 500.0
"""Audited, durable questions per second at concurrency 32."""


def measure(rig: Rig, size: int, calls: int) -> list[Figure]:
    """Measure with `size` registered persons, `calls` questions per concurrency."""
    commit = bare_commit(rig.folder)
    echoes = {concurrency: bare_echo(concurrency) for concurrency in CONCURRENCY}
    node, wire, cost = run(_measured(rig, calls))
    figures = [
        Figure("asking", "processor time per question, node", size, cost[0] * 1000, "ms"),
        Figure("asking", "processor time per question, coordinator", size, cost[1] * 1000, "ms"),
        Figure("asking", "bare durable commit, p50", size, commit.p50, "ms"),
        Figure("asking", "bare durable commit, p99", size, commit.p99, "ms"),
    ]
    for concurrency in CONCURRENCY:
        figures += _node(size, concurrency, node[concurrency], echoes[concurrency])
    for concurrency in CONCURRENCY:
        figures += _wire(size, concurrency, wire[concurrency], echoes[concurrency])
    return figures


Cost = tuple[float, float]
"""Seconds of processor time per question: at the node, at the coordinator."""


async def _measured(rig: Rig, calls: int) -> tuple[dict[int, Latency], dict[int, Latency], Cost]:
    app = rig.open()
    try:
        people = itertools.cycle([person_fields(row) for row in rows(500, seed=7)])
        await app.agreement.refresh(app.connection)
        for job in periodic.jobs(app):
            app.background.repeat(job)
        await timed_calls(lambda: rig.ask(app, next(people)), 100, 4)
        before = (time.process_time(), rig.coordinator_seconds())
        node = {one: await timed_calls(lambda: rig.ask(app, next(people)), calls, one) for one in CONCURRENCY}
        after, asked = (time.process_time(), rig.coordinator_seconds()), calls * len(CONCURRENCY)
        cost = ((after[0] - before[0]) / asked, (after[1] - before[1]) / asked)
        wire = {}
        for concurrency in CONCURRENCY:
            ready = ready_requests(rig, app, calls)
            wire[concurrency] = await timed_calls(lambda ready=ready: _send(app, ready), calls, concurrency)
        return node, wire, cost
    finally:
        await app.background.stop()
        await app.close()


def ready_requests(rig: Rig, app: App, number: int) -> Iterator[overlap_pb2.AskRequest]:
    """Return so many signed questions about different persons, ready to be sent."""
    people = itertools.cycle([person_fields(row) for row in rows(500, seed=11)])
    return iter([_request(rig, app, next(people)) for _each in range(number)])


def _request(rig: Rig, app: App, fields: dict[str, str]) -> overlap_pb2.AskRequest:
    epochs = app.agreement.live.read_epochs
    return prepare(app, rig.user(app), rig.draft(), parse_person(fields), epochs, ()).made.request


async def _send(app: App, ready: Iterator[overlap_pb2.AskRequest]) -> None:
    await app.connection.ask(next(ready))


def _node(size: int, concurrency: int, found: Latency, echo: Latency) -> list[Figure]:
    bars = NODE_BARS.get(concurrency, (None, None))
    name = f"node call, concurrency {concurrency}"
    return [
        Figure("asking", f"{name}: rate", size, found.rate, "questions/s", "bare echo", echo.rate),
        Figure("asking", f"{name}: p50", size, found.p50, "ms", bar=bars[0], better=LESS),
        Figure("asking", f"{name}: p99", size, found.p99, "ms", bar=bars[1], better=LESS),
    ]


def _wire(size: int, concurrency: int, found: Latency, echo: Latency) -> list[Figure]:
    bars = WIRE_BARS.get(concurrency, (None, None))
    busiest = concurrency == CONCURRENCY[-1]
    name = f"at the wire, concurrency {concurrency}"
    return [
        Figure("asking", f"{name}: rate", size, found.rate, "questions/s", bar=RATE_BAR if busiest else None),
        Figure("asking", f"{name}: p50", size, found.p50, "ms", bar=bars[0], better=LESS),
        Figure("asking", f"{name}: p99", size, found.p99, "ms", bar=bars[1], better=LESS),
        *_beside_echo(name, size, found, echo, ECHO_BAR if busiest else None),
    ]


def _beside_echo(name: str, size: int, found: Latency, echo: Latency, bar: float | None) -> list[Figure]:
    return [
        Figure("asking", f"{name}: rate beside echo", size, found.rate, "questions/s", "bare echo", echo.rate, bar),
        Figure("asking", f"{name}: p50 beside echo", size, found.p50, "ms", "bare echo p50", echo.p50),
    ]
