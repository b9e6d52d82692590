"""Hidden = nothing: a hidden hit leaves the same traces as no hit: bytes, rows, leaves, mail, events (T8, T22)."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from samenloop.audit import entry as entries
from samenloop.audit.seal import HALF_BYTES, OVERHEAD_BYTES
from samenloop.wire.v1 import overlap_pb2
from samenloop_coordinator import answering
from samenloop_coordinator.store.values import MailRow
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import MAYOR, POLICE, PROBATION, put, question_request
from tests.coordinator.world import World, play

HOLDERS = (POLICE, MAYOR)
RANDOM = frozenset({"request", "case", "commitment", "signature", "n", "start_ms", "end_ms", "budget_left", "user"})


@dataclass(frozen=True, slots=True)
class Traces:
    """What one set of questions left behind: table growth, shapes of replies, entries and mail."""

    growth: dict[str, int]
    replies: Counter[tuple[Any, ...]]
    bodies: Counter[tuple[Any, ...]]
    mail: Counter[tuple[Any, ...]]


async def _traces(world: World, people: Sequence[str]) -> Traces:
    before = world.counts()
    first = world.coordinator.store.entries().count()
    requests = [_request(world, person) for person in people]
    replies: list[overlap_pb2.AskReply] = []
    for start in range(0, len(requests), 50):
        asked = [world.asking.ask(world.peer(PROBATION), one) for one in requests[start : start + 50]]
        replies += await asyncio.gather(*asked)
    after = world.counts()
    stored = world.coordinator.store.entries().entries(first, len(people) + 1)
    mail = world.coordinator.store._connection.execute(
        "SELECT receiver, length(item_id), length(sealed) FROM mail"
    ).fetchall()
    return Traces(
        {name: after[name] - before[name] for name in after},
        Counter(_reply_shape(one) for one in replies),
        Counter(_entry_shape(one.body or b"", one.sealed) for one in stored),
        Counter(mail),
    )


async def _empty(world: World) -> None:
    for holder in HOLDERS:
        await world.mail(holder)


def _request(world: World, person: str) -> overlap_pb2.AskRequest:
    return question_request(world.consortium.parties[PROBATION], HOLDERS, person, user_ref=os.urandom(32))


def _reply_shape(reply: overlap_pb2.AskReply) -> tuple[Any, ...]:
    answers = [(one.holder, one.known, one.contact, one.updated_until) for one in reply.answers]
    entry = entries.parse(reply.receipt.entry)
    digits = sum(len(str(entry.integer(name))) for name in ("n", "budget_left"))
    return (*answers, len(reply.SerializeToString()) - digits)


def _entry_shape(body: bytes, sealed: Sequence[bytes]) -> tuple[Any, ...]:
    public = entries.parse(body).public
    fixed = tuple((name, str(value)) for name, value in sorted(public.items()) if name not in RANDOM)
    return (fixed, tuple(sorted(public)), tuple(len(one) for one in sealed))


async def _both(world: World, number: int) -> tuple[Traces, Traces]:
    people = [f"known-{index}" for index in range(number)]
    for start in range(0, number, 100):
        await world.register(POLICE, [put("politie", person) for person in people[start : start + 100]])
    await world.ask(PROBATION, HOLDERS, "the first question of the day makes the counter of the partner")
    await _empty(world)
    hidden = await _traces(world, people)
    await _empty(world)
    missed = await _traces(world, [f"unknown-{index}" for index in range(number)])
    return hidden, missed


def test_hidden_is_nothing_in_replies_entries_mail_rows_leaves_and_events(wide: Consortium) -> None:
    async def scenario(world: World) -> None:
        hidden, missed = await _both(world, 1000)
        assert hidden == missed
        assert hidden.growth["mail"] == 2000
        assert hidden.growth["log_entry"] == 1000
        assert hidden.growth["shown"] == 0
        assert set(hidden.mail) == {(POLICE, 16, 1026 + OVERHEAD_BYTES), (MAYOR, 16, 1026 + OVERHEAD_BYTES)}
        (shape,) = hidden.bodies
        assert shape[-1] == (HALF_BYTES + OVERHEAD_BYTES,) * 2

    play(wide, scenario)


def test_a_hidden_hit_is_really_there_for_its_holder(wide: Consortium) -> None:
    async def scenario(world: World) -> None:
        await _both(world, 20)
        assert [one.WhichOneof("content") for one in await world.mail(POLICE)] == ["dummy"] * 20
        await _traces(world, ["known-3"])
        (item,) = await world.mail(POLICE)
        assert item.hit.shown is False
        assert len(item.hit.registration_ids) == 1

    play(wide, scenario)


answering_item = answering.item


def test_control_a_build_that_leaves_out_dummy_items_is_caught(
    wide: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    def item(keys: Any, ask: Any, index: int, reply: Any, asked_ms: int) -> MailRow:
        made = answering_item(keys, ask, index, reply, asked_ms)
        return made if reply.outcome.told else MailRow(made.item_id, "nobody", made.key_id, made.sealed)

    monkeypatch.setattr(answering, "item", item)

    async def scenario(world: World) -> None:
        hidden, missed = await _both(world, 20)
        assert hidden != missed

    play(wide, scenario)


def test_control_a_build_that_logs_only_hits_in_a_sealed_half_is_caught(
    wide: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = answering.sealed_half

    def short(keys: Any, reply: Any, epochs: Sequence[str], salt: bytes) -> bytes:
        sealed = whole(keys, reply, epochs, salt)
        return sealed if reply.outcome.verdicts else sealed[:-8]

    monkeypatch.setattr(answering, "sealed_half", short)

    async def scenario(world: World) -> None:
        people = [f"known-{index}" for index in range(4)]
        await world.register(POLICE, [put("politie", person) for person in people])
        await world.register(MAYOR, [put("burgemeester", person, measure="") for person in people])
        hidden = await _traces(world, people)
        await world.mail(POLICE)
        await world.mail(MAYOR)
        missed = await _traces(world, [f"unknown-{index}" for index in range(4)])
        assert hidden != missed

    play(wide, scenario)


def test_the_work_for_a_hit_and_for_no_hit_is_the_same_to_the_call(
    wide: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts calls of the steps that cost time: lookups, fetched rows, judged candidates, policy, seals, notices."""
    counted: Counter[str] = Counter()
    _count_calls(monkeypatch, counted)

    async def scenario(world: World) -> None:
        await world.register(POLICE, [put("politie", f"known-{index}") for index in range(40)])
        for person in ("known-1", "unknown-1"):
            await world.ask(PROBATION, HOLDERS, person)
        seen = []
        for person in ("known-2", "unknown-2", "known-3", "unknown-3"):
            counted.clear()
            await world.ask(PROBATION, HOLDERS, person)
            seen.append(dict(counted))
        assert seen[0] == seen[1] == seen[2] == seen[3]
        assert seen[0]["judge"] == seen[0]["policy"] == 8

    play(wide, scenario)


