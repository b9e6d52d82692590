"""Integrating and signing: what happens when a write fails, when a store lies, and when something was rolled back."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry, fsck, log, proof, replay, sqlite, sqlite_tree, tree
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.audit.store import Search, StoredEntry
from samenloop.errors import IntegrityError
from tests.audit.fakes import FailingTree, FalseEntries, MemoryEntries, MemoryTree, WriteFailedError
from tests.audit.world import ANCHOR, HOLDERS, ORIGIN, SIGNER, WITNESSES, World, signing_key


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.start()
    yield made
    made.close()


def whole(world: World) -> None:
    """Check the whole log as it is on disk."""
    assert fsck.fsck(world.entries, world.tree, ANCHOR).problems == ()


def test_a_durable_entry_is_in_the_signed_tree_after_one_step(world: World) -> None:
    seq = world.question()
    head = world.integrate()
    checkpoints.verify(head.format(), ORIGIN, SIGNER.public_key())
    assert head.size == seq + 1
    shown = log.prove(world.tree, seq)
    leaf = world.entries.entries(seq, 1)[0].leaf
    assert proof.verify(shown.format(), leaf, ORIGIN, SIGNER.public_key()) == shown
    assert world.tree.find_leaf(leaf) == seq
    whole(world)


def test_without_new_entries_the_head_stays(world: World) -> None:
    assert world.integrate().format() == world.integrate().format()


def test_a_long_queue_is_taken_in_batches(world: World) -> None:
    for _number in range(10):
        world.refusal()
    sizes = [log.integrate(world.entries, world.tree, SIGNER, batch=5).size for _step in range(4)]
    assert sizes == [5, 10, 12, 12]
    whole(world)


def test_every_pair_of_heads_is_consistent_and_every_entry_is_included(world: World) -> None:
    heads = []
    for _number in range(12):
        world.question()
        heads.append(world.integrate())
    for old in heads:
        for new in heads[heads.index(old) :]:
            path = log.prove_consistency(world.tree, old.size, new.size)
            tree.verify_consistency(old.size, new.size, path, old.root, new.root)
        for seq in range(old.size):
            leaf = world.entries.entries(seq, 1)[0].leaf
            tree.verify_inclusion(leaf, seq, old.size, log.prove_at(world.tree, seq, old.size), old.root)


def test_there_is_no_proof_beyond_the_head(world: World) -> None:
    size = world.integrate().size
    for ask in (
        lambda: log.prove(world.tree, size),
        lambda: log.prove_at(world.tree, 0, size + 1),
        lambda: log.prove_consistency(world.tree, 0, size + 1),
        lambda: log.checkpoint_at(world.tree, size + 1, SIGNER),
    ):
        with pytest.raises(IntegrityError):
            ask()


# Each write step fails, before and after storing (after sunlight's table of sequence errors)


def integrate_through(world: World, store: FailingTree) -> None:
    log.integrate(world.entries, store, SIGNER)  # type: ignore[arg-type]


def cosign_through(world: World, store: FailingTree) -> None:
    head = checkpoints.parse(world.tree.head())
    line = checkpoints.cosign(head, WITNESSES[HOLDERS[0]], 1_767_600_000).line()
    log.accept_cosignature(store, line, head.size, SIGNER, ANCHOR.witnesses, 1_767_600_000_000)  # type: ignore[arg-type]


def rotate_through(world: World, store: FailingTree) -> None:
    world.integrate()
    log.rotate(store, SIGNER.public_key(), SIGNER)  # type: ignore[arg-type]


def purge_through(world: World, store: FailingTree) -> None:
    """Erase the first entry, as the daemons do: entries and purge in one transaction, then the index."""
    if not world.entries.purges():
        world.integrate()
        world.cosign(*HOLDERS[:2])
        world.clock.advance(days=1801)
        world.refusal()
        world.integrate()
        fields = {"first": 0, "last": 0, "term_days": 1800, "origin": ORIGIN, "software": "0.1.0"}
        body = entry.build(Event.PURGE, {**fields, **world.stamper.stamp()}, (), world.source.randbytes(16))
        world.connection.execute("BEGIN IMMEDIATE")
        sqlite.purge(world.connection, body, checkpoints.parse(world.tree.head()).size)
        world.connection.execute("COMMIT")
    store.forget(0, 0)


STEPS: dict[str, Callable[[World, FailingTree], None]] = {
    "integrate": integrate_through,
    "keep cosignature": cosign_through,
    "rotate the key": rotate_through,
    "forget what was purged": purge_through,
}


@pytest.mark.parametrize("mode", ["not stored", "stored anyway"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("waiting", [0, 1, 7])
def test_a_failed_write_leaves_a_log_that_goes_on(world: World, step: str, mode: str, waiting: int) -> None:
    world.integrate()
    for _number in range(waiting):
        world.question()
    before = checkpoints.parse(world.tree.head())
    store = FailingTree(world.tree, mode)
    if step != "integrate" or waiting:
        with pytest.raises(WriteFailedError):
            STEPS[step](world, store)
    world.close()
    world.open()
    world.process = "00" * 7 + "02"
    world.stamper.process = world.process
    world.start()
    STEPS[step](world, FailingTree(world.tree))
    after = world.integrate()
    path = log.prove_consistency(world.tree, before.size, after.size)
    tree.verify_consistency(before.size, after.size, path, before.root, after.root)
    assert after.size == world.entries.count()
    whole(world)


@pytest.mark.parametrize("mode", ["not stored", "stored anyway"])
def test_a_failed_append_is_either_wholly_there_or_not_at_all(world: World, mode: str) -> None:
    count = world.entries.count()
    mark = world.stamper.mark()
    body = world.entries.entries(0, 1)[0].body or b""
    world.connection.execute("BEGIN IMMEDIATE")
    sqlite.append(world.connection, body.replace(b'"n":0', b'"n":2').replace(b'"salt":"', b'"salt":"f')[:-1], ())
    world.connection.execute("ROLLBACK")
    world.stamper.restore(mark)
    if mode == "stored anyway":
        world.refusal()
    world.close()
    world.open()
    assert world.entries.count() == count + (mode == "stored anyway")
    world.integrate()
    whole(world)


# Nothing is signed on bad data


def test_a_body_that_changed_on_disk_before_signing_is_not_signed(world: World) -> None:
    world.integrate()
    world.question()
    before = world.tree.head()

    def flipped(one: StoredEntry) -> StoredEntry:
        body = one.body or b""
        return dataclasses.replace(one, body=body[:40] + bytes([body[40] ^ 1]) + body[41:])

    with pytest.raises(IntegrityError):
        log.integrate(FalseEntries(world.entries, flipped), world.tree, SIGNER)  # type: ignore[arg-type]
    assert world.tree.head() == before
    world.integrate()
    whole(world)


def test_a_store_that_skips_an_entry_gets_no_signature(world: World) -> None:
    with pytest.raises(IntegrityError):
        shifted = FalseEntries(world.entries, lambda one: dataclasses.replace(one, seq=one.seq + 1))
        log.integrate(shifted, world.tree, SIGNER)  # type: ignore[arg-type]


def test_a_body_that_is_no_entry_gets_no_signature() -> None:
    entries = MemoryEntries()
    for body in (b"[]", b"{}", b"{", b"\xff", b'{"public":1}'):
        entries.stored.clear()
        entries.append(body)
        with pytest.raises(IntegrityError):
            log.integrate(entries, MemoryTree(log.empty_checkpoint(SIGNER).format()), SIGNER)


def test_a_tree_whose_nodes_do_not_give_the_head_is_not_continued(world: World) -> None:
    world.integrate()
    memory = MemoryTree(world.tree.head())
    memory.hashes = {(0, 0): bytes(32), (1, 0): bytes(32)}
    with pytest.raises(IntegrityError):
        log.integrate(world.entries, memory, SIGNER)


def test_another_key_does_not_continue_the_log(world: World) -> None:
    world.integrate()
    other = NoteSigner(ORIGIN, signing_key(9))
    with pytest.raises(IntegrityError):
        log.integrate(world.entries, world.tree, other)
    with pytest.raises(IntegrityError):
        log.open_head(world.entries, world.tree, NoteSigner("another-log", signing_key(1)))


def test_of_two_integrators_at_once_one_signs_and_the_other_is_refused(world: World) -> None:
    world.question()

    class Slow(FailingTree):
        def advance(self, expected, new, nodes, rows) -> None:  # type: ignore[no-untyped-def]
            log.integrate(world.entries, world.tree, SIGNER)
            super().advance(expected, new, nodes, rows)

    with pytest.raises(IntegrityError):
        log.integrate(world.entries, Slow(world.tree), SIGNER)  # type: ignore[arg-type]
    whole(world)


# Rolled back


def copy(world: World, name: str) -> Path:
    world.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    target = world.folder / f"old-{name}"
    shutil.copy(world.folder / name, target)
    return target


def test_a_rolled_back_database_does_not_start(world: World) -> None:
    world.question()
    old = copy(world, "main.db")
    world.question()
    world.integrate()
    world.close()
    for left in ("main.db", "main.db-wal", "main.db-shm"):
        (world.folder / left).unlink(missing_ok=True)
    shutil.move(old, world.folder / "main.db")
    with pytest.raises(IntegrityError, match="teruggezet"):
        World(world.folder)
    world.connection = world.connect()
    world.entries = sqlite.SqliteEntries(world.connection)
    world.tree = sqlite_tree.open_tree_file(world.folder / "tree.db")
    with pytest.raises(IntegrityError):
        world.integrate()


def test_a_rolled_back_database_that_was_filled_up_again_does_not_start(world: World) -> None:
    world.question()
    old = copy(world, "main.db")
    world.question()
    head = world.integrate()
    world.close()
    for left in ("main.db", "main.db-wal", "main.db-shm"):
        (world.folder / left).unlink(missing_ok=True)
    shutil.move(old, world.folder / "main.db")
    world.connection = world.connect()
    while sqlite.SqliteEntries(world.connection).count() < head.size + 3:
        world.refusal()
    world.connection.close()
    with pytest.raises(IntegrityError):
        World(world.folder)
    world.connection = world.connect()
    world.tree = sqlite_tree.open_tree_file(world.folder / "tree.db")


def test_a_witness_with_a_newer_checkpoint_makes_a_rolled_back_log_stop(world: World) -> None:
    world.integrate()
    world.tree.close()
    shutil.copytree(world.folder, world.folder.parent / "older")
    world.tree = sqlite_tree.open_tree_file(world.folder / "tree.db")
    world.question()
    newer = world.integrate()
    older = World(world.folder.parent / "older")
    log.reject_foreign_history(world.tree, newer)
    with pytest.raises(IntegrityError, match="getuige"):
        log.reject_foreign_history(older.tree, newer)
    older.process = older.stamper.process = "00" * 7 + "09"
    older.start()
    older.integrate()
    with pytest.raises(IntegrityError, match="getuige"):
        log.reject_foreign_history(older.tree, newer)
    older.close()


# Cosignatures


def test_cosignatures_of_several_witnesses_are_kept_on_one_checkpoint(world: World) -> None:
    size = world.integrate().size
    world.cosign(*HOLDERS)
    world.clock.advance(hours=1)
    world.cosign(HOLDERS[0])
    kept = checkpoints.parse(world.tree.recent_checkpoints(1)[0])
    assert kept.size == size
    times = checkpoints.cosignatures(kept, ANCHOR.witnesses)
    assert times.keys() == set(HOLDERS)
    assert times[HOLDERS[0]] == times[HOLDERS[1]] + 3600
    assert len(kept.note.signatures) == 4


def test_an_earlier_checkpoint_can_be_cosigned_after_the_head_moved(world: World) -> None:
    early = world.integrate()
    world.question()
    world.integrate()
    line = checkpoints.cosign(early, WITNESSES[HOLDERS[0]], 1_767_600_000).line()
    named = log.accept_cosignature(world.tree, line, early.size, SIGNER, ANCHOR.witnesses, 1_767_600_000_000)
    assert named == (HOLDERS[0], 1_767_600_000)


def test_a_forged_or_foreign_cosignature_is_refused(world: World) -> None:
    head = world.integrate()
    good = checkpoints.cosign(head, WITNESSES[HOLDERS[0]], 5)
    fork = checkpoints.sign(checkpoints.TreeHead(ORIGIN, head.size, bytes(32)), SIGNER)
    stranger = NoteSigner("stranger", signing_key(77))
    lines = [
        dataclasses.replace(good, value=good.value[:-1] + bytes([good.value[-1] ^ 1])).line(),
        dataclasses.replace(good, value=good.value[:-1]).line(),
        checkpoints.cosign(fork, WITNESSES[HOLDERS[0]], 5).line(),
        checkpoints.cosign(head, stranger, 5).line(),
        SIGNER.sign(head.note.text).line(),
        "no line",
        good.line() + "\n",
    ]
    for line in lines:
        with pytest.raises(IntegrityError):
            log.accept_cosignature(world.tree, line, head.size, SIGNER, ANCHOR.witnesses, 5_000)
    assert world.tree.recent_checkpoints(1) == []


def test_the_best_cosigned_checkpoint_is_the_newest_with_enough_signatures(world: World) -> None:
    assert log.best_cosigned(world.tree, 2) is None
    first = world.integrate()
    world.cosign(HOLDERS[0])
    found = log.best_cosigned(world.tree, 2)
    assert found is not None
    assert found.size == first.size
    world.question()
    second = world.integrate()
    world.cosign(*HOLDERS[:2])
    world.question()
    world.integrate()
    world.cosign(HOLDERS[2])
    best = log.best_cosigned(world.tree, 2)
    assert best is not None
    assert best.size == second.size


# Counting, purging


def test_a_participants_own_entries_are_counted(world: World) -> None:
    world.question("ggz-midden")
    world.question("ggz-midden")
    world.question("politie-midden")
    world.integrate()
    assert world.tree.count(Search(actor="ggz-midden", event="question")) == 2


def test_after_a_purge_the_log_still_holds_and_goes_on(world: World) -> None:
    for _number in range(6):
        world.question()
    world.integrate()
    world.cosign(*HOLDERS[:2])
    cutoff = int(world.clock.now().timestamp() * 1000)
    world.clock.advance(days=1801)
    world.refusal()
    world.integrate()
    last = log.purgeable(world.tree, cutoff)
    assert last == 6
    assert log.purgeable(world.tree, cutoff, 0, 2) == 6
    assert log.purgeable(world.tree, cutoff, 0, 3) is None, "a third witness never looked"
    assert log.purgeable(world.tree, cutoff - 1, 0, 2) is None, "nobody had looked yet"
    world.purge_until(last, 1800)
    world.integrate()
    report = fsck.fsck(world.entries, world.tree, ANCHOR)
    assert report.problems == ()
    assert report.purged == ((0, 6),)
    shown = log.prove(world.tree, 3)
    tree.verify_inclusion(
        world.entries.entries(3, 1)[0].leaf, 3, shown.checkpoint.size, shown.path, shown.checkpoint.root
    )


def test_nothing_is_purgeable_when_nothing_is_past_its_term(world: World) -> None:
    world.integrate()
    assert log.purgeable(world.tree, 0) is None
    assert log.purgeable(world.tree, 1 << 50) == 0


def test_a_purge_before_its_term_is_no_purge_but_a_break(world: World) -> None:
    for _number in range(6):
        world.question()
    world.integrate()
    world.cosign(*HOLDERS[:2])
    world.purge_until(3, 0)
    world.integrate()
    problems = fsck.fsck(world.entries, world.tree, ANCHOR).problems
    assert any("bewaartermijn" in one for one in problems)
    assert fsck.fsck(world.entries, world.tree, dataclasses.replace(ANCHOR, retention_days=0)).problems == ()


def test_a_purge_whose_dates_prove_nothing_is_a_break(world: World) -> None:
    for _number in range(6):
        world.question()
    world.integrate()
    world.clock.advance(days=1801)
    world.purge_until(world.entries.count() - 1, 1800)
    world.integrate()
    assert any("termijn" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_a_restart_is_a_new_process_with_its_own_counter(world: World) -> None:
    world.question()
    world.close()
    world.process = "00" * 7 + "02"
    world.open()
    world.start()
    world.question()
    world.integrate()
    whole(world)


def test_a_gap_in_the_counter_is_found(world: World) -> None:
    world.stamper.n += 1
    world.refusal()
    world.integrate()
    assert any("teller" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_time_that_runs_back_within_a_process_is_found(world: World) -> None:
    world.stamper.last_ms = 0
    world.clock.advance(hours=-1)
    world.append(Event.HEARTBEAT, {})
    world.integrate()
    assert any("tijd" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_a_reused_or_empty_salt_is_found(world: World) -> None:
    world.append(Event.HEARTBEAT, {}, salt=bytes(16))
    world.append(Event.HEARTBEAT, {}, salt=bytes(range(16)))
    world.append(Event.HEARTBEAT, {}, salt=bytes(range(16)))
    world.integrate()
    assert sum("zout" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems) == 2


def test_a_half_sealed_under_an_unknown_key_is_found(world: World) -> None:
    assert world.keys is not None
    known = world.keys
    world.keys = dataclasses.replace(
        known, keys={name: dataclasses.replace(key, key_id=bytes(8)) for name, key in known.keys.items()}
    )
    world.question()
    world.integrate()
    assert any("sleutel" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_a_purge_entry_without_a_purge_is_found(world: World) -> None:
    world.append(Event.PURGE, {"first": 0, "last": 0, "term_days": 1800})
    world.integrate()
    assert any("gewiste regels" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_a_purge_that_was_not_carried_out_is_found(world: World) -> None:
    world.question()
    world.integrate()
    world.connection.execute("INSERT INTO log_purge VALUES (0, 1, 2)")
    assert any("niet gewist" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_a_sealed_half_that_outlives_its_purge_is_found(world: World) -> None:
    for _number in range(6):
        world.question()
    world.integrate()
    world.clock.advance(days=1801)
    world.purge_until(4, 1800)
    world.integrate()
    world.connection.execute("DROP TRIGGER log_entry_same")
    world.connection.execute("UPDATE log_entry SET sealed = zeroblob(548 * 3) WHERE seq = 3")
    assert any("verzegelde deel is er nog" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_an_entry_of_another_log_is_found(world: World) -> None:
    world.append(Event.HEARTBEAT, {"origin": "another-log"})
    world.integrate()
    assert any("ander logboek" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_entries_that_wait_for_the_integrator_are_checked_too(world: World) -> None:
    world.integrate()
    world.stamper.n += 5
    world.refusal()
    assert any("teller" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_the_salt_window_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "SALT_WINDOW", 3)
    for _number in range(8):
        world.refusal()
    world.integrate()
    whole(world)


def test_a_kept_checkpoint_that_is_not_of_its_row_ends_every_reading_of_it(world: World) -> None:
    """The export, the purge and the full check go on by the row's own size; they say that it was changed."""
    world.fill(6)
    world.tree._connection.execute(
        "UPDATE checkpoint SET size = size + 1 WHERE size = (SELECT max(size) FROM checkpoint)"
    )
    with pytest.raises(IntegrityError, match="bewaarde ijkpunt"):
        log.purgeable(world.tree, 1 << 60, 0, 2)
    with pytest.raises(IntegrityError, match="bewaarde ijkpunt"):
        world.export(world.folder / "export")
    assert any("bewaarde ijkpunt" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


def test_a_changed_bit_in_a_kept_checkpoint_is_found_also_without_a_purge(world: World) -> None:
    world.fill(6)
    note = bytearray(world.tree.recent_checkpoints(1)[0])
    note[-40] ^= 1
    world.tree._connection.execute(
        "UPDATE checkpoint SET note = ? WHERE size = (SELECT max(size) FROM checkpoint)", (bytes(note),)
    )
    assert fsck.fsck(world.entries, world.tree, ANCHOR).problems


def test_that_all_kept_checkpoints_are_gone_is_a_warning(world: World) -> None:
    world.fill(6)
    assert fsck.fsck(world.entries, world.tree, ANCHOR).warnings == ()
    world.tree._connection.execute("DELETE FROM checkpoint")
    report = fsck.fsck(world.entries, world.tree, ANCHOR)
    assert report.problems == ()
    assert any("0 getuigen" in one for one in report.warnings)


@pytest.mark.parametrize("change", ["SET by = 999999", "SET last = last - 3", "SET first = 1", ""])
def test_the_list_of_purges_says_what_the_purge_entries_say(world: World, change: str) -> None:
    """Also when a row is gone; and an export says that the log is broken, not that a minute's patience helps."""
    world.fill(20)
    world.clock.advance(days=ANCHOR.retention_days + 1)
    world.refusal()
    world.refusal()
    world.integrate()
    world.cosign(*HOLDERS[:2])
    world.purge_until(20, ANCHOR.retention_days)
    world.integrate()
    world.cosign(*HOLDERS[:2])
    whole(world)
    world.connection.execute("DROP TRIGGER log_purge_same")
    world.connection.execute("DROP TRIGGER log_purge_stays")
    world.connection.execute(f"UPDATE log_purge {change}" if change else "DELETE FROM log_purge")  # of this file
    assert any("lijst van wisacties" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)
    if "by" in change:
        with pytest.raises(IntegrityError, match="lijst van wisacties"):
            world.export(world.folder / "export")
