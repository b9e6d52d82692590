"""Requests of persons: found by tokens, frozen, routed in a sealed letter, answered once; nothing hidden is told."""

import asyncio
import base64
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from samenloop.errors import InvalidInput, Refused, SamenloopError
from samenloop_node import declaring, restating
from samenloop_node.commands import beforehand as beforehand_command
from samenloop_node.commands import notice as notice_command
from samenloop_node.commands import register as register_command
from samenloop_node.commands import rights as rights_command
from samenloop_node.commands import withdraw as withdraw_command
from samenloop_node.process import today
from samenloop_node.registrations.jobs import job_name
from samenloop_node.store import notices, registrations, requests
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import HOUSE, MAYOR, POLICE, PROBATION, Process, hold_ceremony
from tests.e2e import world as worlds
from tests.e2e.world import ANNA, BAKKER, OFFICER, World, person, roomy

worlds.KINDS[MAYOR] = "burgemeester"
ASKER = "Reclassering Midden"
ASK_MAYOR = {**worlds.HOLDERS[POLICE], "holder": MAYOR, "give_basis": "gemeentewet172"}


@pytest.fixture(scope="module", name="world")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    consortium = make_consortium(tmp_path_factory.mktemp("rights"), edit=roomy)
    process = Process(consortium)
    process.start()
    loop = asyncio.new_event_loop()
    worlds.HOLDERS[MAYOR] = ASK_MAYOR
    world = World(consortium, process, loop, loop.run_until_complete(hold_ceremony(consortium)))
    yield world
    for app in world.nodes.values():
        world.run(app.close())
    process.stop()
    loop.close()


def rights(world: World, name: str, action: str, **said: Any) -> dict[str, Any]:
    return world.run(rights_command.run(world.node(name), OFFICER, {"action": action, **said}, None))


def receive(world: World, name: str, kind: str, who: dict[str, str], **said: Any) -> dict[str, Any]:
    given = {"kind": kind, "received_on": today(world.node(name)).isoformat(), "identity_checked": True, "person": who}
    return rights(world, name, "receive", **{**given, **said})


def answer(world: World, name: str, number: str, outcome: str, who: dict[str, str], **said: Any) -> dict[str, Any]:
    motive = {"motive": "Beoordeeld", "person": who, "complaint_route": True}
    return rights(world, name, "answer", request=number, outcome=outcome, **{**motive, **said})


def shown(world: World, case: str, who: dict[str, str]) -> bool:
    return bool(world.ask(case, who, MAYOR)["answers"][0]["known"])


def test_R67_an_objection_freezes_the_record_until_it_is_decided(world):
    who = person(1)
    identity = world.register(MAYOR, who, "bur-1")
    assert shown(world, "A-1", who)
    row = receive(world, MAYOR, "bezwaar", who, basis="publieke_taak")
    assert (row["state"], row["holder"]) == ("routed", MAYOR)
    assert not shown(world, "A-1b", who), "frozen: no message"
    assert answer(world, MAYOR, row["request"], "afgewezen", who)["state"] == "answered"
    assert shown(world, "A-1c", who), "dismissed: it answers again"
    again = receive(world, MAYOR, "bezwaar", who, basis="publieke_taak")
    answer(world, MAYOR, again["request"], "toegewezen", who)
    assert not shown(world, "A-1d", who)
    assert world.node(MAYOR).store.read_now(lambda db: registrations.by_id(db, identity)) is None


def test_R67_a_dismissed_objection_leaves_a_restriction_in_place(world):
    who = person(2)
    world.register(MAYOR, who, "bur-2")
    restricted = receive(world, MAYOR, "beperking", who)
    objected = receive(world, MAYOR, "bezwaar", who, basis="publieke_taak")
    answer(world, MAYOR, objected["request"], "afgewezen", who)
    assert not shown(world, "A-2", who)
    answer(world, MAYOR, restricted["request"], "afgewezen", who)
    assert shown(world, "A-2b", who)


def meanwhile(monkeypatch, act):
    """Have `act` done just before the next change of a registration begins, after it was asked for."""
    waiting, alone = [act], restating.alone

    async def first(app, register, work):
        if waiting:
            await waiting.pop()()
        return await alone(app, register, work)

    monkeypatch.setattr(restating, "alone", first)


