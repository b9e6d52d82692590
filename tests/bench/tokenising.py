"""Tokenising: normalise a person and key all its recipes, beside the bare HMAC calls that this takes.

Both start without remembered names, so the figures are those of a first synchronisation.
"""

import gc
import hmac
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from samenloop.model import EpochId
from samenloop.profile import profile
from samenloop_node.identity.person import PERSON_COLUMNS, parse_person
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.recipes import messages_of
from samenloop_node.tokens.streams import Making, Row, tokenise_rows
from samenloop_node.tokens.tokenise import tokenise
from tests.bench.figures import LESS, Figure
from tests.bench.peers import bare_hmac
from tests.bench.people import rows

PROFILE = "nl-1"
_T = TypeVar("_T")
_WARM = 4_000
_BLOCK = 1_000
_PAIRS = 3
_BARE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of processor time for so many persons: reading their fields, making tokens, as many bare calls."""

    reading: float
    tokenising: float
    bare: float
    calls: int
    tokens: int


def measure(size: int) -> list[Figure]:
    """Measure `size` different persons, in one process and in two."""
    keys = EpochKeys(os.urandom(32), "bench", "bench", EpochId("2026-1"), profile(PROFILE).recipes)
    alone = _apart(_alone, size, keys)
    pairs, bare_gains = [], []
    for _pair in range(_PAIRS):
        pairs.append([_apart(_stream, size, keys, processes) for processes in (1, 2)])
        bare_gains.append(_bare_gain())
    single, double = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    gain = statistics.median(two / one for one, two in pairs)
    bare_gain = statistics.median(bare_gains)
    rate, bare = size / alone.tokenising, size / alone.bare
    with_reading = size / (alone.tokenising + alone.reading)
    name = "bare hmac.digest, persons/s"
    return [
        Figure("tokenising", "one process", size, rate, "persons/s", name, bare, 0.25),
        Figure("tokenising", "one process, fields read too", size, with_reading, "persons/s", name, bare),
        Figure("tokenising", "two processes, fields read too", size, double, "persons/s", "one process", single),
        Figure("tokenising", "two processes: median gain of pairs", size, gain, "times", bar=1.8),
        Figure("tokenising", "the same beside bare hmac.digest", size, gain, "times", "its gain", bare_gain),
        Figure("tokenising", "hmac calls per person", size, alone.calls / size, "calls"),
        Figure("tokenising", "tokens per person", size, alone.tokens / size, "tokens", bar=24, better=LESS),
    ]


def as_row(row: dict[str, str]) -> Row:
    """Return the fields of an export's row as the stream takes them."""
    return tuple(row.get(column) or "" for column in PERSON_COLUMNS)


def _apart(function: Callable[..., _T], *given: object) -> _T:
    """Run in a process of its own, which starts without remembered names."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(function, *given).result()


def _alone(size: int, keys: EpochKeys) -> Times:
    """Take turns with the bare calls: processor time of a machine that does other work is alike for both."""
    chosen, people = profile(PROFILE), map(as_row, rows(size))
    sums, calls, tokens = [0.0, 0.0, 0.0], 0, 0
    gc.freeze()
    while block := list(islice(people, _BLOCK)):
        times = [time.process_time()]
        read = [parse_person(dict(zip(PERSON_COLUMNS, row, strict=True))) for row in block]
        times.append(time.process_time())
        tokens += sum(sum(tokenise(one, chosen, keys).counts) for one in read)
        times.append(time.process_time())
        made = sum(len(values) for one in read for values in messages_of(one, chosen))
        began = time.process_time()
        _bare(made)
        spent = time.process_time() - began
        calls += made
        sums = [a + b for a, b in zip(sums, (times[1] - times[0], times[2] - times[1], spent), strict=True)]
    return Times(*sums, calls, tokens)


def _bare(calls: int) -> None:
    key, message = os.urandom(32), os.urandom(40)
    for _each in range(calls):
        hmac.digest(key, message, "sha256")


def _bare_gain() -> float:
    """Return how many times as many bare calls two processes make as one: what the machine has to give."""
    rates = []
    for processes in (1, 2):
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as fresh:
            list(fresh.map(bare_hmac, [0.1] * processes))
            rates.append(sum(fresh.map(bare_hmac, [_BARE_SECONDS] * processes)))
    return rates[1] / rates[0]


def _stream(size: int, keys: EpochKeys, processes: int) -> float:
    """Return persons per second of the stream that `sync` uses, start-up of the processes left out."""
    given = [as_row(row) for row in rows(_WARM + size)]
    gc.freeze()
    stream: Iterator[object] = tokenise_rows(given, Making(((profile(PROFILE), keys),)), processes)
    for _each in range(_WARM):
        next(stream)
    begun = time.perf_counter()
    left = sum(1 for _one in stream)
    return left / (time.perf_counter() - begun)
