"""A technical failure is an error, never "geen bericht"; without a durable entry no answer: as over SQLite."""

import os

import psycopg
import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator.store.postgres_log import PostgresLog
from samenloop_coordinator.store.postgres_mail import PostgresMail
from samenloop_coordinator.store.postgres_registrations import PostgresRegistrations
from samenloop_coordinator.store.postgres_requests import PostgresQuestions, PostgresRequests
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, POLICE, PROBATION
from tests.coordinator.postgres.places import address_of
from tests.coordinator.postgres.server import with_trigger
from tests.coordinator.test_failures import *  # noqa: F403 - every sentence about failures
from tests.coordinator.test_failures import Backend, everywhere
from tests.coordinator.world import World, play

WRITTEN = ["log_entry", "request", "question", "shown", "mail", "counter"]


def _spoil_facts(world: World) -> None:
    with psycopg.connect(address_of(world.consortium), autocommit=True) as connection:
        connection.execute("UPDATE registration SET facts = '\\xff'")


@pytest.fixture
def backend() -> Backend:
    """PostgreSQL's."""
    parts = {
        "registrations": PostgresRegistrations,
        "requests": PostgresRequests,
        "questions": PostgresQuestions,
        "mail": PostgresMail,
        "log": PostgresLog,
    }
    return Backend(parts, psycopg.errors.IoError("could not read block"), ErrorCode.UNAVAILABLE, _spoil_facts)


@pytest.mark.parametrize("table", WRITTEN)
def test_a_full_disk_below_any_table_of_a_question_refuses_it_and_heals(consortium: Consortium, table: str) -> None:
    async def scenario(world: World) -> None:
        await everywhere(world)
        await world.ask(PROBATION, [HOUSE, POLICE], "anna")
        before, identity = world.counts(), os.urandom(16)
        with with_trigger(address_of(world.consortium), table, "53100"):
            for _number in range(3):
                with pytest.raises(SamenloopError) as caught:
                    await world.ask(PROBATION, [HOUSE, POLICE], "anna", question_id=identity)
                assert caught.value.code is ErrorCode.STORAGE_FULL
        assert world.counts() == before
        reply = await world.ask(PROBATION, [HOUSE, POLICE], "anna", question_id=identity)
        assert reply.answers[0].known

    play(consortium, scenario)
