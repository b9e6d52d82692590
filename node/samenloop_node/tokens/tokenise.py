"""Tokens of a person: HMAC-SHA256 per recipe, cut to 16 bytes, padded with random tokens per recipe."""

import hmac
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice

from samenloop.model import GROUP_SIZES, MAX_TOKENS, TOKEN_BYTES, TokenSet
from samenloop.profile import Profile
from samenloop_node.identity.person import Person
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.recipes import facts_of, messages_of

_PADDED = tuple(next(size for size in GROUP_SIZES if size >= n) for n in range(1, GROUP_SIZES[-1] + 1))
_CHUNK = 256
_CHUNKS_AHEAD = 4

RandomBytes = Callable[[int], bytes]


def tokenise(person: Person, profile: Profile, keys: EpochKeys, random_bytes: RandomBytes = os.urandom) -> TokenSet:
    """Return the tokens of one person in one epoch, at most 48 of them.

    Recipes that do not fit any more are dropped whole, in profile order, and their mask bit is cleared: a recipe that is
    half there would fake conflicts.
    """
    messages = messages_of(person, profile)
    return _token_set(messages, facts_of(person).pack(), profile, keys, random_bytes)


def tokenise_many(
    persons: Iterable[Person], profile: Profile, keys: EpochKeys, processes: int = 1
) -> Iterator[TokenSet]:
    """Tokenise a stream in order, over `processes` processes; reads only a few chunks of 256 persons ahead."""
    if processes <= 1:
        for person in persons:
            yield tokenise(person, profile, keys)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=(profile, keys)) as pool:
        yield from _in_order(pool, iter(persons), processes * _CHUNKS_AHEAD)


def _in_order(pool: ProcessPoolExecutor, persons: Iterator[Person], ahead: int) -> Iterator[TokenSet]:
    waiting: deque[Future[list[TokenSet]]] = deque()
    while chunk := list(islice(persons, _CHUNK)):
        waiting.append(pool.submit(_tokenise_chunk, chunk))
        if len(waiting) >= ahead:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


_worker: list[tuple[Profile, EpochKeys]] = []


def _start(profile: Profile, keys: EpochKeys) -> None:
    _worker.append((profile, keys))


def _tokenise_chunk(persons: list[Person]) -> list[TokenSet]:
    profile, keys = _worker[-1]
    return [tokenise(person, profile, keys) for person in persons]


def _token_set(
    messages: list[list[bytes]], facts: int, profile: Profile, keys: EpochKeys, random_bytes: RandomBytes
) -> TokenSet:
    mask, counts = 0, bytearray()
    tokens: list[bytes] = []
    for number, recipe in enumerate(profile.recipes):
        values = messages[number]
        size = _PADDED[len(values) - 1] if 0 < len(values) <= len(_PADDED) else 0
        if size == 0 or len(tokens) + size > MAX_TOKENS:
            continue
        mask |= 1 << number
        counts.append(size)
        tokens.extend(_padded(keys.by_recipe[recipe], values, size, random_bytes))
    return TokenSet(keys.epoch, mask, facts, bytes(counts), b"".join(tokens))


def _padded(key: bytes, values: list[bytes], size: int, random_bytes: RandomBytes) -> list[bytes]:
    made = [hmac.digest(key, value, "sha256")[:TOKEN_BYTES] for value in values]
    if len(made) < size:
        filler = random_bytes((size - len(made)) * TOKEN_BYTES)
        made.extend(filler[at : at + TOKEN_BYTES] for at in range(0, len(filler), TOKEN_BYTES))
    made.sort()
    return made
