"""What a coordinator costs by being there: starting again, and memory apart from the file cache."""

from tests.bench.figures import LESS, Figure
from tests.bench.machine import Machine
from tests.bench.rig import Rig

RESTART_SECONDS = {1_000_000: 3.0}
MEMORY_MIB = {1_000_000: 300.0 + 128.0, 10_000_000: 500.0}
"""At a million persons: 300 MiB and SQLite's cache of 128 MiB."""


def measure(rig: Rig, machine: Machine, size: int) -> list[Figure]:
    """Measure a coordinator with `size` persons; memory as the questions before this left it."""
    memory = rig.coordinator_mib()
    restart = rig.restart()
    there = machine.time_there(restart)
    return [
        Figure("coordinator", "memory after asking", size, memory, "MiB", bar=MEMORY_MIB.get(size), better=LESS),
        Figure("coordinator", "restart", size, restart, "s", bar=RESTART_SECONDS.get(size), better=LESS, there=there),
    ]
