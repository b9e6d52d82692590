"""What a coordinator costs by being there: starting again, memory apart from the file cache, its file, one lookup."""

import os
import statistics
import time
from contextlib import closing

from samenloop_coordinator.pepper import VALUE_BYTES
from samenloop_coordinator.store.sqlite_link import connect
from samenloop_coordinator.store.tokens import find_merged
from tests.bench.figures import LESS, Figure
from tests.bench.machine import Machine
from tests.bench.rig import Rig

RESTART_SECONDS = {1_000_000: 3.0}
MEMORY_MIB = {1_000_000: 300.0 + 128.0, 10_000_000: 500.0}
"""At a million persons: 300 MiB and SQLite's cache of 128 MiB."""


_VALUES, _TIMES = 60, 400


def measure(rig: Rig, machine: Machine, size: int) -> list[Figure]:
    """Measure a coordinator with `size` persons; memory as the questions before this left it."""
    memory, bytes_each = rig.coordinator_mib(), _bytes_each(rig)
    restart = rig.restart()
    there = machine.time_there(restart)
    return [
        Figure("coordinator", "file per person", size, bytes_each, "bytes", better=LESS),
        Figure("coordinator", "one lookup of 60 values", size, _lookup(rig), "ms", better=LESS),
        Figure("coordinator", "memory after asking", size, memory, "MiB", bar=MEMORY_MIB.get(size), better=LESS),
        Figure("coordinator", "restart", size, restart, "s", bar=RESTART_SECONDS.get(size), better=LESS, there=there),
    ]


def _lookup(rig: Rig) -> float:
    """Return the median time in ms of the statement that every question asks of the index, by a connection like its."""
    times = []
    with closing(connect(rig.database, 2)) as connection:
        for _each in range(_TIMES):
            values = [os.urandom(VALUE_BYTES) for _value in range(_VALUES)]
            begun = time.perf_counter()
            find_merged(connection, values)
            times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def _bytes_each(rig: Rig) -> float:
    with closing(connect(rig.database, 2)) as connection:
        (persons,) = connection.execute("SELECT count(*) FROM registration").fetchone()
    return rig.database.stat().st_size / float(persons)
