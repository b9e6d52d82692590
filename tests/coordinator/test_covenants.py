"""Covenant versions and epochs while the coordinator runs, and what it refuses to start with."""

import asyncio
import dataclasses
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.audit.seal import open_wrapped
from samenloop.commitment import tokens_digest
from samenloop.covenant import Covenant, canonical, fingerprint
from samenloop.covenant import epochs as covenant_epochs
from samenloop.covenant.epochs import EpochState
from samenloop.covenant.signatures import format_signatures, sign
from samenloop.errors import ErrorCode, IntegrityError, Refused, SamenloopError
from samenloop.keys import SealingKey
from samenloop.logs import open_log
from samenloop.model import MAX_EPOCHS, EpochId, RegisterId, RegistrationId
from samenloop.wire.ask import build_ask, parse_ask
from samenloop.wire.declare import Anchor, Freshness
from samenloop.wire.register import PUT, Item
from samenloop.wire.v1 import covenant_pb2, overlap_pb2
from samenloop_coordinator import epochs, operating
from samenloop_coordinator.epochs import LiveEpochs
from samenloop_coordinator.pepper import make_root
from samenloop_coordinator.server import prepare
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import (
    EPOCH,
    HOUSE,
    MAYOR,
    POLICE,
    PROBATION,
    REGISTERS,
    chunk_request,
    facts,
    own_request,
    put,
    question_request,
    statement_request,
    tokens,
    withdraw,
)
from tests.coordinator.world import MovingClock, World, fresh, play

PARTNERS = ("burgemeester-middelstad", "ggz-midden", "politie-midden", "reclassering-midden")
NEXT = EpochId("2026-2")


def _next(old: Covenant, **changed: Any) -> Covenant:
    return dataclasses.replace(old, version=old.version + 1, predecessor=fingerprint(old), **changed)


def _with_contact(old: Covenant, contact: str) -> Covenant:
    rows = tuple(dataclasses.replace(row, contact=contact) if row.id == HOUSE else row for row in old.participants)
    return _next(old, participants=rows)


def _without_edge(old: Covenant) -> Covenant:
    rows = tuple(
        dataclasses.replace(row, may_ask=tuple(one for one in row.may_ask if one != POLICE))
        if row.id == PROBATION
        else row
        for row in old.participants
    )
    return _next(old, participants=rows)


def _signed(consortium: Consortium, covenant: Covenant, signers: Sequence[str] = PARTNERS) -> bytes:
    return format_signatures([sign(covenant, name, consortium.parties[name].signing) for name in signers])


async def _submit(world: World, covenant: Covenant, signers: Sequence[str] = PARTNERS) -> bytes:
    return await world.coordinator.board.submit(canonical(covenant), _signed(world.consortium, covenant, signers))


async def _refused(code: ErrorCode, act: Any) -> SamenloopError:
    with pytest.raises(SamenloopError) as caught:
        await act
    assert caught.value.code is code, caught.value.text
    return caught.value