def test_R67_an_objection_that_comes_while_a_restriction_ends_keeps_the_record_frozen(world, monkeypatch):
    who, app = person(41), world.node(MAYOR)
    world.register(MAYOR, who, "bur-41")
    restricted = receive(world, MAYOR, "beperking", who)
    objection = {"kind": "bezwaar", "basis": "publieke_taak", "received_on": today(app).isoformat()}
    objection |= {"action": "receive", "identity_checked": True, "person": who}
    with monkeypatch.context() as patch:
        meanwhile(patch, lambda: rights_command.run(app, OFFICER, objection, None))
        answer(world, MAYOR, restricted["request"], "afgewezen", who)
    assert not shown(world, "A-41", who)


def test_R67_freezing_a_record_does_not_bring_back_a_decision_that_is_being_taken_back(world, monkeypatch):
    who, app = person(42), world.node(POLICE)
    world.register(POLICE, who, "pol-42")
    decision = {"register": "politie", "record": "pol-42", "reference": "B-42"}
    said = {"receivers": [PROBATION], "purpose": "toezicht", "give_basis": "wpg20", "breach_ground": "wpg20"}
    said |= {"valid_until": (today(app) + timedelta(days=30)).isoformat(), "motive": "Nodig", "person": who}
    world.run(beforehand_command.run(app, BAKKER, {"action": "decide", **decision, **said}, None))
    taking = {"action": "withdraw", **decision}
    with monkeypatch.context() as patch:
        meanwhile(patch, lambda: beforehand_command.run(app, BAKKER, taking, None))
        receive(world, POLICE, "beperking", who)
    assert world.run(beforehand_command.run(app, BAKKER, {"action": "list"}, None))["decisions"] == []


def test_R67_a_request_whose_record_cannot_be_frozen_is_not_kept(world):
    who, app = person(43), world.node(MAYOR)
    world.register(MAYOR, who, "bur-43")
    before = app.store.read_now(requests.listed)

    async def while_busy():
        busy = app.background.start(job_name("openbare_orde"), asyncio.sleep(30))
        given = {"action": "receive", "kind": "beperking", "received_on": today(app).isoformat()}
        with pytest.raises(SamenloopError, match="wordt al bijgewerkt"):
            await rights_command.run(app, OFFICER, {**given, "identity_checked": True, "person": who}, None)
        busy.cancel()

    world.run(while_busy())
    assert app.store.read_now(requests.listed) == before


def test_R65_erasure_withdraws_the_record(world):
    who = person(3)
    world.register(MAYOR, who, "bur-3")
    row = receive(world, MAYOR, "verwijdering", who)
    assert shown(world, "A-3", who), "erasure alone freezes nothing"
    answer(world, MAYOR, row["request"], "toegewezen", who)
    assert not shown(world, "A-3b", who)


def test_R65_a_correction_is_granted_after_the_record_was_said_anew_or_withdrawn(world):
    who, better = person(40), {**person(40), "voornamen": "Johannes"}
    world.register(MAYOR, who, "bur-40")
    row = receive(world, MAYOR, "correctie", who)
    with pytest.raises(Refused) as caught:
        answer(world, MAYOR, row["request"], "toegewezen", who)
    assert "R-65 corrected" in caught.value.missing
    facts = {"taak": "openbare_orde", "kader": "maatregel", "herkomst": "eigen", "maatregel": "", "bescherming": "nee"}
    facts |= {"record_id": "bur-40", "toetsdatum": (today(world.node(MAYOR)) + timedelta(days=90)).isoformat()}
    given = {"register": "openbare_orde", "fields": {**better, **facts}}
    world.run(register_command.run(world.node(MAYOR), ANNA, given, None))
    assert answer(world, MAYOR, row["request"], "toegewezen", who)["state"] == "answered"
    dismissed = receive(world, MAYOR, "correctie", better)
    assert answer(world, MAYOR, dismissed["request"], "afgewezen", better)["state"] == "answered", "nothing to correct"
    gone = receive(world, MAYOR, "correctie", better)
    taken = {"register": "openbare_orde", "record_id": "bur-40"}
    world.run(withdraw_command.run(world.node(MAYOR), ANNA, taken, None))
    assert answer(world, MAYOR, gone["request"], "deels_toegewezen", better)["state"] == "answered"


