"""Ports for servers that a test starts later: no other test, run or outgoing connection takes one in between.

Each process of the suite claims a block of ports by listening on its first one for as long as it lives. The blocks are
below those that the kernel hands out by itself. A port is handed out once.
"""

import itertools
import os
import socket
from collections.abc import Iterator

_BLOCK = 100
_BLOCKS = range(12_000, 32_000, _BLOCK)


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens, and that nobody else is given."""
    return next(_ports)


def _handed_out() -> Iterator[int]:
    begin = os.getpid() % len(_BLOCKS)
    for first in itertools.islice(itertools.cycle(_BLOCKS), begin, begin + len(_BLOCKS)):
        with socket.socket() as claim:
            if _listens(claim, first):
                yield from filter(_unused, range(first + 1, first + _BLOCK))
    raise RuntimeError("every port is taken")


def _unused(port: int) -> bool:
    with socket.socket() as probe:
        return _listens(probe, port)


def _listens(one: socket.socket, port: int) -> bool:
    try:
        one.bind(("127.0.0.1", port))
        one.listen()
    except OSError:
        return False
    return True


_ports = _handed_out()
