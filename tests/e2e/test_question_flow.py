"""Questions through real parts: a coordinator process, mutual TLS, nodes with their own stores; one story per test."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from samenloop.audit import entry as entries
from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop_node import declaring, letters, witness
from samenloop_node.commands import answers as answers_command
from samenloop_node.commands import ask as ask_command
from samenloop_node.commands import case as case_command
from samenloop_node.commands import findown as find_command
from samenloop_node.store import inbox as inbox_store
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import CARE, HOUSE, POLICE, PROBATION, Process, hold_ceremony
from tests.e2e.world import ANNA, HOLDERS, OFFICER, World, person, roomy


@pytest.fixture(scope="module", name="world")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    consortium = make_consortium(tmp_path_factory.mktemp("flow"), edit=roomy)
    process = Process(consortium)
    process.start()
    loop = asyncio.new_event_loop()
    secret = loop.run_until_complete(hold_ceremony(consortium))
    world = World(consortium, process, loop, secret)
    yield world
    for app in world.nodes.values():
        world.run(app.close())
    process.stop()
    loop.close()


def test_a_case_elsewhere_shows_at_once_and_the_rest_is_no_message(world):
    who = person(1)
    world.register(HOUSE, who, "casus-1")
    told = world.ask("R-1", who, HOUSE, CARE)
    house, care = told["answers"]
    assert house["text"].startswith("Bekend bij Zorg- en Veiligheidshuis Midden. Neem contact op met: ")
    assert care["text"].startswith("GGZ Midden: geen bericht.") or "geen bericht" in care["text"]
    assert (care["known"], care["contact"]) == (False, "")


def test_a_hidden_hit_looks_like_none_until_it_is_released_and_again_when_it_is_taken_back(world):
    known, unknown = person(2), person(3)
    world.register(POLICE, known, "pol-2")
    hidden, none = world.ask("R-2", known, POLICE), world.ask("R-3", unknown, POLICE)
    same = ("state", "problem", "answers")
    assert {name: hidden[name] for name in same} == {name: none[name] for name in same}
    assert hidden["answers"][0]["known"] is False
    (hit,) = [one for one in world.inbox(POLICE) if one["question"] == hidden["question"]]
    assert (hit["asker"], hit["records"]) == (PROBATION, [{"register": "politie", "record_id": "pol-2"}])
    assert none["question"] not in [one["question"] for one in world.inbox(POLICE)]
    wanted = world.decide(POLICE, "steps", question=hit["question"])["steps"]
    decision = {
        "question": hit["question"],
        "give_basis": "wpg20",
        "breach_ground": "wpg20",
        "answers": {step["step"]: step["answers"][0] for step in wanted},
        "motive": "Nodig voor het toezicht",
        "protocol_entry": "PV-2026-1",
        "wpg20_decision": "Besluit 2026-01 (demo)",
    }
    assert world.decide(POLICE, "release", **decision)["reported"] is True
    world.poll(PROBATION)
    assert world.answers("R-2")[0]["answers"][0]["text"].startswith("Bekend bij Politie Midden.")
    assert world.answers("R-3")[0]["answers"][0]["known"] is False
    world.decide(POLICE, "take-back", question=hit["question"], motive="Vergissing")
    world.poll(PROBATION)
    assert world.answers("R-2")[0]["answers"][0]["known"] is False


def test_the_bytes_of_a_hidden_hit_and_of_none_have_one_shape(world):
    known = person(4)
    world.register(POLICE, known, "pol-4")
    asker, replies = world.node(PROBATION), []
    taped = dataclasses.replace(asker, connection=Tape(asker.connection, replies.append))
    world.ask("R-4", known, POLICE, CARE, app=taped)
    world.ask("R-5", person(5), POLICE, CARE, app=taped)
    hidden, none = [entries.parse(reply.receipt.entry) for reply in replies]
    assert hidden.public.keys() == none.public.keys()
    assert hidden.public["holders"] == none.public["holders"]
    assert len(hidden.sealed) == len(none.sealed) == 2
    assert list(map(str, replies[0].answers)) == list(map(str, replies[1].answers))
    assert abs(len(replies[0].receipt.entry) - len(replies[1].receipt.entry)) <= 4, "only counters may differ"


def test_a_reply_that_is_lost_after_the_commit_is_found_again_by_the_same_number(world):
    who = person(6)
    world.register(HOUSE, who, "casus-6")
    asker = world.node(PROBATION)
    deaf = dataclasses.replace(asker, connection=Tape(asker.connection, _lost))
    with pytest.raises(SamenloopError) as caught:
        world.ask("R-6", who, HOUSE, app=deaf)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    asker = world.restart(PROBATION)
    (open_,) = world.run(answers_command.run(asker, ANNA, {}, None))["questions"]
    assert open_["answers"] == []
    with pytest.raises(InvalidInput):
        world.run(ask_command.run(asker, ANNA, {"retry": open_["question"], "person": person(7)}, None))
    told = world.run(ask_command.run(asker, ANNA, {"retry": open_["question"], "person": who}, None))
    assert told["answers"][0]["known"] is True
    assert world.run(answers_command.run(asker, ANNA, {}, None))["questions"] == []


def test_a_coordinator_that_is_down_gives_an_error_never_no_message(world):
    who = person(8)
    world.register(HOUSE, who, "casus-8")
    asker = world.node(PROBATION)
    world.run(asker.agreement.refresh(asker.connection))
    world.process.kill()
    with pytest.raises(SamenloopError) as caught:
        world.ask("R-8", who, HOUSE)
    assert "geen bericht" not in caught.value.text.lower()
    assert caught.value.code is ErrorCode.UNAVAILABLE
    world.process.start()
    (open_,) = world.run(answers_command.run(world.node(PROBATION), ANNA, {}, None))["questions"]
    told = world.run(ask_command.run(world.node(PROBATION), ANNA, {"retry": open_["question"], "person": who}, None))
    assert told["answers"][0]["known"] is True


def test_own_entries_are_found_in_the_log_and_the_log_is_cosigned(world):
    world.ask("R-9", person(9), HOUSE)
    app = world.node(PROBATION)
    for _round in range(300):
        standing = world.run(witness.watch(app))
        waiting = app.store.read_now(lambda db: db.execute("SELECT count(*) FROM receipt WHERE log_index IS NULL"))
        if waiting.fetchone()[0] == 0:
            break
        world.run(asyncio.sleep(0.2))
    else:
        pytest.fail("own entries are not in the log")
    assert standing.may_ask


def test_a_question_without_a_ground_to_let_the_holder_know_is_refused_with_its_rule(world):
    question = {**HOLDERS[POLICE], "inform_basis": ""}
    draft = {"case": "R-10", "asked_person": "nee_gevaar", "holders": [question]}
    draft |= {"anonymous_talk": "nee_persoon_nodig", "phone_call": "nee_vertelt_meer"}
    with pytest.raises(Refused) as caught:
        world.run(ask_command.run(world.node(PROBATION), ANNA, {"question": draft, "person": person(10)}, None))
    assert caught.value.rule == "R-25"


def test_ones_own_case_is_excluded_and_another_case_there_is_called_so(world):
    who = person(11)
    listed = world.register(HOUSE, who, "casus-11", acting_for=PROBATION)
    house = world.node(HOUSE)
    world.run(house.agreement.refresh(house.connection))
    act = letters.seal_case_letter(house.covenant(), HOUSE, PROBATION, "R-11", listed)
    letter = declaring.prepare(house, act, listed.hex())
    house.store.write_now(lambda db: inbox_store.add_declaration(db, letter))
    world.run(declaring.send_open(house))
    world.poll(PROBATION)
    assert world.ask("R-11", who, HOUSE)["answers"][0]["known"] is False
    world.register(HOUSE, who, "casus-11b")
    text = world.ask("R-11", who, HOUSE)["answers"][0]["text"]
    assert text.startswith("Bekend in een andere casus bij Zorg- en Veiligheidshuis Midden.")


def test_after_a_case_is_closed_its_answers_are_gone_at_both_ends(world):
    who = person(12)
    world.register(HOUSE, who, "casus-12")
    told = world.ask("R-12", who, HOUSE)
    world.inform("R-12")
    closing = {"action": "close", "case": "R-12", "reason": "doel_bereikt"}
    closed = world.run(case_command.run(world.node(PROBATION), ANNA, closing, None))
    assert closed["reported"] is True
    (again,) = world.answers("R-12")
    assert (again["question"], again["state"], again["answers"]) == (told["question"], "erased", [])


def test_a_holder_finds_its_own_record_of_a_person(world):
    who = person(13)
    world.register(POLICE, who, "pol-13")
    request = {"purpose": "access", "person": who}
    found = world.run(find_command.run(world.node(POLICE), OFFICER, request, None))["records"]
    assert "pol-13" in [row["record_id"] for row in found]


class Tape:
    """A connection that shows each answer to `each` before it is handed on; `each` may raise."""

    def __init__(self, inner: Any, each: Callable[[Any], None]) -> None:
        self._inner, self._each = inner, each

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def ask(self, request: Any) -> Any:
        reply = await self._inner.ask(request)
        self._each(reply)
        return reply


def _lost(reply: Any) -> None:
    raise SamenloopError(ErrorCode.UNAVAILABLE, "De verbinding viel weg.")


def test_nothing_of_the_persons_is_in_any_file_below_the_consortium(world):
    folder: Path = world.consortium.folder
    words = {value.lower().encode() for number in range(1, 14) for value in list(person(number).values())[:3]}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_socket():
            data = path.read_bytes().lower()
            assert not [word for word in words if len(word) > 5 and word in data], path
