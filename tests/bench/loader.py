"""Fills a coordinator's database, while it is stopped, with registrations of random tokens, in order of value.

Random values are what peppered tokens look like to an index, so a lookup costs what it would with so many persons. The
values that a registration would need for its own withdrawal are left out, and so are entries in the audit log: no
lookup reads them.
"""

import os
import sqlite3
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from samenloop.decisions.modes import RecordFacts
from samenloop_coordinator.law import pack_facts
from samenloop_coordinator.store.values import Mark, pack_marks
from tests.quality.evaluation_consortium import KIND, REGISTER

_BATCH = 50_000
_STRIDE = 982_451_653
"""A prime: neighbours in the index belong to registrations far apart."""
_HIGH = struct.Struct(">Q")
_REGISTRATION = (
    "INSERT INTO registration (id, place, registration_id, facts, beforehand, marks) VALUES (?, ?, ?, ?, x'', ?)"
)
_COVERAGE = """INSERT INTO coverage (place, epoch, count) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET count = count + ?3"""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was added, and how long it took."""

    persons: int
    rows: int
    seconds: float


def fill(path: Path, persons: int, tokens: int, holders: Sequence[str], epoch: str) -> Filled:
    """Add registrations until there are `persons`, `tokens` random values each, spread over the holders' registers."""
    begun = time.perf_counter()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-262144")
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM registration").fetchone()
    added = max(0, persons - last)
    connection.execute("BEGIN")
    places = _places(connection, holders)
    mark = pack_marks((Mark(epoch, (1 << tokens) - 1, 1, tokens),))
    packed = pack_facts(facts())
    numbers = range(last + 1, persons + 1)
    connection.executemany(
        _REGISTRATION, ((one, places[one % len(places)], os.urandom(16), packed, mark) for one in numbers)
    )
    connection.execute("COMMIT")
    _index(connection, last, added, tokens)
    for place in places:
        connection.execute(_COVERAGE, (place, epoch, added // len(places)))
        connection.execute("UPDATE place SET registered = registered + ? WHERE id = ?", (added // len(places), place))
    connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES ('merged_until', ?)", (max(last, persons),))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    return Filled(added, added * tokens, time.perf_counter() - begun)


def _index(connection: sqlite3.Connection, last: int, added: int, tokens: int) -> None:
    total = added * tokens
    for first in range(0, total, 100 * _BATCH):
        connection.execute("BEGIN")
        rows = _values(range(first, min(first + 100 * _BATCH, total)), total, last, added)
        connection.executemany("INSERT INTO token (value, registration) VALUES (?, ?)", rows)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _values(places: range, total: int, last: int, added: int) -> Iterator[tuple[bytes, int]]:
    """Yield values evenly spread and in order; every new registration gets as many."""
    for first in range(places.start, places.stop, _BATCH):
        count = min(_BATCH, places.stop - first)
        random = os.urandom(8 * count)
        for step in range(count):
            place = first + step
            high = _HIGH.pack((place << 64) // total)
            yield high + random[8 * step : 8 * step + 8], last + 1 + place * _STRIDE % added


def _places(connection: sqlite3.Connection, holders: Sequence[str]) -> list[int]:
    insert = "INSERT OR IGNORE INTO place (covenant, participant, register) VALUES ('evaluatie', ?, ?)"
    connection.executemany(insert, [(holder, REGISTER) for holder in holders])
    find = "SELECT id FROM place WHERE participant = ?"
    return [connection.execute(find, (holder,)).fetchone()[0] for holder in holders]


def facts() -> RecordFacts:
    """Return the facts of a plain record of the evaluation's kind of register."""
    return RecordFacts(
        kind=KIND,
        task="toezicht",
        framework="maatregel",
        origin="eigen",
        measure="",
        protected=False,
        tightened=None,
        review_date=datetime.now(UTC).date() + timedelta(days=180),
        acting_for="",
    )
