"""A node that skips its own checks is refused by the coordinator, for every condition that the latter can see.

The list of conditions is not written here: it is that of the guards that are marked visible. A guard that is added to
the rules without a case below fails `test_every_visible_condition_is_tried`.
"""

import dataclasses
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from samenloop.covenant import Covenant
from samenloop.decisions.deciding_beforehand import BEFOREHAND
from samenloop.decisions.question import VISIBLE as QUESTION
from samenloop.decisions.record import INDEX
from samenloop.decisions.release import VISIBLE as RELEASE
from samenloop.errors import Refused, SamenloopError
from samenloop.model import Mode, ParticipantId, QuestionId, RegisterId, RegistrationId
from samenloop.wire.declare import Grounds, Release, grounds_digest
from samenloop.wire.register import DAY_IS_FULL
from samenloop_coordinator import declaring, gate, indexing
from samenloop_coordinator.agreement import InForce
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
)
from tests.coordinator.world import World, play

Condition = tuple[str, str]
Attempt = Callable[[World], Awaitable[set[str]]]
TODAY = datetime.now(UTC).date()
LATER = TODAY + timedelta(days=30)


def conditions(guards: tuple[Any, ...]) -> set[Condition]:
    return {(guard.rule, guard.condition) for guard in guards if guard.visible}


async def refused(act: Awaitable[Any]) -> set[str]:
    """Return the rules that refuse `act`: its own, those of all it misses, or the code of an error without a rule."""
    try:
        await act
    except Refused as found:
        return {found.rule, *(one.split()[0] for one in found.missing)}
    except SamenloopError as found:
        return {found.code.value}
    return set()


def amend(world: World, rows: Mapping[str, Mapping[str, Any]] | None = None, **changes: Any) -> None:
    """Put another covenant in force, as if everybody had signed it."""
    agreement = world.coordinator.desk.agreement
    old: Covenant = agreement.covenant
    changed = tuple(dataclasses.replace(row, **(rows or {}).get(row.id, {})) for row in old.participants)
    new = dataclasses.replace(old, participants=changed, **changes)
    agreement.in_force = InForce(new, None, agreement.in_force.activated_at)


def without_decision(world: World, receiver: str) -> None:
    """Take a receiver out of the police's art. 20 decision."""
    (old,) = world.coordinator.desk.agreement.covenant.wpg20
    rest = tuple(one for one in old.receivers if one != receiver)
    amend(world, wpg20=(dataclasses.replace(old, receivers=rest),))


# ---- questions ----


def asks(
    holder: str = HOUSE, *, asker: str = PROBATION, before: Any = None, ask: Any = None, **changes: Any
) -> Attempt:
    async def attempt(world: World) -> set[str]:
        if before is not None:
            before(world)
        identity = os.urandom(16)
        holders = [holder] if isinstance(holder, str) else list(holder)
        known = [one if one in (MAYOR, POLICE, CARE, HOUSE, OTHER_HOUSE) else HOUSE for one in holders]
        named = zip(known, holders, strict=True)
        parts = [dataclasses.replace(part(asker, like, identity, **changes), holder=one) for like, one in named]
        return await refused(world.ask(asker, holders, "anna", question_id=identity, parts=parts, **(ask or {})))

    return attempt


def care_asks(world: World) -> None:
    amend(world, {CARE: {"asks_as": ("ggz",), "may_ask": (HOUSE,)}})


