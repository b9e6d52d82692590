"""Tokenising: normalise a person and key all its recipes, beside the bare HMAC calls that this takes."""

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor

from samenloop.profile import profile
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.recipes import messages_of
from samenloop_node.tokens.tokenise import tokenise, tokenise_many
from tests.bench.figures import Figure
from tests.bench.peers import bare_hmac
from tests.bench.people import persons

PROFILE = "nl-1"
_WARM = 4_096


def measure(size: int) -> list[Figure]:
    """Measure `size` different persons, in one process and in two."""
    chosen, people = profile(PROFILE), persons(size)
    keys = EpochKeys(os.urandom(32), "bench", "bench", "2026-1", chosen.recipe_names)  # type: ignore[arg-type]
    calls = sum(len(values) for one in people[:2000] for values in messages_of(one, chosen)) / min(size, 2000)
    before = bare_hmac()
    begun = time.perf_counter()
    made = [tokenise(one, chosen, keys) for one in people]
    rate = size / (time.perf_counter() - begun)
    limit = (before + bare_hmac()) / 2 / calls
    stored = sum(len(one.tokens) for one in made) / 16 / size
    single, double = (_alone(size, keys, processes) for processes in (1, 2))
    return [
        Figure("tokenising", "one process", size, rate, "persons/s", "bare hmac.digest, persons/s", limit, 0.25),
        Figure("tokenising", "two processes", size, double, "persons/s", "one process", single, 1.8),
        Figure("tokenising", "hmac calls per person", size, calls, "calls"),
        Figure("tokenising", "tokens per person, padding included", size, stored, "tokens", bar=24, better="<="),
    ]


def _alone(size: int, keys: EpochKeys, processes: int) -> float:
    """Return what `_many` finds in a process of its own: both start without remembered names."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as fresh:
        return fresh.submit(_many, size, keys, processes).result()


def _many(size: int, keys: EpochKeys, processes: int) -> float:
    """Return persons per second of the stream that `sync` uses, start-up of the processes left out."""
    stream = tokenise_many(iter(persons(_WARM + size)), profile(PROFILE), keys, processes)
    for _each in range(_WARM):
        next(stream)
    begun, left = time.perf_counter(), 0
    for _one in stream:
        left += 1
    return left / (time.perf_counter() - begun)
