"""Who acted, and under which covenant version, is held against the version in force at that place of the log."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from samenloop.audit.fields import Event
from samenloop.covenant import Covenant, fingerprint
from samenloop.covenant.changes import without
from tests.audit.test_versions import FIRST, TERM, A, B, C, activate, aged, clean, found, purge, successor
from tests.audit.world import World

HARMLESS = successor(FIRST, name="Een andere naam")
TIGHTER = without(successor(FIRST), frozenset({A}))
BEFORE = without(FIRST, frozenset({A}))
JOINED = dataclasses.replace(FIRST, version=2, predecessor=fingerprint(BEFORE))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "log").mkdir()
    made = World(tmp_path / "log")
    made.fill(5)
    yield made
    made.close()


def ask(world: World, actor: str, version: int = 1, covenant: str = FIRST.id) -> None:
    assert world.keys is not None
    fields = {**world.question_fields(actor), "holders": [], "version": version, "covenant": covenant}
    world.append(Event.QUESTION, fields)


def problems(world: World, *covenants: Covenant) -> tuple[str, ...]:
    world.integrate()
    world.cosign(B, C)
    exported, checked = found(world, *covenants)
    assert exported.problems == checked.problems
    return exported.problems


def test_a_question_of_nobody_in_the_covenant_is_found(world: World) -> None:
    ask(world, "vreemde-partij")
    (problem,) = problems(world, FIRST)
    assert "vreemde-partij is geen partij bij versie 1" in problem


@pytest.mark.parametrize(("version", "covenant"), [(2, FIRST.id), (7, FIRST.id), (1, "ander-convenant")])
def test_another_version_than_the_one_in_force_is_found(world: World, version: int, covenant: str) -> None:
    ask(world, B, version, covenant)
    (problem,) = problems(world, FIRST)
    assert f"noemt versie {version} van convenant {covenant}, maar daar gold versie 1" in problem


@pytest.mark.parametrize("event", [Event.RELEASE, Event.NODE_ANCHOR, Event.REGISTER])
def test_what_is_no_question_is_held_against_the_covenant_too(world: World, event: Event) -> None:
    more = {"question": "ab" * 16, "receiver": B, "anchor": "ab" * 32, "register": "r", "commitment": "ab" * 32}
    names = {
        Event.RELEASE: ("question", "receiver"),
        Event.NODE_ANCHOR: ("anchor",),
        Event.REGISTER: ("register", "commitment"),
    }[event]
    fields = {
        "request": "ab" * 16,
        "covenant": FIRST.id,
        "actor": "vreemde-partij",
        **{one: more[one] for one in names},
    }
    world.append(event, {**fields, "count": 1} if event is Event.REGISTER else fields)
    assert "vreemde-partij" in problems(world, FIRST)[0]


def test_a_refusal_of_somebody_who_was_never_let_in_is_found_unless_it_says_so(world: World) -> None:
    world.append(Event.REFUSE, {"actor": "unknown", "status": "not_permitted", "action": "connect"})
    assert problems(world, FIRST) == ()
    world.append(Event.REFUSE, {"actor": "vreemde-partij", "status": "refused"})
    assert "vreemde-partij" in problems(world, FIRST)[0]


def test_the_version_before_may_be_named_for_its_time_of_grace_and_no_longer(world: World) -> None:
    activate(world, HARMLESS)
    world.clock.advance(minutes=9)
    ask(world, B, 1)
    ask(world, B, 2)
    assert problems(world, FIRST, HARMLESS) == ()
    world.clock.advance(minutes=7)
    ask(world, B, 2)
    assert problems(world, FIRST, HARMLESS) == ()
    ask(world, B, 1)
    (problem,) = problems(world, FIRST, HARMLESS)
    assert "noemt versie 1" in problem


def test_who_left_may_have_had_something_under_way_and_nothing_later(world: World) -> None:
    ask(world, A, 1)
    activate(world, TIGHTER)
    world.clock.advance(seconds=10)
    ask(world, A, 1)
    assert problems(world, FIRST, TIGHTER) == ()
    world.clock.advance(minutes=6)
    ask(world, A, 1)
    ask(world, A, 2)
    old, new = problems(world, FIRST, TIGHTER)
    assert "noemt versie 1" in old, "a version that tightens gives no grace"
    assert f"{A} is geen partij bij versie 2" in new


def test_who_joins_acts_from_his_version_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.start()
    ask(world, A, 1)
    activate(world, JOINED)
    ask(world, A, 2)
    (problem,) = problems(world, BEFORE, JOINED)
    assert f"{A} is geen partij bij versie 1" in problem
    world.close()


def test_an_honest_log_of_joining_and_leaving_is_silent(tmp_path: Path) -> None:
    third = without(successor(JOINED), frozenset({"burgemeester-middelstad"}))
    world = World(tmp_path)
    world.start()
    for covenant, actors in ((BEFORE, (B, C)), (JOINED, (A, B, C)), (third, (A, B))):
        activate(world, covenant)
        world.clock.advance(hours=1)
        for actor in actors:
            ask(world, actor, covenant.version)
    assert problems(world, BEFORE, JOINED, third) == ()
    world.close()


def test_an_entry_of_a_version_that_was_erased_is_no_reason_for_an_alarm(world: World) -> None:
    activate(world, HARMLESS)
    began = world.entries.count() - 1
    world.refusal()
    world.refusal()
    world.integrate()
    world.cosign(B, C)
    aged(world, days=TERM + 1)
    gone = purge(world, HARMLESS)
    assert gone is not None
    assert gone[1] >= began, "the entry of the second version too"
    ask(world, B, 2)
    assert problems(world, FIRST, HARMLESS) == ()
    world.clock.advance(hours=1)
    ask(world, B, 1)
    assert "noemt versie 1" in problems(world, FIRST, HARMLESS)[0]


def test_the_entry_of_a_version_names_the_number_of_its_document(world: World) -> None:
    world.append(Event.COVENANT, {"covenant": FIRST.id, "version": 3, "document": fingerprint(HARMLESS)})
    assert any("andere versie dan het convenant" in one for one in problems(world, FIRST, HARMLESS))


def test_an_honest_log_stays_clean(world: World) -> None:
    assert clean(found(world, FIRST))