QUESTIONS: dict[Condition, tuple[Attempt, str]] = {
    ("R-15", "asker_kind"): (asks(before=lambda w: amend(w, {PROBATION: {"asks_as": ("dji",)}})), "R-15"),
    ("R-29", "asker_kind"): (asks(before=lambda w: amend(w, {PROBATION: {"asks_as": ("college_wmo",)}})), "R-29"),
    ("R-19", "purpose"): (asks(ask={"purpose": "bemoeizorg"}), "R-19"),
    ("R-24", "holders"): (lambda w: refused(w.ask(PROBATION, [], "anna")), "invalid_input"),
    ("R-24", "holder"): (asks("school"), "R-24"),
    ("R-24", "all_partners"): (
        asks((MAYOR, CARE, POLICE, HOUSE, OTHER_HOUSE), ask={"region_reason": "verhuisd"}),
        "R-24",
    ),
    ("R-24", "reason"): (asks(reason=""), "R-24"),
    ("R-23", "purpose"): (asks(purpose="zomaar"), "R-23"),
    ("R-23", "purpose_of_asker"): (asks(asker=CARE, before=care_asks), "R-23"),
    ("R-23", "acting_as"): (asks(acting_as="gezinsvoogd_ots"), "R-23"),
    ("R-23", "proportionality"): (asks(proportionality="zomaar"), "R-23"),
    ("R-23", "subsidiarity"): (asks(subsidiarity=""), "R-23"),
    ("R-32", "never_a_ground"): (asks(give_basis="geheimhouding_ontvanger"), "R-32"),
    ("R-51", "consent"): (asks(MAYOR, give_basis="toestemming"), "R-51"),
    ("R-23", "give_basis"): (asks(give_basis=""), "R-23"),
    ("R-23", "receive_basis"): (asks(receive_basis=""), "R-23"),
    ("R-25", "inform_basis"): (asks(inform_basis=""), "R-25"),
    ("R-06", "wpg20_receiver"): (
        asks(asker=POLICE, inform_basis="wpg20", before=lambda w: without_decision(w, HOUSE)),
        "R-06",
    ),
    ("R-27", "region_reason"): (asks(OTHER_HOUSE), "R-27"),
    ("R-27", "region_reason_listed"): (asks(OTHER_HOUSE, ask={"region_reason": "zomaar"}), "R-27"),
    ("R-28", "new_fact_listed"): (asks(ask={"new_fact": "zomaar"}), "R-28"),
    ("R-29", "power"): (asks(asker=MAYOR, receive_basis="gemeentewet172_ontvangst"), "R-29"),
}


async def _four_times(world: World) -> set[str]:
    case = os.urandom(32)
    for _time in range(3):
        await world.ask(PROBATION, [HOUSE], "anna", case_ref=case)
    return await refused(world.ask(PROBATION, [HOUSE], "anna", case_ref=case))


QUESTIONS["R-28", "new_fact"] = (_four_times, "budget_exhausted")


# ---- registrations and decisions beforehand ----


def registers(
    kind: str = "politie", name: str = POLICE, before: Any = None, decided: Any = None, **facts: Any
) -> Attempt:
    async def attempt(world: World) -> set[str]:
        if before is not None:
            before(world)
        identity = os.urandom(16)
        made = [decision(identity, **{"receiver": PROBATION, **decided})] if decided is not None else []
        return await _sent(world, name, [put(kind, "anna", identity, made, **facts)])

    return attempt


async def _sent(world: World, name: str, items: Any, register: str = "") -> set[str]:
    try:
        reply = await world.register(name, items, register)
    except SamenloopError as found:
        return {found.code.value}
    return {one.rule for one in reply.results if one.rule}


def kind_of_police(kind: str) -> Callable[[World], None]:
    def before(world: World) -> None:
        row = world.coordinator.desk.agreement.covenant.participant(POLICE)
        amend(world, {POLICE: {"registers": (dataclasses.replace(row.registers[0], kind=kind),)}})

    return before


def purpose_of_covenant(world: World) -> None:
    old = world.coordinator.desk.agreement.covenant.purpose
    amend(world, purpose=dataclasses.replace(old, id="bemoeizorg"))


async def _too_far_later(world: World) -> set[str]:
    """Moved by a later message that says facts only."""
    identity = os.urandom(16)
    await world.register(POLICE, [put("politie", "anna", identity)])
    return await _sent(world, POLICE, [change("politie", identity, review_date=TODAY + timedelta(days=4000))])


async def _of_another(world: World) -> set[str]:
    return await _sent(world, MAYOR, [put("politie", "anna")], "politie")


INDEXED: dict[Condition, tuple[Attempt, str]] = {
    ("R-14", "register_never"): (registers(before=kind_of_police("college_suwi"), task="wpg8"), "R-14"),
    ("R-15", "register_known"): (registers(before=kind_of_police("dji"), task="wpg8"), "R-15"),
    ("R-01", "acting_for"): (registers("vhh_casus", HOUSE, acting_for=""), "R-01"),
    ("R-11", "task"): (registers(task=""), "input"),
    ("R-13", "task_listed"): (registers(task="koffie"), "R-13"),
    ("R-13", "measure_listed"): (registers(measure="koffie"), "R-13"),
    ("R-13", "framework_listed"): (registers(framework="koffie"), "R-13"),
    ("R-13", "origin_listed"): (registers(origin="koffie"), "R-13"),
    ("P-04", "task_excluded"): (registers(task="wpg9"), "P-04"),
    ("R-14", "task_excluded"): (registers("reclassering", PROBATION, task="nifp_rapport"), "R-14"),
    ("R-42", "task_excluded"): (registers(task="wpg10"), "P-04"),
    ("R-43", "task_excluded"): (registers(task="justitiele_documentatie"), "R-43"),
    ("P-05", "origin_permission"): (registers("burgemeester", MAYOR, origin="wpg"), "P-05"),
    ("R-16", "origin_permission"): (registers(origin="wjsg"), "R-16"),
    ("R-15", "mode_never"): (registers(tightened=Mode.NEVER), "R-15"),
    ("R-17", "by_holder"): (_of_another, "not_found"),
    ("R-17", "has_ground"): (registers(before=lambda w: amend(w, {POLICE: {"processing_entry": ""}})), "R-17"),
    ("R-18", "review_date"): (_too_far_later, "R-18"),
    ("R-19", "index_purpose"): (registers(before=purpose_of_covenant), "R-19"),
}