def test_a_completely_signed_version_is_activated_by_a_log_entry(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        new = _with_contact(consortium.covenant, "Nieuwe manager")
        entry = entries.parse(await _submit(world, new))
        assert (entry.event, entry.text("document")) == (Event.COVENANT, fingerprint(new))
        assert world.coordinator.desk.agreement.covenant == new
        await _refused(ErrorCode.REQUEST_REUSED, _submit(world, new))

    play(consortium, scenario)


def test_after_a_new_sealing_key_nothing_more_is_sealed_to_the_old_one(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    _states(monkeypatch, {EPOCH: EpochState.LIVE})
    fresh_key = SealingKey.generate()

    def rotated(old: Covenant) -> Covenant:
        key = fresh_key.public.hex
        rows = (dataclasses.replace(row, sealing_key=key) if row.id == POLICE else row for row in old.participants)
        return _next(old, participants=tuple(rows))

    async def scenario(world: World) -> None:
        await world.ask(PROBATION, [POLICE], "anna")
        assert len(await world.mail(POLICE)) == 1
        await _submit(world, rotated(consortium.covenant), [POLICE])
        await world.ask(PROBATION, [POLICE], "anna", version=2)
        with pytest.raises(IntegrityError):
            await world.mail(POLICE)
        police = dataclasses.replace(consortium.parties[POLICE], sealing=fresh_key)
        monkeypatch.setitem(consortium.parties, POLICE, police)
        assert len(await world.mail(POLICE)) == 1

    play(consortium, scenario)


def test_after_a_new_key_of_the_auditor_content_keys_are_made_for_it_and_otherwise_stay(consortium: Consortium) -> None:
    auditor = SealingKey.generate()

    async def scenario(world: World) -> None:
        keys, covenant = world.coordinator.desk.keys, consortium.covenant
        first = await keys.renew(covenant)
        assert await keys.renew(_with_contact(covenant, "Nieuwe manager")) is first
        row = dataclasses.replace(covenant.auditor, sealing_key=auditor.public.hex)
        second = await keys.renew(_next(covenant, auditor=row))
        assert all(open_wrapped(one, second.day, auditor, auditor=True) for one in second.wrapped)

    play(consortium, scenario)


def test_incomplete_foreign_or_competing_versions_are_refused(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        new = _next(consortium.covenant, name="Een andere naam")
        error = await _refused(ErrorCode.REFUSED, _submit(world, new, PARTNERS[:2]))
        assert isinstance(error, Refused)
        forged = format_signatures(
            [dataclasses.replace(sign(new, name, consortium.parties[POLICE].signing)) for name in PARTNERS]
        )
        with pytest.raises(IntegrityError):
            await world.coordinator.board.submit(canonical(new), forged)
        other = dataclasses.replace(consortium.covenant.coordinator, log_origin="evil.test/log")
        await _refused(ErrorCode.REFUSED, _submit(world, _next(consortium.covenant, coordinator=other)))
        await _submit(world, new)
        competing = _next(consortium.covenant, name="De tweede opvolger")
        await _refused(ErrorCode.COVENANT_MISMATCH, _submit(world, competing))
        assert world.coordinator.desk.agreement.covenant == new

    play(consortium, scenario)


def test_an_honest_log_around_an_activation_gives_no_alarm(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    _states(monkeypatch, {EPOCH: EpochState.LIVE})
    second = _with_contact(consortium.covenant, "Nieuwe manager")
    third = _without_edge(second)

    async def scenario(world: World) -> None:
        await world.ask(PROBATION, [HOUSE], "anna", version=1)
        await _submit(world, second)
        await world.ask(PROBATION, [HOUSE], "anna", version=1)
        await world.ask(PROBATION, [HOUSE], "anna", version=2)
        await _submit(world, third)
        await _refused(ErrorCode.COVENANT_MISMATCH, world.ask(PROBATION, [HOUSE], "anna", version=2))
        await world.ask(PROBATION, [HOUSE], "anna", version=3)

    play(consortium, scenario)
    assert operating.check_log(consortium.config, lambda *_: None).problems == ()


def test_the_version_before_is_accepted_for_ten_minutes(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    _states(monkeypatch, {EPOCH: EpochState.LIVE})

    async def scenario(world: World) -> None:
        await _submit(world, _with_contact(consortium.covenant, "Nieuwe manager"))
        await world.ask(PROBATION, [HOUSE], "anna", version=1)
        await world.ask(PROBATION, [HOUSE], "anna", version=2)
        world.clock.ahead = timedelta(minutes=11)
        await _refused(ErrorCode.COVENANT_MISMATCH, world.ask(PROBATION, [HOUSE], "anna", version=1))
        await world.ask(PROBATION, [HOUSE], "anna", version=2)

    play(consortium, scenario)


def test_a_version_that_tightens_ends_the_one_before_at_once(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    _states(monkeypatch, {EPOCH: EpochState.LIVE})

    async def scenario(world: World) -> None:
        await _submit(world, _without_edge(consortium.covenant), [PROBATION])
        await _refused(ErrorCode.COVENANT_MISMATCH, world.ask(PROBATION, [POLICE], "anna", version=1))
        await _refused(ErrorCode.REFUSED, world.ask(PROBATION, [POLICE], "anna", version=2))
        await world.ask(PROBATION, [HOUSE], "anna", version=2)

    play(consortium, scenario)


def test_what_was_answered_stays_answered_when_its_covenant_version_ended(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 6: who repeats a request after losing the answer may not have to ask, or register, a second time."""
    _states(monkeypatch, {EPOCH: EpochState.LIVE})
    police, probation = consortium.parties[POLICE], consortium.parties[PROBATION]

    async def scenario(world: World) -> None:
        question = question_request(probation, [HOUSE], "anna")
        chunk = chunk_request(police, "politie", [put("politie", "anna")])
        statement = statement_request(police, Anchor(bytes(32)))
        query = own_request(police, "anna")

        async def all_four() -> list[Any]:
            return [
                await world.asking.ask(world.peer(PROBATION), question),
                await world.registering.register(world.peer(POLICE), chunk),
                await world.declaring.declare(world.peer(POLICE), statement),
                await world.owning.find(world.peer(POLICE), query),
            ]

        first = await all_four()
        await _submit(world, _without_edge(consortium.covenant), [PROBATION])
        world.clock.ahead = timedelta(minutes=11)
        before = world.counts()
        await _refused(ErrorCode.COVENANT_MISMATCH, world.ask(PROBATION, [HOUSE], "anna", version=1))
        after = world.counts()
        assert await all_four() == first
        assert world.counts() == after
        assert {name for name in before if after[name] != before[name]} <= {"log_entry"}, (
            "control: a new one is refused"
        )
        other = question_request(probation, [HOUSE], "other", question_id=_id_of(question))
        await _refused(ErrorCode.REQUEST_REUSED, world.asking.ask(world.peer(PROBATION), other))

    play(consortium, scenario)


def _id_of(question: overlap_pb2.AskRequest) -> bytes:
    return bytes(overlap_pb2.Question.FromString(question.question).question_id)


def test_an_active_version_is_there_after_a_restart(consortium: Consortium) -> None:
    new = _with_contact(consortium.covenant, "Nieuwe manager")

    async def activating(world: World) -> None:
        await _submit(world, new)

    async def restarted(world: World) -> None:
        agreement = world.coordinator.desk.agreement
        assert (agreement.covenant, agreement.in_force.previous) == (new, consortium.covenant)

    play(consortium, activating)
    play(consortium, restarted)


async def _retire(world: World, epoch: str, author: str) -> None:
    notice = covenant_epochs.retire(
        consortium_of(world).covenant, epoch, author, consortium_of(world).parties[author].signing
    )
    message = covenant_pb2.Notice(
        covenant="zvh-demo", kind=notice.kind, author=author, body=notice.body, signature=notice.signature
    )
    await world.coordinator.board.post(world.peer(author), message)


def consortium_of(world: World) -> Consortium:
    return world.consortium


def _states(monkeypatch: pytest.MonkeyPatch, states: dict[EpochId, EpochState]) -> None:
    monkeypatch.setattr(epochs.epochs, "epoch_states", lambda _covenant, _notices: states)


def test_retiring_is_refused_while_a_registration_would_be_left_behind(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    _states(monkeypatch, {EPOCH: EpochState.LIVE, NEXT: EpochState.LIVE})

    async def scenario(world: World) -> None:
        await world.coordinator.board.refresh()
        assert world.coordinator.desk.agreement.epochs == LiveEpochs((EPOCH, NEXT), (EPOCH, NEXT))
        both = (tokens("anna"), tokens("anna", epoch=NEXT))
        item = Item(RegistrationId(b"r" * 16), PUT, both, facts("vhh_casus"), ())
        await world.register(HOUSE, [item])
        world.coordinator.desk.agreement.epochs = LiveEpochs((EPOCH, NEXT), (EPOCH,))
        await world.register(HOUSE, [put("vhh_casus", "berend", b"b" * 16)])
        error = await _refused(ErrorCode.REFUSED, _retire(world, EPOCH, POLICE))
        assert isinstance(error, Refused)
        assert error.rule == "coverage"
        await world.register(HOUSE, [withdraw(b"b" * 16)])
        await _retire(world, EPOCH, POLICE)
        before = world.counts()
        await _retire(world, EPOCH, POLICE)
        assert world.counts() == before

    play(consortium, scenario)


def test_the_values_of_an_ended_epoch_are_deleted_and_the_others_still_answer(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    _states(monkeypatch, {EPOCH: EpochState.LIVE, NEXT: EpochState.LIVE})

    async def scenario(world: World) -> None:
        await world.coordinator.board.refresh()
        both = (tokens("anna"), tokens("anna", epoch=NEXT))
        await world.register(HOUSE, [Item(RegistrationId(b"r" * 16), PUT, both, facts("vhh_casus"), ())])
        _states(monkeypatch, {EPOCH: EpochState.RETIRED, NEXT: EpochState.LIVE})
        await world.coordinator.board.refresh()
        await world.coordinator.periodic.upkeep()
        (size,) = world.coordinator.store._connection.execute("SELECT length(tokens) FROM handle").fetchone()
        assert size == len(both[1].tokens)
        await _refused(ErrorCode.EPOCH_MISMATCH, world.ask(PROBATION, [HOUSE], "anna"))
        assert (await world.ask(PROBATION, [HOUSE], tokens("anna", epoch=NEXT))).answers[0].known

    play(consortium, scenario)


@pytest.mark.parametrize("number", range(1, MAX_EPOCHS + 1))
def test_as_many_epochs_as_a_covenant_may_have_are_registered_and_asked_in(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    names = tuple(EpochId(f"2026-{one}") for one in range(1, number + 1))
    _states(monkeypatch, dict.fromkeys(names, EpochState.LIVE))

    async def scenario(world: World) -> None:
        await world.coordinator.board.refresh()
        sets = tuple(tokens("anna", epoch=name) for name in names)
        item = Item(RegistrationId(b"r" * 16), PUT, sets, facts("vhh_casus"), ())
        await world.register(HOUSE, [item])
        party = world.consortium.parties[PROBATION]
        identity, salt = b"q" * 16, b"s" * 32
        made = question_request(party, [HOUSE], sets[0], question_id=identity)
        given = parse_ask(made)
        question = dataclasses.replace(given.question, epochs=names, digest=tokens_digest(salt, sets, ()))
        request = build_ask(question, given.parts, sets, [], salt, b"n" * 32, party.signing)
        assert (await world.asking.ask(world.peer(PROBATION), request)).answers[0].known

    play(consortium, scenario)


def _without_register(old: Covenant) -> Covenant:
    rows = tuple(
        dataclasses.replace(
            row,
            registers=() if row.id == MAYOR else row.registers,
            may_ask=tuple(one for one in row.may_ask if one != MAYOR),
        )
        for row in old.participants
    )
    return _next(old, participants=rows)


def _without_participant(old: Covenant) -> Covenant:
    rows = tuple(
        dataclasses.replace(row, may_ask=tuple(one for one in row.may_ask if one != HOUSE))
        for row in old.participants
        if row.id != HOUSE
    )
    decisions = tuple(
        dataclasses.replace(one, receivers=tuple(name for name in one.receivers if name != HOUSE)) for one in old.wpg20
    )
    return _next(old, participants=rows, wpg20=decisions)


@pytest.mark.parametrize(
    ("holder", "kind", "successor"),
    [(MAYOR, "burgemeester", _without_register), (HOUSE, "vhh_casus", _without_participant)],
    ids=["a register that ended", "a partner who left"],
)
def test_what_nobody_can_withdraw_any_more_is_deleted_and_holds_up_no_retirement(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, holder: str, kind: str, successor: Any
) -> None:
    _states(monkeypatch, {EPOCH: EpochState.LIVE})

    async def scenario(world: World) -> None:
        await world.coordinator.board.refresh()
        await world.register(holder, [put(kind, f"p{number}") for number in range(199)])
        await world.register(holder, [put(kind, "anna"), put(kind, "berend")])
        await world.register(PROBATION, [put("reclassering", "anna")])
        await world.declare(holder, Freshness(RegisterId(REGISTERS[holder]), world.clock.now().date()))
        assert (await world.ask(PROBATION, [holder], "anna")).answers[0].known
        await _submit(world, successor(consortium.covenant))
        await world.coordinator.periodic.upkeep()
        assert (world.counts()["registration"], world.counts()["handle"], world.counts()["shown"]) == (1, 1, 0)
        places = await world.table(lambda parts: parts.registrations.places("zvh-demo"))
        (left,) = [place for place, named in places if named.participant == holder]
        assert await world.table(lambda parts: parts.registrations.freshness(left)) == ""
        assert [bool(item.event.lapsed_question_id) for item in await world.mail(PROBATION)] == [True]
        _states(monkeypatch, {EPOCH: EpochState.LIVE, NEXT: EpochState.LIVE})
        await world.coordinator.board.refresh()
        both = (tokens("anna"), tokens("anna", epoch=NEXT))
        (row,) = await world.table(lambda parts: parts.registrations.of_place(_place_of(places, PROBATION), 9))
        party = world.consortium.parties[PROBATION]
        item = Item(row.registration_id, PUT, both, facts("reclassering"), ())
        request = chunk_request(party, REGISTERS[PROBATION], [item], version=2)
        await world.registering.register(world.peer(PROBATION), request)
        await _retire(world, EPOCH, POLICE)

    play(consortium, scenario)


def _place_of(places: Any, participant: str) -> int:
    (found,) = [place for place, named in places if named.participant == participant]
    return int(found)


def test_a_notice_in_another_name_or_with_a_wrong_signature_is_refused(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        notice = covenant_epochs.retire(consortium.covenant, EPOCH, POLICE, consortium.parties[POLICE].signing)
        message = covenant_pb2.Notice(
            covenant="zvh-demo", kind=notice.kind, author=POLICE, body=notice.body, signature=notice.signature
        )
        post = world.coordinator.board.post
        await _refused(ErrorCode.NOT_PERMITTED, post(world.peer(PROBATION), message))
        message.signature = bytes(64)
        await _refused(ErrorCode.INTEGRITY, post(world.peer(POLICE), message))
        message.kind = "anything"
        await _refused(ErrorCode.INVALID_INPUT, post(world.peer(POLICE), message))

    play(consortium, scenario)


# ---- starting ----


def _start(consortium: Consortium, **options: Any) -> None:
    async def starting() -> None:
        coordinator = await prepare(consortium.config, MovingClock(), open_log("test", io.StringIO()), **options)
        await coordinator.integrator.close()
        await coordinator.store.close()

    asyncio.run(starting())


def _refuses_to_start(consortium: Consortium, code: ErrorCode, **options: Any) -> str:
    with pytest.raises(SamenloopError) as caught:
        _start(consortium, **options)
    assert caught.value.code is code, caught.value.text
    return caught.value.text


def test_a_rolled_back_database_is_not_served(consortium: Consortium) -> None:
    database = consortium.config.data.database
    old = database.read_bytes()

    async def scenario(world: World) -> None:
        await world.ask(PROBATION, [HOUSE], "anna")
        await world.coordinator.integrator.tree(lambda _tree: None)
        running = asyncio.create_task(world.coordinator.integrator.run())
        await asyncio.sleep(0.1)
        await world.coordinator.integrator.stop()
        await running

    play(consortium, scenario)
    _start(consortium)
    database.write_bytes(old)
    assert "teruggezet" in _refuses_to_start(consortium, ErrorCode.INTEGRITY)


def test_a_weak_or_foreign_pepper_file_is_refused(consortium: Consortium) -> None:
    path = consortium.config.secrets.pepper
    path.unlink()
    assert "peper" in _refuses_to_start(consortium, ErrorCode.NOT_FOUND)
    path.write_bytes(bytes(32))
    path.chmod(0o400)
    _refuses_to_start(consortium, ErrorCode.INTEGRITY)
    path.unlink()
    make_root(path)
    path.chmod(0o644)
    _refuses_to_start(consortium, ErrorCode.NOT_PERMITTED)


def test_a_foreign_audit_key_or_a_missing_head_is_refused(consortium: Consortium, made_wide: Consortium) -> None:
    own, head = consortium.config.secrets.audit_key, consortium.config.data.log_head
    kept = own.read_bytes()
    own.unlink()
    own.write_bytes(made_wide.config.secrets.audit_key.read_bytes())
    own.chmod(0o400)
    _refuses_to_start(consortium, ErrorCode.INTEGRITY)
    own.unlink()
    own.write_bytes(kept)
    own.chmod(0o400)
    head.unlink()
    _refuses_to_start(consortium, ErrorCode.INTEGRITY)


def test_an_evaluation_takes_the_flag_of_the_covenant_and_the_start_option(
    consortium: Consortium, tmp_path: Path
) -> None:
    _refuses_to_start(consortium, ErrorCode.NOT_PERMITTED, evaluation=True)
    flagged = fresh(tmp_path / "flagged", lambda text: text.replace("demo = true", "evaluation = true"))
    _refuses_to_start(flagged, ErrorCode.NOT_PERMITTED)

    async def scenario(world: World) -> None:
        await world.register(POLICE, [put("politie", "anna")])
        for _number in range(30):
            reply = await world.ask(PROBATION, [POLICE], "anna")
            assert reply.answers[0].known

    play(flagged, scenario, evaluation=True)


def test_a_version_without_the_flag_ends_the_evaluation_at_once_and_one_with_it_alone_begins_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _states(monkeypatch, {EPOCH: EpochState.LIVE})
    flagged = fresh(tmp_path / "flagged", lambda text: text.replace("demo = true", "evaluation = true"))

    async def ending(world: World) -> None:
        await world.register(POLICE, [put("politie", "anna")])
        assert (await world.ask(PROBATION, [POLICE], "anna", case_ref=b"c" * 32)).answers[0].known
        for number in range(2):
            await world.ask(PROBATION, [POLICE], f"p{number}", case_ref=b"c" * 32)
        flags = dataclasses.replace(flagged.covenant.flags, evaluation=False)
        await _submit(world, _next(flagged.covenant, flags=flags))
        assert not (await world.ask(PROBATION, [POLICE], "anna", version=2)).answers[0].known
        again = world.ask(PROBATION, [POLICE], "anna", case_ref=b"c" * 32, version=2)
        await _refused(ErrorCode.BUDGET_EXHAUSTED, again)

    play(flagged, ending, evaluation=True)

    async def beginning(world: World) -> None:
        old = world.coordinator.desk.agreement.covenant
        await _submit(world, _next(old, flags=dataclasses.replace(old.flags, evaluation=True)))
        assert not (await world.ask(PROBATION, [POLICE], "anna", version=3)).answers[0].known

    play(flagged, beginning)


def test_a_coordinator_without_a_covenant_does_not_start_and_is_made_once(consortium: Consortium) -> None:
    with pytest.raises(SamenloopError) as caught:
        operating.initialise(consortium.config)
    assert caught.value.code is ErrorCode.NOT_PERMITTED
    data = consortium.config.data
    for path in (data.database, data.log_head):
        path.unlink()
    operating.initialise(consortium.config)
    _refuses_to_start(consortium, ErrorCode.NOT_FOUND)
