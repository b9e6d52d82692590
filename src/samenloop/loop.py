"""The event loop of both daemons."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

_T = TypeVar("_T")


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a daemon until it ends, on uvloop: grpc's asyncio server spends a third less on it for each call.

    What was loaded before is there to stay: the garbage collector need not look at it again and again.
    """
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
