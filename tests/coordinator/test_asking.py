"""A question and its answer: what shows, what stays hidden, what is refused, and what a retry does."""

import os
from datetime import timedelta

import pytest

from samenloop.audit import entry as entries
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.model import EpochId
from samenloop.wire.v1 import overlap_pb2
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import (
    CARE,
    HOUSE,
    MAYOR,
    OTHER_HOUSE,
    POLICE,
    PROBATION,
    change,
    decision,
    part,
    put,
    question_request,
    tokens,
)
from tests.coordinator.world import World, play

ALL = (POLICE, MAYOR, HOUSE)


async def _denied(rule: str, act: object) -> None:
    """Deny by default is a refusal with the id of its rule."""
    error = await _refused(ErrorCode.REFUSED, act)
    assert isinstance(error, Refused)
    assert error.rule == rule


async def _refused(code: ErrorCode, act: object) -> SamenloopError:
    with pytest.raises(SamenloopError) as caught:
        await act  # type: ignore[misc]
    assert caught.value.code is code, caught.value.text
    return caught.value


def _known(reply: overlap_pb2.AskReply) -> dict[str, bool]:
    return {answer.holder: answer.known for answer in reply.answers}


async def _anna(world: World) -> None:
    await world.register(POLICE, [put("politie", "anna")])
    await world.register(MAYOR, [put("burgemeester", "anna")])
    await world.register(HOUSE, [put("vhh_casus", "anna")])


