"""A log is judged by the covenant version that was in force at each place: its terms, its quorum, its keys."""

import dataclasses
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from samenloop.audit import anchor as anchors
from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry, export, fsck, log, sqlite, verify
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.audit.stamp import Stamper
from samenloop.audit.times import DAY_MS
from samenloop.audit.versions import Versions
from samenloop.clock import milliseconds
from samenloop.covenant import Covenant, canonical, fingerprint, parse_canonical
from samenloop.covenant.changes import without
from tests.audit.world import ANCHOR, COVENANT, HOLDERS, ORIGIN, SIGNER, WITNESSES, World, signing_key

FIRST = parse_canonical(COVENANT)
TERM = ANCHOR.retention_days
A, B, C = HOLDERS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "log").mkdir()
    made = World(tmp_path / "log")
    made.fill(20)
    yield made
    made.close()


def successor(old: Covenant, **changes: object) -> Covenant:
    return dataclasses.replace(old, version=old.version + 1, predecessor=fingerprint(old), **changes)


def with_term(old: Covenant, months: int) -> Covenant:
    return successor(old, purpose=dataclasses.replace(old.purpose, retention_months=months))


def with_keys(old: Covenant, keys: dict[str, NoteSigner]) -> Covenant:
    rows = (
        dataclasses.replace(one, signing_key=keys[one.id].public_key().hex()) if one.id in keys else one
        for one in old.participants
    )
    return successor(old, participants=tuple(rows))


def activate(world: World, covenant: Covenant) -> None:
    public = {"covenant": covenant.id, "version": covenant.version, "document": fingerprint(covenant)}
    world.append(Event.COVENANT, public)
    world.integrate()


def cosign(world: World, *signers: NoteSigner, at: checkpoints.Checkpoint | None = None) -> None:
    """Let witnesses with these keys cosign the head, or another checkpoint."""
    head, seconds = at or checkpoints.parse(world.tree.head()), milliseconds(world.clock.now()) // 1000
    for one in signers:
        line = checkpoints.cosign(head, one, seconds).line()
        log.accept_cosignature(
            world.tree, line, head.size, SIGNER, {one.name: one.public_key()}, milliseconds(world.clock.now())
        )


def purge(world: World, covenant: Covenant) -> tuple[int, int] | None:
    """Purge what a coordinator under this covenant would; return the range."""
    now_ms, days = milliseconds(world.clock.now()), anchors.from_covenant(covenant).retention_days
    first = max((one.last for one in world.entries.purges()), default=-1) + 1
    last = log.purgeable(world.tree, now_ms - days * DAY_MS, first, covenant.witness_quorum)
    if last is None or last < first:
        return None
    fields = {"first": 0, "last": last, "term_days": days, "origin": ORIGIN, "software": "0.1.0"}
    body = entry.build(Event.PURGE, {**fields, **world.stamper.stamp()}, (), world.source.randbytes(16))
    world.connection.execute("BEGIN IMMEDIATE")
    sqlite.purge(world.connection, body, checkpoints.parse(world.tree.head()).size)
    world.connection.execute("COMMIT")
    world.tree.forget(first, last)
    world.integrate()
    return first, last


def found(world: World, *covenants: Covenant) -> tuple[verify.Report, verify.Report]:
    """Return what the verifier of an export and the full check of the stores find."""
    root = world.folder / f"export-{len(list(world.folder.iterdir()))}"
    stores = (world.entries, world.tree)
    created_ms = max(milliseconds(world.clock.now()), log.newest_ms(world.entries))
    export.write_export(root, stores, SIGNER, [canonical(one) for one in covenants], created_ms)
    chain = [anchors.from_covenant(one) for one in reversed(covenants)]
    checked = fsck.fsck(*stores, chain[0], earlier=chain[1:])
    return verify.verify_export(root, fingerprint(covenants[-1])), checked


def clean(reports: tuple[verify.Report, verify.Report]) -> bool:
    return [(one.problems, one.warnings) for one in reports] == [((), ())] * 2


def aged(world: World, **span: float) -> None:
    """Let time go by, of which two more entries and the witnesses tell."""
    world.clock.advance(**span)
    world.refusal()
    world.refusal()
    world.integrate()
    world.cosign(A, B)


# Terms


