"""A technical failure is an error, never "geen bericht"; without a durable entry no answer (invariants 3, 7)."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator import asking
from samenloop_coordinator.search import Judged, search
from samenloop_coordinator.store.mail import SqliteMail
from samenloop_coordinator.store.registrations import SqliteRegistrations
from samenloop_coordinator.store.requests import SqliteQuestions, SqliteRequests
from samenloop_coordinator.store.sqlite import SqliteLog
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, MAYOR, POLICE, PROBATION, put
from tests.coordinator.world import World, play

READS = ["lookup", "fetch", "rows_of", "last_row", "freshness", "place"]
WRITES = [
    ("log", "append"),
    ("requests", "keep"),
    ("requests", "count_all"),
    ("questions", "keep"),
    ("questions", "show"),
    ("mail", "put"),
]


@dataclass(frozen=True, slots=True)
class Backend:
    """The classes that answer for each part of a store, the error of a failing disk below them, and what it becomes."""

    parts: Mapping[str, type]
    failure: Exception
    code: ErrorCode
    spoil_facts: Callable[[World], object]

    def fail(self, *_given: Any, **_named: Any) -> Any:
        """Take the place of a method."""
        raise self.failure


def _spoil_facts(world: World) -> object:
    return world.coordinator.store._connection.execute("UPDATE registration SET facts = x'ff'")


@pytest.fixture
def backend() -> Backend:
    """SQLite's; another backend puts its own here."""
    parts = {
        "registrations": SqliteRegistrations,
        "requests": SqliteRequests,
        "questions": SqliteQuestions,
        "mail": SqliteMail,
        "log": SqliteLog,
    }
    return Backend(parts, sqlite3.OperationalError("disk I/O error"), ErrorCode.INTEGRITY, _spoil_facts)


@contextlib.contextmanager
def patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Replace an attribute for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, value)
        yield


async def everywhere(world: World) -> None:
    """Register one person at three holders."""
    await world.register(POLICE, [put("politie", "anna")])
    await world.register(MAYOR, [put("burgemeester", "anna")])
    await world.register(HOUSE, [put("vhh_casus", "anna")])


@pytest.mark.parametrize("name", READS)
def test_a_failure_in_any_part_of_the_lookup_is_an_error_and_leaves_no_trace(
    consortium: Consortium, backend: Backend, name: str
) -> None:
    async def scenario(world: World) -> None:
        await everywhere(world)
        before = world.counts()
        with patched(backend.parts["registrations"], name, backend.fail), pytest.raises(SamenloopError) as caught:
            await world.ask(PROBATION, [POLICE, MAYOR, HOUSE], "anna")
        assert caught.value.code is backend.code
        assert world.counts() == before
        assert (await world.ask(PROBATION, [HOUSE], "anna")).answers[0].known

    play(consortium, scenario)


def test_a_registration_whose_facts_cannot_be_read_is_an_error(consortium: Consortium, backend: Backend) -> None:
    async def scenario(world: World) -> None:
        await everywhere(world)
        backend.spoil_facts(world)
        with pytest.raises(Exception, match=r"."):
            await world.ask(PROBATION, [HOUSE], "anna")

    play(consortium, scenario)


def test_control_a_build_that_swallows_a_failed_lookup_gives_a_false_no_message(
    consortium: Consortium, backend: Backend
) -> None:
    def swallowing(parts: Any, probes: Any, *rest: Any) -> list[list[Judged]]:
        try:
            return search(parts, probes, *rest)
        except type(backend.failure):
            return [[] for _register in range(probes.registers)]

    async def scenario(world: World) -> None:
        await everywhere(world)

        with patched(asking, "search", swallowing), patched(backend.parts["registrations"], "lookup", backend.fail):
            reply = await world.ask(PROBATION, [HOUSE], "anna")
        assert not reply.answers[0].known

    play(consortium, scenario)


@pytest.mark.parametrize(("owner", "name"), WRITES)
def test_no_leaf_no_answer_any_write_that_fails_undoes_all_of_the_question(
    consortium: Consortium, backend: Backend, owner: str, name: str
) -> None:
    async def scenario(world: World) -> None:
        await everywhere(world)
        before, identity = world.counts(), os.urandom(16)
        with patched(backend.parts[owner], name, backend.fail), pytest.raises(SamenloopError):
            await world.ask(PROBATION, [HOUSE], "anna", question_id=identity)
        assert world.counts() == before
        assert (await world.ask(PROBATION, [HOUSE], "anna", question_id=identity)).answers[0].known
        stored = world.coordinator.store.entries()
        bodies = [one.body or b"" for one in stored.entries(0, 100)]
        assert sum(identity.hex().encode() in body for body in bodies) == 1

    play(consortium, scenario)


@pytest.mark.parametrize(("owner", "name"), [("log", "append"), ("registrations", "put"), ("requests", "keep")])
def test_no_leaf_no_registration(consortium: Consortium, backend: Backend, owner: str, name: str) -> None:
    async def scenario(world: World) -> None:
        await world.register(HOUSE, [put("vhh_casus", "berend")])
        before = world.counts()
        with patched(backend.parts[owner], name, backend.fail), pytest.raises(SamenloopError):
            await world.register(HOUSE, [put("vhh_casus", "anna")])
        assert world.counts() == before
        assert not (await world.ask(PROBATION, [HOUSE], "anna")).answers[0].known

    play(consortium, scenario)


def test_control_a_build_that_answers_without_its_leaf_is_caught(consortium: Consortium, backend: Backend) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        with patched(backend.parts["log"], "append", lambda *_given: None):
            await world.ask(PROBATION, [HOUSE], "anna", question_id=identity)
        bodies = [one.body or b"" for one in world.coordinator.store.entries().entries(0, 100)]
        assert sum(identity.hex().encode() in body for body in bodies) == 0

    play(consortium, scenario)