async def _one_too_many(world: World) -> set[str]:
    decider, found = os.urandom(32), set()
    for number in range(21):
        identity = os.urandom(16)
        made = [decision(identity, PROBATION, decider=decider)]
        found |= await _sent(world, POLICE, [put("politie", f"p{number}", identity, made)])
    return found


def switched_off(world: World) -> None:
    agreement = world.coordinator.desk.agreement
    choice = agreement.catalogue.choices["beforehand"].model_copy(update={"value": False})
    agreement.catalogue = dataclasses.replace(
        agreement.catalogue, choices={**agreement.catalogue.choices, "beforehand": choice}
    )


DECIDED: dict[Condition, tuple[Attempt, str]] = {
    ("R-76", "switched_off"): (registers(before=switched_off, decided={}), "R-76"),
    ("R-76", "protected"): (registers(decided={}, protected=True), "R-76"),
    ("R-76", "receivers"): (registers(decided={"receiver": "school"}), "R-76"),
    ("R-44", "mode"): (registers(decided={"receiver": HOUSE}), "R-15"),
    ("R-39", "basis"): (registers(decided={"basis": "art6_1_f"}), "R-39"),
    ("R-32", "breach_ground"): (registers(decided={"breach_ground": ""}), "R-32"),
    ("R-44", "steps"): (
        registers(
            "reclassering",
            PROBATION,
            decided={"receiver": POLICE, "basis": "rr37_straf", "breach_ground": "rr37"},
        ),
        "P-08",
    ),
    ("R-06", "wpg20_receiver"): (registers(before=lambda w: without_decision(w, PROBATION), decided={}), "R-06"),
    ("R-19", "index_purpose"): (registers(decided={"purpose": "zsm"}), "R-19"),
    ("R-76", "dates"): (registers(decided={"valid_until": TODAY + timedelta(days=300)}), "R-76"),
    ("R-76", "reference"): (registers(decided={"reference": bytes(32)}), "R-76"),
    ("R-76", "daily_limit"): (_one_too_many, DAY_IS_FULL),
}


# ---- releases ----


def releases(
    name: str = POLICE,
    kind: str = "politie",
    before: Any = None,
    after: Any = None,
    facts: Any = None,
    asked: Any = None,
    **grounds: Any,
) -> Attempt:
    """Ask, then release: `before` comes before all, `after` between the question and the release."""

    async def attempt(world: World) -> set[str]:
        if before is not None:
            before(world)
        identity, question_id = os.urandom(16), os.urandom(16)
        await world.register(name, [put(kind, "anna", identity, **(facts or {}))])
        parts = [part(PROBATION, name, question_id, **(asked or {}))]
        await world.ask(PROBATION, [name], "anna", question_id=question_id, parts=parts)
        if after is not None:
            await after(world, identity)
        register = world.coordinator.desk.agreement.covenant.participant(name).registers[0].id
        given = {"give_basis": "wpg20", "breach_ground": "wpg20", "register": RegisterId(register), **grounds}
        made = Grounds(os.urandom(16), registration_id=RegistrationId(identity), decider=os.urandom(32), **given)
        act = Release(QuestionId(question_id), ParticipantId(PROBATION), False, grounds_digest(made))
        return await refused(world.declare(name, act, made))

    return attempt


async def _frozen(world: World, identity: bytes) -> None:
    await world.register(POLICE, [change("politie", identity, frozen=True)])