@pytest.fixture
def purged(world: World) -> World:
    """A log whose first entries went after their term, under the first version."""
    aged(world, days=TERM + 1)
    assert purge(world, FIRST) is not None
    world.cosign(A, B)
    return world


@pytest.mark.parametrize("months", [12, 60, 120])
def test_a_purge_is_judged_by_the_term_of_its_day(purged: World, months: int) -> None:
    assert clean(found(purged, FIRST))
    second = with_term(FIRST, months)
    activate(purged, second)
    purged.cosign(A, B)
    assert clean(found(purged, FIRST, second))


@pytest.mark.parametrize(("months", "wrong"), [(60, False), (120, True)])
def test_a_purge_after_a_longer_term_began_needs_the_longer_term(world: World, months: int, wrong: bool) -> None:
    """The control of the test above: the same purge, a moment later."""
    second = with_term(FIRST, months)
    aged(world, days=TERM + 1)
    activate(world, second)
    world.cosign(A, B)
    assert purge(world, FIRST) is not None
    world.cosign(A, B)
    for report in found(world, FIRST, second):
        assert any("voor de bewaartermijn" in one for one in report.problems) is wrong


def test_every_purge_stays_proven_when_the_quorum_grows(tmp_path: Path) -> None:
    """33 daily purges with one witness; then a partner joins and two are wanted."""
    two, joined = growing()
    world = World(tmp_path)
    activate(world, two)
    start = world.clock.now()
    for day in (*range(31), *range(60, TERM, 60), *range(TERM, TERM + 33)):
        world.clock.moment = start + timedelta(days=day, hours=4)
        world.append(Event.HEARTBEAT, {})
        world.append(Event.HEARTBEAT, {})
        world.integrate()
        world.clock.advance(seconds=10)
        cosign(world, WITNESSES[B])
        world.clock.advance(seconds=10)
        purge(world, two)
        world.clock.advance(seconds=10)
        cosign(world, WITNESSES[C])
    cosign(world, WITNESSES[B], WITNESSES[C])
    assert len(world.entries.purges()) > 25
    assert clean(found(world, two))
    activate(world, joined)
    cosign(world, *WITNESSES.values())
    assert clean(found(world, two, joined))
    world.close()


def test_purges_would_be_unproven_if_the_newest_quorum_judged_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control of the test above, which is run again with a build that knows one version only."""
    monkeypatch.setattr(Versions, "quorum", lambda self, _seq: self.newest.quorum)
    with pytest.raises(AssertionError):
        test_every_purge_stays_proven_when_the_quorum_grows(tmp_path)


# Witnesses


NEW = {name: NoteSigner(name, signing_key(number)) for number, name in enumerate((A, B), start=11)}


def changed(kind: str) -> Covenant:
    return with_keys(FIRST, NEW) if kind == "new keys" else without(successor(FIRST), frozenset({A, B}))


def ran_on(world: World, covenant: Covenant) -> None:
    """Put a version in force and write on for thirty days."""
    activate(world, covenant)
    world.clock.advance(days=30)
    for _number in range(5):
        world.refusal(C)
    world.integrate()


@pytest.mark.parametrize("kind", ["new keys", "left"])
def test_who_left_or_got_a_new_key_is_no_witness_of_what_came_after(world: World, kind: str) -> None:
    second = changed(kind)
    ran_on(world, second)
    assert "720 uur" in found(world, FIRST, second)[0].problems[0], "control: nobody looked"
    world.cosign(A, B)
    report = found(world, FIRST, second)[0]
    assert "720 uur" in report.problems[0]
    assert sum("sleutel die niet meer gold" in one for one in report.warnings) == 2
    if kind == "new keys":
        cosign(world, *NEW.values())
        assert found(world, FIRST, second)[0].holds


@pytest.mark.parametrize("kind", ["new keys", "left"])
def test_replaced_keys_would_count_if_no_place_ended_them(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control: a build in which any version may be in force anywhere."""
    second = changed(kind)
    ran_on(world, second)
    world.cosign(A, B)
    monkeypatch.setattr(Versions, "_between", lambda self, _seq: (0, len(self.chain) - 1))
    assert found(world, FIRST, second)[0].problems == ()


