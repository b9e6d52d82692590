"""What the coordinator forgets with time, when a case is closed, and when somebody leaves."""

import dataclasses
from datetime import timedelta

import pytest

from samenloop.covenant.epochs import EpochState
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.wire.declare import CaseClosed
from samenloop_coordinator import epochs, forgetting
from samenloop_coordinator.purging import term_days
from samenloop_coordinator.store.values import Request
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import EPOCH, HOUSE, MAYOR, PROBATION, put
from tests.coordinator.world import World, play

CASE, OTHER = b"c" * 32, b"o" * 32


async def forget(world: World, ahead: timedelta = timedelta()) -> None:
    """Let the coordinator forget what is past its time so much later."""
    before, world.clock.ahead = world.clock.ahead, world.clock.ahead + ahead
    for step in forgetting.steps(world.coordinator.desk).values():
        await step()
    world.clock.ahead = before


async def lasting(world: World) -> int:
    """Return how many counters without a day there are."""
    rows = world.coordinator.store._connection.execute("SELECT count(*) FROM counter WHERE day = ''")
    return int(rows.fetchone()[0])


def test_R69_what_was_counted_for_a_closed_case_goes_a_term_later_and_for_an_open_one_stays(
    consortium: Consortium,
) -> None:
    async def scenario(world: World) -> None:
        for case_ref in (CASE, OTHER):
            await world.ask(PROBATION, [HOUSE, MAYOR], "anna", case_ref=case_ref)
        await world.declare(PROBATION, CaseClosed(CASE))
        desk, term = world.coordinator.desk, timedelta(days=term_days(consortium.covenant))
        await forget(world, term - timedelta(days=1))
        assert await lasting(world) == 4
        await desk.store.write(lambda parts: parts.requests.forget_counters("2999-01-01"))
        assert await lasting(world) == 2
        assert len(await world.table(lambda parts: parts.questions.of_case(PROBATION, OTHER))) == 1

    play(consortium, scenario)


def test_R69_a_question_that_nobody_closed_is_forgotten_after_the_term_of_the_covenant(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "_QUESTIONS", 2)

    async def scenario(world: World) -> None:
        await world.register(MAYOR, [put("burgemeester", "anna")])
        for number in range(5):
            await world.ask(PROBATION, [MAYOR], "anna", case_ref=bytes([number]) * 32)
        term = timedelta(days=term_days(consortium.covenant))
        await forget(world, term - timedelta(hours=1))
        assert (world.counts()["question"], await lasting(world)) == (5, 5)
        for hours in (1, 25):
            await forget(world, term + timedelta(hours=hours))
        assert (world.counts()["question"], world.counts()["shown"], await lasting(world)) == (0, 0, 0)

    play(consortium, scenario)


def test_all_requests_of_more_than_a_day_ago_go_at_once(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "_REQUESTS", 2)

    async def scenario(world: World) -> None:
        for number in range(5):
            request = Request(MAYOR, b"h" * 32, b"reply")
            await world.coordinator.store.write(
                lambda parts, one=number, kept=request: parts.requests.keep(bytes([one]) * 16, kept, 1)
            )
        await world.coordinator.periodic.upkeep()
        assert world.counts()["request"] == 0

    play(consortium, scenario)


def test_mail_of_who_left_the_covenant_is_deleted(consortium: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs.epochs, "epoch_states", lambda _covenant, _notices: {EPOCH: EpochState.LIVE})

    async def scenario(world: World) -> None:
        await world.ask(PROBATION, [HOUSE, MAYOR], "anna")
        assert world.counts()["mail"] == 2
        agreement = world.coordinator.desk.agreement
        left = tuple(row for row in agreement.covenant.participants if row.id != HOUSE)
        without = dataclasses.replace(agreement.covenant, participants=left)
        agreement.in_force = dataclasses.replace(agreement.in_force, current=without)
        await forget(world)
        assert world.counts()["mail"] == 1
        assert len(await world.mail(MAYOR)) == 1

    play(consortium, scenario)


def test_R28_the_questions_of_an_open_case_stay_counted(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        for _number in range(3):
            await world.ask(PROBATION, [HOUSE], "anna", case_ref=CASE)
        await forget(world, timedelta(days=30))
        with pytest.raises(SamenloopError) as caught:
            await world.ask(PROBATION, [HOUSE], "anna", case_ref=CASE)
        assert caught.value.code is ErrorCode.BUDGET_EXHAUSTED

    play(consortium, scenario)
