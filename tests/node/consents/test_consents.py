"""Consent from paper to effect: recorded, used for one exchange, withdrawn with everything that rested on it."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop_node import declaring, refused
from samenloop_node.accounts import Role, User
from samenloop_node.commands import beforehand as beforehand_command
from samenloop_node.commands import consent as consent_command
from samenloop_node.consents import ending
from samenloop_node.process import today
from samenloop_node.registrations.jobs import job_name
from samenloop_node.store import cases, consents
from samenloop_node.store.cases import CaseFile
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import CARE, PROBATION, Process, hold_ceremony
from tests.e2e.world import ANNA, BAKKER, DAY, END, OFFICER, World, person, roomy


@pytest.fixture(scope="module", name="world")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    consortium = make_consortium(tmp_path_factory.mktemp("consents"), edit=roomy)
    process = Process(consortium)
    process.start()
    loop = asyncio.new_event_loop()
    world = World(consortium, process, loop, loop.run_until_complete(hold_ceremony(consortium)))
    yield world
    for app in world.nodes.values():
        world.run(app.close())
    process.stop()
    loop.close()


def ticks(world: World, **change: Any) -> dict[str, Any]:
    law, day = world.node(CARE).catalogue, today(world.node(CARE))
    form: dict[str, Any] = {
        "receiver": PROBATION,
        "purpose": "toezicht",
        "paper": "formulier-12",
        "signed_on": day.isoformat(),
        "valid_until": (day + timedelta(days=60)).isoformat(),
        "fields": [code for code in law.codes["consent_fields"] if code != "vertegenwoordiger"],
        "told": list(law.codes["consent_told"]),
        "told_on": day.isoformat(),
        "explained_how": "mondeling",
        "pressure": "vrij",
        "age_band": "vanaf_16",
        "signers": ["persoon"],
        "explicit": True,
        "specific": True,
        "necessity_judged": True,
        "recorded_by_professional": True,
    }
    return {**form, **change}


def in_force(world: World, name: str) -> list[dict[str, Any]]:
    found = world.run(beforehand_command.run(world.node(name), BAKKER, {"action": "list"}, None))
    return list(found["decisions"])


def consent(world: World, action: str, **said: Any) -> dict[str, Any]:
    return world.run(consent_command.run(world.node(CARE), BAKKER, {"action": action, **said}, None))


def released_on(world: World, case: str, who: dict[str, str], record: str) -> tuple[str, str]:
    """Ask the care provider, record a consent for the hit and release on it; return consent and question number."""
    world.register(CARE, who, record)
    asked = world.ask(case, who, CARE)["question"]
    world.poll(CARE)
    number = consent(world, "record", question=asked, form=ticks(world))["consent"]
    steps = world.decide(CARE, "steps", question=asked, breach_ground="toestemming")["steps"]
    decision = {
        "question": asked,
        "give_basis": "toestemming",
        "breach_ground": "toestemming",
        "consent": number,
        "answers": {step["step"]: step["answers"][0] for step in steps},
        "motive": "Met toestemming",
        "decided_by_professional": True,
        "person_informed": True,
    }
    world.decide(CARE, "release", **decision)
    world.poll(PROBATION)
    return number, asked


def deciding(world: World, who: dict[str, str], record: str, reference: str, number: str) -> dict[str, Any]:
    return {
        "action": "decide",
        "register": "ggz",
        "record": record,
        "reference": reference,
        "receivers": [PROBATION],
        "purpose": "toezicht",
        "give_basis": "toestemming",
        "breach_ground": "toestemming",
        "valid_until": (today(world.node(CARE)) + timedelta(days=30)).isoformat(),
        "consent": number,
        "motive": "Afgewogen met de persoon",
        "person": who,
    }


def decided_on(world: World, who: dict[str, str], record: str, reference: str) -> str:
    """Record a consent for an own record and decide beforehand on it; return the number of the consent."""
    world.register(CARE, who, record)
    number = str(consent(world, "record", register="ggz", record=record, form=ticks(world))["consent"])
    given = deciding(world, who, record, reference, number)
    world.run(beforehand_command.run(world.node(CARE), BAKKER, given, None))
    return number


def known(world: World, case: str) -> bool:
    world.poll(PROBATION)
    return bool(world.answers(case)[-1]["answers"][0]["known"])


def test_R50_a_release_on_consent_is_hidden_again_when_the_consent_is_withdrawn(world):
    number, asked = released_on(world, "C-1", person(1), "ggz-1")
    assert known(world, "C-1")
    assert consent(world, "show", consent=number)["state"] == "used"
    done = consent(world, "withdraw", consent=number)
    assert done["effects"] == [{"kind": "release", "subject": asked, "done": True}]
    assert not known(world, "C-1")
    (hit,) = [one for one in world.inbox(CARE) if one["question"] == asked]
    assert hit["state"] == "hidden"
    with pytest.raises(Refused):
        consent(world, "withdraw", consent=number)


def test_R52_a_consent_is_given_back_when_its_release_is_refused_long_after(world, monkeypatch):
    def answering(code):
        async def declare(_request):
            raise SamenloopError(code, "zo besteld")

        monkeypatch.setattr(world.node(CARE).connection, "declare", declare)

    answering(ErrorCode.UNAVAILABLE)
    number, asked = released_on(world, "C-9", person(9), "ggz-9")
    assert consent(world, "show", consent=number)["state"] == "used"
    answering(ErrorCode.EXPIRED)
    with pytest.raises(SamenloopError):
        world.run(declaring.send_open(world.node(CARE)))
    assert consent(world, "show", consent=number)["state"] == "given"
    (hit,) = [one for one in world.inbox(CARE) if one["question"] == asked]
    assert hit["state"] == "hidden"


def test_R50_R52_a_consent_whose_release_was_taken_back_is_not_given_back_with_a_later_one(world):
    number, asked = released_on(world, "C-10", person(10), "ggz-10")
    world.decide(CARE, "take-back", question=asked)
    assert not known(world, "C-10")
    app = world.node(CARE)
    app.store.write_now(lambda db: refused.undo_release(app, db, bytes.fromhex(asked)))
    assert consent(world, "show", consent=number)["state"] == "used"


def test_R52_one_consent_serves_one_release(world):
    number, _asked = released_on(world, "C-2", person(2), "ggz-2")
    other = world.ask("C-2b", person(2), CARE)["question"]
    world.poll(CARE)
    with pytest.raises(Refused) as caught:
        world.decide(
            CARE, "release", question=other, give_basis="toestemming", breach_ground="toestemming", consent=number
        )
    assert "R-52" in {one.split()[0] for one in caught.value.missing}


def test_R50_R76_a_decision_beforehand_on_consent_ends_with_the_consent(world):
    who = person(3)
    world.register(CARE, who, "ggz-3")
    number = consent(world, "record", register="ggz", record="ggz-3", form=ticks(world))["consent"]
    given = deciding(world, who, "ggz-3", "B-3", number)
    with pytest.raises(Refused) as caught:
        world.run(beforehand_command.run(world.node(CARE), BAKKER, {**given, "consent": ""}, None))
    assert "R-76 consent receivers[0]" in caught.value.missing
    world.run(beforehand_command.run(world.node(CARE), BAKKER, given, None))
    assert world.ask("C-3", who, CARE)["answers"][0]["known"] is True
    with pytest.raises(Refused) as caught:
        world.run(beforehand_command.run(world.node(CARE), BAKKER, given, None))
    assert {"R-76 reference", "R-76 consent receivers[0]"} <= set(caught.value.missing), "neither serves twice"
    assert consent(world, "withdraw", consent=number)["effects"][0]["done"]
    assert world.ask("C-3b", who, CARE)["answers"][0]["known"] is False
    assert not known(world, "C-3"), "what was shown before is hidden again too"


def test_R76_a_decision_by_hand_can_be_withdrawn_by_hand(world):
    from tests.coordinator.harness import POLICE

    who = person(4)
    world.register(POLICE, who, "pol-4")
    given = {
        "action": "decide",
        "register": "politie",
        "record": "pol-4",
        "reference": "B-4",
        "receivers": [PROBATION],
        "purpose": "toezicht",
        "give_basis": "wpg20",
        "breach_ground": "wpg20",
        "valid_until": (today(world.node(POLICE)) + timedelta(days=30)).isoformat(),
        "motive": "Nodig voor het toezicht",
        "person": who,
    }
    with pytest.raises(InvalidInput, match="minstens één ontvanger"):
        world.run(beforehand_command.run(world.node(POLICE), BAKKER, {**given, "receivers": []}, None))
    assert in_force(world, POLICE) == []
    world.run(beforehand_command.run(world.node(POLICE), BAKKER, given, None))
    (row,) = in_force(world, POLICE)
    assert row == {
        **{name: given[name] for name in ("register", "record", "valid_until")},
        "receiver": PROBATION,
        "decided_on": today(world.node(POLICE)).isoformat(),
    }
    assert world.ask("C-4", who, POLICE)["answers"][0]["known"] is True
    taken = {"action": "withdraw", "register": "politie", "record": "pol-4", "reference": "B-4"}
    world.run(beforehand_command.run(world.node(POLICE), BAKKER, taken, None))
    assert in_force(world, POLICE) == []
    assert world.ask("C-4b", who, POLICE)["answers"][0]["known"] is False
    with pytest.raises(SamenloopError):
        world.run(beforehand_command.run(world.node(POLICE), BAKKER, taken, None))


def test_R52_a_consent_past_its_term_expires_and_hides_what_rested_on_it(world):
    number, _asked = released_on(world, "C-5", person(5), "ggz-5")
    app = world.node(CARE)
    past = (today(app) - timedelta(days=1)).isoformat()
    app.store.write_now(
        lambda db: db.execute("UPDATE consent SET form = json_set(form, '$.valid_until', ?)", (past,)).rowcount
    )
    world.run(ending.settle(app))
    assert consent(world, "show", consent=number)["state"] == "expired"
    assert not known(world, "C-5")
    assert app.store.read_now(consents.to_undo) == []


def test_R50_an_ended_consent_that_cannot_be_undone_yet_holds_up_no_other(world, monkeypatch):
    """A decision beforehand waits while its register is busy; the release on another consent is hidden all the same."""
    numbers = iter(("00" * 8, "ff" * 8))
    monkeypatch.setattr("samenloop_node.consents.records.token_hex", lambda _bytes: next(numbers))
    who, app = person(11), world.node(CARE)
    first = decided_on(world, who, "ggz-11", "B-11")
    second, _asked = released_on(world, "C-12", person(12), "ggz-12")
    past = (today(app) - timedelta(days=1)).isoformat()
    change = "UPDATE consent SET form = json_set(form, '$.valid_until', ?) WHERE number IN (?, ?)"
    app.store.write_now(lambda db: db.execute(change, (past, first, second)).rowcount)

    async def while_busy():
        busy = app.background.start(job_name("ggz"), asyncio.sleep(30))
        with pytest.raises(SamenloopError, match="wordt al bijgewerkt"):
            await ending.settle(app)
        busy.cancel()

    world.run(while_busy())
    assert not known(world, "C-12")
    assert [one.number for one in app.store.read_now(consents.to_undo)] == [first]
    world.run(ending.settle(app))
    assert app.store.read_now(consents.to_undo) == []


def test_R50_withdrawing_says_what_the_coordinator_still_has_to_hear(world, monkeypatch):
    number, asked = released_on(world, "C-13", person(13), "ggz-13")

    async def away(_request):
        raise SamenloopError(ErrorCode.UNAVAILABLE, "weg")

    with monkeypatch.context() as patch:
        patch.setattr(world.node(CARE).connection, "declare", away)
        done = consent(world, "withdraw", consent=number)
    assert done["effects"] == [{"kind": "release", "subject": asked, "done": False}]
    world.run(declaring.send_open(world.node(CARE)))
    assert not known(world, "C-13")


COLLEAGUE = User("carla", "carla", frozenset({Role.CASE_WORKER}), "carla", DAY, DAY, END)


def seen_by(world: World, name: str, user: User, number: str) -> tuple[bool, bool]:
    """Tell whether this user finds the consent in the list, and by its number."""
    app, shown = world.node(name), False
    found = world.run(consent_command.run(app, user, {"action": "list"}, None))["consents"]
    with contextlib.suppress(SamenloopError):
        shown = bool(world.run(consent_command.run(app, user, {"action": "show", "consent": number}, None)))
    return number in [one["consent"] for one in found], shown


def test_R35_a_case_worker_sees_only_the_consents_of_his_own_work(world):
    who = person(35)
    world.register(CARE, who, "t-35")
    asked = world.ask("casus-35", who, CARE)["question"]
    world.poll(CARE)
    request = {"action": "record", "question": asked, "form": ticks(world)}
    number = world.run(consent_command.run(world.node(CARE), ANNA, request, None))["consent"]
    assert [seen_by(world, CARE, one, number) for one in (ANNA, BAKKER, OFFICER)] == [(True, True)] * 3
    assert seen_by(world, CARE, COLLEAGUE, number) == (False, False)


def test_R35_a_consent_about_an_own_question_is_seen_by_who_asked_whoever_recorded_it(world):
    app, who = world.node(PROBATION), person(36)
    asked = world.ask("casus-36", who, CARE)["question"]
    request = {"action": "record", "question": asked, "form": ticks(world), "holder": CARE}
    number = world.run(consent_command.run(app, ANNA, request, None))["consent"]
    world.run(app.store.write(lambda db: db.execute("UPDATE consent SET recorded_by = 'chef'")))
    assert seen_by(world, PROBATION, ANNA, number) == (True, True)
    assert seen_by(world, PROBATION, COLLEAGUE, number) == (False, False)


def test_R35_a_consent_about_an_own_record_is_seen_by_whose_case_it_belongs_to(world):
    app = world.node(CARE)
    world.register(CARE, person(37), "t-37")
    request = {"action": "record", "register": "ggz", "record": "t-37", "form": ticks(world)}
    number = consent(world, **request)["consent"]
    assert seen_by(world, CARE, COLLEAGUE, number) == (False, False)
    case = CaseFile("zaak-37", "reported", "carla", "carla", "2026-01-01", "", "{}")
    world.run(app.store.write(lambda db: cases.add(db, case)))
    moved = "UPDATE registration SET case_number = 'zaak-37' WHERE record_id = 't-37'"
    world.run(app.store.write(lambda db: db.execute(moved)))
    assert seen_by(world, CARE, COLLEAGUE, number) == (True, True)
    assert seen_by(world, CARE, ANNA, number) == (False, False)


@pytest.mark.parametrize("action", ["record", "withdraw"])
def test_the_privacy_officer_looks_at_consents_and_does_no_more(world, action):
    with pytest.raises(SamenloopError) as refused_:
        world.run(consent_command.run(world.node(CARE), OFFICER, {"action": action, "consent": "ab" * 8}, None))
    assert refused_.value.code is ErrorCode.NOT_PERMITTED


def test_R47_no_name_has_a_place_in_a_consent(world):
    world.register(CARE, person(6), "ggz-6")
    for wrong in ({"paper": "formulier van Jan Jansen"}, {"client": "Jan"}, {"case": "x"}, {"holder": "ggz-midden"}):
        with pytest.raises(InvalidInput):
            consent(world, "record", register="ggz", record="ggz-6", form=ticks(world, **wrong))


def test_a_consent_is_about_a_hit_or_an_own_record(world):
    with pytest.raises(SamenloopError):
        consent(world, "record", question="ab" * 16, form=ticks(world))
    with pytest.raises(SamenloopError):
        consent(world, "record", register="ggz", record="er-is-geen", form=ticks(world))
    with pytest.raises(InvalidInput):
        consent(world, "vergeet")
