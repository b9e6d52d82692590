"""Tokens of a person: HMAC-SHA256 per recipe, cut to 16 bytes, padded with random tokens per recipe."""

import hmac
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice

from samenloop.model import GROUP_SIZES, MAX_TOKENS, TOKEN_BYTES, TokenSet
from samenloop.profile import Facts, Profile
from samenloop_node.identity.person import Person
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.recipes import messages_of

_PADDED = (0, *(next(size for size in GROUP_SIZES if size >= n) for n in range(1, GROUP_SIZES[-1] + 1)))
"""Padded size by number of values; a recipe with more than 12 values is left out whole."""
_hmac = hmac.digest
_CHUNK = 256
_CHUNKS_AHEAD = 4

NO_FACTS = Facts(0, official_full_names=False).pack()
"""The rule of nl-1 needs no clear facts (measured), so nodes send none."""
RandomBytes = Callable[[int], bytes]


def tokenise(person: Person, profile: Profile, keys: EpochKeys, random_bytes: RandomBytes = os.urandom) -> TokenSet:
    """Return the tokens of one person in one epoch, at most 48 of them.

    The profile order is the order of importance: a recipe for which there is no room any more is dropped whole
    and its mask
    bit cleared, because a recipe that is half there would fake conflicts.
    """
    mask, counts = 0, bytearray()
    tokens: list[bytes] = []
    for number, values, size in fitting(messages_of(person, profile)):
        mask |= 1 << number
        counts.append(size)
        tokens += _keyed(keys.by_recipe[profile.recipes[number]], values, size, random_bytes)
    return TokenSet(keys.epoch, mask, NO_FACTS, bytes(counts), b"".join(tokens))


def fitting(messages: Sequence[Sequence[str]]) -> Iterator[tuple[int, Sequence[str], int]]:
    """Yield (recipe number, messages, padded number of tokens) of the recipes that fit in 48 tokens, 12 each."""
    room = MAX_TOKENS
    for number, values in enumerate(messages):
        size = _PADDED[len(values)] if len(values) < len(_PADDED) else 0
        if 0 < size <= room:
            room -= size
            yield number, values, size


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


def _keyed(key: bytes, values: Sequence[str], size: int, random_bytes: RandomBytes) -> list[bytes]:
    """Sorting hides which tokens are padding and which name gave which token."""
    made = [_hmac(key, value.encode(), "sha256")[:TOKEN_BYTES] for value in values]
    missing = size - len(made)
    if missing:
        filler = random_bytes(missing * TOKEN_BYTES)
        made += [filler[at : at + TOKEN_BYTES] for at in range(0, len(filler), TOKEN_BYTES)]
    if size > 1:
        made.sort()
    return made
