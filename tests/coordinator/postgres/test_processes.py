"""Several coordinator processes on one database: all answer, one signs, and nothing is counted or done twice."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any, cast

import psycopg
import pytest

from samenloop.audit.fields import Event
from samenloop.audit.store import Search
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.wire.v1 import covenant_pb2
from samenloop_coordinator import operating
from samenloop_coordinator.control import ACTOR
from samenloop_coordinator.services.covenant import CovenantServicer
from samenloop_coordinator.store.postgres_tree import SILENT
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import (
    HOUSE,
    MAYOR,
    POLICE,
    PROBATION,
    Client,
    Process,
    connect,
    hold_ceremony,
    put,
    question_request,
)
from tests.coordinator.postgres.places import address_of, second
from tests.coordinator.test_covenants import _submit, _with_contact
from tests.coordinator.world import opened_world
from tests.ports import free_port

REPLACED_SECONDS = 10.0
WORK_SECONDS = 5.0
"""What noticing that nobody leads, and signing, may take on top of the silence that the server allows."""
PATIENCE = 60.0
"""Seconds that the same may take on a machine that is busy with something else."""
LEADER = """SELECT split_part(activity.application_name, '/', 2)::int FROM pg_locks AS lock
            JOIN pg_stat_activity AS activity USING (pid)
            WHERE lock.locktype = 'advisory' AND lock.granted
              AND lock.objid = 'log_head'::regclass::oid"""


class Pair:
    """Two processes of one coordinator."""

    def __init__(self, consortium: Consortium) -> None:
        self.consortiums = (consortium, second(consortium, free_port()))
        self.processes = [Process(one) for one in self.consortiums]

    def start(self) -> None:
        for process in self.processes:
            process.start()

    def stop(self) -> None:
        for process in self.processes:
            if process.pid:
                assert process.stop() == 0

    def leader(self) -> int:
        """Return which of the two leads, -1 when nobody does."""
        with psycopg.connect(address_of(self.consortiums[0])) as connection:
            found = [row[0] for row in connection.execute(LEADER).fetchall()]
        return next((number for number, one in enumerate(self.processes) if one.pid in found), -1)

    def signed(self) -> int:
        """Return how many entries the newest checkpoint counts."""
        with operating.log_files(self.consortiums[0].config) as files:
            return files.head().size

    def wait_signed(self, least: int) -> float:
        """Wait until at least so many entries are signed; return how long that took."""
        begun = time.monotonic()
        while self.signed() < least:
            assert time.monotonic() - begun < PATIENCE, "nobody signs"
            time.sleep(0.05)
        return time.monotonic() - begun


@pytest.fixture
def pair(wide: Consortium) -> Iterator[Pair]:
    """Two running processes with a live epoch and a few registrations."""
    with ExitStack() as stack:
        made = Pair(wide)
        made.start()
        stack.callback(made.stop)
        asyncio.run(_prepare(made))
        yield made


async def _prepare(pair: Pair) -> None:
    await hold_ceremony(pair.consortiums[0])
    for name, kind in ((POLICE, "politie"), (MAYOR, "burgemeester"), (HOUSE, "vhh_casus")):
        client = connect(pair.consortiums[1], name)
        await _patiently(lambda client=client, kind=kind: client.register([put(kind, "anna"), put(kind, "berend")]))
        await client.channel.close()


async def _patiently(act: Callable[[], Awaitable[Any]]) -> Any:
    """Try again while the process has not followed yet, as every node does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return await act()
        except SamenloopError as error:
            if error.code not in (ErrorCode.BUSY, ErrorCode.EPOCH_MISMATCH, ErrorCode.UNAVAILABLE):
                raise
            await asyncio.sleep(0.1)
    pytest.fail("it never worked")


def _asking(pair: Pair, scenario: Callable[[Client, Client], Awaitable[None]]) -> None:
    """Run with the probation service connected to both processes."""

    async def playing() -> None:
        clients = [connect(one, PROBATION) for one in pair.consortiums]
        try:
            await scenario(*clients)
        finally:
            for client in clients:
                await client.channel.close()

    asyncio.run(playing())


def _entries(pair: Pair, event: Event) -> int:
    with operating.log_files(pair.consortiums[0].config) as files:
        stored = files.entries.entries(0, 100_000)
    return sum(json.loads(one.body or b"{}")["public"]["event"] == event.value for one in stored)


