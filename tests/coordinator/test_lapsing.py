"""What follows an answer: release, taking back, closing, freshness, letters; and what never follows a hidden hit."""

import os
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.model import ParticipantId, QuestionId, RegisterId, RegistrationId
from samenloop.wire.ask import parse_ask
from samenloop.wire.declare import (
    Anchor,
    CaseClosed,
    Freshness,
    Grounds,
    Letter,
    Release,
    grounds_digest,
    parse_statement,
)
from samenloop_coordinator import owning
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import (
    CARE,
    HOUSE,
    MAYOR,
    POLICE,
    PROBATION,
    REGISTERS,
    change,
    decision,
    list_request,
    put,
    question_request,
    statement_request,
    withdraw,
)
from tests.coordinator.world import World, play


async def _refused(code: ErrorCode, act: Awaitable[Any]) -> SamenloopError:
    with pytest.raises(SamenloopError) as caught:
        await act
    assert caught.value.code is code, caught.value.text
    return caught.value


def _grounds(registration_id: bytes, **changes: Any) -> Grounds:
    given = {
        "nonce": os.urandom(16),
        "register": RegisterId("politie"),
        "give_basis": "wpg20",
        "breach_ground": "wpg20",
        "registration_id": RegistrationId(registration_id),
        "decider": os.urandom(32),
    }
    return Grounds(**{**given, **changes})


def _release(question_id: bytes, grounds: Grounds, receiver: str = PROBATION) -> Release:
    return Release(QuestionId(question_id), ParticipantId(receiver), False, grounds_digest(grounds))


def _back(question_id: bytes, receiver: str = PROBATION) -> Release:
    return Release(QuestionId(question_id), ParticipantId(receiver), True)


async def _again(world: World, question: Any) -> Any:
    return await world.asking.ask(world.peer(PROBATION), question)


async def _asked(world: World, holders: list[str], person: str = "anna") -> Any:
    request = question_request(world.consortium.parties[PROBATION], holders, person)
    await world.asking.ask(world.peer(PROBATION), request)
    return request


def _question_id(request: Any) -> bytes:
    return bytes(parse_ask(request).question.question_id)