def test_R65_R66_access_tells_what_is_held_and_to_whom_it_was_shown_and_nothing_hidden(world):
    who = person(4)
    world.register(MAYOR, who, "bur-4")
    world.register(POLICE, who, "pol-4")
    world.ask("A-4", who, MAYOR, POLICE)
    world.poll(MAYOR)
    world.poll(POLICE)
    row = receive(world, MAYOR, "inzage", who)
    (held,) = answer(world, MAYOR, row["request"], "toegewezen", who)["report"]["held"]
    assert (held["record_id"], [one["partner"] for one in held["shown_to"]]) == ("bur-4", ["Reclassering Midden"])
    row = receive(world, POLICE, "inzage", who)
    (held,) = answer(world, POLICE, row["request"], "toegewezen", who)["report"]["held"]
    assert held["shown_to"] == (), "the hit at the police stayed hidden"
    row = receive(world, PROBATION, "inzage", who)
    (asked,) = answer(world, PROBATION, row["request"], "toegewezen", who, cases=["A-4"])["report"]["asked"]
    assert asked["holders"] == ("Burgemeester van Middelstad", "Politie Midden")
    assert asked["known_at"] == ("Burgemeester van Middelstad",)


def test_R66_a_case_or_record_about_which_informing_is_deferred_is_not_in_the_reply(world):
    who = person(5)
    world.register(POLICE, who, "pol-5")
    world.ask("A-5", who, POLICE)
    app = world.node(PROBATION)
    (due,) = app.store.read_now(lambda db: notices.of_case(db, "A-5"))
    day = today(app)
    said = {"ground": "bescherming", "review_on": (day + timedelta(days=30)).isoformat(), "decision": "B-1"}
    said |= {"condition": "log-1", "expected_on": (day + timedelta(days=60)).isoformat(), "informer": PROBATION}
    given = {"action": "defer", "notice": due.id, "said": said}
    world.run(notice_command.run(app, ANNA, given, None))
    row = receive(world, PROBATION, "inzage", who)
    assert answer(world, PROBATION, row["request"], "toegewezen", who, cases=["A-5"])["report"]["asked"] == []


def extracted(world: World, name: str, who: dict[str, str], *cases: str) -> tuple[list[list[str]], str]:
    """Return the lines of an extract (role, what, party), in order, and its page."""
    row = receive(world, name, "inzage", who)
    found = rights(world, name, "extract", request=row["request"], cases=list(cases))["files"]
    files = {Path(path).suffix: base64.b64decode(content) for path, content in found.items()}
    assert files[".pdf"].startswith(b"%PDF")
    page = files[".html"].decode()
    cells = re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", page)
    lines = [cells[start : start + 7] for start in range(7, len(cells), 7)]
    return lines, page


def test_R65_R66_the_extract_tells_in_order_what_was_asked_and_shown_and_by_whom_and_nothing_hidden(world):
    who = person(8)
    world.register(MAYOR, who, "bur-8")
    world.register(POLICE, who, "pol-8")
    world.ask("A-8", who, MAYOR, POLICE)
    world.poll(MAYOR)
    world.poll(POLICE)
    (line,), page = extracted(world, MAYOR, who)
    assert line[1:5] == ["Burgemeester van Middelstad", "houder", "verstrekt dat de persoon bekend is", ASKER]
    assert line[5] == "Toezicht of begeleiding die de rechter heeft opgelegd"
    assert line[6] == "Gemeentewet art. 172 e.v.; AVG art. 6(1)(e)"
    assert "bur-8" not in page
    lines, page = extracted(world, POLICE, who)
    assert lines == [], "the hit at the police stayed hidden"
    assert "niets over u" in page
    lines, page = extracted(world, PROBATION, who, "A-8")
    told = [(line[2], line[3], line[4]) for line in lines]
    assert ("vrager", "gevraagd of de persoon bekend is", "Politie Midden") in told
    assert ("vrager", "antwoord: bekend", "Burgemeester van Middelstad") in told
    assert ("vrager", "antwoord: geen bericht", "Politie Midden") in told
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    assert [what for _role, what, _party in told][:2] == ["casus aangemeld", "gevraagd of de persoon bekend is"]
    assert ANNA.name not in page
    assert "A-8" not in page


