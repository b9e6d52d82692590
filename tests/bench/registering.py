"""Registering: a whole synchronisation, and prepared chunks at the wire, beside a bare executemany of as many rows."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

from samenloop.clock import milliseconds
from samenloop.commitment import SALT_BYTES, items_digest
from samenloop.decisions.modes import RecordFacts
from samenloop.loop import run
from samenloop.model import ID_BYTES, ParticipantId, RegisterId, RegistrationId
from samenloop.wire.register import MAX_ITEMS, PUT, Chunk, Item, build_register, item_bytes
from samenloop.wire.v1 import overlap_pb2
from samenloop_node.app import App
from samenloop_node.tokens.tokenise import tokenise
from tests.bench.figures import LESS, Figure
from tests.bench.loader import facts
from tests.bench.machine import Machine
from tests.bench.peers import bare_rows
from tests.bench.people import persons, write_export
from tests.bench.rig import ASKER, REGISTER, Rig

BAR = 0.20
SYNC_SECONDS = 60.0
SYNC_SIZE = 100_000
WINDOW = 4
"""Chunks under way, as the node has them."""


def measure_wire(rig: Rig, size: int) -> list[Figure]:
    """Send `size` prepared registrations, durably, and compare with as many rows in one table."""
    rate, tokens = run(_wire(rig, size))
    limit = bare_rows(rig.folder, round(size * tokens)) / tokens
    name = "bare executemany, persons/s"
    return [Figure("registering", "prepared chunks at the wire", size, rate, "persons/s", name, limit, BAR)]


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


async def _wire(rig: Rig, size: int) -> tuple[float, float]:
    """Return persons per second and stored tokens per person."""
    app = rig.open()
    try:
        await app.agreement.refresh(app.connection)
        items, tokens = _items(app, size)
        requests = [_chunk(app, items[first : first + MAX_ITEMS]) for first in range(0, size, MAX_ITEMS)]
        begun = time.perf_counter()
        await _stream(app, requests)
        return size / (time.perf_counter() - begun), tokens
    finally:
        await app.close()


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


def _items(app: App, size: int) -> tuple[list[bytes], float]:
    keys, made, tokens = app.epoch_keys(app.agreement.live.write_epochs[0]), [], 0
    said: RecordFacts = facts()
    for one in persons(size, seed=5):
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