def test_old_and_new_keys_on_one_checkpoint_of_the_change_hold(world: World) -> None:
    """A partner that already has its new key may cosign the last tree before the version is in it."""
    second = with_keys(FIRST, NEW)
    before = checkpoints.parse(world.tree.head())
    activate(world, second)
    cosign(world, *NEW.values(), at=before)
    world.clock.advance(seconds=5)
    cosign(world, *NEW.values())
    assert clean(found(world, FIRST, second))


@pytest.mark.parametrize(("hours", "problems", "warnings"), [(0, 0, 1), (71, 0, 2), (73, 1, 1)])
def test_a_new_partner_that_is_not_up_yet_is_missed_from_its_day_on(
    tmp_path: Path, hours: int, problems: int, warnings: int
) -> None:
    two, joined = growing()
    world = World(tmp_path)
    activate(world, two)
    for _hour in range(100):
        world.clock.advance(hours=1)
        world.refusal()
    world.integrate()
    cosign(world, WITNESSES[C])
    assert clean(found(world, two))
    activate(world, joined)
    cosign(world, WITNESSES[C])
    for _hour in range(hours):
        world.clock.advance(hours=1)
        world.refusal()
    world.integrate()
    cosign(world, WITNESSES[C])
    report = found(world, two, joined)[0]
    assert (len(report.problems), len(report.warnings)) == (problems, warnings), report
    cosign(world, WITNESSES[A])
    assert clean(found(world, two, joined))
    world.close()


# The versions themselves


def test_a_version_that_the_log_puts_in_force_must_be_among_those_of_the_export(world: World) -> None:
    second = with_term(FIRST, 12)
    activate(world, second)
    world.cosign(A, B)
    assert clean(found(world, FIRST, second))
    for report in found(world, FIRST):
        (problem,) = report.problems
        assert "die hier niet bij is" in problem


def test_a_version_that_the_log_never_put_in_force_is_a_finding(world: World) -> None:
    """Without the entry nobody would know until where the keys of the version before it count."""
    for report in found(world, FIRST, with_term(FIRST, 12)):
        (problem,) = report.problems
        assert "versie 2" in problem


def test_an_earlier_version_does_not_come_back(world: World) -> None:
    second = with_term(FIRST, 12)
    for one in (FIRST, second, FIRST):
        activate(world, one)
    world.cosign(A, B)
    for report in found(world, FIRST, second):
        (problem,) = report.problems
        assert "weer gelden" in problem


def test_a_version_that_waits_for_the_next_checkpoint_is_not_in_the_export(world: World) -> None:
    second = with_term(FIRST, 12)
    public = {"covenant": FIRST.id, "version": 2, "document": fingerprint(second)}
    world.append(Event.COVENANT, public)
    root, now_ms = world.folder / "waiting", milliseconds(world.clock.now())
    export.write_export(root, (world.entries, world.tree), SIGNER, [COVENANT, canonical(second)], now_ms)
    assert verify.verify_export(root, fingerprint(FIRST)).problems == ()
    world.integrate()
    world.cosign(A, B)
    assert clean(found(world, FIRST, second))


def test_what_an_erased_entry_put_in_force_counts_after_the_erased_part(world: World) -> None:
    """The oldest keys do not come back to life when the entry that replaced them is past its term."""
    second = with_keys(FIRST, NEW)
    activate(world, second)
    cosign(world, *NEW.values())
    world.clock.advance(days=TERM + 1)
    world.refusal()
    world.refusal()
    world.integrate()
    cosign(world, *NEW.values())
    gone = purge(world, second)
    assert gone is not None
    assert gone[1] >= world.entries.count() - 5, "the entry of the second version too"
    cosign(world, *NEW.values())
    assert clean(found(world, FIRST, second))
    world.clock.advance(days=30)
    for _number in range(5):
        world.refusal()
    world.integrate()
    world.cosign(A, B)
    assert "720 uur" in found(world, FIRST, second)[0].problems[0]


# Clocks, and a log that was off


def test_a_clock_that_was_ten_minutes_ahead_for_one_entry_is_no_finding_years_later(world: World) -> None:
    world.clock.advance(minutes=10)
    world.refusal()
    world.clock.advance(minutes=-10)
    aged(world)
    assert clean(found(world, FIRST)), "the log says itself that its clock was set back"
    for days in (1, 1, TERM - 2):
        aged(world, days=days)
    world.clock.advance(minutes=11)
    world.refusal()
    world.integrate()
    world.cosign(A, B)
    gone = purge(world, FIRST)
    assert gone is not None
    world.cosign(A, B)
    reports = found(world, FIRST)
    assert clean(reports)
    assert [one.purged for one in reports] == [(gone,)] * 2


