"""A node accepts only a log that grows, finds its own entries in it, cosigns, and stops asking when it does not."""

import asyncio
import copy
import dataclasses
import hashlib
import itertools
import os
from datetime import timedelta

import pytest

from samenloop.audit import proof, tree
from samenloop.audit.vouching import Vouching
from samenloop.audit.witness import Reason, Standing
from samenloop.errors import ErrorCode, SamenloopError
from samenloop_node import periodic, witness
from samenloop_node.accounts import Role
from samenloop_node.commands.witness import run as witness_command
from samenloop_node.store import ownlog, receipts
from samenloop_node.store import witness as kept

NODE = "reclassering-midden"


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture(name="app")
def _app(node):
    return node(NODE)


def entry(coordinator, kit, reply_to):
    """Append one foreign entry to the log."""
    kit.question_id = os.urandom(16)
    coordinator.entries.append(reply_to(kit, kit.request("politie-midden")).receipt.entry)


def own(app, coordinator, kit, reply_to, event="question"):
    """Append one entry that this node got a receipt for."""
    entry(coordinator, kit, reply_to)
    body, now = coordinator.entries[-1], round(coordinator.clock.now().timestamp() * 1000)
    app.store.write_now(lambda db: receipts.add(db, body, event, now))
    return body


def alarms(app):
    rows = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry").fetchall())
    return [row[0] for row in rows if b'"event":"alarm"' in row[0]]


def grow(app, coordinator, kit, reply_to, times=3):
    for _time in range(times):
        entry(coordinator, kit, reply_to)
    return run(witness.watch(app))


def test_a_growing_log_is_accepted_and_cosigned(app, coordinator, kit, reply_to):
    sizes = []
    for _round in range(3):
        standing = grow(app, coordinator, kit, reply_to)
        assert standing.may_ask
        assert standing.warnings == ()
        sizes.append(app.store.read_now(kept.state).size)
    assert (sizes, coordinator.cosigned) == ([3, 6, 9], [3, 6, 9])


def test_a_log_that_was_rolled_back_stops_this_node_for_good(app, coordinator, kit, reply_to):
    grow(app, coordinator, kit, reply_to, 5)
    removed = coordinator.entries[3:]
    del coordinator.entries[3:]
    standing = run(witness.watch(app))
    assert standing.stops == (Reason.SMALLER,)
    assert len(coordinator.cosigned) == 1
    assert len(alarms(app)) == 1
    coordinator.entries.extend(removed)
    assert run(witness.watch(app)).stops == (Reason.SMALLER,), "it stays stopped until a person has looked"
    with pytest.raises(SamenloopError) as caught:
        run(witness.require(app))
    assert "kleiner" in caught.value.text


def test_a_forked_log_stops_this_node(app, coordinator, kit, reply_to):
    grow(app, coordinator, kit, reply_to, 5)
    coordinator.entries.pop(1)
    for _time in range(3):
        entry(coordinator, kit, reply_to)
    assert run(witness.watch(app)).stops == (Reason.INCONSISTENT,)
    assert app.store.read_now(kept.state).size == 5


def shown_evidence(app, user_of):
    return run(witness_command(app, user_of("otto", Role.OPERATOR), {"action": "evidence"}, None))


def test_the_checkpoint_that_proves_a_fork_is_kept_and_can_be_handed_over(app, coordinator, kit, reply_to, user_of):
    grow(app, coordinator, kit, reply_to, 5)
    accepted = coordinator.head()
    honest = shown_evidence(app, user_of)
    assert (honest["accepted"], honest["contradictions"]) == (accepted.decode(), []), "control: an honest log has none"
    coordinator.entries.pop(1)
    for _time in range(3):
        entry(coordinator, kit, reply_to)
    forged = coordinator.head()
    for _round in range(3):
        assert run(witness.watch(app)).stops == (Reason.INCONSISTENT,)
    found = shown_evidence(app, user_of)
    (one,) = [row for row in found["contradictions"] if row["shown"] == forged.decode()]
    assert (one["reason"], one["accepted"], found["accepted"]) == ("inconsistent", accepted.decode(), accepted.decode())
    assert hashlib.sha256(forged).hexdigest().encode() in alarms(app)[0]
    entry(coordinator, kit, reply_to)
    run(witness.watch(app))
    assert coordinator.head().decode() in [row["shown"] for row in shown_evidence(app, user_of)["contradictions"]]