async def _overdue(world: World, _identity: bytes) -> None:
    """The review date passes while the question is there."""
    place = world.coordinator.desk.records
    early = TODAY - timedelta(days=1)
    real = type(place).record

    def passed(self: Any, *arguments: Any) -> Any:
        found = real(self, *arguments)
        return dataclasses.replace(found, facts=dataclasses.replace(found.facts, review_date=early))

    world.coordinator.desk.records = type("Passed", (type(place),), {"record": passed})(
        world.coordinator.desk.agreement.catalogue
    )


async def _no_kind(world: World, _identity: bytes) -> None:
    amend(world, {PROBATION: {"asks_as": ()}})


async def _not_covered(world: World, _identity: bytes) -> None:
    without_decision(world, PROBATION)


async def _housing(world: World, _identity: bytes) -> None:
    amend(world, {PROBATION: {"asks_as": ("woningcorporatie",)}})


MAYORS: dict[str, Any] = {"name": MAYOR, "kind": "burgemeester", "facts": {"measure": ""}}
CARERS: dict[str, Any] = {"name": CARE, "kind": "ggz"}
RELEASED: dict[Condition, tuple[Attempt, str]] = {
    ("R-44", "mode"): (releases(after=_no_kind), "R-15"),
    ("R-18", "overdue"): (releases(after=_overdue), "R-18"),
    ("R-67", "objection_pending"): (releases(after=_frozen), "R-67"),
    ("R-32", "never_a_ground"): (releases(give_basis="geheimhouding_ontvanger"), "R-32"),
    ("R-51", "consent_possible"): (releases(**MAYORS, give_basis="toestemming", breach_ground="toestemming"), "R-51"),
    ("R-39", "give_basis"): (releases(give_basis=""), "R-39"),
    ("R-32", "breach_ground"): (releases(breach_ground=""), "R-32"),
    ("P-07", "consent"): (
        releases(
            MAYOR,
            "reclassering",
            before=lambda w: amend(
                w,
                {
                    MAYOR: {
                        "registers": (
                            dataclasses.replace(
                                w.coordinator.desk.agreement.covenant.participant(MAYOR).registers[0],
                                kind="reclassering",
                            ),
                        )
                    }
                },
            ),
            after=_housing,
            asked={"give_basis": "rr37_straf"},
            give_basis="rr37_straf",
            breach_ground="rr37",
        ),
        "P-07",
    ),
    ("R-41", "substitute"): (releases(**CARERS, give_basis="wgs229", breach_ground="wmo526"), "R-41"),
    ("R-06", "wpg20_receiver"): (releases(after=_not_covered), "R-06"),
}
TABLES = {"question": QUESTIONS, "index": INDEXED, "beforehand": DECIDED, "release": RELEASED}
ALL = [
    pytest.param(attempt, rule, id=f"{name}: {condition[0]} {condition[1]}")
    for name, table in TABLES.items()
    for condition, (attempt, rule) in table.items()
]


@pytest.mark.parametrize(
    ("guards", "table"),
    [(QUESTION, QUESTIONS), (INDEX, INDEXED), (BEFOREHAND, DECIDED), (RELEASE, RELEASED)],
    ids=TABLES,
)
def test_every_visible_condition_is_tried(guards: tuple[Any, ...], table: dict[Condition, Any]) -> None:
    assert conditions(guards) == set(table)


@pytest.mark.parametrize(("attempt", "rule"), ALL)
def test_what_a_node_left_unchecked_is_refused_by_its_rule(consortium: Consortium, attempt: Attempt, rule: str) -> None:
    async def scenario(world: World) -> None:
        assert rule in await attempt(world)

    play(consortium, scenario)


def test_control_the_same_messages_without_a_fault_are_taken(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        assert await asks()(world) == set()
        assert await registers(decided={})(world) == set()
        assert await releases()(world) == set()

    play(consortium, scenario)


@pytest.mark.parametrize(
    ("module", "name", "attempt"),
    [
        (gate, "gate_visible", QUESTIONS["R-23", "give_basis"][0]),
        (indexing, "index_visible", INDEXED["R-13", "task_listed"][0]),
        (indexing, "beforehand_visible", DECIDED["R-32", "breach_ground"][0]),
        (declaring, "release_visible", RELEASED["R-39", "give_basis"][0]),
    ],
    ids=["question", "index", "beforehand", "release"],
)
def test_control_a_coordinator_that_leaves_it_to_the_node_is_caught(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, attempt: Attempt
) -> None:
    """The broken build: the coordinator believes that the node checked. Then the fault passes."""
    monkeypatch.setattr(module, name, lambda *_arguments: None)

    async def scenario(world: World) -> None:
        assert await attempt(world) == set()

    play(consortium, scenario)
