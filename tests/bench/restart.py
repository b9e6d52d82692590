"""A coordinator with many persons and a long log together: how soon it listens again, and what memory it takes.

`python -m tests.bench.restart [PERSONS ENTRIES]`; a million persons and ten million entries take some minutes to load
and 6 GB of disk.
"""

import sys

from rich.console import Console

from samenloop.loop import run
from samenloop_coordinator.config import load_config
from tests.bench import log_growth
from tests.bench.asking import ready_requests
from tests.bench.figures import LESS, Figure, show
from tests.bench.peers import timed_calls
from tests.bench.rig import Rig, rig

PERSONS, ENTRIES, TOKENS = 1_000_000, 10_000_000, 20
SECONDS, MEMORY_MIB = 3.0, 500.0
_TIMES, _QUESTIONS = 5, 400


def measure(made: Rig, persons: int, entries: int) -> list[Figure]:
    """Load both, and start the coordinator five times; questions afterwards show what memory it settles at."""
    made.fill(persons, TOKENS)
    made.consortium.stop("coordinator")
    log_growth.fill(load_config(made.consortium.folder("coordinator") / "coordinator.toml"), entries)
    made.start()
    slowest = max(made.restart() for _time in range(_TIMES))
    busy, idle = made.coordinator_seconds(), made.coordinator_mib()
    run(_ask(made))
    memory = made.coordinator_mib()
    name = f"{persons:,} persons, {entries:,} entries"
    return [
        Figure("restart", f"{name}: slowest of five", entries, slowest, "s", bar=SECONDS, better=LESS),
        Figure("restart", f"{name}: processor time", entries, busy, "s"),
        Figure("restart", f"{name}: memory after it", entries, idle, "MiB", bar=MEMORY_MIB, better=LESS),
        Figure("restart", f"{name}: after questions", entries, memory, "MiB", bar=MEMORY_MIB, better=LESS),
    ]


async def _ask(made: Rig) -> None:
    app = made.open()
    try:
        await app.agreement.refresh(app.connection)
        ready = ready_requests(made, app, _QUESTIONS)
        await timed_calls(lambda: app.connection.ask(next(ready)), _QUESTIONS, 8)
    finally:
        await app.close()


def main() -> None:
    """Measure in a consortium of its own."""
    persons, entries = (int(size) for size in sys.argv[1:] or (PERSONS, ENTRIES))
    with rig() as made:
        show(Console(width=150), measure(made, persons, entries))


if __name__ == "__main__":
    main()
