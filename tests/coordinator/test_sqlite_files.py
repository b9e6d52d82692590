"""What only SQLite's files can show: an index level that cannot be read, a full disk, what stays in a file."""

import os
import sqlite3
from typing import Any

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator.store import tokens
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, POLICE, PROBATION, put, withdraw
from tests.coordinator.test_failures import everywhere, patched
from tests.coordinator.world import World, play


def _broken(*_given: Any) -> Any:
    raise sqlite3.OperationalError("disk I/O error")


def test_one_level_of_the_index_that_cannot_be_read_is_an_error(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await everywhere(world)
        with patched(tokens, "find_merged", _broken), pytest.raises(SamenloopError):
            await world.ask(PROBATION, [HOUSE], "anna")

    play(consortium, scenario)


def test_a_full_disk_refuses_the_question_and_heals(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await everywhere(world)
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


def test_a_withdrawn_person_no_longer_answers_and_no_value_of_it_stays(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(HOUSE, [put("vhh_casus", "anna", identity), put("vhh_casus", "berend")])
        blob = world.coordinator.store._connection.execute(
            "SELECT tokens FROM handle ORDER BY registration"
        ).fetchone()[0]
        await world.register(HOUSE, [withdraw(identity)])
        reply = await world.ask(PROBATION, [HOUSE], "anna")
        assert [answer.known for answer in reply.answers] == [False]
        await world.coordinator.store.close()
        data = consortium.config.data.database.read_bytes()
        assert blob[:16] not in data
        assert identity not in data

    with pytest.raises(Exception, match="ProgrammingError"):
        play(consortium, scenario)
    assert not consortium.config.data.database.with_name("coordinator.db-wal").exists()
