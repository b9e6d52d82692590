"""The audit log: building, appending and integrating entries, beside bare rows of the same size, committed as often."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samenloop.audit import log, sqlite, sqlite_tree
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop_coordinator.journal import Journal
from tests.bench.figures import Figure

GROUP = 128
"""Entries per durable transaction: what the coordinator's group commit takes at most."""


def measure(folder: Path, size: int) -> list[Figure]:
    """Append and integrate `size` entries."""
    journal = Journal("bench.test/log", Stamper(SystemClock()))
    signer = NoteSigner(journal.origin, Ed25519PrivateKey.generate())
    with closing(_open(folder / f"audit-{size}.sqlite")) as connection:
        sqlite.create_log_tables(connection)
        begun = time.perf_counter()
        length = _groups(connection, size, lambda: _append(connection, journal))
        rate = size / (time.perf_counter() - begun)
        tree = folder / f"tree-{size}.sqlite"
        sqlite_tree.create_tree_file(tree, log.empty_checkpoint(signer).format())
        integrated = _integrate(connection, tree, signer, size)
    bare = _bare(folder / f"bare-audit-{size}.sqlite", size, length)
    return [
        Figure("audit", "build and append, durable", size, rate, "entries/s", "bare rows", bare),
        Figure("audit", "integrate and sign", size, integrated, "entries/s", "bare rows", bare),
    ]


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _append(connection: sqlite3.Connection, journal: Journal) -> int:
    body = journal.body(Event.HEARTBEAT, {})
    sqlite.append(connection, body, ())
    return len(body)


def _groups(connection: sqlite3.Connection, size: int, work: Callable[[], int]) -> int:
    """Do `work` so often, 128 times per durable transaction; return its last result."""
    result = 0
    for first in range(0, size, GROUP):
        connection.execute("BEGIN IMMEDIATE")
        for _place in range(min(GROUP, size - first)):
            result = work()
        connection.execute("COMMIT")
    return result


def _integrate(connection: sqlite3.Connection, path: Path, signer: NoteSigner, size: int) -> float:
    entries = sqlite.SqliteEntries(connection)
    with closing(sqlite_tree.open_tree_file(path)) as tree:
        begun = time.perf_counter()
        while log.integrate(entries, tree, signer).size < size:
            continue
        return size / (time.perf_counter() - begun)


def _bare(path: Path, size: int, length: int) -> float:
    with closing(_open(path)) as connection:
        connection.execute("CREATE TABLE entry (body BLOB) STRICT")
        body = os.urandom(length)
        begun = time.perf_counter()
        _groups(connection, size, lambda: connection.execute("INSERT INTO entry VALUES (?)", (body,)).rowcount)
        return size / (time.perf_counter() - begun)
