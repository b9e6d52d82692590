"""A deliberately broken build: a process that makes tokens works on the first chunks and does not see the node go."""

import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from samenloop_node import workers


def serve(work: Callable[[Any], Any], pipe: Connection) -> None:
    with suppress(EOFError, OSError):
        while True:
            pipe.send(work(pipe.recv()))
    time.sleep(600)


workers._serve = serve
