"""Processes that share heavy work: each has a pipe of its own, and ends when that is closed, whatever ended its owner.

No two processes hold an end of the same pipe, so who is killed, at whatever moment, is missed at once by who waits for
him (Python's own pools wait for ever: github.com/python/cpython, issue 94777).
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, TypeVar

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
_END_SECONDS = 5
_Idle = SimpleQueue["Connection"]


@contextmanager
def worker_processes(number: int, work: Callable[[_Given], _Made]) -> Iterator[Callable[[_Given], Future[_Made]]]:
    """Start processes, and yield the function that has the first that is free do `work`; end them afterwards.

    `work`, what it is given and what it makes can be pickled. What it raises, the future raises; it raises
    SamenloopError(UNAVAILABLE) when the process is gone.
    """
    idle: _Idle = SimpleQueue()
    with ExitStack() as until_end:
        for _each in range(number):
            idle.put(until_end.enter_context(_process(work)))
        threads = ThreadPoolExecutor(number)
        until_end.callback(threads.shutdown, cancel_futures=True)
        yield lambda given: threads.submit(_have_done, idle, given)


@contextmanager
def _process(work: Callable[[_Given], _Made]) -> Iterator[Connection]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(work, theirs), daemon=True)
    with theirs:
        process.start()
    try:
        with ours:
            yield ours
    finally:
        process.join(_END_SECONDS)
        process.kill()
        process.join()


def _have_done(idle: _Idle, given: object) -> Any:
    """Have one process do its work. Nobody else uses its pipe meanwhile: however large both are, they fit."""
    pipe = idle.get()
    try:
        pipe.send(given)
        made = pipe.recv()
    except (EOFError, OSError) as gone:
        raise SamenloopError(
            ErrorCode.UNAVAILABLE, _("Een hulpproces van de node is onverwacht gestopt. Zie of er genoeg geheugen is.")
        ) from gone
    finally:
        idle.put(pipe)
    if isinstance(made, Exception):
        raise made
    return made


def _serve(work: Callable[[_Given], _Made], pipe: Connection) -> None:
    """Work until the owner closes the pipe or is gone; Ctrl-C on a terminal is for the owner to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # the work makes no cycles; looking for them among all remembered names costs a sixth
    with suppress(EOFError, OSError):
        while True:
            pipe.send(_done(work, pipe.recv()))
    os._exit(0)  # taking down all that was remembered, piece by piece, takes up to half a second


def _done(work: Callable[[_Given], _Made], given: _Given) -> _Made | Exception:
    try:
        return work(given)
    except Exception as problem:  # noqa: BLE001 - whatever it is, who asked for the work hears it
        return problem
