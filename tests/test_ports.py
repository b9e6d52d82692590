"""The suite itself: a port that a test keeps for later is given to nobody else."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.ports import _BLOCK, _BLOCKS, _handed_out, free_port

ROOT = Path(__file__).parents[1]
FIVE = "from tests.ports import free_port; print(*(free_port() for _one in range(5))); input()"


def block(port: int) -> int:
    return (port - _BLOCKS.start) // _BLOCK


def test_no_port_is_given_twice_and_none_on_which_somebody_listens() -> None:
    ports = _handed_out()
    first = next(ports)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first + 1))
        taken.listen()
        found = [first, *(next(ports) for _one in range(2 * _BLOCK))]
    assert len(set(found)) == len(found)
    assert first + 1 not in found
    assert len({block(port) for port in found}) == 3


def test_two_processes_have_ports_of_their_own() -> None:
    mine = block(free_port())
    with subprocess.Popen(
        [sys.executable, "-c", FIVE], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = {block(int(port)) for port in other.stdout.readline().split()}
        other.communicate("\n", timeout=60)
    assert len(theirs) == 1
    assert mine not in theirs