def test_both_answer_and_a_repeated_question_has_one_answer_wherever_it_goes(pair: Pair) -> None:
    async def scenario(first: Client, other: Client) -> None:
        for client in (first, other):
            reply = await _patiently(lambda client=client: client.ask([POLICE, MAYOR, HOUSE], "anna"))
            assert [answer.known for answer in reply.answers] == [False, True, True]
        before = _entries(pair, Event.QUESTION)
        for _number in range(10):
            request = question_request(first.party, [HOUSE], "berend", user_ref=os.urandom(32))
            replies = await asyncio.gather(
                *(client.send(client.overlap.Ask, request) for client in (first, other, first, other))
            )
            assert len({reply.SerializeToString() for reply in replies}) == 1
        assert _entries(pair, Event.QUESTION) == before + 10

    _asking(pair, scenario)


def test_budgets_hold_over_all_processes(pair: Pair) -> None:
    async def scenario(first: Client, other: Client) -> None:
        case = os.urandom(32)
        await _patiently(lambda: other.ask([HOUSE], "anna"))
        asked = [
            client.ask([HOUSE], f"spelling {number}", case_ref=case) for number in range(6) for client in (first, other)
        ]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        refused = [one for one in outcomes if isinstance(one, SamenloopError)]
        assert len(outcomes) - len(refused) == 3
        assert {error.code for error in refused} == {ErrorCode.BUDGET_EXHAUSTED}

    _asking(pair, scenario)


def test_one_of_them_signs_and_the_log_of_both_verifies(pair: Pair) -> None:
    async def scenario(first: Client, other: Client) -> None:
        asked = [
            client.ask([HOUSE], f"person {number}", user_ref=os.urandom(32))
            for number in range(60)
            for client in (first, other)
        ]
        await _patiently(lambda: other.ask([HOUSE], "anna"))
        await asyncio.gather(*asked)

    assert pair.leader() == 0
    _asking(pair, scenario)
    with operating.log_files(pair.consortiums[0].config) as files:
        count = files.entries.count()
    pair.wait_signed(count)
    report = operating.check_log(pair.consortiums[0].config, lambda _done, _all: None)
    assert report.problems == ()
    assert pair.leader() == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped in its tracks"])
def test_a_leader_that_is_gone_is_replaced_within_ten_seconds(pair: Pair, number: signal.Signals) -> None:
    assert int(SILENT["idle_session_timeout"].removesuffix("s")) + WORK_SECONDS <= REPLACED_SECONDS
    assert pair.leader() == 0
    gone = pair.processes[0].pid
    os.kill(gone, number)
    begun = time.monotonic()

    async def ask() -> None:
        client = connect(pair.consortiums[1], PROBATION)
        reply = await _patiently(lambda: client.ask([HOUSE], "anna"))
        assert reply.answers[0].known
        await client.channel.close()

    asyncio.run(ask())
    with operating.log_files(pair.consortiums[0].config) as files:
        count = files.entries.count()
    pair.wait_signed(count)
    taken = time.monotonic() - begun
    os.kill(gone, signal.SIGKILL)
    pair.processes[0].kill()
    assert pair.leader() == 1
    assert taken <= REPLACED_SECONDS
    assert operating.check_log(pair.consortiums[0].config, lambda _done, _all: None).problems == ()
    print(f"replaced after {taken:.1f} s")


def test_an_orderly_stop_hands_the_lead_over(pair: Pair) -> None:
    assert pair.processes[0].stop() == 0
    begun = time.monotonic()
    while pair.leader() != 1:
        assert time.monotonic() - begun < PATIENCE
        time.sleep(0.05)


def test_of_two_processes_only_the_one_that_leads_looks_for_reviews(consortium: Consortium) -> None:
    """Both do the rest of the upkeep; a promise that both made, or an alarm that both raised, would be there twice."""

    async def playing() -> tuple[list[bool], int]:
        async with opened_world(consortium) as one, opened_world(second(consortium, free_port())) as other:
            coordinators = (one.coordinator, other.coordinator)
            leads = [await each.integrator.leads() for each in coordinators]
            await asyncio.gather(*(each.periodic.review() for each in coordinators))
            await one.coordinator.integrator.tree(one.coordinator.integrator._all_waiting)
            promised = Search(event=Event.ADMIN.value, actor=ACTOR)
            return leads, await one.coordinator.integrator.tree(lambda tree: tree.count(promised))

    assert asyncio.run(playing()) == ([True, False], 1)


def test_every_process_names_a_version_as_soon_as_one_of_them_took_it(consortium: Consortium) -> None:
    """A node brings its covenant up to date before it judges mail; the mail may come from the other process."""

    async def playing() -> int:
        async with opened_world(consortium) as one, opened_world(second(consortium, free_port())) as other:
            await _submit(one, _with_contact(consortium.covenant, "Nieuwe manager"))
            coordinator = other.coordinator
            servicer = CovenantServicer(cast("Any", None), coordinator.desk, coordinator.board)
            state = covenant_pb2.GetStateRequest(covenant=consortium.covenant.id)
            return (await servicer._state(other.peer(POLICE), state)).version

    assert asyncio.run(playing()) == 2