def test_evidence_does_not_fill_the_disk(app, coordinator, kit, reply_to, user_of, monkeypatch):
    monkeypatch.setattr(kept, "MOST_CONTRADICTIONS", 4)
    grow(app, coordinator, kit, reply_to, 5)
    del coordinator.entries[:4]
    for _time in range(6):
        entry(coordinator, kit, reply_to)
        run(witness.watch(app))
    assert len(shown_evidence(app, user_of)["contradictions"]) == 4


def test_a_checkpoint_of_another_key_stops_this_node(app, coordinator, kit, reply_to):
    grow(app, coordinator, kit, reply_to)
    kit.audit = kit.raw["politie-midden"]
    assert grow(app, coordinator, kit, reply_to).stops == (Reason.BAD_SIGNATURE,)


def test_an_accepted_checkpoint_is_kept_over_a_restart(node, app, coordinator, kit, reply_to):
    grow(app, coordinator, kit, reply_to, 5)
    restarted = node(NODE)
    del coordinator.entries[4:]
    assert run(witness.watch(restarted)).stops == (Reason.SMALLER,)


def test_own_entries_are_found_and_their_proof_is_kept(app, coordinator, kit, reply_to):
    body = own(app, coordinator, kit, reply_to)
    grow(app, coordinator, kit, reply_to)
    assert app.store.read_now(receipts.unproved) == []
    leaf = tree.leaf_hash(body)
    stored = app.store.read_now(lambda db: kept.proof_of(db, leaf))
    anchor = kit.covenant.coordinator
    assert proof.verify(stored, leaf, anchor.log_origin, bytes.fromhex(anchor.audit_key)).index == 0


def test_an_own_entry_that_stays_away_stops_asking_and_cosigning_after_a_minute(app, coordinator, kit, reply_to, clock):
    own(app, coordinator, kit, reply_to)
    missing = coordinator.entries.pop()
    assert grow(app, coordinator, kit, reply_to).may_ask
    clock.at += timedelta(seconds=61)
    assert grow(app, coordinator, kit, reply_to).stops == (Reason.OWN_MISSING,)
    assert len(coordinator.cosigned) == 1
    with pytest.raises(SamenloopError):
        run(witness.require(app))
    coordinator.entries.append(missing)
    run(witness.require(app))
    assert grow(app, coordinator, kit, reply_to).may_ask


def test_a_wrong_inclusion_proof_stops_this_node(app, coordinator, kit, reply_to, monkeypatch):
    own(app, coordinator, kit, reply_to)
    real = coordinator._inclusion

    def wrong(*arguments):
        found = real(*arguments)
        found.index += 1
        return found

    monkeypatch.setattr(coordinator, "_inclusion", wrong)
    assert grow(app, coordinator, kit, reply_to).stops == (Reason.OWN_DIFFERENT,)


def test_without_other_witnesses_the_node_warns_after_a_day_and_stops_after_three(
    app, coordinator, kit, reply_to, clock, monkeypatch
):
    monkeypatch.setattr(coordinator, "witnesses", ())
    assert grow(app, coordinator, kit, reply_to).warnings == ()
    clock.at += timedelta(hours=25)
    assert Reason.FEW_WITNESSES in grow(app, coordinator, kit, reply_to).warnings
    clock.at += timedelta(hours=48)
    assert Reason.FEW_WITNESSES in grow(app, coordinator, kit, reply_to).stops


def test_cosignatures_on_an_older_checkpoint_of_the_same_history_count(
    app, coordinator, kit, reply_to, clock, monkeypatch
):
    grow(app, coordinator, kit, reply_to)
    clock.at += timedelta(hours=25)
    coordinator.older = coordinator.head()
    monkeypatch.setattr(coordinator, "witnesses", ())
    assert grow(app, coordinator, kit, reply_to).warnings == ()


