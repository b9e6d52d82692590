"""Rows of an export in, token sets out, in order and over several processes.

Reading a person and making its tokens both happen in the worker: what travels is plain texts one way and plain bytes
back, a chunk at a time, since what the process that feeds the others does per person is not done twice as fast.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice

from samenloop.model import TokenSet
from samenloop.profile import Profile
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.person import parse_row
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.tokenise import Cut, cut, token_set
from samenloop_node.workers import worker_processes

Row = tuple[str, ...]
"""The fields of one person in the order of PERSON_COLUMNS; empty where there is none."""
TokenSets = tuple[TokenSet, ...]
"""Those of one person, one per epoch."""
Cuts = tuple[Cut, ...]
"""The same as plain values."""
_CHUNK = 500
_CHUNKS_AHEAD = 8


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

    def chunk(self, rows: list[Row]) -> list[Cuts]:
        """Return those of several persons; raises FieldError."""
        return list(map(self.cuts, rows))

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
    with worker_processes(processes, making.chunk) as have_made:
        for made in _in_order(have_made, iter(rows)):
            yield from map(making.whole, made)


def _in_order(have_made: Callable[[list[Row]], Future[list[Cuts]]], rows: Iterator[Row]) -> Iterator[list[Cuts]]:
    """Give each chunk to who is free first: not every process is as fast, where others work too."""
    waiting: deque[Future[list[Cuts]]] = deque()
    while chunk := list(islice(rows, _CHUNK)):
        waiting.append(have_made(chunk))
        if len(waiting) >= _CHUNKS_AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
