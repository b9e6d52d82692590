"""`make bench`: what the system does per second, each figure beside its limit in the same run.

Quick by default (10,000 and 100,000 registered persons); `FULL=1 make bench` goes on to 1,000,000 and 10,000,000, which
takes about an hour and 12 GB of disk. Writes var/bench.json, a table, and pictures in var/bench/.
"""

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tests.bench import auditing, engine, figures, model, tokenising
from tests.bench.figures import Figure
from tests.bench.machine import Machine

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "var" / "bench.json"
TOKENS = 20
"""Values per person that the loader gives a registration; nl-1 makes about as many."""


def main() -> int:
    """Measure everything and say what was found."""
    full, begun = os.environ.get("FULL", "0") not in ("", "0"), time.monotonic()
    console = Console(width=None if sys.stdout.isatty() else 170)
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="samenloop-bench-") as folder:
        for part in (_alone, _together, _on_postgresql):
            for some in part(Path(folder), console, full=full):
                found += some
                figures.write(OUT, _about(full=full, seconds=time.monotonic() - begun), found)
    found += model.compared(found)
    figures.write(OUT, _about(full=full, seconds=time.monotonic() - begun), found)
    figures.show(console, found)
    figures.draw(OUT.with_suffix(""), found)
    console.print(f"{OUT}: {time.monotonic() - begun:.0f} s")
    return 0


def _alone(folder: Path, console: Console, *, full: bool) -> Iterator[list[Figure]]:
    """Measure what needs no consortium."""
    small, large = (10_000, 100_000), (10_000, 100_000, 1_000_000)
    steps: tuple[tuple[str, tuple[int, ...], Callable[[int], list[Figure]]], ...] = (
        ("tokenising", small, tokenising.measure),
        ("audit log", large, lambda size: auditing.measure(folder, size)),
        ("engine", large, lambda size: engine.measure(folder, size)),
    )
    for name, sizes, step in steps:
        for size in sizes if full else sizes[:1]:
            console.print(f"{name}, {size:,} ...")
            yield step(size)


def _together(folder: Path, console: Console, *, full: bool) -> Iterator[list[Figure]]:
    """Measure a node and a coordinator: asking among ever more persons, and registering more."""
    from tests.bench import asking, log_growth, registering, running
    from tests.bench.rig import rig

    sizes = (10_000, 100_000, 1_000_000, 10_000_000) if full else (10_000, 100_000)
    registered, calls, found = (100_000, 2_000, list[Figure]()) if full else (10_000, 400, list[Figure]())
    console.print("making a consortium ...")
    with rig(folder) as made:
        for size in sizes:
            console.print(f"asking among {size:,} ...")
            made.fill(size, TOKENS)
            machine = Machine.measured(folder)
            yield machine.figures(size)
            asked = asking.measure(made, machine, size, calls)
            found += asked
            yield asked
            yield running.measure(made, machine, size)
            console.print("registering more ...")
            yield registering.measure_wire(made, size)
            if size == registered:
                console.print(f"synchronising {size:,} more, twice ...")
                yield registering.measure_sync(made, machine, size)
                yield registering.measure_memory(made, size)
        yield asking.growth(found)
        for size in sizes:
            console.print(f"a log of {size:,} ...")
            yield log_growth.measure(made, size)


def _on_postgresql(folder: Path, console: Console, *, full: bool) -> Iterator[list[Figure]]:
    """Measure the other backend, in a consortium that moves to it for good."""
    from tests.bench import postgresql
    from tests.bench.rig import rig
    from tests.coordinator.postgres.server import near

    url = near()
    if not url:
        console.print("PostgreSQL is left out: no server is near (docs/how-to/run-on-postgresql.md)")
        return
    console.print("asking on PostgreSQL ...")
    with rig(folder) as made:
        made.fill(10_000, TOKENS)
        yield postgresql.measure(made, url, 10_000, 2_000 if full else 400)


def _about(*, full: bool, seconds: float) -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "mode": "full" if full else "quick",
        "seconds": round(seconds),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[2],
    }


if __name__ == "__main__":
    sys.exit(main())