@pytest.mark.parametrize(
    ("fault", "reason"), [("forked", Reason.INCONSISTENT), ("signed by another", Reason.BAD_SIGNATURE)]
)
def test_an_older_checkpoint_that_does_not_fit_stops_this_node(app, coordinator, kit, reply_to, fault, reason):
    grow(app, coordinator, kit, reply_to)
    kept_entries, kept_key = list(coordinator.entries), kit.audit
    if fault == "forked":
        coordinator.entries.pop(0)
    else:
        kit.audit = kit.raw["politie-midden"]
    coordinator.older = coordinator.head()
    coordinator.entries[:], kit.audit = kept_entries, kept_key
    assert grow(app, coordinator, kit, reply_to).stops == (reason,)


def test_a_log_that_stands_still_is_a_warning_after_ten_minutes(app, coordinator, kit, reply_to, clock):
    grow(app, coordinator, kit, reply_to)
    clock.at += timedelta(minutes=11)
    assert run(witness.watch(app)).warnings == (Reason.STALE,)


@pytest.mark.parametrize(
    ("in_log", "stops"),
    [({"question": 2}, ()), ({"question": 3}, (Reason.COUNT_DIFFERS,)), ({"question": 1}, (Reason.COUNT_DIFFERS,))],
    ids=["equal", "somebody asked in our name", "one of ours was taken out"],
)
def test_own_questions_of_yesterday_are_counted(app, coordinator, kit, reply_to, clock, in_log, stops):
    own(app, coordinator, kit, reply_to)
    own(app, coordinator, kit, reply_to)
    grow(app, coordinator, kit, reply_to)
    clock.at += timedelta(days=1)
    coordinator.counts = in_log
    assert grow(app, coordinator, kit, reply_to).stops == stops


