"""Asking every record of an evaluation: single questions over the sockets of the nodes, many at once."""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_node.socket_messages import MAX_LINE, Request, format_request, parse_reply
from tests.quality.evaluation_consortium import HOLDER, QUESTION
from tests.quality.evaluation_sources import Asked, Source, records

AT_ONCE = 12
"""Questions under way per node."""
MOST_HOLDERS = 16
ALL_PARTNERS_FROM = 4
"""From so many partners on a question may not go to all of them at once (R-24): then it is put in two parts."""
TRIES = 4
_AGAIN = frozenset({ErrorCode.BUSY, ErrorCode.UNAVAILABLE})


@dataclass(slots=True)
class Outcome:
    """What came back: hits as (record, organisation that knows it), questions put, records that are no person."""

    hits: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Asker:
    """One organisation with the socket of its node, and whom it asks: each group is one question."""

    source: Source
    socket: Path
    groups: tuple[tuple[Source, ...], ...]


def askers(sources: Sequence[Source], socket: Callable[[str], Path]) -> list[Asker]:
    """Return every organisation as an asker of all others; `socket(participant)` is where its node listens."""
    return [
        Asker(one, socket(one.participant), groups_of([other for other in sources if other is not one]))
        for one in sources
    ]


def groups_of(others: Sequence[Source]) -> tuple[tuple[Source, ...], ...]:
    """Divide whom to ask over as few questions as the rules allow."""
    pieces = max(2 if len(others) >= ALL_PARTNERS_FROM else 1, -(-len(others) // MOST_HOLDERS))
    return tuple(tuple(others[place::pieces]) for place in range(pieces))


async def ask_all(asking: Sequence[Asker], told: Callable[[int], None]) -> Outcome:
    """Ask everything; raises SamenloopError when a question gets no answer. `told` hears how many were put."""
    outcome, numbers = Outcome(), itertools.count(1)
    async with asyncio.TaskGroup() as group:
        for asker in asking:
            waiting = records(asker.source)
            for _place in range(AT_ONCE):
                group.create_task(_work(asker, waiting, numbers, outcome, told))
    return outcome


async def _work(
    asker: Asker, waiting: Iterator[Asked], numbers: Iterator[int], outcome: Outcome, told: Callable[[int], None]
) -> None:
    for record in waiting:
        case = f"E{next(numbers)}"
        for holders in asker.groups:
            await _put(asker, record, case, holders, outcome)
        told(outcome.asked)


async def _put(asker: Asker, record: Asked, case: str, holders: Sequence[Source], outcome: Outcome) -> None:
    parts = [{"holder": one.participant, **HOLDER} for one in holders]
    question = {"case": case, "holders": parts, **QUESTION}
    outcome.asked += 1
    try:
        answer = await patiently(asker.socket, Request("ask", {"question": question, "person": record.person}, ""))
    except SamenloopError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        outcome.refused += 1
        return
    names = {one.participant: one.name for one in holders}
    outcome.hits += [(record.record_id, names[line["holder"]]) for line in answer["answers"] if line["known"]]


async def patiently(socket: Path, request: Request) -> dict[str, Any]:
    """Send a request to a node, again when it or the coordinator is busy; raises SamenloopError."""
    for pause in range(1, TRIES):
        try:
            return await call(socket, request)
        except SamenloopError as error:
            if error.code not in _AGAIN:
                raise
        await asyncio.sleep(pause)
    return await call(socket, request)


async def call(socket: Path, request: Request) -> dict[str, Any]:
    """Send one request to a node and return its result; raises SamenloopError, OSError when nobody listens."""
    reader, writer = await asyncio.open_unix_connection(str(socket), limit=16 * MAX_LINE)
    try:
        writer.write(format_request(request))
        while line := await reader.readline():
            kind, content = parse_reply(line)
            if kind == "result":
                return content
    finally:
        writer.close()
    raise SamenloopError(ErrorCode.UNAVAILABLE, "The node stopped before it answered.")
