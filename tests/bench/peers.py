"""The limits that every figure is measured beside, in the same run: bare HMAC, SQLite, and gRPC over mutual TLS."""

import asyncio
import hashlib
import hmac
import multiprocessing
import os
import sqlite3
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import trustme

from samenloop.loop import run


@dataclass(frozen=True, slots=True)
class Latency:
    """Rate and percentiles of many calls; `rate` per second, the others in milliseconds."""

    rate: float
    p50: float
    p99: float


def latency(seconds: list[float], elapsed: float) -> Latency:
    """Summarise call times."""
    ordered = sorted(seconds)
    return Latency(
        rate=len(ordered) / elapsed,
        p50=statistics.median(ordered) * 1000,
        p99=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
    )


def bare_hmac(seconds: float = 1.0) -> float:
    """Return calls of hmac.digest per second over a 40-byte message."""
    key, message = os.urandom(32), os.urandom(40)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _each in range(5000):
            hmac.digest(key, message, "sha256")
        done += 5000
    return done / (time.perf_counter() - start)


def bare_rows(folder: Path, rows: int) -> float:
    """Return rows per second of a plain executemany of random 16-byte keys into the shape of the token table."""
    connection = sqlite3.connect(folder / f"bare-rows-{os.urandom(4).hex()}.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE token (value BLOB NOT NULL, registration INTEGER NOT NULL, PRIMARY KEY (value, registration))"
        " STRICT, WITHOUT ROWID"
    )
    values = [(hashlib.sha256(number.to_bytes(8, "big")).digest()[:16], number) for number in range(rows)]
    start = time.perf_counter()
    for first in range(0, rows, 100_000):
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO token VALUES (?, ?)", values[first : first + 100_000])
        connection.execute("COMMIT")
    elapsed = time.perf_counter() - start
    connection.close()
    return rows / elapsed


def bare_commit(folder: Path, commits: int = 300) -> Latency:
    """Return the time of one durable commit of one small row (WAL, synchronous=FULL)."""
    connection = sqlite3.connect(folder / f"bare-commit-{os.urandom(4).hex()}.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entry (body BLOB) STRICT")
    times, begin = [], time.perf_counter()
    for _each in range(commits):
        start = time.perf_counter()
        connection.execute("BEGIN")
        connection.execute("INSERT INTO entry VALUES (?)", (os.urandom(800),))
        connection.execute("COMMIT")
        times.append(time.perf_counter() - start)
    connection.close()
    return latency(times, time.perf_counter() - begin)


async def timed_calls(call: Callable[[], Awaitable[object]], number: int, concurrency: int) -> Latency:
    """Run `number` calls, `concurrency` at a time."""
    times: list[float] = []

    async def worker(share: int) -> None:
        for _each in range(share):
            start = time.perf_counter()
            await call()
            times.append(time.perf_counter() - start)

    begin = time.perf_counter()
    await asyncio.gather(*(worker(number // concurrency) for _each in range(concurrency)))
    return latency(times, time.perf_counter() - begin)


def bare_echo(concurrency: int, number: int = 4000) -> Latency:
    """Return the figures of a bare echo."""

    async def timed() -> Latency:
        async with echo_server() as echo:
            return await timed_calls(echo, number, concurrency)

    return run(timed())


@asynccontextmanager
async def echo_server(size: int = 2000) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """Give a unary echo of `size` bytes by grpc.aio over mutual TLS, server in its own process, warm."""
    authority = trustme.CA()
    server, client = authority.issue_cert("localhost"), authority.issue_cert("client.test")
    context = multiprocessing.get_context("spawn")
    ports: multiprocessing.Queue[int] = context.Queue()
    material = (
        server.private_key_pem.bytes(),
        b"".join(blob.bytes() for blob in server.cert_chain_pems),
        authority.cert_pem.bytes(),
    )
    process = context.Process(target=_serve_echo, args=(ports, material), daemon=True)
    process.start()
    try:
        credentials = grpc.ssl_channel_credentials(
            authority.cert_pem.bytes(),
            client.private_key_pem.bytes(),
            b"".join(blob.bytes() for blob in client.cert_chain_pems),
        )
        payload = os.urandom(size)
        async with grpc.aio.secure_channel(f"localhost:{ports.get(timeout=30)}", credentials) as channel:
            echo = channel.unary_unary("/bench.Echo/Echo")
            await timed_calls(lambda: echo(payload), 200, 8)
            yield lambda: echo(payload)
    finally:
        process.terminate()
        process.join()


def _serve_echo(ports: "multiprocessing.Queue[int]", material: tuple[bytes, bytes, bytes]) -> None:
    async def serve() -> None:
        key, chain, roots = material
        server = grpc.aio.server()
        handler = grpc.unary_unary_rpc_method_handler(_echo)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", {"Echo": handler}),))
        credentials = grpc.ssl_server_credentials([(key, chain)], roots, require_client_auth=True)
        ports.put(server.add_secure_port("localhost:0", credentials))
        await server.start()
        await server.wait_for_termination()

    run(serve())


async def _echo(request: bytes, context: object) -> bytes:
    return request