def test_control_a_build_that_returns_early_without_candidates_is_caught(
    wide: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    from samenloop_coordinator import matching

    choose = matching.choose
    monkeypatch.setattr(matching, "choose", lambda rows, dummies, asked: choose(rows, dummies, asked) if rows else [])
    counted: Counter[str] = Counter()
    _count_calls(monkeypatch, counted)

    async def scenario(world: World) -> None:
        await world.register(POLICE, [put("politie", f"known-{index}") for index in range(40)])
        seen = []
        for person in ("known-2", "unknown-2"):
            counted.clear()
            await world.ask(PROBATION, HOLDERS, person)
            seen.append(dict(counted))
        assert seen[0] != seen[1]

    play(wide, scenario)


def _count_calls(monkeypatch: pytest.MonkeyPatch, counted: Counter[str]) -> None:
    from samenloop.audit import seal
    from samenloop_coordinator import keys, matching
    from samenloop_coordinator.law import Bench
    from samenloop_coordinator.store.registrations import SqliteRegistrations

    places: list[tuple[Any, str, str]] = [
        (matching, "judge", "judge"),
        (Bench, "rule", "policy"),
        (seal, "seal_fixed", "seal"),
        (keys, "pack_mail", "pack"),
        (answering, "hit_notice", "notice"),
        (SqliteRegistrations, "lookup", "lookup"),
        (SqliteRegistrations, "fetch", "fetch"),
    ]
    for owner, name, label in places:
        monkeypatch.setattr(owner, name, _counting(getattr(owner, name), counted, label))


def _counting(function: Callable[..., Any], counted: Counter[str], label: str) -> Callable[..., Any]:
    def wrapped(*given: Any, **named: Any) -> Any:
        counted[label] += 1
        return function(*given, **named)

    return wrapped