def test_a_case_list_and_a_named_measure_show_at_once_and_the_police_stay_silent(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await _anna(world)
        reply = await world.ask(PROBATION, ALL, "anna")
        assert _known(reply) == {POLICE: False, MAYOR: True, HOUSE: True}
        contacts = [answer.contact for answer in reply.answers]
        assert contacts == ["", "Adviseur openbare orde en veiligheid", "Manager Zorg- en Veiligheidshuis Midden"]
        assert _known(await world.ask(PROBATION, ALL, "berend")) == dict.fromkeys(ALL, False)
        kinds = {name: [one.WhichOneof("content") for one in await world.mail(name)] for name in ALL}
        assert kinds == {name: ["hit", "dummy"] for name in ALL}

    play(consortium, scenario)


def test_the_receipt_says_what_the_node_can_check_and_nothing_about_the_hidden_hit(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await _anna(world)
        reply = await world.ask(PROBATION, ALL, "anna")
        entry = entries.parse(reply.receipt.entry)
        rows = {row["holder"]: row["answer"] for row in entry.public["holders"]}  # type: ignore[index,union-attr]
        assert rows == {POLICE: "no_message", MAYOR: "known", HOUSE: "known"}
        assert len(entry.sealed) == 3
        assert entry.public["actor"] == PROBATION

    play(consortium, scenario)


def test_a_decision_beforehand_shows_one_record_to_its_receiver_only(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(POLICE, [put("politie", "anna", identity, [decision(identity, PROBATION)])])
        assert _known(await world.ask(PROBATION, [POLICE], "anna")) == {POLICE: True}
        await world.register(POLICE, [change("politie", identity, [decision(identity, MAYOR)])])
        assert _known(await world.ask(PROBATION, [POLICE], "anna")) == {POLICE: False}

    play(consortium, scenario)


def test_overdue_and_frozen_records_bring_their_holder_a_dummy(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await world.register(HOUSE, [put("vhh_casus", "frozen", frozen=True), put("vhh_casus", "late")])
        assert _known(await world.ask(PROBATION, [HOUSE], "frozen")) == {HOUSE: False}
        assert _known(await world.ask(PROBATION, [HOUSE], "late")) == {HOUSE: True}
        world.clock.ahead = timedelta(days=201)
        assert _known(await world.ask(PROBATION, [HOUSE], "late")) == {HOUSE: False}
        assert [one.WhichOneof("content") for one in await world.mail(HOUSE)] == ["dummy", "hit", "dummy"]

    play(consortium, scenario)


def test_excluded_registrations_do_not_answer_and_are_kept_nowhere(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(HOUSE, [put("vhh_casus", "anna", identity)])
        assert _known(await world.ask(PROBATION, [HOUSE], "anna", excluded=[identity])) == {HOUSE: False}
        rest = [one.body or b"" for one in world.coordinator.store.entries().entries(0, 100)]
        assert not any(identity.hex().encode() in body for body in rest)

    play(consortium, scenario)


def test_the_same_question_again_gives_the_same_bytes_and_one_entry(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await _anna(world)
        party = consortium.parties[PROBATION]
        request = question_request(party, ALL, "anna")
        first = await world.asking.ask(world.peer(PROBATION), request)
        before = world.counts()
        again = await world.asking.ask(world.peer(PROBATION), request)
        assert again.SerializeToString() == first.SerializeToString()
        assert world.counts() == before
        world.clock.ahead = timedelta(hours=20)
        assert (await world.asking.ask(world.peer(PROBATION), request)).SerializeToString() == first.SerializeToString()

    play(consortium, scenario)


def test_an_id_with_another_payload_or_from_another_partner_is_refused(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.ask(PROBATION, [HOUSE], "anna", question_id=identity)
        await _refused(ErrorCode.REQUEST_REUSED, world.ask(PROBATION, [HOUSE], "berend", question_id=identity))
        await _refused(ErrorCode.REQUEST_REUSED, world.ask(MAYOR, [HOUSE], "anna", question_id=identity))

    play(consortium, scenario)


def test_a_question_that_was_not_sent_now_is_refused(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        for ahead in (timedelta(minutes=10), timedelta(minutes=-10)):
            sent_ms = int((world.clock.now() + ahead).timestamp() * 1000)
            await _refused(ErrorCode.CLOCK_SKEW, world.ask(PROBATION, [HOUSE], "anna", sent_ms=sent_ms))

    play(consortium, scenario)


def test_a_question_of_a_peer_in_another_name_is_refused(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        request = question_request(consortium.parties[PROBATION], [HOUSE], "anna")
        await _refused(ErrorCode.NOT_PERMITTED, world.asking.ask(world.peer(POLICE), request))

    play(consortium, scenario)


def test_a_question_with_a_changed_part_or_a_foreign_key_is_refused(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        request = question_request(consortium.parties[PROBATION], [HOUSE, POLICE], "anna")
        changed = overlap_pb2.HolderPart.FromString(request.parts[0])
        changed.reason = "incident_bij_partner"
        request.parts[0] = changed.SerializeToString(deterministic=True)
        await _refused(ErrorCode.INTEGRITY, world.asking.ask(world.peer(PROBATION), request))
        forged = question_request(consortium.parties[PROBATION], [HOUSE], "anna")
        forged.signature = os.urandom(64)
        await _refused(ErrorCode.INTEGRITY, world.asking.ask(world.peer(PROBATION), forged))

    play(consortium, scenario)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"inform_basis": ""}, "R-25"),
        ({"receive_basis": ""}, "R-23"),
        ({"reason": ""}, "R-24"),
        ({"subsidiarity": ""}, "R-23"),
    ],
)
def test_what_the_node_left_out_the_coordinator_refuses_with_its_rule(
    consortium: Consortium, changes: dict[str, str], rule: str
) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        parts = [part(PROBATION, HOUSE, identity, **changes)]
        error = await _refused(
            ErrorCode.REFUSED, world.ask(PROBATION, [HOUSE], "anna", question_id=identity, parts=parts)
        )
        assert isinstance(error, Refused)
        assert rule in {one.split()[0] for one in error.missing}

    play(consortium, scenario)


def test_R01_R03_R19_deny_by_default_unknown_register_edge_purpose_and_region(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await _denied("R-19", world.ask(PROBATION, [HOUSE], "anna", purpose="bemoeizorg"))
        await _refused(ErrorCode.REFUSED, world.ask(PROBATION, [OTHER_HOUSE], "anna"))
        await world.ask(PROBATION, [OTHER_HOUSE], "anna", region_reason="verhuisd")
        await _denied("R-03", world.ask(CARE, [HOUSE], "anna"))
        await _denied("R-01", world.ask(HOUSE, [POLICE], "anna"))

    play(consortium, scenario)


def test_tokens_of_another_epoch_or_covenant_version_are_refused(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        other = tokens("anna", epoch="2026-2")
        await _refused(ErrorCode.EPOCH_MISMATCH, world.ask(PROBATION, [HOUSE], other))
        await _refused(ErrorCode.COVENANT_MISMATCH, world.ask(PROBATION, [HOUSE], "anna", version=2))
        assert EpochId("2026-2") not in world.coordinator.desk.agreement.epochs.read

    play(consortium, scenario)


def test_three_questions_per_case_and_holder_and_then_a_new_fact(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        case = os.urandom(32)
        for _number in range(3):
            await world.ask(PROBATION, [HOUSE], "anna", case_ref=case)
        await _refused(ErrorCode.BUDGET_EXHAUSTED, world.ask(PROBATION, [HOUSE], "anna", case_ref=case))
        await world.ask(PROBATION, [POLICE], "anna", case_ref=case)
        await world.ask(PROBATION, [HOUSE], "anna", case_ref=case, new_fact="verhuizing")
        await _refused(ErrorCode.REFUSED, world.ask(PROBATION, [HOUSE], "anna", case_ref=case, new_fact="zomaar"))

    play(consortium, scenario)


def test_twenty_questions_per_user_and_day_and_a_refused_one_costs_nothing(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        for _number in range(20):
            await world.ask(PROBATION, [HOUSE], "anna")
        await _refused(ErrorCode.BUDGET_EXHAUSTED, world.ask(PROBATION, [HOUSE], "anna"))
        await world.ask(PROBATION, [HOUSE], "anna", user_ref=b"\x44" * 32)
        world.clock.ahead = timedelta(days=1)
        await world.ask(PROBATION, [HOUSE], "anna")

    play(consortium, scenario)
