"""Chunks of registrations: a result per item, one entry per chunk, and nothing twice."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
from tests.coordinator.world import World, fresh, play

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


WIDER = {
    "another receiver": {"receivers": (ParticipantId(MAYOR), ParticipantId(PROBATION))},
    "another purpose": {"purpose": "samenloop"},
    "a later day": {"valid_until": datetime.now(UTC).date() + timedelta(days=150)},
    "another decider": {"decider": b"d" * 32},
}


@pytest.mark.parametrize("changes", WIDER.values(), ids=WIDER)
def test_R76_a_decision_said_otherwise_under_its_reference_is_counted_and_logged_as_a_new_one(
    consortium: Consortium, changes: dict[str, Any]
) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        one = decision(identity, MAYOR)
        await world.register(POLICE, [put("politie", "anna", identity, [one])])
        other = replace(one, **changes)
        assert _results(await world.register(POLICE, [change("politie", identity, [other])])) == [(DONE, "")]
        logged = [entry["receivers"] for entry in _events(world, Event.DECISION_BEFOREHAND)]
        assert logged == [[MAYOR], sorted(other.receivers)]
        assert _results(await world.register(POLICE, [change("politie", identity, [other])])) == [(UNCHANGED, "")]
        narrower = replace(other, receivers=(ParticipantId(MAYOR),))
        await world.register(POLICE, [change("politie", identity, [narrower])])
        assert len(_events(world, Event.DECISION_BEFOREHAND)) == 2

    play(consortium, scenario)


REFUSED_CHANGES = {
    "a receiver who never sees it": ({"receivers": (ParticipantId(MAYOR), ParticipantId(HOUSE))}, "R-15"),
    "no ground to give": ({"basis": "wgs229"}, "R-39"),
    "no ground that breaks secrecy": ({"breach_ground": ""}, "R-32"),
    "a day after the review": ({"valid_until": datetime.now(UTC).date() + timedelta(days=300)}, "R-76"),
}


@pytest.mark.parametrize(("changes", "rule"), REFUSED_CHANGES.values(), ids=REFUSED_CHANGES)
def test_R76_what_a_new_decision_may_not_a_known_reference_may_not_either(
    consortium: Consortium, changes: dict[str, Any], rule: str
) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        one = decision(identity, MAYOR)
        await world.register(POLICE, [put("politie", "anna", identity, [one])])
        for reference in (one.reference, os.urandom(32)):
            said = replace(one, reference=reference, **changes)
            assert _results(await world.register(POLICE, [change("politie", identity, [said])])) == [(REFUSED, rule)]
        assert len(_events(world, Event.DECISION_BEFOREHAND)) == 1

    play(consortium, scenario)


def test_R76_changing_a_decision_counts_for_the_day_and_each_decider_is_counted_alone(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity, decider = os.urandom(16), os.urandom(32)
        one = decision(identity, MAYOR, decider=decider)
        await world.register(POLICE, [put("politie", "anna", identity, [one])])
        today = datetime.now(UTC).date()
        for day in range(19):
            said = replace(one, valid_until=today + timedelta(days=day))
            assert _results(await world.register(POLICE, [change("politie", identity, [said])])) == [(DONE, "")]
        widened = replace(one, receivers=(ParticipantId(PROBATION),))
        reply = await world.register(POLICE, [change("politie", identity, [widened])])
        assert _results(reply) == [(REFUSED, "R-76")]
        others = [decision(identity, PROBATION) for _number in range(2)]
        last = replace(one, valid_until=today + timedelta(days=18))
        assert _results(await world.register(POLICE, [change("politie", identity, [last, *others])])) == [(DONE, "")]

    play(consortium, scenario)


def test_R76_a_decision_over_a_registration_that_is_not_there_is_neither_counted_nor_logged(
    consortium: Consortium,
) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        before = world.counts()["counter"]
        reply = await world.register(POLICE, [change("politie", identity, [decision(identity, PROBATION)])])
        assert _results(reply) == [(REFUSED, "not_found")]
        assert _events(world, Event.DECISION_BEFOREHAND) == []
        assert world.counts()["counter"] == before

    play(consortium, scenario)


def test_R76_in_an_evaluation_decisions_are_not_held_against_the_day(tmp_path: Path) -> None:
    flagged = fresh(tmp_path, lambda text: text.replace("demo = true", "evaluation = true"))

    async def scenario(world: World) -> None:
        decider, items = os.urandom(32), []
        for number in range(21):
            identity = os.urandom(16)
            items.append(put("politie", f"p{number}", identity, [decision(identity, PROBATION, decider=decider)]))
        assert _results(await world.register(POLICE, items)) == [(DONE, "")] * 21

    play(flagged, scenario, evaluation=True)


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
