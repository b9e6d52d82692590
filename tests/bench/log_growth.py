"""A coordinator whose log has ever more entries: starting again, appending, integrating.

The loader writes what the coordinator would have written, entries and tree alike, so that the full check holds; it is
only faster, because nothing is durable until it is done.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry, log, sqlite, tree
from samenloop.audit.checkpoint import TreeHead
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner, load_signer
from samenloop.audit.sqlite_tree import open_tree_file
from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop_coordinator.config import CoordinatorConfig, load_config
from samenloop_coordinator.journal import Journal
from tests.bench.figures import LESS, Figure
from tests.bench.rig import Rig

RESTART_SECONDS = {10_000_000: 3.0}
TIMES = 200
_BATCH = 100_000
_FAST = {"synchronous": "OFF", "cache_size": "-262144"}
_LEAF = "INSERT INTO log_entry (seq, leaf, body, sealed_count, sealed) VALUES (?, ?, ?, 0, x'')"
_ROW = "INSERT INTO entry_index VALUES (?, ?, 'heartbeat', '', '', '', '', '')"


def measure(rig: Rig, size: int) -> list[Figure]:
    """Bring the log of a stopped coordinator to `size` entries, and measure it."""
    rig.consortium.stop("coordinator")
    config = load_config(rig.consortium.folder("coordinator") / "coordinator.toml")
    fill(config, size)
    opened, appended, integrated = _alone(config)
    begun = rig.start()
    return [
        Figure("log", "restart until it listens", size, begun, "s", bar=RESTART_SECONDS.get(size), better=LESS),
        Figure("log", "check of the head at start", size, opened * 1000, "ms", better=LESS),
        Figure("log", "append one entry, durable", size, appended * 1000, "ms", better=LESS),
        Figure("log", "integrate one entry, durable", size, integrated * 1000, "ms", better=LESS),
    ]


def fill(config: CoordinatorConfig, size: int) -> None:
    """Append heartbeats until the log has `size` entries, all in the signed tree."""
    signer = load_signer(config.origin, config.secrets.audit_key)
    database, head = Path(str(config.data.database)), Path(str(config.data.log_head))
    _integrated(database, head, signer)
    with (
        closing(_fast(database)) as stored,
        closing(_fast(head)) as grown,
        closing(open_tree_file(head)) as at,
    ):
        known = log.latest(at, signer.name, signer.public_key())
        frontier = tree.frontier(known.size, at.node)
        for first in range(known.size, size, _BATCH):
            places = range(first, min(first + _BATCH, size))
            now = time.time_ns() // 1_000_000
            bodies = list(_bodies(config.origin, places, now))
            leaves = [tree.leaf_hash(body) for body in bodies]
            frontier, nodes = tree.extend(frontier, leaves)
            stored.execute("BEGIN")
            stored.executemany(_LEAF, zip(places, leaves, bodies, strict=True))
            stored.execute("COMMIT")
            grown.execute("BEGIN")
            grown.executemany("INSERT INTO node VALUES (?, ?, ?)", [(one.level, one.index, one.hash) for one in nodes])
            grown.executemany("INSERT INTO leaf_place VALUES (?, ?)", _prefixes(leaves, first))
            grown.executemany(_ROW, ((place, now) for place in places))
            note = checkpoints.sign(TreeHead(config.origin, frontier.size, frontier.root()), signer).format()
            grown.execute("UPDATE head SET note = ? WHERE id = 0", (note,))
            grown.execute("COMMIT")
        for connection in (stored, grown):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _bodies(origin: str, places: range, now: int) -> Iterator[bytes]:
    """Yield the bodies of one process's heartbeats: one is built and the others are it with other numbers."""
    stamp: dict[str, object] = {"process": f"{places.start:016x}", "start_ms": 1, "end_ms": 1, "clock": "ok"}
    public = {"origin": origin, "software": "bench", "size": 0, "n": 999_999_999, **stamp}
    template = entry.build(Event.HEARTBEAT, public, (), bytes(16))
    template = template.replace(b'_ms":1', b'_ms":%d' % now)
    before, after = template.split(b"999999999")
    middle, end = after.split(bytes(16).hex().encode())
    salts = os.urandom(16 * len(places)).hex().encode()
    for number in range(len(places)):
        yield before + b"%d" % number + middle + salts[32 * number : 32 * number + 32] + end


def _prefixes(leaves: list[bytes], first: int) -> list[tuple[int, int]]:
    rows = [(int.from_bytes(leaf[:8], "big", signed=True), first + place) for place, leaf in enumerate(leaves)]
    return sorted(rows)


def _alone(config: CoordinatorConfig) -> tuple[float, float, float]:
    """Return the median seconds of checking the head, appending one durable entry, and putting one into the tree."""
    signer = load_signer(config.origin, config.secrets.audit_key)
    journal = Journal(config.origin, Stamper(SystemClock()))
    database, head = Path(str(config.data.database)), Path(str(config.data.log_head))
    with closing(_durable(database)) as connection, closing(open_tree_file(head)) as grown:
        entries = sqlite.SqliteEntries(connection)
        opened = [_seconds(lambda: log.open_head(entries, grown, signer)) for _time in range(TIMES)]
        appended, integrated = [], []
        for _time in range(TIMES):
            appended.append(_seconds(lambda: _append(connection, journal)))
            integrated.append(_seconds(lambda: log.integrate(entries, grown, signer)))
    return median(opened), median(appended), median(integrated)


def _append(connection: sqlite3.Connection, journal: Journal) -> None:
    connection.execute("BEGIN IMMEDIATE")
    sqlite.append(connection, journal.body(Event.HEARTBEAT, {}), ())
    connection.execute("COMMIT")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _integrated(database: Path, head: Path, signer: NoteSigner) -> None:
    """Put what the coordinator left waiting into the tree."""
    with closing(_durable(database)) as connection, closing(open_tree_file(head)) as grown:
        entries = sqlite.SqliteEntries(connection)
        while log.integrate(entries, grown, signer).size < entries.count():
            continue


def _durable(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _fast(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for name, value in _FAST.items():
        connection.execute(f"PRAGMA {name}={value}")
    return connection