@pytest.mark.parametrize(("restarted", "holds"), [(True, True), (False, False)])
def test_time_that_the_log_was_off_is_no_time_that_nobody_looked(world: World, restarted: bool, holds: bool) -> None:
    """Control: a coordinator that runs has a sign of life every five minutes, so silence alone is no excuse."""
    world.append(Event.STOP, {})
    world.clock.advance(days=4)
    if restarted:
        world.stamper = Stamper(world.clock, process="cc" * 8)
        world.append(Event.START, {"size": 0})
    world.refusal()
    world.integrate()
    report = found(world, FIRST)[0]
    assert report.holds is holds
    assert any("96 uur" in one for one in (*report.problems, *report.warnings))
    world.cosign(A, B)
    assert clean(found(world, FIRST))


def test_what_ran_unwatched_before_and_after_a_stop_is_counted_together(world: World) -> None:
    for number in range(2):
        for _hour in range(40):
            world.clock.advance(hours=1)
            world.refusal()
        world.clock.advance(days=4)
        world.stamper = Stamper(world.clock, process=f"c{number}" * 8)
        world.append(Event.START, {"size": 0})
    world.integrate()
    assert "niet door genoeg getuigen" in found(world, FIRST)[0].problems[0]


# Honest logs


def next_version(source: random.Random, old: Covenant, signers: dict[str, NoteSigner]) -> Covenant:
    """Return a successor with another term, another quorum, or a new key of one witness."""
    match source.randrange(3):
        case 0:
            return with_term(old, source.choice((1, 2)))
        case 1:
            return successor(old, witness_quorum=source.choice((2, 3)))
        case _other:
            name = source.choice(HOLDERS)
            signers[name] = NoteSigner(name, signing_key(source.randrange(1, 200)))
            return with_keys(old, {name: signers[name]})


@pytest.mark.parametrize("seed", range(20))
def test_an_honest_log_with_all_kinds_of_changes_never_gives_an_alarm(tmp_path: Path, seed: int) -> None:
    source, signers = random.Random(seed), dict(WITNESSES)
    world, known, purges = World(tmp_path), [with_first_term(1)], 0
    activate(world, known[0])
    for number in range(80):
        match source.randrange(8):
            case 0:
                known.append(next_version(source, known[-1], signers))
                activate(world, known[-1])
            case 1:
                world.append(Event.STOP, {})
                world.clock.advance(days=source.choice((1, 5)))
                world.stamper = Stamper(world.clock, process=f"{number + 16:02x}" * 8)
                world.stamper.go_on_from(log.newest_ms(world.entries))
                world.append(Event.START, {"size": 0})
            case 2:
                world.clock.advance(minutes=10)
                world.refusal()
                world.clock.advance(minutes=-10)
                world.append(Event.HEARTBEAT, {})
            case _other:
                world.clock.advance(days=source.choice((1, 2)))
                world.refusal()
        world.integrate()
        for name in source.sample(HOLDERS, 3):
            world.clock.advance(seconds=source.randrange(20))
            cosign(world, signers[name])
        purges += purge(world, known[-1]) is not None
        world.integrate()
    assert purges
    for name in HOLDERS:
        cosign(world, signers[name])
    for report in found(world, *known):
        assert (report.problems, report.warnings) == ((), ())
    world.close()


def with_first_term(months: int) -> Covenant:
    return dataclasses.replace(FIRST, purpose=dataclasses.replace(FIRST.purpose, retention_months=months))


def growing() -> tuple[Covenant, Covenant]:
    """Return a covenant of two partners with one witness, and its successor with a third partner and two."""
    names = frozenset(one.id for one in FIRST.participants)
    two = without(FIRST, names - {B, C})
    joined = without(dataclasses.replace(FIRST, version=2, predecessor=fingerprint(two)), names - {A, B, C})
    assert (two.witness_quorum, joined.witness_quorum) == (1, 2)
    return two, joined
