"""`make bench`: what the system does per second, each figure beside its limit in the same run.

Quick by default (10,000 and 100,000 registered persons); `FULL=1 make bench` goes on to 1,000,000 and 10,000,000, which
takes about an hour and 12 GB of disk. Writes var/bench.json, a table, and pictures in var/bench/.
"""

import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tests.bench import auditing, engine, figures, tokenising
from tests.bench.figures import Figure
from tests.bench.machine import Machine

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "var" / "bench.json"
TOKENS = 20
"""Values per person that the loader gives a registration; nl-1 makes about as many."""


def main() -> int:
    """Measure everything and say what was found."""
    full, begun = bool(os.environ.get("FULL")), time.monotonic()
    console = Console(width=None if sys.stdout.isatty() else 170)
    with tempfile.TemporaryDirectory(prefix="samenloop-bench-") as folder:
        found = [*_alone(Path(folder), console, full=full), *_together(Path(folder), console, full=full)]
        found += _on_postgresql(Path(folder), console, full=full)
    figures.write(OUT, _about(full=full, seconds=time.monotonic() - begun), found)
    figures.show(console, found)
    figures.draw(OUT.with_suffix(""), found)
    console.print(f"{OUT}: {time.monotonic() - begun:.0f} s")
    return 0


def _alone(folder: Path, console: Console, *, full: bool) -> list[Figure]:
    """Measure what needs no consortium."""
    size = 100_000 if full else 10_000
    found = []
    for name, step in (
        ("tokenising", lambda: tokenising.measure(size)),
        ("audit log", lambda: auditing.measure(folder, size)),
        ("engine", lambda: engine.measure(folder, size)),
    ):
        console.print(f"{name}, {size:,} ...")
        found += step()
    return found


def _together(folder: Path, console: Console, *, full: bool) -> list[Figure]:
    """Measure a node and a coordinator: asking among ever more persons, and registering more."""
    from tests.bench import asking, log_growth, registering, running
    from tests.bench.rig import rig

    sizes = (10_000, 100_000, 1_000_000, 10_000_000) if full else (10_000, 100_000)
    registered, calls, found = (100_000, 2_000, []) if full else (10_000, 400, [])
    console.print("making a consortium ...")
    with rig(folder) as made:
        for size in sizes:
            console.print(f"asking among {size:,} ...")
            made.fill(size, TOKENS)
            machine = Machine.measured(folder)
            found += machine.figures(size)
            found += asking.measure(made, machine, size, calls)
            found += running.measure(made, machine, size)
            if size == registered:
                console.print(f"registering {size:,} more ...")
                found += registering.measure_wire(made, 10_000)
                found += registering.measure_sync(made, machine, size)
        found += asking.growth(found)
        for size in sizes:
            console.print(f"a log of {size:,} ...")
            found += log_growth.measure(made, size)
    return found


def _on_postgresql(folder: Path, console: Console, *, full: bool) -> list[Figure]:
    """Measure the other backend, in a consortium that moves to it for good."""
    from tests.bench import postgresql
    from tests.bench.rig import rig

    console.print("asking on PostgreSQL ...")
    with rig(folder) as made:
        made.fill(10_000, TOKENS)
        return postgresql.measure(made, 10_000, 2_000 if full else 400)


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
