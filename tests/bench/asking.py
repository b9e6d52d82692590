"""Asking: the node's own function call, and prepared questions at the wire, beside a bare echo and a bare commit.

A question is signed, audited, sealed for three holders and durable at both ends. The node stores it, with a line in its
own log, before it is sent, and again when the answer is there; at the wire only the coordinator's share is left.
"""

import itertools
import time
from collections.abc import Iterator, Sequence

from samenloop.loop import run
from samenloop.wire.v1 import overlap_pb2
from samenloop_node import periodic
from samenloop_node.app import App
from samenloop_node.identity.person import parse_person
from samenloop_node.questions.preparing import prepare
from tests.bench.figures import LESS, Figure
from tests.bench.machine import CONCURRENCY, Machine
from tests.bench.peers import Latency, echo_server, timed_calls
from tests.bench.people import person_fields, rows
from tests.bench.rig import Rig

NODE_BARS = {1: (5.0, 20.0)}
"""p50 and p99 in ms of the node's function call, on a disk whose bare commit takes less than 1 ms."""
WIRE_BARS = {1: (3.0, 10.0)}
"""The same at the wire."""
ECHO_BAR = 0.12
"""Part of the bare echo rate at concurrency 32: the machine's speed moves, so both are measured by turns."""
TURNS = 5
RATE_BAR = 500.0
"""Audited, durable questions per second at concurrency 32."""
NODE_COMMITS, WIRE_COMMITS = 3, 1
"""Durable commits that one question waits for, one after another."""
GROWTH_BAR, GROWTH_SIZE = 1.5, 10_000_000
"""p50 among so many persons, as a multiple of p50 among 10,000."""


def measure(rig: Rig, machine: Machine, size: int, calls: int) -> list[Figure]:
    """Measure with `size` registered persons, `calls` questions per concurrency."""
    node, wire, cost, echoes = run(_measured(rig, calls))
    figures = [
        Figure("asking", "processor time per question, node", size, cost[0] * 1000, "ms"),
        Figure("asking", "processor time per question, coordinator", size, cost[1] * 1000, "ms"),
    ]
    for concurrency in CONCURRENCY:
        figures += _node(size, concurrency, node[concurrency], machine)
    for concurrency in CONCURRENCY:
        figures += _wire(size, concurrency, wire[concurrency], machine)
    name = "at the wire, concurrency 32: rate by turns"
    return [*figures, Figure("asking", name, size, echoes[0], "questions/s", "bare echo", echoes[1], ECHO_BAR)]


Cost = tuple[float, float]
"""Seconds of processor time per question: at the node, at the coordinator."""


async def _measured(rig: Rig, calls: int) -> tuple[dict[int, Latency], dict[int, Latency], Cost, tuple[float, float]]:
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
        return node, wire, cost, await _by_turns(rig, app, calls)
    finally:
        await app.background.stop()
        await app.close()


async def _by_turns(rig: Rig, app: App, calls: int) -> tuple[float, float]:
    """Return the rates of questions and of echoes, 32 at once, from the turn whose ratio is the median."""
    pairs = []
    async with echo_server() as echo:
        for _turn in range(TURNS):
            ready = ready_requests(rig, app, calls)
            asked = await timed_calls(lambda ready=ready: _send(app, ready), calls, CONCURRENCY[-1])
            pairs.append((asked.rate, (await timed_calls(echo, 4 * calls, CONCURRENCY[-1])).rate))
    return sorted(pairs, key=lambda pair: pair[0] / pair[1])[TURNS // 2]


def ready_requests(rig: Rig, app: App, number: int) -> Iterator[overlap_pb2.AskRequest]:
    """Return so many signed questions about different persons, ready to be sent."""
    people = itertools.cycle([person_fields(row) for row in rows(500, seed=11)])
    return iter([_request(rig, app, next(people)) for _each in range(number)])


def _request(rig: Rig, app: App, fields: dict[str, str]) -> overlap_pb2.AskRequest:
    epochs = app.agreement.live.read_epochs
    return prepare(app, rig.user(app), rig.draft(), parse_person(fields), epochs, ()).made.request


async def _send(app: App, ready: Iterator[overlap_pb2.AskRequest]) -> None:
    await app.connection.ask(next(ready))


def growth(figures: Sequence[Figure]) -> list[Figure]:
    """Return how p50, one at a time, grew from the smallest size to each other one, and the same of the bare echo."""
    found = []
    for what in ("node call", "at the wire"):
        rows = [one for one in figures if one.name == f"{what}, concurrency 1: p50 beside echo"]
        first = min(rows, key=lambda one: one.size)
        for one in rows:
            if one is not first:
                bar = GROWTH_BAR if one.size == GROWTH_SIZE else None
                name = f"{what}, concurrency 1: p50, times that among {first.size:,}"
                found.append(Figure("asking", name, one.size, one.value / first.value, "times", bar=bar, better=LESS))
                echo = (one.limit or 0.0) / (first.limit or 1.0)
                found.append(Figure("asking", "the same of the bare echo", one.size, echo, "times"))
    return found


def _node(size: int, concurrency: int, found: Latency, machine: Machine) -> list[Figure]:
    name = f"node call, concurrency {concurrency}"
    return [
        *_times(name, size, found, machine, NODE_COMMITS, NODE_BARS.get(concurrency)),
        *_beside_echo(name, size, found, machine.echo[concurrency]),
    ]


def _wire(size: int, concurrency: int, found: Latency, machine: Machine) -> list[Figure]:
    name = f"at the wire, concurrency {concurrency}"
    bar, there = (RATE_BAR, machine.rate_there(found.rate)) if concurrency == CONCURRENCY[-1] else (None, None)
    return [
        Figure("asking", f"{name}: rate", size, found.rate, "questions/s", bar=bar, there=there),
        *_times(name, size, found, machine, WIRE_COMMITS, WIRE_BARS.get(concurrency)),
        *_beside_echo(name, size, found, machine.echo[concurrency]),
    ]


def _times(
    name: str, size: int, found: Latency, machine: Machine, commits: int, bars: tuple[float, float] | None
) -> list[Figure]:
    if bars is None:
        return [Figure("asking", f"{name}: p50", size, found.p50, "ms", better=LESS)]
    parts = zip(("p50", "p99"), (found.p50, found.p99), (machine.commit.p50, machine.commit.p99), bars, strict=True)
    return [
        Figure(
            "asking",
            f"{name}: {part}",
            size,
            value,
            "ms",
            bar=bar,
            better=LESS,
            there=machine.time_there(value, commits * commit),
        )
        for part, value, commit, bar in parts
    ]


def _beside_echo(name: str, size: int, found: Latency, echo: Latency) -> list[Figure]:
    return [
        Figure("asking", f"{name}: rate beside echo", size, found.rate, "questions/s", "bare echo", echo.rate),
        Figure("asking", f"{name}: p50 beside echo", size, found.p50, "ms", "bare echo p50", echo.p50),
    ]
