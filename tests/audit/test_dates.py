"""Dates that the holder of the log's key makes up: they prove no term, and the verifier and the full check say so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry, fsck, layout, log, purges, replay, sqlite, verify
from samenloop.audit.fields import Event
from samenloop.audit.stamp import Stamper
from samenloop.audit.times import DAY_MS, PARTNER_SKEW_MS, SKEW_MS
from samenloop.audit.witnessed import Witnessed
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, SamenloopError
from tests.audit.world import ANCHOR, HOLDERS, ORIGIN, SIGNER, START, WITNESSES, World

HOUR_MS = 3_600_000
TERM = ANCHOR.retention_days
A, B, C = HOLDERS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "log").mkdir()
    made = World(tmp_path / "log")
    made.fill(20)
    yield made
    made.close()


def now_ms(world: World) -> int:
    return milliseconds(world.clock.now())


def dated(world: World, process: str, at_ms: int, event: Event = Event.START, **public: object) -> None:
    """Append an entry of another process with a time of one's choice."""
    mark = world.stamper.mark()
    own = {"process": process * 8, "n": 0, "start_ms": at_ms, "end_ms": at_ms, "size": 0}
    world.append(event, {**own, **public})
    world.stamper.restore(mark)


def purged(world: World, last: int, term_days: int, at_ms: int) -> None:
    """Erase entries 0 to `last`, with a purge entry of another process."""
    fields = {"first": 0, "last": last, "term_days": term_days, "origin": ORIGIN, "software": "0.1.0"}
    stamp = {**Stamper(world.clock, process="bb" * 8).stamp(), "start_ms": at_ms, "end_ms": at_ms}
    body = entry.build(Event.PURGE, {**fields, **stamp}, (), world.source.randbytes(16))
    world.connection.execute("BEGIN IMMEDIATE")
    gone = sqlite.purge(world.connection, body, checkpoints.parse(world.tree.head()).size)
    world.connection.execute("COMMIT")
    world.tree.forget(gone.first, gone.last)


def found(world: World, tmp_path: Path) -> tuple[verify.Report, verify.Report]:
    """Return what the verifier of an export and the full check of the stores find."""
    world.integrate()
    world.cosign(A, B)
    root = world.export(tmp_path / f"export-{len(list(tmp_path.iterdir()))}")
    return verify.verify_export(root, ANCHOR.fingerprint), fsck.fsck(world.entries, world.tree, ANCHOR)


def wrong(world: World, tmp_path: Path, text: str) -> None:
    for report in found(world, tmp_path):
        assert any(text in one for one in report.problems), report.problems
        assert report.purged == ()


# Purges


def forged_purge(world: World) -> None:
    """Erase all, of which the newest is seconds old, behind an entry that a new process dates years back."""
    world.clock.advance(days=6 * 366)
    for _number in range(3):
        world.refusal()
    world.integrate()
    world.cosign(A, B)
    dated(world, "aa", now_ms(world) - (TERM + 27) * DAY_MS)
    world.integrate()
    purged(world, world.entries.count() - 2, TERM + 26, now_ms(world))


def test_an_entry_dated_back_proves_no_term(world: World, tmp_path: Path) -> None:
    forged_purge(world)
    wrong(world, tmp_path, "bewijzen niet")


