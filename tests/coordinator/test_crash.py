"""Killed with -9 at random moments: what was acknowledged is there once, and the log verifies (I1, I2, I3)."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.wire.v1 import overlap_pb2
from samenloop_coordinator import operating
from samenloop_coordinator.store.sqlite_link import connect as open_database
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import (
    HOUSE,
    POLICE,
    PROBATION,
    Client,
    Process,
    chunk_request,
    connect,
    hold_ceremony,
    put,
    question_request,
)

EACH = 500
AT_ONCE = 25
KILLS = 4
_AWAY = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.INTERNAL, ErrorCode.BUSY})


@dataclass(slots=True)
class History:
    """Every call with its acknowledged reply, None while the outcome is unknown."""

    requests: list[Any]
    replies: dict[int, bytes] = field(default_factory=dict)

    def open(self) -> list[int]:
        """Return the calls that were not acknowledged."""
        return [number for number in range(len(self.requests)) if number not in self.replies]


def test_after_kills_everything_acknowledged_is_there_once_and_the_log_verifies(wide: Consortium) -> None:
    process = Process(wide)
    process.start()
    asyncio.run(hold_ceremony(wide))
    history = _history(wide)
    chance = random.Random(20261121)
    for _kill in range(KILLS):
        asyncio.run(_until(wide, history, len(history.replies) + chance.randint(20, 220), process))
        process.start()
    asyncio.run(_rest(wide, history))
    replayed = asyncio.run(_again(wide, history))
    assert replayed == [history.replies[number] for number in range(len(history.requests))]
    assert process.stop() == 0
    _check(wide, history)
    assert _rows(wide) == {"registration": EACH, "mail": 2 * EACH}


WEAK = """
import asyncio
from samenloop_coordinator.store.sqlite import SqliteStore
from samenloop_coordinator.writer import Writer

async def read(self, work):
    return work(self._reading)

async def answer_first(self, units):
    self._session.begin()
    for unit in units:
        self._run(unit)
        unit.future.done() or unit.future.set_result(unit.result)
    await asyncio.sleep(2)
    self._session.commit()
    self._session.settle()

SqliteStore.read, Writer._group = read, answer_first
"""


def test_control_a_build_that_answers_before_the_commit_is_caught(wide: Consortium) -> None:
    process = Process(wide)
    process.start()
    asyncio.run(hold_ceremony(wide))
    assert process.stop() == 0
    history = _history(wide, 100)
    weak = Process(wide, prelude=WEAK)
    weak.start()
    asyncio.run(_until(wide, history, 1, weak))
    assert _lost(wide, history) > 0


def _lost(consortium: Consortium, history: History) -> int:
    """Return how many acknowledged calls have no entry."""
    with operating.log_files(consortium.config) as files:
        bodies = {one.body for one in files.entries.entries(0, 100_000)}
    return sum(_receipt(history.requests[number], reply) not in bodies for number, reply in history.replies.items())


async def _until(consortium: Consortium, history: History, replies: int, process: Process) -> None:
    """Send until so many calls were acknowledged, then kill."""
    clients = _clients(consortium)
    sending = asyncio.create_task(_send(clients, history, history.open()))
    while len(history.replies) < min(replies, len(history.requests) - 1):  # noqa: ASYNC110 - the replies come in by themselves
        await asyncio.sleep(0.005)
    process.kill()
    await sending
    await _close(clients)


def _history(consortium: Consortium, each: int = EACH) -> History:
    police, probation = consortium.parties[POLICE], consortium.parties[PROBATION]
    requests: list[Any] = []
    for number in range(each):
        requests.append(chunk_request(police, "politie", [put("politie", f"person-{number}")]))
        requests.append(question_request(probation, [POLICE, HOUSE], f"person-{number}", user_ref=os.urandom(32)))
    return History(requests)


async def _rest(consortium: Consortium, history: History) -> None:
    clients = _clients(consortium)
    for _try in range(5):
        await _send(clients, history, history.open())
    await _close(clients)
    assert history.open() == []


async def _again(consortium: Consortium, history: History) -> list[bytes]:
    clients = _clients(consortium)
    second = History(history.requests)
    await _send(clients, second, second.open())
    await _close(clients)
    return [second.replies.get(number, b"") for number in range(len(history.requests))]


async def _send(clients: Sequence[Client], history: History, numbers: Sequence[int]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with room:
            try:
                history.replies[number] = await _call(clients, history.requests[number])
            except SamenloopError as error:
                if error.code not in _AWAY:
                    raise

    await asyncio.gather(*(one(number) for number in numbers))


async def _call(clients: Sequence[Client], request: Any) -> bytes:
    police, probation = clients
    if isinstance(request, overlap_pb2.RegisterRequest):
        (reply,) = await police.register_all([request])
        assert reply.results[0].status == overlap_pb2.ItemResult.STATUS_DONE
        return bytes(reply.SerializeToString())
    answer = await probation.send(probation.overlap.Ask, request)
    return bytes(answer.SerializeToString())


def _check(consortium: Consortium, history: History, others: int = 0) -> None:
    """Check the log, that every call (and `others`) acted once, and that every acknowledged one is there."""
    assert operating.check_log(consortium.config, lambda _done, _all: None).problems == ()
    with operating.log_files(consortium.config) as files:
        stored = files.entries.entries(0, 100_000)
    bodies = [one.body for one in stored if one.body]
    parsed = [entries.parse(body) for body in bodies]
    acted = Counter(one.text("request") for one in parsed if one.event in (Event.QUESTION, Event.REGISTER))
    assert len(acted) == len(history.requests) + others
    assert set(acted.values()) == {1}
    acknowledged = [_receipt(history.requests[number], reply) for number, reply in history.replies.items()]
    assert set(acknowledged) <= set(bodies)
    assert _lost(consortium, history) == 0


def _rows(consortium: Consortium) -> dict[str, int]:
    database = open_database(consortium.config.data.database, 2)
    rows = {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("registration", "mail")}  # noqa: S608
    database.close()
    return rows


def _receipt(request: Any, reply: bytes) -> bytes:
    kind = overlap_pb2.RegisterReply if isinstance(request, overlap_pb2.RegisterRequest) else overlap_pb2.AskReply
    return kind.FromString(reply).receipt.entry


def _clients(consortium: Consortium) -> tuple[Client, Client]:
    return connect(consortium, POLICE), connect(consortium, PROBATION)


async def _close(clients: Sequence[Client]) -> None:
    for client in clients:
        await client.channel.close()
