"""A node as witness: what it accepts, what makes it stop, and what it tells people."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import log, tree, witness
from samenloop.audit.anchor import from_covenant
from samenloop.audit.note import NoteSigner
from samenloop.audit.witness import Reason, WitnessState
from samenloop.covenant import parse_canonical
from samenloop.errors import IntegrityError, SamenloopError
from tests.audit.world import ANCHOR, COVENANT, HOLDERS, ORIGIN, SIGNER, WITNESSES, World, signing_key

NOW = 1_770_000_000_000
MINUTE, HOUR = 60_000, 3_600_000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.start()
    made.question()
    made.integrate()
    yield made
    made.close()


def follow(state: WitnessState, world: World, now_ms: int = NOW) -> WitnessState:
    head = checkpoints.parse(world.tree.head())
    return witness.accept(
        state, head.format(), log.prove_consistency(world.tree, state.size, head.size), ANCHOR, now_ms
    )


def test_a_witness_follows_a_growing_log_and_cosigns_it(world: World) -> None:
    state = follow(witness.begin(NOW), world)
    world.question()
    head = world.integrate()
    state = follow(state, world, NOW + MINUTE)
    assert (state.size, state.root, state.note, state.stopped) == (head.size, head.root, head.format(), None)
    assert state.advanced_ms == NOW + MINUTE
    line = witness.cosign(state, WITNESSES[HOLDERS[0]], NOW)
    named = log.accept_cosignature(world.tree, line, head.size, SIGNER, ANCHOR.witnesses, NOW)
    assert named == (HOLDERS[0], NOW // 1000)


def test_the_same_checkpoint_again_changes_nothing(world: World) -> None:
    state = follow(witness.begin(NOW), world)
    assert follow(state, world, NOW + HOUR) == state


def test_a_smaller_log_stops_the_witness_and_it_keeps_what_it_knew(world: World) -> None:
    early = world.tree.head()
    world.question()
    world.integrate()
    state = follow(witness.begin(NOW), world)
    stopped = witness.accept(state, early, (), ANCHOR, NOW)
    assert stopped == replace(state, stopped=Reason.SMALLER)
    with pytest.raises(IntegrityError):
        witness.cosign(stopped, WITNESSES[HOLDERS[0]], NOW)


def test_a_forked_log_stops_the_witness(world: World) -> None:
    state = follow(witness.begin(NOW), world)
    for size in (state.size, state.size + 1):
        fork = checkpoints.sign(checkpoints.TreeHead(ORIGIN, size, bytes(32)), SIGNER)
        stopped = witness.accept(state, fork.format(), (), ANCHOR, NOW)
        assert stopped == replace(state, stopped=Reason.INCONSISTENT)


def test_a_checkpoint_of_another_key_or_log_stops_the_witness(world: World) -> None:
    state = follow(witness.begin(NOW), world)
    for signer in (NoteSigner(ORIGIN, signing_key(99)), NoteSigner("other", signing_key(1))):
        note = checkpoints.sign(checkpoints.TreeHead(signer.name, state.size, state.root), signer).format()
        assert witness.accept(state, note, (), ANCHOR, NOW).stopped is Reason.BAD_SIGNATURE
    assert witness.accept(state, b"rubbish", (), ANCHOR, NOW).stopped is Reason.BAD_SIGNATURE


def test_a_witness_that_has_seen_nothing_signs_nothing() -> None:
    with pytest.raises(IntegrityError):
        witness.cosign(witness.begin(NOW), WITNESSES[HOLDERS[0]], NOW)


def test_a_stopped_witness_goes_on_only_after_a_person_decided(world: World) -> None:
    state = witness.stop(follow(witness.begin(NOW), world), Reason.OWN_DIFFERENT)
    assert witness.stop(state, Reason.SMALLER).stopped is Reason.OWN_DIFFERENT
    assert not witness.standing(state, None, {}, 0, NOW).may_ask
    assert follow(state, world).stopped is Reason.OWN_DIFFERENT
    assert witness.standing(witness.resume(state), None, {}, 0, NOW).may_ask


def test_an_own_entry_is_rebuilt_and_proven(world: World) -> None:
    seq = world.question("ggz-midden", "shown")
    world.integrate()
    state = follow(witness.begin(NOW), world)
    body = world.entries.entries(seq, 1)[0].body or b""
    leaf = witness.own_leaf(body, {"event": "question", "actor": "ggz-midden", "purpose": "casusoverleg"})
    proven = log.prove(world.tree, seq)
    witness.check_inclusion(state, leaf, seq, proven.path)
    with pytest.raises(IntegrityError):
        witness.check_inclusion(state, leaf, seq - 1, proven.path)


@pytest.mark.parametrize(
    "expected", [{"actor": "politie-midden"}, {"purpose": "other"}, {"budget_left": 3}, {"version": 2}]
)
def test_an_entry_that_says_something_else_than_was_asked_is_refused(world: World, expected: dict[str, object]) -> None:
    body = world.entries.entries(2, 1)[0].body or b""
    with pytest.raises(IntegrityError):
        witness.own_leaf(body, expected)


def test_an_entry_that_is_no_entry_is_refused() -> None:
    with pytest.raises(IntegrityError):
        witness.own_leaf(b"{}", {})


def test_own_requests_and_log_entries_are_counted_against_each_other() -> None:
    assert witness.check_counts({"question": 3}, {"question": 3}) is None
    assert witness.check_counts({"question": 3}, {"question": 3, "refuse": 0}) is None
    for in_log in ({"question": 2}, {"question": 4}, {}, {"question": 3, "release": 1}):
        assert witness.check_counts({"question": 3}, in_log) is Reason.COUNT_DIFFERS


STATE = replace(witness.begin(NOW), size=1)


@pytest.mark.parametrize(
    ("age", "stops"),
    [(0, ()), (60_000, ()), (60_001, (Reason.OWN_MISSING,)), (-5, ())],
    ids=["new", "edge", "late", "future"],
)
def test_an_own_entry_must_be_in_the_log_within_a_minute(age: int, stops: tuple[Reason, ...]) -> None:
    assert witness.standing(STATE, NOW - age, {}, 0, NOW).stops == stops


@pytest.mark.parametrize(("age", "stale"), [(599_000, False), (601_000, True)])
def test_a_log_that_stands_still_for_ten_minutes_gives_a_warning(age: int, stale: bool) -> None:
    standing = witness.standing(STATE, None, {}, 0, NOW + age)
    assert (Reason.STALE in standing.warnings) is stale
    assert standing.may_ask


@pytest.mark.parametrize("quorum", [2, 3])
def test_the_quorum_is_what_the_covenant_says(quorum: int) -> None:
    anchor = from_covenant(replace(parse_canonical(COVENANT), witness_quorum=quorum))
    later = NOW + 30 * HOUR
    standing = witness.standing(STATE, None, dict.fromkeys(HOLDERS[:2], later // 1000), anchor.quorum, later)
    assert (Reason.FEW_WITNESSES in standing.warnings) is (quorum == 3)


@pytest.mark.parametrize(
    ("ages", "stops", "warns"),
    [
        ((1, 1), False, False),
        ((1, 25), False, True),
        ((25, 25), False, True),
        ((1, 73), True, False),
        ((1, 1, 99), False, False),
    ],
)
def test_missing_cosignatures_warn_after_a_day_and_stop_after_three(
    ages: tuple[int, ...], stops: bool, warns: bool
) -> None:
    others = {f"node{number}": (NOW - age * HOUR) // 1000 for number, age in enumerate(ages)}
    standing = witness.standing(replace(STATE, advanced_ms=NOW), None, others, min(2, len(ages)), NOW)
    assert (Reason.FEW_WITNESSES in standing.stops) is stops
    assert (Reason.FEW_WITNESSES in standing.warnings) is warns


def test_a_new_node_has_a_day_before_it_misses_the_cosignatures_of_others() -> None:
    for hours, may_ask, warnings in ((23, True, 0), (25, True, 1), (73, False, 0)):
        now = NOW + hours * HOUR
        standing = witness.standing(replace(STATE, advanced_ms=now), None, {}, 2, now)
        assert (standing.may_ask, len(standing.warnings)) == (may_ask, warnings)


@pytest.mark.parametrize(
    ("changed", "hours", "may_ask", "warnings"),
    [
        (True, 0, True, 0),
        (True, 25, True, 1),
        (True, 73, False, 0),
        (False, 0, False, 0),
    ],
)
def test_a_witness_that_joins_has_as_long_to_begin_as_one_that_falls_silent(
    changed: bool, hours: int, may_ask: bool, warnings: int
) -> None:
    """Control: without the moment of the change the node's own birth would count, 100 hours ago."""
    state, now = replace(STATE, since_ms=NOW - 100 * HOUR, advanced_ms=NOW + hours * HOUR), NOW + hours * HOUR
    others = {"old": now // 1000, "joined": state.since_ms // 1000}
    for seen in (others, {"old": now // 1000}):
        standing = witness.standing(state, None, seen, 2, now, NOW if changed else 0)
        assert (standing.may_ask, len(standing.warnings)) == (may_ask, warnings)


def test_a_node_without_others_is_told_so_for_ever() -> None:
    assert Reason.ALONE in witness.standing(STATE, None, {}, 0, NOW).warnings


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_what_to_do(reason: Reason) -> None:
    text = reason.text
    assert len(text) > 60
    assert any(word in text for word in ("Bel", "bel", "Kijk", "Vraag", "Vergelijk", "Laat"))


def test_a_stopped_node_refuses_with_the_reason() -> None:
    with pytest.raises(SamenloopError, match="kleiner"):
        witness.require(witness.standing(witness.stop(STATE, Reason.SMALLER), None, {}, 0, NOW))
    witness.require(witness.standing(STATE, None, {}, 0, NOW))


class TwoWitnesses(RuleBasedStateMachine):
    """A log that grows, and an operator who forks it: no two witnesses ever accept two histories without a stop."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: dict[int, list[bytes]] = {0: [], 1: []}
        self.states = {"a": witness.begin(NOW), "b": witness.begin(NOW)}

    @rule(side=st.sampled_from((0, 1)), number=st.integers(0, 1))
    def grow(self, side: int, number: int) -> None:
        self.bodies[side].append(b"entry %d" % number)

    @rule(name=st.sampled_from("ab"), side=st.sampled_from((0, 1)))
    def show(self, name: str, side: int) -> None:
        leaves = [tree.leaf_hash(body) for body in self.bodies[side]]
        frontier, nodes = tree.extend(tree.Frontier(), leaves)
        stored = {(node.level, node.index): node.hash for node in nodes}
        note = checkpoints.sign(checkpoints.TreeHead(ORIGIN, frontier.size, frontier.root()), SIGNER).format()
        state = self.states[name]
        proof: tuple[bytes, ...] = ()
        if state.size <= frontier.size:
            proof = tree.consistency(state.size, frontier.size, lambda level, index: stored[level, index])
        self.states[name] = witness.accept(state, note, proof, ANCHOR, NOW)
        self.check(name, leaves)

    def check(self, name: str, leaves: list[bytes]) -> None:
        state = self.states[name]
        if state.stopped is None:
            assert (state.size, state.root) == (len(leaves), tree.root(leaves))

    @invariant()
    def what_was_accepted_is_a_prefix_of_one_of_the_histories(self) -> None:
        for state in self.states.values():
            prefixes = [[tree.leaf_hash(body) for body in bodies[: state.size]] for bodies in self.bodies.values()]
            assert any(len(one) == state.size and tree.root(one) == state.root for one in prefixes)


TestTwoWitnesses = TwoWitnesses.TestCase
TestTwoWitnesses.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