def test_the_forged_purge_would_pass_if_only_the_logs_own_times_counted(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control: a build without the witnesses' dates."""
    forged_purge(world)
    monkeypatch.setattr(purges, "_proven", lambda _claim, _terms: True)
    for report in found(world, tmp_path):
        assert (report.problems, report.purged) == ((), ((0, world.entries.count() - 3),))


def test_a_purge_dated_ahead_proves_no_term(world: World, tmp_path: Path) -> None:
    """Its time is later than the export, or the export's own date shows; and witnesses saw it long before."""
    before = now_ms(world)
    purged(world, 5, TERM, before + (TERM + 1) * DAY_MS)
    report = found(world, tmp_path)[0]
    assert any("nieuwste regel" in one for one in report.problems)
    world.clock.advance(days=TERM + 2)
    root = world.export(tmp_path / "ahead")
    report = verify.verify_export(root, ANCHOR.fingerprint)
    assert any("bewijzen niet" in one for one in report.problems)
    assert any("later dan de medeondertekening" in one for one in report.warnings)


def test_witnesses_who_looked_too_late_prove_no_term(world: World, tmp_path: Path) -> None:
    world.clock.advance(days=TERM - 1)
    size = world.entries.count()
    world.refusal()
    world.integrate()
    world.cosign(A, B)
    world.clock.advance(days=TERM)
    world.purge_until(size - 1, TERM)
    reports = found(world, tmp_path)
    assert [report.problems for report in reports] == [(), ()], "what they saw in time may go"
    assert [report.purged for report in reports] == [((0, size - 1),)] * 2


def test_an_early_purge_is_not_covered_by_a_later_one(world: World, tmp_path: Path) -> None:
    world.purge_until(2, TERM)
    world.integrate()
    world.cosign(A, B)
    world.clock.advance(days=TERM + 1)
    world.refusal()
    world.integrate()
    fields = {"first": 3, "last": 5, "term_days": TERM, "origin": ORIGIN, "software": "0.1.0"}
    body = entry.build(Event.PURGE, {**fields, **world.stamper.stamp()}, (), world.source.randbytes(16))
    world.connection.execute("BEGIN IMMEDIATE")
    sqlite.purge(world.connection, body, checkpoints.parse(world.tree.head()).size)
    world.connection.execute("COMMIT")
    world.tree.forget(3, 5)
    wrong(world, tmp_path, "bewijzen niet")


# Order of the whole log


@pytest.mark.parametrize(
    ("ago_ms", "wrong_text"),
    [
        (SKEW_MS - 1_000, ""),
        (SKEW_MS + 60_000, "loopt terug"),
        (6 * 366 * DAY_MS, "bestaat niet"),
        (START.timestamp() * 1000 + 7 * 25 * 1000, "bestaat niet"),
    ],
    ids=["clocks differ", "minutes", "years", "1970"],
)
def test_no_process_writes_before_what_another_wrote(
    world: World, tmp_path: Path, ago_ms: float, wrong_text: str
) -> None:
    dated(world, "aa", max(0, int(now_ms(world) - ago_ms)))
    if wrong_text:
        wrong(world, tmp_path, wrong_text)
    else:
        assert [one.problems for one in found(world, tmp_path)] == [(), ()]


def test_the_order_would_not_be_missed_per_process_alone(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control: a build that looks at each process by itself."""
    dated(world, "aa", now_ms(world) - HOUR_MS)
    monkeypatch.setattr(replay, "SKEW_MS", 10 * 366 * DAY_MS)
    assert fsck.fsck(world.entries, world.tree, ANCHOR).problems == ()


def test_a_process_goes_on_from_the_logs_newest_time_when_the_clock_was_set_back(world: World, tmp_path: Path) -> None:
    newest = log.newest_ms(world.entries)
    world.clock.advance(hours=-2)
    world.stamper = Stamper(world.clock, process="cc" * 8)
    world.stamper.go_on_from(newest)
    world.append(Event.START, {"size": 0})
    world.clock.advance(hours=3)
    world.append(Event.HEARTBEAT, {})
    assert [one.problems for one in found(world, tmp_path)] == [(), ()]
    public = entry.parse(world.entries.entries(world.entries.count() - 2, 1)[0].body or b"").public
    assert (public["end_ms"], public["clock"]) == (newest, "stepped")


def test_a_log_without_entries_has_no_newest_time(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert log.newest_ms(world.entries) == 0
    world.close()


# Cosignatures


@pytest.mark.parametrize("seconds", [1 << 61, 10 * 366 * 86_400, -10 * 366 * 86_400, 121, -121])
def test_a_cosignature_of_another_time_is_not_kept(world: World, seconds: int) -> None:
    head = world.integrate()
    kept = world.tree.recent_checkpoints(100)
    now = now_ms(world)
    line = checkpoints.cosign(head, WITNESSES[A], seconds if seconds == 1 << 61 else now // 1000 + seconds).line()
    with pytest.raises(SamenloopError) as caught:
        log.accept_cosignature(world.tree, line, head.size, SIGNER, ANCHOR.witnesses, now)
    assert caught.value.code is ErrorCode.CLOCK_SKEW
    assert world.tree.recent_checkpoints(100) == kept
    good = checkpoints.cosign(head, WITNESSES[A], (now + PARTNER_SKEW_MS) // 1000).line()
    log.accept_cosignature(world.tree, good, head.size, SIGNER, ANCHOR.witnesses, now)


def test_what_is_thinned_out_goes_by_the_coordinators_own_day(world: World) -> None:
    """A witness whose clock is just past midnight erases nothing of today."""
    world.clock.moment = world.clock.moment.replace(hour=23, minute=59, second=0)
    sizes = []
    for _number in range(3):
        world.refusal()
        sizes.append(world.integrate().size)
        world.cosign(A)
    world.clock.advance(days=1)
    head = world.integrate()
    line = checkpoints.cosign(head, WITNESSES[B], now_ms(world) // 1000 + 100).line()
    log.accept_cosignature(world.tree, line, head.size, SIGNER, ANCHOR.witnesses, now_ms(world))
    kept = [checkpoints.parse(note).size for note in world.tree.recent_checkpoints(100)]
    assert set(sizes) <= set(kept)


@pytest.mark.parametrize("seconds", [1 << 61, 4_000_000_000])
@pytest.mark.parametrize("names", [(A,), HOLDERS], ids=["one", "all"])
def test_a_cosignature_from_the_future_is_a_finding(
    world: World, tmp_path: Path, seconds: int, names: tuple[str, ...]
) -> None:
    """A log of before the coordinator refused it may hold one; the verifier says so, without a traceback."""
    head = checkpoints.parse(world.tree.recent_checkpoints(1)[0])
    for name in names:
        head = checkpoints.add_cosignature(head, checkpoints.cosign(head, WITNESSES[name], seconds))
    world.tree.keep_checkpoint(head.size, head.format(), now_ms(world) // DAY_MS, len(head.note.signatures))
    report = verify.verify_export(world.export(tmp_path / "export"), ANCHOR.fingerprint)
    assert sum("na deze export" in one for one in report.problems) == len(names)
    assert max(report.witnesses.values(), default=0) < 2_000_000_000


# How far witnesses looked


def small_tree_cosigned_late(world: World) -> None:
    """Let two witnesses cosign the first entries only, with the time of now; then grow for thirty days."""
    for note in world.tree.recent_checkpoints(1_000):
        world.tree._connection.execute("DELETE FROM checkpoint WHERE note = ?", (note,))  # type: ignore[attr-defined]
    small = log.checkpoint_at(world.tree, 4, SIGNER)
    for _day in range(30):
        world.clock.advance(days=1)
        world.refusal()
    world.integrate()
    for name in (A, B):
        line = checkpoints.cosign(small, WITNESSES[name], now_ms(world) // 1000).line()
        log.accept_cosignature(world.tree, line, 4, SIGNER, ANCHOR.witnesses, now_ms(world))


def test_witnesses_of_a_small_tree_are_no_witnesses_of_the_rest(world: World, tmp_path: Path) -> None:
    small_tree_cosigned_late(world)
    report = verify.verify_export(world.export(tmp_path / "export"), ANCHOR.fingerprint)
    (problem,) = report.problems
    assert "regels vanaf 4" in problem
    assert report.covered == {A: 4, B: 4}
    world.cosign(A)
    assert not verify.verify_export(world.export(tmp_path / "one"), ANCHOR.fingerprint).holds, "one is no quorum"
    world.cosign(B)
    report = verify.verify_export(world.export(tmp_path / "both"), ANCHOR.fingerprint)
    assert (report.problems, report.warnings) == ((), ())


def test_they_would_pass_if_only_the_time_counted(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control: a build that asks when witnesses cosigned, not what."""
    small_tree_cosigned_late(world)
    monkeypatch.setattr(Witnessed, "covered", lambda _self, _quorum: world.entries.count())
    assert verify.verify_export(world.export(tmp_path / "export"), ANCHOR.fingerprint).holds


def test_a_witness_of_a_large_tree_vouches_for_all_that_is_in_it() -> None:
    seen = Witnessed()
    seen.add(10, {A: 100})
    seen.add(12, {B: 130})
    seen.add(20, {A: 200, C: 190})
    ages = seen.ages(2)
    assert [ages.existed_ms(seq) for seq in (0, 9, 10, 11, 12, 19, 20)] == [
        130_000, 130_000, 190_000, 190_000, 200_000, 200_000, None,
    ]  # fmt: skip
    assert [ages.size_at(moment) for moment in (129_999, 130_000, 190_000, 200_000)] == [0, 10, 12, 20]
    assert [seen.covered(quorum) for quorum in (0, 1, 2, 3, 4)] == [0, 20, 20, 12, 0]
    assert seen.ages(0).existed_ms(0) is None


# The date of the export


def redated(root: Path, created_ms: int) -> verify.Report:
    manifest, _note = layout.parse_manifest((root / layout.MANIFEST).read_bytes())
    made = layout.Manifest(manifest.origin, manifest.size, created_ms, manifest.covenant, manifest.files)
    (root / layout.MANIFEST).write_bytes(layout.sign_manifest(made, SIGNER))
    return verify.verify_export(root, ANCHOR.fingerprint)


def test_an_export_is_not_older_than_its_newest_entry(world: World, tmp_path: Path) -> None:
    root = world.export(tmp_path / "export")
    now = now_ms(world)
    for created, holds in ((1, False), (now - 2 * SKEW_MS, False), (now - SKEW_MS, True), (1 << 52, False)):
        report = redated(root, created)
        assert report.holds is holds, created


def test_a_log_that_was_silent_for_long_before_the_export_is_mentioned(world: World, tmp_path: Path) -> None:
    root = world.export(tmp_path / "export")
    now = now_ms(world)
    for hours, told in ((23, False), (25, True), (400 * 24, True)):
        report = redated(root, now + hours * HOUR_MS)
        assert (report.holds, bool(report.warnings)) == (True, told)


def test_an_entry_from_after_the_export_is_a_finding(world: World, tmp_path: Path) -> None:
    dated(world, "aa", now_ms(world) + 3_650 * DAY_MS)
    report = found(world, tmp_path)[0]
    assert any("nieuwste regel" in one for one in report.problems)
