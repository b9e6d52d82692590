"""Chunks of registrations: a result per item, one entry per chunk, and nothing twice."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.catalogue import load_catalogue
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.model import EpochId, ParticipantId, RegisterId, RegistrationId
from samenloop.wire.register import FACTS, PUT, Item, parse_register
from samenloop.wire.v1 import overlap_pb2
from samenloop_coordinator.epochs import LiveEpochs
from samenloop_coordinator.indexing import IndexRules
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import (
    EPOCH,
    HOUSE,
    MAYOR,
    POLICE,
    PROBATION,
    change,
    chunk_request,
    decision,
    facts,
    put,
    tokens,
    withdraw,
)
from tests.coordinator.world import World, play

DONE, UNCHANGED, REFUSED = (
    overlap_pb2.ItemResult.STATUS_DONE,
    overlap_pb2.ItemResult.STATUS_UNCHANGED,
    overlap_pb2.ItemResult.STATUS_REFUSED,
)


def _results(reply: overlap_pb2.RegisterReply) -> list[tuple[int, str]]:
    return [(one.status, one.rule) for one in reply.results]


def _events(world: World, event: Event) -> list[Any]:
    stored = world.coordinator.store.entries().entries(0, 1000)
    parsed = [entries.parse(one.body) for one in stored if one.body]
    return [one.public for one in parsed if one.event is event]


def test_each_item_has_its_own_result_and_the_chunk_has_one_entry(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        one, two = os.urandom(16), os.urandom(16)
        first = await world.register(POLICE, [put("politie", "anna", one), put("politie", "berend", two)])
        assert _results(first) == [(DONE, ""), (DONE, "")]
        items = [
            put("politie", "chris", task="wpg9"),
            put("politie", "dirk", origin="wjsg"),
            change("politie", one, protected=True),
            change("politie", one, protected=True),
            change("politie", os.urandom(16)),
            withdraw(two),
            withdraw(two),
        ]
        second = await world.register(POLICE, items)
        assert _results(second) == [
            (REFUSED, "P-04"),
            (REFUSED, "R-16"),
            (DONE, ""),
            (UNCHANGED, ""),
            (REFUSED, "not_found"),
            (DONE, ""),
            (UNCHANGED, ""),
        ]
        entry = _events(world, Event.REGISTER)[1]
        counted = {name: entry[name] for name in ("count", "added", "changed", "withdrawn", "failed")}
        assert counted == {"count": 7, "added": 0, "changed": 1, "withdrawn": 1, "failed": 3}
        assert entries.parse(second.receipt.entry).public == entry

    play(consortium, scenario)


def test_the_same_chunk_again_changes_nothing_and_gives_the_same_reply(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        request = chunk_request(consortium.parties[POLICE], "politie", [put("politie", "anna")])
        first = await world.registering.register(world.peer(POLICE), request)
        before = world.counts()
        world.clock.ahead = timedelta(hours=3)
        again = await world.registering.register(world.peer(POLICE), request)
        assert again.SerializeToString() == first.SerializeToString()
        assert world.counts() == before

    play(consortium, scenario)


def test_a_chunk_is_refused_as_a_whole_when_signature_peer_or_register_is_wrong(consortium: Consortium) -> None:
    async def refused(world: World, code: ErrorCode, peer: str, request: overlap_pb2.RegisterRequest) -> None:
        with pytest.raises(SamenloopError) as caught:
            await world.registering.register(world.peer(peer), request)
        assert caught.value.code is code

    async def scenario(world: World) -> None:
        party, items = consortium.parties[POLICE], [put("politie", "anna")]
        before = world.counts()
        await refused(world, ErrorCode.NOT_PERMITTED, MAYOR, chunk_request(party, "politie", items))
        await refused(world, ErrorCode.NOT_FOUND, POLICE, chunk_request(party, "reclassering", items))
        forged = chunk_request(party, "politie", items)
        forged.chunk.signature = os.urandom(64)
        await refused(world, ErrorCode.INTEGRITY, POLICE, forged)
        swapped = chunk_request(party, "politie", items)
        swapped.items[0] = chunk_request(party, "politie", [put("politie", "berend")]).items[0]
        await refused(world, ErrorCode.INVALID_INPUT, POLICE, swapped)
        old = chunk_request(party, "politie", items, sent_ms=1)
        await refused(world, ErrorCode.CLOCK_SKEW, POLICE, old)
        assert world.counts() == before

    play(consortium, scenario)


def test_tokens_must_be_of_exactly_the_epochs_that_are_written(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        world.coordinator.desk.agreement.epochs = LiveEpochs((EPOCH,), (EPOCH, EpochId("2026-2")))
        with pytest.raises(SamenloopError) as caught:
            await world.register(POLICE, [put("politie", "anna")])
        assert caught.value.code is ErrorCode.EPOCH_MISMATCH
        both = Item(
            RegistrationId(os.urandom(16)), PUT, (tokens("anna"), tokens("anna", epoch="2026-2")), facts("politie"), ()
        )
        assert _results(await world.register(POLICE, [both])) == [(DONE, "")]

    play(consortium, scenario)


def test_a_case_list_takes_cases_of_its_acting_partners_only(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        reply = await world.register(
            HOUSE, [put("vhh_casus", "anna", acting_for="zvh-oost"), put("vhh_casus", "anna", acting_for=PROBATION)]
        )
        assert _results(reply) == [(REFUSED, "R-01"), (DONE, "")]

    play(consortium, scenario)


def test_twenty_decisions_beforehand_per_decider_and_day_and_each_has_its_entry(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        decider = os.urandom(32)
        items = []
        for number in range(21):
            identity = os.urandom(16)
            items.append(put("politie", f"p{number}", identity, [decision(identity, PROBATION, decider=decider)]))
        reply = await world.register(POLICE, items)
        assert _results(reply) == [(DONE, "")] * 20 + [(REFUSED, "R-76")]
        assert len(_events(world, Event.DECISION_BEFOREHAND)) == 20
        assert _events(world, Event.DECISION_BEFOREHAND)[0]["receivers"] == [PROBATION]
        await world.register(POLICE, [change("politie", items[0].registration_id)])
        assert len(_events(world, Event.DECISION_WITHDRAWN)) == 1

    play(consortium, scenario)


def test_facts_that_passed_once_pass_again_and_those_refused_are_refused_each_time(consortium: Consortium) -> None:
    gone = datetime.now(UTC).date() - timedelta(days=1)

    async def scenario(world: World) -> None:
        right, wrong = ({}, {"review_date": gone})
        items = [put("politie", f"person-{number}", **(wrong if number % 2 else right)) for number in range(6)]
        reply = await world.register(POLICE, items)
        assert [result.rule for result in reply.results] == ["", "R-18"] * 3

    play(consortium, scenario)


def test_what_passed_as_facts_said_again_has_not_passed_for_a_new_record(consortium: Consortium) -> None:
    """Facts said again may have a review date that passed meanwhile, a new record may not (R-18)."""
    chunk = parse_register(chunk_request(consortium.parties[POLICE], "politie", [put("politie", "anna")])).chunk
    register = consortium.covenant.participant(ParticipantId(POLICE)).register(RegisterId("politie"))
    rules = IndexRules(load_catalogue(), consortium.covenant, register, chunk)
    overdue = facts("politie", review_date=datetime.now(UTC).date() - timedelta(days=1))
    for _time in range(2):
        rules.check_facts(FACTS, overdue)
        with pytest.raises(Refused) as caught:
            rules.check_facts(PUT, overdue)
        assert caught.value.rule == "R-18"
