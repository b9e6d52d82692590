"""Rows of an export in, token sets out, in order and over several processes.

Reading a person and making its tokens both happen in the worker: what travels is plain texts one way and plain bytes
back, since taking values apart for the journey costs the one process that feeds the others most.
"""

import gc
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice

from samenloop.model import TokenSet
from samenloop.profile import Profile
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.person import PERSON_COLUMNS, parse_person
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.tokenise import NO_FACTS, tokenise

Row = tuple[str, ...]
"""The fields of one person in the order of PERSON_COLUMNS; empty where there is none."""
TokenSets = tuple[TokenSet, ...]
"""Those of one person, one per epoch."""
_Plain = tuple[tuple[int, bytes, bytes], ...]
_SURNAME = PERSON_COLUMNS.index("geslachtsnaam")
_CHUNK = 1_000
_CHUNKS_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Making:
    """What token sets are made with: profile and keys per epoch. `drop_optional`: see `parse_person` (evaluation)."""

    epochs: tuple[tuple[Profile, EpochKeys], ...]
    drop_optional: bool = False

    def token_sets(self, row: Row) -> TokenSets:
        """Return the token sets of one person; raises FieldError."""
        dropped: list[FieldError] | None = [] if self.drop_optional else None
        person = parse_person(dict(zip(PERSON_COLUMNS, row, strict=True)), dropped)
        return tuple(tokenise(person, profile, keys) for profile, keys in self.epochs)


def tokenise_rows(rows: Iterable[Row], making: Making, processes: int = 1) -> Iterator[TokenSets]:
    """Tokenise a stream in order; reads only a few chunks of 1,000 rows ahead."""
    if processes <= 1:
        yield from map(making.token_sets, rows)
        return
    epochs = [keys.epoch for _profile, keys in making.epochs]
    with ExitStack() as stack:
        pools = [stack.enter_context(_pool(making)) for _process in range(processes)]
        for plain in _in_order(pools, iter(rows)):
            yield tuple(
                TokenSet(epoch, mask, NO_FACTS, counts, tokens)
                for epoch, (mask, counts, tokens) in zip(epochs, plain, strict=True)
            )


def _pool(making: Making) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context, initializer=_start, initargs=(making,))


def _in_order(pools: Sequence[ProcessPoolExecutor], rows: Iterator[Row]) -> Iterator[_Plain]:
    """Deal rows out by surname, so that what a worker remembers of a name no other needs to find out too."""
    waiting: deque[Iterator[_Plain]] = deque()
    while chunk := list(islice(rows, _CHUNK)):
        dealt = [hash(row[_SURNAME]) % len(pools) for row in chunk]
        hands = [[row for row, hand in zip(chunk, dealt, strict=True) if hand == each] for each in range(len(pools))]
        waiting.append(_gathered(dealt, [pool.submit(_plain, hand) for pool, hand in zip(pools, hands, strict=True)]))
        if len(waiting) >= _CHUNKS_AHEAD:
            yield from waiting.popleft()
    while waiting:
        yield from waiting.popleft()


def _gathered(dealt: Sequence[int], made: "Sequence[Future[list[_Plain]]]") -> Iterator[_Plain]:
    hands = [iter(one.result()) for one in made]
    for hand in dealt:
        yield next(hands[hand])


_worker: list[Making] = []


def _start(making: Making) -> None:
    """Nothing here makes cycles, and looking through the remembered names for them again and again costs a sixth."""
    gc.disable()
    _worker.append(making)


def _plain(rows: list[Row]) -> list[_Plain]:
    made = map(_worker[-1].token_sets, rows)
    return [tuple((one.mask, one.counts, one.tokens) for one in sets) for sets in made]