def test_R66_the_extract_leaves_out_a_case_about_which_informing_is_deferred(world):
    who = person(9)
    world.ask("A-9", who, POLICE)
    assert extracted(world, PROBATION, who, "A-9")[0]
    app = world.node(PROBATION)
    (due,) = app.store.read_now(lambda db: notices.of_case(db, "A-9"))
    day = today(app)
    said = {"ground": "bescherming", "review_on": (day + timedelta(days=30)).isoformat(), "decision": "B-1"}
    said |= {"condition": "log-1", "expected_on": (day + timedelta(days=60)).isoformat(), "informer": PROBATION}
    world.run(notice_command.run(app, ANNA, {"action": "defer", "notice": due.id, "said": said}, None))
    assert extracted(world, PROBATION, who, "A-9")[0] == []


def test_an_extract_belongs_to_an_access_request(world):
    row = receive(world, PROBATION, "verwijdering", person(10))
    with pytest.raises(InvalidInput):
        rights(world, PROBATION, "extract", request=row["request"])


def test_R65_R66_another_controllers_data_go_to_that_controller_without_a_name(world):
    who = person(6)
    world.register(POLICE, who, "pol-6")
    row = receive(world, PROBATION, "bezwaar", {}, holder=POLICE, basis="publieke_taak")
    assert row["state"] == "routed"
    with pytest.raises(Refused) as caught:
        answer(world, PROBATION, row["request"], "afgewezen", who)
    assert caught.value.rule == "R-65"
    world.poll(POLICE)
    (there,) = rights(world, POLICE, "list")["requests"][-1:]
    assert {one["request"] for one in rights(world, POLICE, "list")["requests"]} >= {row["request"]}, there
    taken = rights(world, POLICE, "take", request=row["request"], person=who, identity_checked=True)
    assert (taken["state"], taken["desk"]) == ("routed", PROBATION)
    assert len(world.node(POLICE).store.read_now(lambda db: requests.records(db, row["request"]))) == 1
    answer(world, POLICE, row["request"], "afgewezen", who)
    world.run(declaring.send_open(world.node(POLICE)))
    world.poll(PROBATION)
    known = {one["request"]: one for one in rights(world, PROBATION, "list")["requests"]}
    assert (known[row["request"]]["state"], known[row["request"]]["outcome"]) == ("answered", "afgewezen")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"identity_checked": False}, "R-65"),
        ({"kind": "nieuwsgierig"}, "R-65"),
        ({"kind": "bezwaar", "basis": ""}, "R-67"),
    ],
)
def test_R65_R67_a_request_that_cannot_be_taken_in_is_refused_by_its_rule(world, change, rule):
    with pytest.raises(Refused) as caught:
        receive(world, MAYOR, **{"kind": "inzage", "who": person(7), **change})
    assert caught.value.rule == rule


def test_R68_an_answer_names_where_to_complain_and_has_a_motive(world):
    who = person(8)
    row = receive(world, MAYOR, "correctie", who)
    for change in ({"complaint_route": False}, {"motive": ""}):
        with pytest.raises(Refused):
            answer(world, MAYOR, row["request"], "geen_gegevens", who, **change)
    assert answer(world, MAYOR, row["request"], "geen_gegevens", who)["outcome"] == "geen_gegevens"
    with pytest.raises(Refused):
        answer(world, MAYOR, row["request"], "geen_gegevens", who)


def test_wrong_requests_are_one_sentence(world):
    with pytest.raises(InvalidInput):
        receive(world, MAYOR, "inzage", person(9), received_on="2099-01-01")
    with pytest.raises(SamenloopError):
        answer(world, MAYOR, "ab" * 16, "toegewezen", person(9))
    with pytest.raises(SamenloopError):
        receive(world, MAYOR, "inzage", person(9), holder="onbekend")
    with pytest.raises(InvalidInput):
        rights(world, MAYOR, "vergeet")


def test_no_name_is_kept_of_who_asked(world):
    words = [person(n)[name].lower().encode() for n in range(1, 9) for name in ("voornamen", "geslachtsnaam")]
    for name in (MAYOR, POLICE, PROBATION, HOUSE):
        folder = world.consortium.parties[name].folder
        data = b"".join(path.read_bytes().lower() for path in folder.rglob("*") if path.is_file())
        assert not [word for word in words if word in data]
