"""A process that makes tokens over several others and is killed with -9 leaves none of them behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PEOPLE = 9_000
FED = """
import sys, time
from importlib import import_module
from tests.node.tokens.test_streams import MAKING, population
from samenloop_node.tokens.streams import tokenise_rows

def rows():
    yield from population({people})
    print("waiting", flush=True)
    time.sleep(600)

if __name__ == "__main__":
    for module in sys.argv[1:]:
        import_module(module)
    for _one in tokenise_rows(rows(), MAKING, 2):
        pass
"""


BEREFT = """
import multiprocessing, os, signal
from tests.node.tokens.test_streams import MAKING, population
from samenloop.errors import SamenloopError
from samenloop_node.tokens.streams import tokenise_rows

def rows():
    for one in population({people}):
        yield tuple(text + " " + "x" * 150 if text else "" for text in one[:6]) + one[6:]

if __name__ == "__main__":
    made = tokenise_rows(rows(), MAKING, 2)
    next(made)
    os.kill(multiprocessing.active_children()[-1].pid, signal.SIGKILL)
    try:
        print(sum(1 for _one in made))
    except SamenloopError as error:
        print(error.code.value)
"""


def test_a_worker_that_is_killed_ends_the_stream_with_an_error_and_holds_nothing_up() -> None:
    """Rows are so long that the pipe to the workers is full at that moment."""
    for _time in range(8):
        line = [sys.executable, "-c", BEREFT.format(people=PEOPLE)]
        done = subprocess.run(line, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
        assert done.stdout == "unavailable\n"


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _remaining(pids: list[int], seconds: float) -> list[int]:
    """Return who still runs after at most this long."""
    until = time.monotonic() + seconds
    while (left := [pid for pid in pids if _alive(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    return left


@contextmanager
def _killed(*modules: str) -> Iterator[list[int]]:
    """Kill a process that feeds two others and then waits; yield those it started, and end them afterwards."""
    line = [sys.executable, "-c", FED.format(people=PEOPLE), *modules]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True) as fed:
        assert fed.stdout is not None
        assert fed.stdout.readline() == "waiting\n"
        started = _children(fed.pid)
        fed.send_signal(signal.SIGKILL)
        fed.wait()
        try:
            yield started
        finally:
            for pid in filter(_alive, started):
                os.kill(pid, signal.SIGKILL)


def test_workers_end_when_the_process_that_feeds_them_is_killed() -> None:
    with _killed() as started:
        assert len(started) == 3, "two workers, and the process of Python that tidies up after them"
        assert _remaining(started, seconds=20) == []


@pytest.mark.parametrize("weak", ["tests.node.tokens.outlives_its_parent"])
def test_workers_that_do_not_watch_their_parent_are_found_alive(weak: str) -> None:
    with _killed(weak) as started:
        assert _remaining(started, seconds=2) == started
