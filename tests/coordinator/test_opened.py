"""What the auditor finds in the sealed halves of a real coordinator: who was hit, shown or hidden, or released."""

import os
from dataclasses import replace
from pathlib import Path

from samenloop.audit import verify
from samenloop.audit.opening import open_halves, opening
from samenloop.audit.seal import open_wrapped
from samenloop.clock import SystemClock
from samenloop.covenant import fingerprint
from samenloop.keys import SealingKey
from samenloop.model import ParticipantId, QuestionId, RegisterId, RegistrationId
from samenloop.wire.ask import parse_ask
from samenloop.wire.declare import Grounds, Release, grounds_digest
from samenloop_coordinator import operating
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import MAYOR, POLICE, PROBATION, put, question_request
from tests.coordinator.world import World, play


async def _released(world: World, question_id: bytes, registration_id: bytes) -> None:
    grounds = Grounds(
        nonce=os.urandom(16),
        register=RegisterId("politie"),
        give_basis="wpg20",
        breach_ground="wpg20",
        registration_id=RegistrationId(registration_id),
        decider=os.urandom(32),
    )
    release = Release(QuestionId(question_id), ParticipantId(PROBATION), False, grounds_digest(grounds))
    await world.declare(POLICE, release, grounds)


def test_the_auditor_opens_every_half_that_a_coordinator_wrote(consortium: Consortium, tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        identity = os.urandom(16)
        await world.register(POLICE, [put("politie", "anna", identity)])
        await world.register(MAYOR, [put("burgemeester", "anna")])
        for person in ("anna", "nobody"):
            request = question_request(world.consortium.parties[PROBATION], [POLICE, MAYOR], person)
            await world.asking.ask(world.peer(PROBATION), request)
            if person == "anna":
                await _released(world, bytes(parse_ask(request).question.question_id), identity)
        integrator = world.coordinator.integrator
        await integrator.tree(integrator._all_waiting)

    play(consortium, scenario)
    operating.export(consortium.config, tmp_path / "export", SystemClock())
    assert verify.verify_export(tmp_path / "export", fingerprint(consortium.covenant)).holds
    run = opening(tmp_path / "export", consortium.auditor)
    opened = list(open_halves(tmp_path / "export", run))
    assert run.problems == []
    assert (run.purged, run.others) == (0, 0)
    found = [[one.result if one else None for one in entry.halves] for entry in opened]
    assert found == [["hidden", "shown"], ["shown"], ["none", "none"]]


def test_a_new_sealing_key_gets_its_own_content_keys_the_same_day(consortium: Consortium) -> None:
    """Else a new auditor, or a partner after he lost his key, could not open what is sealed to him until midnight."""

    async def scenario(world: World) -> None:
        keys, first = world.coordinator.desk.keys, consortium.covenant
        made = await keys.renew(first)
        assert await keys.renew(first) is made
        auditor = SealingKey.generate()
        second = replace(first, auditor=replace(first.auditor, sealing_key=auditor.public.hex))
        renewed = await keys.renew(second)
        assert (
            open_wrapped(renewed.wrapped[0], renewed.day, auditor, auditor=True)
            == renewed.keys[renewed.wrapped[0].holder]
        )
        one, *others = second.participants
        own = SealingKey.generate()
        third = replace(second, participants=(replace(one, sealing_key=own.public.hex), *others))
        wrapped = next(row for row in (await keys.renew(third)).wrapped if row.holder == one.id)
        assert open_wrapped(wrapped, renewed.day, own, auditor=False).key_id == wrapped.key_id

    play(consortium, scenario)
