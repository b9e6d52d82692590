"""Hidden = nothing on PostgreSQL too: the same rows, the same lengths, the same statements."""

import os
from collections import Counter
from typing import Any

import psycopg
import pytest

from samenloop_coordinator.store.postgres_group import Group
from samenloop_coordinator.store.postgres_requests import PostgresQuestions
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import MAYOR, POLICE, PROBATION, put
from tests.coordinator.postgres.places import address_of, counts
from tests.coordinator.test_hidden import _entry_shape, _reply_shape
from tests.coordinator.world import World, play

HOLDERS = (POLICE, MAYOR)
NUMBER = 40


async def _traces(world: World, people: list[str]) -> dict[str, Any]:
    before, first = counts(world), world.coordinator.store.entries().count()
    replies = [await world.ask(PROBATION, HOLDERS, person, user_ref=os.urandom(32)) for person in people]
    after = counts(world)
    stored = world.coordinator.store.entries().entries(first, len(people) + 1)
    with psycopg.connect(address_of(world.consortium)) as connection:
        mail = connection.execute("SELECT receiver, length(item_id), length(sealed) FROM mail").fetchall()
    for holder in HOLDERS:
        await world.mail(holder)
    return {
        "growth": {name: after[name] - before[name] for name in after},
        "replies": Counter(_reply_shape(one) for one in replies),
        "entries": Counter(_entry_shape(one.body or b"", one.sealed) for one in stored),
        "mail": Counter(mail),
    }


async def _register(world: World) -> tuple[list[str], list[str]]:
    known = [f"known-{number}" for number in range(NUMBER)]
    await world.register(POLICE, [put("politie", person) for person in known])
    await world.ask(PROBATION, HOLDERS, "the first question makes the counter of the partner")
    for holder in HOLDERS:
        await world.mail(holder)
    return known, [f"unknown-{number}" for number in range(NUMBER)]


def test_a_hidden_hit_leaves_the_same_traces_as_no_hit(wide: Consortium) -> None:
    async def scenario(world: World) -> None:
        known, unknown = await _register(world)
        assert await _traces(world, known) == await _traces(world, unknown)

    play(wide, scenario)


def test_control_a_build_that_keeps_hidden_hits_in_a_table_is_caught(
    wide: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    from samenloop_coordinator import answering

    outcomes: list[bool] = []
    item = answering.item

    def leaking(keys: Any, ask: Any, index: int, reply: Any, asked_ms: int) -> Any:
        outcomes.append(bool(reply.outcome.verdicts))
        return item(keys, ask, index, reply, asked_ms)

    keep = PostgresQuestions.keep

    def kept(questions: Any, question: Any) -> None:
        keep(questions, question)
        if any(outcomes[-2:]):
            questions._group.change("INSERT INTO counter (scope, day, count) VALUES (%s, '', 1)", os.urandom(8))

    monkeypatch.setattr(answering, "item", leaking)
    monkeypatch.setattr(PostgresQuestions, "keep", kept)

    async def scenario(world: World) -> None:
        known, unknown = await _register(world)
        assert await _traces(world, known) != await _traces(world, unknown)

    play(wide, scenario)


def test_the_statements_for_a_hit_and_for_no_hit_are_the_same_to_the_call(
    wide: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: Counter[str] = Counter()
    for name in ("rows", "change", "add", "sum", "settle"):
        monkeypatch.setattr(Group, name, _counting(getattr(Group, name), counted, name))

    async def scenario(world: World) -> None:
        await _register(world)
        seen = []
        for person in ("known-1", "unknown-1", "known-2", "unknown-2", "known-3", "unknown-3"):
            counted.clear()
            await world.ask(PROBATION, HOLDERS, person, user_ref=os.urandom(32))
            seen.append(dict(counted))
        assert all(one == seen[2] for one in seen[2:])
        assert seen[2]["rows"] <= 5

    play(wide, scenario)


def _counting(function: Any, counted: Counter[str], label: str) -> Any:
    def wrapped(group: Group, sql: str, *given: Any) -> Any:
        counted[f"{label} {sql[:40]}"] += 1
        counted[label] += 1
        return function(group, sql, *given)

    return wrapped
