"""Every guard of every machine refuses when its condition is broken, and no sequence of events gets past one."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.decisions.guards import Guard, Machine, Transition
from samenloop.errors import Refused

from .broken import BROKEN, MACHINES, passing
from .good import LAW

TRANSITIONS = [(machine, one) for machine in MACHINES for one in machine.transitions]
GUARDS = [(machine, one, guard) for machine, one in TRANSITIONS for guard in one.guards]

# The guards table of decision-steps.md section 1: object, event of ours, rules that must stand on it.
TABLE = (
    ("NODE", "activate", "R-02 R-03 R-04 R-05 R-06 R-07 R-08 R-09 R-10"),
    ("RECORD", "index", "R-11 R-13 R-14 R-15 R-16 R-17 R-18 R-19"),
    ("RECORD", "purge", "R-69"),
    ("CASE", "accept", "R-20 R-22"),
    ("CASE", "start_triage", "R-21 R-23 R-61"),
    ("QUERY", "gate", "R-23 R-24 R-25 R-26 R-27 R-28 R-29 R-32"),
    ("QUERY", "execute", "R-23 R-24 R-25 R-26 R-27 R-28 R-29 R-32"),
    ("HIT", "show", "R-33"),
    ("HIT", "release", "R-25 R-32 R-38 R-39 R-44 R-40 R-41 R-52 R-42"),
    ("CASE", "meet", "R-53 R-54 R-55 R-56 R-60"),
    ("CASE", "plan", "R-57 R-58 R-59 R-61"),
    ("CASE", "close", "R-70 R-63"),
    ("CASE", "purge", "R-37 R-69"),
    ("CONSENT", "give", "R-46 R-47 R-48 R-49 R-51 R-52"),
    ("NOTICE", "defer", "R-63"),
)
FREE = {  # transitions that need no guard: hiding, withdrawing, suspending and refusing are always possible
    ("NODE", "suspend"),
    ("RECORD", "object"),
    ("QUERY", "refuse"),
    ("HIT", "withhold"),
    ("HIT", "take_back"),
    ("HIT", "lapse"),
    ("CONSENT", "withdraw"),
}


def _name(value: Any) -> str:
    if isinstance(value, Machine):
        return value.name
    if isinstance(value, Guard):
        return f"{value.rule}-{value.condition}"
    return str(getattr(getattr(value, "event", value), "value", value))


@pytest.mark.parametrize(("machine", "transition"), TRANSITIONS, ids=_name)
def test_a_transition_passes_when_all_its_guards_hold(
    machine: Machine[Any, Any, Any], transition: Transition[Any, Any, Any]
) -> None:
    facts = passing(machine, transition.event)
    for source in transition.sources:
        assert machine.step(LAW, source, transition.event, facts) is transition.target


@pytest.mark.parametrize(("machine", "transition", "guard"), GUARDS, ids=_name)
def test_a_broken_condition_is_refused_and_named(
    machine: Machine[Any, Any, Any], transition: Transition[Any, Any, Any], guard: Guard[Any]
) -> None:
    facts = BROKEN[machine.name, guard.rule, guard.condition]
    unmet = guard.failing(LAW, facts)
    assert unmet
    with pytest.raises(Refused) as caught:
        machine.step(LAW, transition.sources[0], transition.event, facts)
    assert {str(one) for one in unmet} <= set(caught.value.missing)
    assert all(one.rule in LAW.rules for one in unmet)


def test_every_breaking_input_belongs_to_a_guard() -> None:
    assert set(BROKEN) == {(machine.name, guard.rule, guard.condition) for machine, _one, guard in GUARDS}


@pytest.mark.parametrize(("name", "event", "rules"), TABLE)
def test_every_row_of_the_guards_table_stands_on_its_transition(name: str, event: str, rules: str) -> None:
    found = [one for machine, one in TRANSITIONS if (machine.name, one.event.value) == (name, event)]
    assert len(found) == 1
    assert set(rules.split()) <= {guard.rule for guard in found[0].guards}


def test_only_steps_that_hide_or_stop_need_no_guard() -> None:
    assert {(machine.name, one.event.value) for machine, one in TRANSITIONS if not one.guards} == FREE


@pytest.mark.parametrize("machine", MACHINES, ids=_name)
def test_a_step_that_is_not_on_the_list_is_refused_in_every_state(machine: Machine[Any, Any, Any]) -> None:
    states = {state for one in machine.transitions for state in (*one.sources, one.target)}
    for state in states:
        for event in {one.event for one in machine.transitions}:
            if machine.find(state, event) is None:
                with pytest.raises(Refused) as caught:
                    machine.step(LAW, state, event, passing(machine, event))
                assert caught.value.rule == machine.rule


@pytest.mark.parametrize("machine", MACHINES, ids=_name)
def test_each_state_and_event_has_at_most_one_outcome(machine: Machine[Any, Any, Any]) -> None:
    pairs = [(source, one.event) for one in machine.transitions for source in one.sources]
    assert len(pairs) == len(set(pairs))


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_sequence_of_events_reaches_a_state_whose_guards_were_not_met(data: st.DataObject) -> None:
    machine = data.draw(st.sampled_from(MACHINES))
    state = machine.transitions[0].sources[0]
    inputs = [passing(machine, one.event) for one in machine.transitions]
    inputs += [broken for (name, _rule, _condition), broken in BROKEN.items() if name == machine.name]
    for _step in range(data.draw(st.integers(1, 8))):
        event = data.draw(st.sampled_from([one.event for one in machine.transitions]))
        facts = data.draw(st.sampled_from(inputs))
        try:
            after = machine.step(LAW, state, event, facts)
        except Refused:
            continue
        transition = next(one for one in machine.transitions if state in one.sources and one.event is event)
        assert after is transition.target
        assert [guard for guard in transition.guards if guard.failing(LAW, facts)] == []
        state = after


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_machine_without_its_guards_is_caught_by_the_same_property(data: st.DataObject) -> None:
    machine = data.draw(st.sampled_from(MACHINES))
    transition = data.draw(st.sampled_from([one for one in machine.transitions if one.guards]))
    bare: Machine[Any, Any, Any] = Machine(
        machine.name, machine.rule, (Transition(transition.sources, transition.event, transition.target, ()),)
    )
    guard = data.draw(st.sampled_from(transition.guards))
    facts = BROKEN[machine.name, guard.rule, guard.condition]
    assert bare.step(LAW, transition.sources[0], transition.event, facts) is transition.target
    assert [one for one in transition.guards if one.failing(LAW, facts)]


TEXT = re.compile(r"[A-Z][^{}%]{10,200}[.?]\Z")
MISSING = re.compile(r"[RP]-[0-9]{2} [a-z0-9_]+(?: [a-z0-9_.\[\]]+)?\Z")


@pytest.mark.parametrize("key", BROKEN, ids="-".join)
def test_a_refusal_holds_closed_texts_and_codes_only(key: tuple[str, str, str]) -> None:
    for machine, transition, guard in GUARDS:
        if (machine.name, guard.rule, guard.condition) == key:
            with pytest.raises(Refused) as caught:
                machine.step(LAW, transition.sources[0], transition.event, BROKEN[key])
            assert TEXT.match(caught.value.text), caught.value.text
            assert all(MISSING.match(one) for one in caught.value.missing), caught.value.missing
