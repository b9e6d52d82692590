"""The event loop of both daemons."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

_T = TypeVar("_T")
_GC_THRESHOLDS = (20_000, 50, 100)
"""Of `gc.set_threshold`; Python's own (700, 10, 10) cost a twentieth of a question's processor time."""


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a daemon until it ends, on uvloop: grpc's asyncio server spends a third less on it for each call.

    What was loaded before is there to stay, and what a request makes is gone with its last reference: so the garbage
    collector looks for cycles only now and then.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
