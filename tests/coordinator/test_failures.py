"""A technical failure is an error, never "geen bericht"; without a durable entry no answer (invariants 3, 7)."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator import asking
from samenloop_coordinator.search import Judged, search
from samenloop_coordinator.store import tokens
from samenloop_coordinator.store.mail import SqliteMail
from samenloop_coordinator.store.registrations import SqliteRegistrations
from samenloop_coordinator.store.requests import SqliteQuestions, SqliteRequests
from samenloop_coordinator.store.sqlite import SqliteLog
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, MAYOR, POLICE, PROBATION, put
from tests.coordinator.world import World, play

READS = ["lookup", "fetch", "rows_of", "last_row", "freshness", "place"]


def _broken(*_given: Any, **_named: Any) -> Any:
    raise sqlite3.OperationalError("disk I/O error")


@contextlib.contextmanager
def _patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, value)
        yield


async def _everywhere(world: World) -> None:
    await world.register(POLICE, [put("politie", "anna")])
    await world.register(MAYOR, [put("burgemeester", "anna")])
    await world.register(HOUSE, [put("vhh_casus", "anna")])


@pytest.mark.parametrize("name", READS)
def test_a_failure_in_any_part_of_the_lookup_is_an_error_and_leaves_no_trace(consortium: Consortium, name: str) -> None:
    async def scenario(world: World) -> None:
        await _everywhere(world)
        before = world.counts()
        with _patched(SqliteRegistrations, name, _broken), pytest.raises(SamenloopError) as caught:
            await world.ask(PROBATION, [POLICE, MAYOR, HOUSE], "anna")
        assert caught.value.code is ErrorCode.INTEGRITY
        assert world.counts() == before
        assert (await world.ask(PROBATION, [HOUSE], "anna")).answers[0].known

    play(consortium, scenario)


def test_one_level_of_the_index_that_cannot_be_read_is_an_error(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await _everywhere(world)
        with _patched(tokens, "find_merged", _broken), pytest.raises(SamenloopError):
            await world.ask(PROBATION, [HOUSE], "anna")

    play(consortium, scenario)


def test_a_registration_whose_facts_cannot_be_read_is_an_error(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await _everywhere(world)
        world.coordinator.store._connection.execute("UPDATE registration SET facts = x'ff'")
        with pytest.raises(Exception, match=r"."):
            await world.ask(PROBATION, [HOUSE], "anna")

    play(consortium, scenario)


def test_control_a_build_that_swallows_a_failed_lookup_gives_a_false_no_message(consortium: Consortium) -> None:
    def swallowing(parts: Any, probes: Any, *rest: Any) -> list[list[Judged]]:
        try:
            return search(parts, probes, *rest)
        except sqlite3.Error:
            return [[] for _register in range(probes.registers)]

    async def scenario(world: World) -> None:
        await _everywhere(world)

        with _patched(asking, "search", swallowing), _patched(SqliteRegistrations, "lookup", _broken):
            reply = await world.ask(PROBATION, [HOUSE], "anna")
        assert not reply.answers[0].known

    play(consortium, scenario)


WRITES = [
    (SqliteLog, "append"),
    (SqliteRequests, "keep"),
    (SqliteRequests, "count_all"),
    (SqliteQuestions, "keep"),
    (SqliteQuestions, "show"),
    (SqliteMail, "put"),
]


@pytest.mark.parametrize(("owner", "name"), WRITES, ids=[f"{owner.__name__}.{name}" for owner, name in WRITES])
def test_no_leaf_no_answer_any_write_that_fails_undoes_all_of_the_question(
    consortium: Consortium, owner: type, name: str
) -> None:
    async def scenario(world: World) -> None:
        await _everywhere(world)
        before, identity = world.counts(), os.urandom(16)
        with _patched(owner, name, _broken), pytest.raises(SamenloopError):
            await world.ask(PROBATION, [HOUSE], "anna", question_id=identity)
        assert world.counts() == before
        assert (await world.ask(PROBATION, [HOUSE], "anna", question_id=identity)).answers[0].known
        stored = world.coordinator.store.entries()
        bodies = [one.body or b"" for one in stored.entries(0, 100)]
        assert sum(identity.hex().encode() in body for body in bodies) == 1

    play(consortium, scenario)


@pytest.mark.parametrize(
    ("owner", "name"), [(SqliteLog, "append"), (SqliteRegistrations, "put"), (SqliteRequests, "keep")]
)
def test_no_leaf_no_registration(consortium: Consortium, owner: type, name: str) -> None:
    async def scenario(world: World) -> None:
        await world.register(HOUSE, [put("vhh_casus", "berend")])
        before = world.counts()
        with _patched(owner, name, _broken), pytest.raises(SamenloopError):
            await world.register(HOUSE, [put("vhh_casus", "anna")])
        assert world.counts() == before
        assert not (await world.ask(PROBATION, [HOUSE], "anna")).answers[0].known

    play(consortium, scenario)


def test_control_a_build_that_answers_without_its_leaf_is_caught(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        with _patched(SqliteLog, "append", lambda *_given: None):
            await world.ask(PROBATION, [HOUSE], "anna", question_id=identity)
        bodies = [one.body or b"" for one in world.coordinator.store.entries().entries(0, 100)]
        assert sum(identity.hex().encode() in body for body in bodies) == 0

    play(consortium, scenario)


def test_a_full_disk_refuses_the_question_and_heals(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await _everywhere(world)
        write = world.coordinator.store._connection
        (pages,) = write.execute("PRAGMA page_count").fetchone()
        write.execute(f"PRAGMA max_page_count = {pages}")
        codes = set()
        for _number in range(30):
            try:
                await world.ask(PROBATION, [HOUSE, POLICE], "anna", user_ref=os.urandom(32))
            except SamenloopError as error:
                codes.add(error.code)
        assert codes == {ErrorCode.STORAGE_FULL}
        write.execute("PRAGMA max_page_count = 1000000")
        assert (await world.ask(PROBATION, [HOUSE], "anna")).answers[0].known

    play(consortium, scenario)
