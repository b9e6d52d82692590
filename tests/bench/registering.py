"""Registering: a whole synchronisation, and prepared chunks at the wire, beside a bare executemany of as many rows."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from samenloop.clock import milliseconds
from samenloop.commitment import SALT_BYTES, items_digest
from samenloop.decisions.modes import RecordFacts
from samenloop.loop import run
from samenloop.model import ID_BYTES, ParticipantId, RegisterId, RegistrationId
from samenloop.wire.register import MAX_ITEMS, PUT, Chunk, Item, build_register, item_bytes
from samenloop.wire.v1 import overlap_pb2
from samenloop_node.app import App
from samenloop_node.tokens.tokenise import tokenise
from tests.bench.asking import ready_requests
from tests.bench.figures import LESS, Figure
from tests.bench.loader import facts
from tests.bench.machine import Machine
from tests.bench.peers import bare_rows, latency
from tests.bench.people import persons, write_export
from tests.bench.rig import ASKER, REGISTER, Rig

BAR = 0.20
WIRE_SIZE = 30_000
"""More values than the coordinator gathers in memory, so that their way into the big index is measured as well."""
WIRE = f"prepared chunks at the wire, {WIRE_SIZE:,} more persons"
SYNC_SECONDS = 60.0
SYNC_SIZE = 100_000
MEMORY_MIB = 300.0
"""Of a node and its token processes together, at SYNC_SIZE persons and more."""
_LOOK_SECONDS = 0.2
WINDOW = 4
"""Chunks under way, as the node has them."""


def measure_wire(rig: Rig, among: int, size: int = WIRE_SIZE) -> list[Figure]:
    """Send `size` prepared registrations to a coordinator that has `among`, durably, and compare with as many rows in
    one table; then as many again while questions are asked one at a time.
    """
    rate, tokens, asked = run(_wire(rig, size))
    limit = bare_rows(rig.folder, round(size * tokens)) / tokens
    name = "bare executemany, persons/s"
    return [Figure("registering", WIRE, among, rate, "persons/s", name, limit, BAR), *_while(asked, among)]


def measure_sync(rig: Rig, machine: Machine, size: int) -> list[Figure]:
    """Synchronise an export of `size` persons: read, compare, tokenise, send, settle."""
    export = rig.folder / f"export-{size}.csv"
    write_export(export, size, seed=11)
    seconds, tokens = run(_sync(rig, export))
    limit = bare_rows(rig.folder, round(size * tokens)) / tokens
    bar, there = (SYNC_SECONDS, machine.time_there(seconds)) if size == SYNC_SIZE else (None, None)
    return [
        Figure("registering", "sync, end to end", size, size / seconds, "persons/s", "bare executemany", limit),
        Figure("registering", "sync, end to end: time", size, seconds, "s", bar=bar, better=LESS, there=there),
    ]


def measure_memory(rig: Rig, size: int) -> list[Figure]:
    """Let a node that runs by itself synchronise `size` persons; return the most memory that it and its token processes
    had together, shared pages counted once.
    """
    export = rig.folder / f"memory-{size}.csv"
    write_export(export, size, seed=17)
    node, most = rig.start_node(), [0.0]
    done = threading.Event()
    watching = threading.Thread(target=_watch, args=(node, most, done))
    watching.start()
    try:
        rig.consortium.node(ASKER, "sync", str(export), "--register", REGISTER)
    finally:
        done.set()
        watching.join()
        rig.consortium.stop(ASKER)
    bar = MEMORY_MIB if size >= SYNC_SIZE else None
    return [Figure("registering", "sync: memory of the node", size, most[0], "MiB", bar=bar, better=LESS)]


def _watch(node: psutil.Process, most: list[float], done: threading.Event) -> None:
    while not done.wait(_LOOK_SECONDS):
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [node, *node.children(recursive=True)]
            most[0] = max(most[0], sum(one.memory_full_info().pss for one in family) / 2**20)


async def _wire(rig: Rig, size: int) -> tuple[float, float, list[float]]:
    """Return persons per second, stored tokens per person, and how long questions took meanwhile, in seconds."""
    app = rig.open()
    try:
        await app.agreement.refresh(app.connection)
        chunks, tokens = _chunks(app, size, 5)
        begun = time.perf_counter()
        await _stream(app, chunks)
        rate = size / (time.perf_counter() - begun)
        ready = ready_requests(rig, app, size // 10)
        asked: list[float] = []
        sending = asyncio.create_task(_stream(app, _chunks(app, size, 6)[0]))
        while not sending.done():
            begun = time.perf_counter()
            await app.connection.ask(next(ready))
            asked.append(time.perf_counter() - begun)
        await sending
        return rate, tokens, asked
    finally:
        await app.close()


def _while(asked: list[float], among: int) -> list[Figure]:
    times = latency(asked, sum(asked))
    name = "a question at the wire meanwhile"
    return [
        Figure("registering", f"{name}: p50", among, times.p50, "ms", better=LESS),
        Figure("registering", f"{name}: p99", among, times.p99, "ms", better=LESS),
    ]


async def _stream(app: App, requests: list[overlap_pb2.RegisterRequest]) -> None:
    """Send everything, a stream of some seconds at a time, with as many chunks under way as the node has."""
    place = 0
    while place < len(requests):
        window, part = asyncio.Semaphore(WINDOW), requests[place : place + 50]
        async for _reply in app.connection.register(_paced(part, window), 60.0):
            window.release()
        place += len(part)


async def _paced(
    requests: list[overlap_pb2.RegisterRequest], window: asyncio.Semaphore
) -> AsyncIterator[overlap_pb2.RegisterRequest]:
    for request in requests:
        await window.acquire()
        yield request


def _chunks(app: App, size: int, seed: int) -> tuple[list[overlap_pb2.RegisterRequest], float]:
    items, tokens = _items(app, size, seed)
    return [_chunk(app, items[first : first + MAX_ITEMS]) for first in range(0, size, MAX_ITEMS)], tokens


def _items(app: App, size: int, seed: int) -> tuple[list[bytes], float]:
    keys, made, tokens = app.epoch_keys(app.agreement.live.write_epochs[0]), [], 0
    said: RecordFacts = facts()
    for one in persons(size, seed):
        token_set = tokenise(one, app.profiles().newest, keys)
        tokens += sum(token_set.counts)
        made.append(item_bytes(Item(RegistrationId(os.urandom(ID_BYTES)), PUT, (token_set,), said, ())))
    return made, tokens / size


def _chunk(app: App, items: list[bytes]) -> overlap_pb2.RegisterRequest:
    salt = os.urandom(SALT_BYTES)
    chunk = Chunk(
        covenant=app.agreement.ref(),
        request_id=os.urandom(ID_BYTES),
        participant=ParticipantId(ASKER),
        register=RegisterId(REGISTER),
        sent_ms=milliseconds(app.clock.now()),
        digest=items_digest(salt, items),
        count=len(items),
    )
    return build_register(chunk, items, salt, app.signing_key)


async def _sync(rig: Rig, export: Path) -> tuple[float, float]:
    app = rig.open()
    try:
        begun = time.perf_counter()
        await rig.sync(app, export)
        seconds = time.perf_counter() - begun
        keys = app.epoch_keys(app.agreement.live.write_epochs[0])
        sample = [tokenise(one, app.profiles().newest, keys) for one in persons(500)]
        return seconds, sum(sum(one.counts) for one in sample) / len(sample)
    finally:
        await app.close()