def test_a_released_hidden_hit_reaches_the_asker_as_the_holder_signed_it(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(POLICE, [put("politie", "anna", identity)])
        request = await _asked(world, [POLICE])
        first = await _again(world, request)
        question_id, grounds = _question_id(request), _grounds(identity)
        receipt = await world.declare(POLICE, _release(question_id, grounds), grounds)
        (item,) = await world.mail(PROBATION)
        statement = parse_statement(item.event.statement.body)
        assert (statement.author, statement.act) == (POLICE, _release(question_id, grounds))
        assert entries.parse(receipt.entry).event is Event.RELEASE
        assert (await _again(world, request)).SerializeToString() == first.SerializeToString()
        await world.declare(POLICE, _back(question_id))
        (item,) = await world.mail(PROBATION)
        assert parse_statement(item.event.statement.body).act == _back(question_id)
        await _refused(ErrorCode.EXPIRED, _again(world, request))

    play(consortium, scenario)


def test_R38_a_release_cannot_overtake_its_own_taking_back(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(POLICE, [put("politie", "anna", identity)])
        question_id, grounds = _question_id(await _asked(world, [POLICE])), _grounds(identity)
        party, now_ms = consortium.parties[POLICE], milliseconds(world.clock.now())
        release = statement_request(party, _release(question_id, grounds), grounds, sent_ms=now_ms)
        back = statement_request(party, _back(question_id), sent_ms=now_ms + 1)
        await world.declaring.declare(world.peer(POLICE), back)
        await _refused(ErrorCode.CLOCK_SKEW, world.declaring.declare(world.peer(POLICE), release))
        assert (world.counts()["shown"], await world.mail(PROBATION)) == (0, [])
        later = statement_request(party, _release(question_id, grounds), grounds, sent_ms=now_ms + 2)
        await world.declaring.declare(world.peer(POLICE), later)
        assert world.counts()["shown"] == 1
        await world.declaring.declare(world.peer(POLICE), back)
        assert world.counts()["shown"] == 1, "a repeated request has no second effect"

    play(consortium, scenario)


def test_R38_the_asker_hears_of_no_taking_back_when_nothing_was_released(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await world.register(POLICE, [put("politie", "anna")])
        await world.declare(POLICE, _back(_question_id(await _asked(world, [POLICE]))))
        assert await world.mail(PROBATION) == []

    play(consortium, scenario)


def test_a_release_is_accepted_for_a_question_that_met_nothing_too(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(POLICE, [put("politie", "somebody else", identity)])
        question_id, grounds = _question_id(await _asked(world, [POLICE])), _grounds(identity)
        await world.declare(POLICE, _release(question_id, grounds), grounds)
        assert len(await world.mail(PROBATION)) == 1

    play(consortium, scenario)


def test_R38_who_was_not_asked_or_names_another_receiver_cannot_release(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(POLICE, [put("politie", "anna", identity)])
        await world.register(MAYOR, [put("burgemeester", "anna", identity)])
        question_id, grounds = _question_id(await _asked(world, [POLICE])), _grounds(identity)
        mayor = _grounds(identity, register=RegisterId("openbare_orde"), give_basis="gemeentewet172", breach_ground="")
        await _refused(ErrorCode.REFUSED, world.declare(MAYOR, _release(question_id, mayor), mayor))
        await _refused(ErrorCode.REFUSED, world.declare(POLICE, _release(question_id, grounds, MAYOR), grounds))
        await _refused(ErrorCode.EXPIRED, world.declare(POLICE, _release(os.urandom(16), grounds), grounds))
        unknown = _grounds(os.urandom(16))
        await _refused(ErrorCode.NOT_FOUND, world.declare(POLICE, _release(question_id, unknown), unknown))
        assert await world.mail(PROBATION) == []

    play(consortium, scenario)


def test_a_release_without_a_ground_is_refused_by_its_rule(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(POLICE, [put("politie", "anna", identity)])
        question_id, grounds = _question_id(await _asked(world, [POLICE])), _grounds(identity, give_basis="")
        error = await _refused(ErrorCode.REFUSED, world.declare(POLICE, _release(question_id, grounds), grounds))
        assert isinstance(error, Refused)
        assert "R-39" in {one.split()[0] for one in error.missing}

    play(consortium, scenario)


def test_a_withdrawn_record_takes_back_what_was_shown(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(HOUSE, [put("vhh_casus", "anna", identity)])
        request = await _asked(world, [HOUSE])
        await world.register(HOUSE, [withdraw(identity)])
        (item,) = await world.mail(PROBATION)
        assert (item.event.lapsed_question_id, item.event.lapsed_holder) == (_question_id(request), HOUSE)
        await _refused(ErrorCode.EXPIRED, _again(world, request))

    play(consortium, scenario)


def test_while_another_record_of_the_holder_still_shows_nothing_is_taken_back(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        first, second = os.urandom(16), os.urandom(16)
        await world.register(HOUSE, [put("vhh_casus", "anna", first), put("vhh_casus", "anna", second)])
        request = await _asked(world, [HOUSE])
        reply = await _again(world, request)
        await world.register(HOUSE, [withdraw(first)])
        assert (await _again(world, request)).SerializeToString() == reply.SerializeToString()
        await world.register(HOUSE, [withdraw(second)])
        await _refused(ErrorCode.EXPIRED, _again(world, request))
        assert len(await world.mail(PROBATION)) == 1

    play(consortium, scenario)


def test_a_decision_beforehand_taken_back_hides_the_hit_again(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(POLICE, [put("politie", "anna", identity, [decision(identity, PROBATION)])])
        request = await _asked(world, [POLICE])
        assert (await _again(world, request)).answers[0].known
        await world.register(POLICE, [change("politie", identity)])
        await _refused(ErrorCode.EXPIRED, _again(world, request))
        assert [one.event.lapsed_holder for one in await world.mail(PROBATION)] == [POLICE]

    play(consortium, scenario)


def test_what_shows_lapses_when_its_last_day_has_passed(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity, until = os.urandom(16), datetime.now(UTC).date() + timedelta(days=5)
        decided = decision(identity, PROBATION, valid_until=until)
        await world.register(POLICE, [put("politie", "anna", identity, [decided])])
        await _asked(world, [POLICE])
        world.clock.ahead = timedelta(days=5)
        assert await world.coordinator.lapsing.overdue() == 0
        world.clock.ahead = timedelta(days=6)
        assert await world.coordinator.lapsing.overdue() == 1
        assert await world.coordinator.lapsing.overdue() == 0
        assert [one.event.lapsed_holder for one in await world.mail(PROBATION)] == [POLICE]

    play(consortium, scenario)


def test_a_hidden_hit_that_is_withdrawn_or_changed_changes_no_answer_and_brings_no_event(
    consortium: Consortium,
) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(POLICE, [put("politie", "anna", identity)])
        request = await _asked(world, [POLICE])
        reply = await _again(world, request)
        await world.register(POLICE, [change("politie", identity, protected=True)])
        await world.register(POLICE, [withdraw(identity)])
        assert (await _again(world, request)).SerializeToString() == reply.SerializeToString()
        await world.declare(POLICE, _back(_question_id(request)))
        assert (await _again(world, request)).SerializeToString() == reply.SerializeToString()

    play(consortium, scenario)


def test_the_same_data_registered_anew_keeps_what_was_shown(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(HOUSE, [put("vhh_casus", "anna", identity)])
        request = await _asked(world, [HOUSE])
        reply = await _again(world, request)
        await world.register(HOUSE, [put("vhh_casus", "anna", identity)])
        assert (await _again(world, request)).SerializeToString() == reply.SerializeToString()
        assert await world.mail(PROBATION) == []

    play(consortium, scenario)


def test_a_closed_case_expires_its_answers_and_keeps_its_budget(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        case = os.urandom(32)
        await world.register(HOUSE, [put("vhh_casus", "anna")])
        requests = [
            question_request(world.consortium.parties[PROBATION], [HOUSE], "anna", case_ref=case) for _n in "abc"
        ]
        for request in requests:
            await _again(world, request)
        receipt = await world.declare(PROBATION, CaseClosed(case))
        assert entries.parse(receipt.entry).integer("count") == 3
        for request in requests:
            await _refused(ErrorCode.EXPIRED, _again(world, request))
        assert world.counts()["shown"] == 0
        await _refused(ErrorCode.BUDGET_EXHAUSTED, world.ask(PROBATION, [HOUSE], "anna", case_ref=case))

    play(consortium, scenario)


def test_somebody_elses_case_is_not_closed(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        case = os.urandom(32)
        request = question_request(world.consortium.parties[PROBATION], [HOUSE], "anna", case_ref=case)
        reply = await _again(world, request)
        await world.declare(MAYOR, CaseClosed(case))
        assert (await _again(world, request)).SerializeToString() == reply.SerializeToString()

    play(consortium, scenario)


def test_freshness_stands_on_every_answer_and_cannot_lie_in_the_future(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        today = datetime.now(UTC).date()
        await world.declare(CARE, Freshness(RegisterId("ggz"), today - timedelta(days=2)))
        reply = await world.ask(PROBATION, [CARE, HOUSE], "anna")
        assert [one.updated_until for one in reply.answers] == [(today - timedelta(days=2)).isoformat(), ""]
        await _refused(
            ErrorCode.INVALID_INPUT, world.declare(CARE, Freshness(RegisterId("ggz"), today + timedelta(days=2)))
        )
        await _refused(ErrorCode.NOT_FOUND, world.declare(CARE, Freshness(RegisterId("politie"), today)))

    play(consortium, scenario)


def test_an_anchor_and_a_letter_have_their_entry_and_the_letter_its_item(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        receipt = await world.declare(CARE, Anchor(b"a" * 32))
        assert entries.parse(receipt.entry).text("anchor") == (b"a" * 32).hex()
        await world.declare(HOUSE, Letter(ParticipantId(POLICE), os.urandom(700)))
        (item,) = await world.mail(POLICE)
        assert parse_statement(item.letter.body).author == HOUSE
        await _refused(ErrorCode.NOT_PERMITTED, world.declare(HOUSE, Letter(ParticipantId("nobody"), b"x")))

    play(consortium, scenario)


def test_a_repeated_statement_has_one_effect(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        request = statement_request(consortium.parties[HOUSE], Letter(ParticipantId(POLICE), b"x"))
        first = await world.declaring.declare(world.peer(HOUSE), request)
        assert await world.declaring.declare(world.peer(HOUSE), request) == first
        assert len(await world.mail(POLICE)) == 1

    play(consortium, scenario)


def test_a_search_among_own_registrations_gives_all_or_an_error_never_a_part(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owning, "MOST_FOUND", 2)

    async def scenario(world: World) -> None:
        await world.register(POLICE, [put("politie", "anna", os.urandom(16)) for _row in range(2)])
        assert len((await world.find_own(POLICE, "anna")).registration_ids) == 2
        await world.register(POLICE, [put("politie", "anna", os.urandom(16))])
        await _refused(ErrorCode.INVALID_INPUT, world.find_own(POLICE, "anna"))

    play(consortium, scenario)


def test_a_holder_finds_its_own_registrations_and_nobody_elses(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        own, other = os.urandom(16), os.urandom(16)
        await world.register(POLICE, [put("politie", "anna", own), put("politie", "berend")])
        await world.register(MAYOR, [put("burgemeester", "anna", other)])
        reply = await world.find_own(POLICE, "anna")
        assert list(reply.registration_ids) == [own]
        assert entries.parse(reply.receipt.entry).text("reason") == "access"
        await _refused(ErrorCode.INVALID_INPUT, world.find_own(POLICE, "anna", "curious"))
        for _number in range(19):
            await world.find_own(POLICE, "nobody")
        await _refused(ErrorCode.BUDGET_EXHAUSTED, world.find_own(POLICE, "anna"))

    play(consortium, scenario)


def test_T16_a_holder_lists_its_own_register_in_pages_each_logged_and_no_other_register(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owning, "PAGE", 2)

    async def scenario(world: World) -> None:
        ids = sorted(os.urandom(16) for _number in range(3))
        assert await _page(world, POLICE, REGISTERS[POLICE]) == []
        await world.register(POLICE, [put("politie", "anna", one) for one in ids])
        await world.register(MAYOR, [put("burgemeester", "anna")])
        assert await _page(world, POLICE, REGISTERS[POLICE]) == ids[:2]
        assert await _page(world, POLICE, REGISTERS[POLICE], ids[1]) == ids[2:]
        for _number in range(30):  # no budget: the ids are random and the caller's own
            assert await _page(world, POLICE, REGISTERS[POLICE], ids[2]) == []
        with pytest.raises(SamenloopError):
            await _page(world, POLICE, REGISTERS[MAYOR])
        other = list_request(consortium.parties[MAYOR], REGISTERS[MAYOR])
        await _refused(ErrorCode.NOT_PERMITTED, world.owning.page(world.peer(POLICE), other))
        forged = list_request(consortium.parties[POLICE], REGISTERS[POLICE])
        forged.query.signature = b"s" * 64
        with pytest.raises(SamenloopError):
            await world.owning.page(world.peer(POLICE), forged)

    play(consortium, scenario)


def test_a_page_that_is_asked_for_twice_is_logged_once_and_the_same(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await world.register(POLICE, [put("politie", "anna")])
        request = list_request(consortium.parties[POLICE], REGISTERS[POLICE])
        first = await world.owning.page(world.peer(POLICE), request)
        await world.register(POLICE, [put("politie", "berend")])
        assert await world.owning.page(world.peer(POLICE), request) == first
        entry = entries.parse(first.receipt.entry)
        assert (entry.text("reason"), entry.text("register"), entry.public["count"]) == (
            "reconcile",
            REGISTERS[POLICE],
            1,
        )

    play(consortium, scenario)


async def _page(world: World, name: str, register: str, after: bytes = b"") -> list[bytes]:
    request = list_request(world.consortium.parties[name], register, after)
    return list((await world.owning.page(world.peer(name), request)).registration_ids)
