"""Rows of an export in, token sets out, in order and over several processes.

Reading a person and making its tokens both happen in the worker: what travels is plain texts one way and plain bytes
back, a chunk at a time, since what the process that feeds the others does per person is not done twice as fast.
"""

import fcntl
import gc
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import TokenSet
from samenloop.profile import Profile
from samenloop.texts import _
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.person import parse_row
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.tokenise import Cut, cut, token_set
from samenloop_node.workers import end_with_parent

Row = tuple[str, ...]
"""The fields of one person in the order of PERSON_COLUMNS; empty where there is none."""
TokenSets = tuple[TokenSet, ...]
"""Those of one person, one per epoch."""
Cuts = tuple[Cut, ...]
"""The same as plain values."""
_CHUNK = 500
_CHUNKS_AHEAD = 8
_PIPE_BYTES = 1 << 20
"""Room for a result, so that a process goes on with the next chunk at once; Linux gives a user as much."""


@dataclass(frozen=True, slots=True)
class Making:
    """What token sets are made with: profile and keys per epoch. `drop_optional`: see `parse_row` (evaluation)."""

    epochs: tuple[tuple[Profile, EpochKeys], ...]
    drop_optional: bool = False

    def token_sets(self, row: Row) -> TokenSets:
        """Return the token sets of one person; raises FieldError."""
        return self.whole(self.cuts(row))

    def cuts(self, row: Row) -> Cuts:
        """Return the same as plain values; raises FieldError."""
        dropped: list[FieldError] | None = [] if self.drop_optional else None
        person = parse_row(row, dropped)
        return tuple([cut(person, profile, keys) for profile, keys in self.epochs])

    def whole(self, made: Cuts) -> TokenSets:
        """Return plain values as token sets."""
        return tuple([token_set(keys.epoch, one) for (_profile, keys), one in zip(self.epochs, made, strict=True)])


def tokenise_rows(rows: Iterable[Row], making: Making, processes: int = 1) -> Iterator[TokenSets]:
    """Tokenise a stream in order; reads only 4,000 rows ahead.

    Raises SamenloopError(UNAVAILABLE) when one of the processes dies.
    """
    if processes <= 1:
        yield from map(making.token_sets, rows)
        return
    with ExitStack() as pools:
        workers = [pools.enter_context(_worker_process(making)) for _number in range(processes)]
        for made in _in_order(workers, iter(rows)):
            yield from map(making.whole, made)


@contextmanager
def _worker_process(making: Making) -> Iterator[ProcessPoolExecutor]:
    """Have one process ready, and see that it ends: also after it was killed, at whatever moment.

    Python's own end of each of its pipes is closed, or nobody would hear of it: who reads half a result would wait for
    the rest for ever, and so would who writes to a pipe that nobody reads any more (github.com/python/cpython, issue
    94777). For the same reason no two processes share a pipe.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=_start, initargs=(making,))
    calls, results = pool._call_queue, pool._result_queue._writer  # type: ignore[attr-defined]
    try:
        with suppress(OSError):  # more than this user may have; then a process waits until its result is read
            fcntl.fcntl(results.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        pool.submit(_work, [])
        results.close()
        yield pool
    except BrokenProcessPool as broken:
        raise SamenloopError(
            ErrorCode.UNAVAILABLE, _("Een hulpproces van de node is onverwacht gestopt. Zie of er genoeg geheugen is.")
        ) from broken
    finally:
        calls._reader.close()
        pool.shutdown(cancel_futures=True)


def _in_order(workers: Sequence[ProcessPoolExecutor], rows: Iterator[Row]) -> Iterator[list[Cuts]]:
    """Give each chunk to who has least to do: not every process is as fast, where others work too."""
    waiting: deque[tuple[ProcessPoolExecutor, Future[list[Cuts]]]] = deque()

    def left(worker: ProcessPoolExecutor) -> int:
        return sum(given is worker and not future.done() for given, future in waiting)

    while chunk := list(islice(rows, _CHUNK)):
        worker = min(workers, key=left)
        waiting.append((worker, worker.submit(_work, chunk)))
        if len(waiting) >= _CHUNKS_AHEAD:
            yield waiting.popleft()[1].result()
    while waiting:
        yield waiting.popleft()[1].result()


_worker: list[Making] = []


def _start(making: Making) -> None:
    """Nothing here makes cycles, and looking through the remembered names for them again and again costs a sixth."""
    gc.disable()
    end_with_parent()
    _worker.append(making)


def _work(rows: list[Row]) -> list[Cuts]:
    return list(map(_worker[-1].cuts, rows))