def test_a_question_on_its_way_at_midnight_is_counted_when_it_has_arrived(app, coordinator, kit, reply_to, clock):
    own(app, coordinator, kit, reply_to)
    assert grow(app, coordinator, kit, reply_to).stops == (), "the day before is counted"
    midnight = (clock.at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    clock.at = midnight - timedelta(minutes=1)
    own(app, coordinator, kit, reply_to)
    clock.at = midnight + timedelta(minutes=1)
    coordinator.counts = {"question": 3}
    assert grow(app, coordinator, kit, reply_to).stops == ()
    clock.at = midnight + timedelta(minutes=11)
    coordinator.counts = {"question": 2}
    assert grow(app, coordinator, kit, reply_to).stops == ()
    coordinator.counts = {"question": 3}
    clock.at += timedelta(days=1)
    assert grow(app, coordinator, kit, reply_to).stops == (Reason.COUNT_DIFFERS,), "the control"


def test_going_on_after_a_stop_is_a_decision_in_the_own_log(app, coordinator, kit, reply_to, user_of):
    grow(app, coordinator, kit, reply_to, 5)
    removed = coordinator.entries[3:]
    del coordinator.entries[3:]
    run(witness.watch(app))
    coordinator.entries.extend(removed)
    assert run(witness.resume(app, user_of("otto", Role.OPERATOR))).may_ask
    rows = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry").fetchall())
    assert any(b'"action":"witness-resume"' in row[0] and b'"reason":"smaller"' in row[0] for row in rows)


def lose(app, coordinator, kit, reply_to, keep=3):
    """Let the node find its own entries, then lose the newest of the log for good."""
    for _time in range(2):
        own(app, coordinator, kit, reply_to)
    grow(app, coordinator, kit, reply_to, 5)
    own(app, coordinator, kit, reply_to)
    before = app.store.read_now(kept.state).note
    del coordinator.entries[keep:]
    assert run(witness.watch(app)).stops == (Reason.SMALLER,)
    return before


def test_going_on_does_not_silence_a_log_that_still_does_not_hold(app, coordinator, kit, reply_to, user_of):
    lose(app, coordinator, kit, reply_to)
    run(witness.resume(app, user_of("otto", Role.OPERATOR)))
    assert run(witness.watch(app)).stops == (Reason.SMALLER,)


def test_a_loss_that_was_accepted_is_evidence_and_the_node_goes_on(
    node, app, coordinator, kit, reply_to, user_of, clock
):
    before = lose(app, coordinator, kit, reply_to)
    officer = user_of("fg", Role.PRIVACY_OFFICER)
    assert run(witness_command(app, officer, {"action": "accept-loss"}, None))["may_ask"]
    assert app.store.read_now(kept.lost_checkpoints) == [before]
    rows = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry").fetchall())
    said = [row[0] for row in rows if b"witness-accept-loss" in row[0]]
    assert len(said) == 1
    assert hashlib.sha256(before).hexdigest().encode() in said[0]
    assert b'"reason":"smaller"' in said[0]
    restarted = node(NODE)
    assert grow(restarted, coordinator, kit, reply_to).may_ask
    clock.at += timedelta(minutes=5)
    assert grow(restarted, coordinator, kit, reply_to).stops == (), "what was lost is not looked for any more"
    clock.at += timedelta(days=1)
    coordinator.counts = {}
    assert grow(restarted, coordinator, kit, reply_to).stops == (), "the day of the loss is not counted"
    coordinator.counts = {"question": 1}
    clock.at += timedelta(days=1)
    assert grow(restarted, coordinator, kit, reply_to).stops == (Reason.COUNT_DIFFERS,), "the days after it are"


def test_only_the_privacy_officer_accepts_a_loss(app, coordinator, kit, reply_to, user_of):
    lose(app, coordinator, kit, reply_to)
    with pytest.raises(SamenloopError) as caught:
        run(witness_command(app, user_of("otto", Role.OPERATOR), {"action": "accept-loss"}, None))
    assert caught.value.code is ErrorCode.NOT_PERMITTED
    assert app.store.read_now(kept.lost_checkpoints) == []


def test_a_day_whose_counts_were_looked_at_is_not_counted_again(app, coordinator, kit, reply_to, clock, user_of):
    own(app, coordinator, kit, reply_to)
    grow(app, coordinator, kit, reply_to)
    clock.at += timedelta(days=1)
    coordinator.counts = {"question": 2}
    assert grow(app, coordinator, kit, reply_to).stops == (Reason.COUNT_DIFFERS,)
    run(witness.resume(app, user_of("otto", Role.OPERATOR)))
    assert grow(app, coordinator, kit, reply_to).may_ask
    clock.at += timedelta(days=1)
    assert grow(app, coordinator, kit, reply_to).stops == (Reason.COUNT_DIFFERS,), "the next day is"


@pytest.mark.parametrize("quorum", [2, 3])
def test_the_node_wants_as_many_cosigners_as_the_covenant_says(node, coordinator, kit, reply_to, clock, quorum):
    kit.covenant = dataclasses.replace(kit.covenant, witness_quorum=quorum)
    coordinator.witnesses = coordinator.witnesses[:2]
    app = node(NODE)
    grow(app, coordinator, kit, reply_to)
    clock.at += timedelta(hours=25)
    assert (Reason.FEW_WITNESSES in grow(app, coordinator, kit, reply_to).warnings) is (quorum == 3)


def take_over(app, clock, **changes):
    """Take over a version as `agreement` does when everybody signed it."""
    old, now = app.covenant(), round(clock.now().timestamp() * 1000)
    new = dataclasses.replace(old, version=old.version + 1, **changes)
    app.agreement._earlier, app.agreement._covenant = [(old, now), *app.agreement._earlier], new


def test_a_partner_that_joins_has_three_days_before_its_cosignatures_are_missed(
    node, coordinator, kit, reply_to, clock
):
    """A later version about something else gives no more time."""
    coordinator.witnesses = ("ggz-midden",)
    app = node(NODE)
    app.agreement._covenant = dataclasses.replace(kit.covenant, witness_quorum=1)
    for _hour in range(100):
        clock.at += timedelta(hours=1)
        assert grow(app, coordinator, kit, reply_to, 1) == Standing((), ())
    take_over(app, clock, witness_quorum=2)
    assert grow(app, coordinator, kit, reply_to) == Standing((), ())
    for hours, name, stops, warnings in (
        (25, "Nog een naam", (), (Reason.FEW_WITNESSES,)),
        (48, "En nog een", (Reason.FEW_WITNESSES,), ()),
    ):
        clock.at += timedelta(hours=hours)
        take_over(app, clock, name=name)
        assert grow(app, coordinator, kit, reply_to) == Standing(stops, warnings)
    coordinator.witnesses = ("ggz-midden", "politie-midden")
    assert grow(app, coordinator, kit, reply_to).may_ask


def test_who_left_is_no_witness_for_this_node(node, coordinator, kit, reply_to, clock):
    coordinator.witnesses = coordinator.witnesses[:2]
    app = node(NODE)
    grow(app, coordinator, kit, reply_to)
    rows = tuple(one for one in app.covenant().participants if one.id != coordinator.witnesses[0])
    take_over(app, clock, participants=rows)
    clock.at += timedelta(hours=25)
    coordinator.witnesses = coordinator.witnesses[1:]
    assert grow(app, coordinator, kit, reply_to).warnings == (Reason.FEW_WITNESSES,)


def test_the_node_shows_the_coordinator_what_it_accepted(app, coordinator, kit, reply_to):
    grow(app, coordinator, kit, reply_to)
    grow(app, coordinator, kit, reply_to)
    assert coordinator.shown[0] == b""
    assert coordinator.shown[1].split(b"\n")[1] == b"3"


# Every write of a round fails, before and after it is stored (as in tests/audit/test_log.py)


class WriteFailedError(Exception):
    """The disk said no."""


def failing(app, fail_at, mode):
    """Return the node with a store whose write number `fail_at` fails."""
    real, count = app.store.write, itertools.count()

    async def write(work):
        number = next(count)
        if number == fail_at and mode == "not stored":
            raise WriteFailedError
        result = await real(work)
        if number == fail_at:
            raise WriteFailedError
        return result

    store = copy.copy(app.store)
    store.write = write
    own_log = copy.copy(app.ownlog)
    own_log._store = store
    return dataclasses.replace(app, store=store, ownlog=own_log), count


@pytest.mark.parametrize("mode", ["not stored", "stored anyway"])
def test_a_failed_write_in_any_step_of_a_round_leaves_a_witness_that_goes_on(
    node, coordinator, kit, reply_to, clock, mode
):
    failed = 0
    for fail_at in itertools.count():
        app = node(NODE)
        own(app, coordinator, kit, reply_to)
        clock.at += timedelta(days=1)
        coordinator.counts = {"question": 1} if fail_at == 0 else {}
        broken, count = failing(app, fail_at, mode)
        try:
            run(witness.watch(broken))
        except WriteFailedError:
            failed += 1
        else:
            assert next(count) == fail_at, "the round had no more writes"
            break
        restarted = node(NODE)
        assert run(witness.watch(restarted)).may_ask
        assert restarted.store.read_now(kept.state).size == len(coordinator.entries)
        assert restarted.store.read_now(receipts.unproved) == []
        assert restarted.store.read_now(kept.counted_day) == f"{clock.at - timedelta(days=1):%Y-%m-%d}"
    assert failed == 4, "cosignatures, accepted state, proofs, counted day"


@pytest.mark.parametrize("mode", ["not stored", "stored anyway"])
def test_a_failed_write_in_any_step_of_anchoring_leaves_one_anchor_a_day_that_this_node_can_open(
    node, coordinator, clock, mode
):
    failed = 0
    for fail_at in itertools.count():
        clock.at += timedelta(days=1)
        coordinator.declared.clear()
        broken, count = failing(node(NODE), fail_at, mode)
        try:
            run(periodic.anchor(broken))
        except WriteFailedError:
            failed += 1
        else:
            assert next(count) == fail_at, "anchoring had no more writes"
            break
        restarted = node(NODE)
        run(periodic.anchor(restarted))
        sent = {one.act.digest for one in coordinator.declared}
        kept_anchor = restarted.store.read_now(lambda db: ownlog.anchor_of(db, f"{clock.at:%Y-%m-%d}"))
        assert sent == {kept_anchor.digest()}
        assert kept_anchor.sent
    assert failed >= 3, "the anchor, its declaration, that it was sent"


# Others who looked at a small tree only


def small(coordinator, size):
    """Let the coordinator show cosignatures of now on its first entries, and none on what came after."""
    there = coordinator.entries
    coordinator.entries, coordinator.witnesses = there[:size], ("ggz-midden", "zvh-oost")
    coordinator.older = coordinator.head()
    coordinator.entries, coordinator.witnesses = there, ()


def hours_with_frozen_witnesses(app, coordinator, kit, reply_to, clock, hours):
    grow(app, coordinator, kit, reply_to, 4)
    for _hour in range(hours):
        clock.at += timedelta(hours=1)
        entry(coordinator, kit, reply_to)
        small(coordinator, 4)
        standing = run(witness.watch(app))
    return standing


FEW = (Reason.FEW_WITNESSES,)


@pytest.mark.parametrize(
    ("hours", "expected"), [(20, Standing((), ())), (27, Standing((), FEW)), (76, Standing(FEW, ()))]
)
def test_witnesses_who_see_a_small_tree_only_are_missed(app, coordinator, kit, reply_to, clock, hours, expected):
    standing = hours_with_frozen_witnesses(app, coordinator, kit, reply_to, clock, hours)
    assert standing == expected
    assert standing.may_cosign, "or nobody would begin again"


def test_they_would_not_be_missed_if_only_the_time_counted(app, coordinator, kit, reply_to, clock, monkeypatch):
    """Positive control: a build that keeps when others cosigned, not what."""
    monkeypatch.setattr(Vouching, "until", property(lambda self: self.seconds))
    assert hours_with_frozen_witnesses(app, coordinator, kit, reply_to, clock, 76) == Standing((), ())


def test_witnesses_who_are_a_round_behind_are_not_missed(app, coordinator, kit, reply_to, clock):
    """On a busy log the newest tree is never cosigned yet by the time that this node sees it."""
    grow(app, coordinator, kit, reply_to, 4)
    for _hour in range(100):
        clock.at += timedelta(hours=1)
        seen = len(coordinator.entries)
        entry(coordinator, kit, reply_to)
        small(coordinator, seen)
        assert run(witness.watch(app)) == Standing((), ())


def test_after_a_silence_of_all_somebody_cosigns_first(app, coordinator, kit, reply_to, clock):
    grow(app, coordinator, kit, reply_to)
    clock.at += timedelta(days=4)
    coordinator.witnesses = ()
    assert grow(app, coordinator, kit, reply_to).stops == (Reason.FEW_WITNESSES,)
    assert coordinator.cosigned == [3, 6]
    coordinator.witnesses = ("ggz-midden", "zvh-oost")
    run(witness.require(app))


def test_a_cosignature_from_the_future_counts_for_nothing(app, coordinator, kit, reply_to, clock):
    clock.at += timedelta(days=3_000)
    entry(coordinator, kit, reply_to)
    coordinator.older = coordinator.head()
    clock.at -= timedelta(days=3_000)
    coordinator.witnesses = ()
    run(witness.watch(app))
    assert app.store.read_now(kept.cosignatures) == {}


def test_a_lost_history_begins_with_new_marks(app, coordinator, kit, reply_to, clock, user_of):
    grow(app, coordinator, kit, reply_to, 9)
    del coordinator.entries[:]
    officer = user_of("petra", Role.OPERATOR, Role.PRIVACY_OFFICER)
    assert run(witness_command(app, officer, {"action": "accept-loss"}, None))["may_ask"]
    for _hour in range(80):
        clock.at += timedelta(hours=1)
        seen = len(coordinator.entries)
        entry(coordinator, kit, reply_to)
        small(coordinator, seen) if seen else None
        assert run(witness.watch(app)).may_ask
