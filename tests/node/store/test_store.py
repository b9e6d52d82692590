"""The node's database: durable before it answers, one failing piece of work harms no other, a full disk says so."""

import asyncio
import itertools
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _, speak
from samenloop_node.store import Store, Transaction, decided, receipts, registrations, syncs
from samenloop_node.store.registrations import Decision, Settled
from samenloop_node.store.syncs import KEEP, PlanRow, Sync


@pytest.fixture(name="store")
def _store(tmp_path: Path):
    store = Store(tmp_path / "node.sqlite")
    yield store
    store.close()


def settled(identity: bytes, *epochs: str, decisions: tuple[Decision, ...] = ()) -> Settled:
    return Settled(identity, b"r" * 32, b"f" * 32, "{}", "", epochs, decisions, 5)


def test_the_file_can_be_read_by_its_owner_only(store):
    for path in store.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_opening_again_applies_no_migration_twice(store):
    Store(store.path).close()


def test_work_that_fails_is_rolled_back_alone(store):
    def bad(db: Transaction) -> None:
        registrations.unsettle(db, [("r", "bad", b"b" * 16)], 1)
        raise SamenloopError(ErrorCode.REFUSED, "nee")

    async def main() -> list[object]:
        good = [
            store.write(lambda db, n=n: registrations.unsettle(db, [("r", f"{n}", bytes([n]) * 16)], 1))
            for n in range(1, 20)
        ]
        return await asyncio.gather(*good, store.write(bad), return_exceptions=True)

    outcomes = asyncio.run(main())
    assert [type(one) for one in outcomes] == [type(None)] * 19 + [SamenloopError]
    assert store.read_now(lambda db: registrations.count(db, "r")) == 19
    assert store.read_now(lambda db: registrations.find(db, "r", "bad")) is None


def test_many_threads_may_write_at_once(store):
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda n: store.write_now(lambda db: registrations.unsettle(db, [("r", f"{n}", n.to_bytes(16))], 1)),
                range(1, 200),
            )
        )
    assert store.read_now(lambda db: registrations.count(db, "r")) == 199


def test_a_reader_cannot_write(store):
    with pytest.raises(SamenloopError):
        store.read_now(lambda db: db.execute("DELETE FROM registration"))


def test_a_full_disk_is_a_sentence_and_what_was_there_stays(tmp_path):
    """In a process of its own, because a limit on file sizes cannot be lifted again."""
    script = Path(__file__).parent / "full_disk.py"
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["storage_full", "1"], done.stderr


def test_a_damaged_file_is_a_sentence(tmp_path):
    path = tmp_path / "node.sqlite"
    path.write_bytes(b"not a database at all" * 200)
    with pytest.raises(SamenloopError, match="beschadigd") as broken:
        Store(path)
    assert broken.value.code is ErrorCode.INTEGRITY


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_READONLY_DBMOVED])
def test_a_file_that_was_taken_away_is_a_sentence_of_its_own(store, code):
    def taken(_db: Transaction) -> None:
        error = sqlite3.OperationalError()
        error.sqlite_errorcode = code
        raise error

    for act in (store.read_now, store.write_now):
        with pytest.raises(IntegrityError, match="weggehaald of vervangen"):
            act(taken)


def test_a_registration_is_unsettled_until_its_receipt(store):
    identity = b"i" * 16
    store.write_now(lambda db: registrations.unsettle(db, [("r", "1", identity)], 1))
    found = store.read_now(lambda db: registrations.find(db, "r", "1"))
    assert (found.row_digest, found.epochs) == (b"", frozenset())
    store.write_now(lambda db: registrations.settle(db, [settled(identity, "2026-1")]))
    found = store.read_now(lambda db: registrations.by_id(db, identity))
    assert (found.row_digest, found.epochs) == (b"r" * 32, {"2026-1"})
    store.write_now(lambda db: registrations.unsettle(db, [("r", "1", b"other id, same record"[:16])], 2))
    found = store.read_now(lambda db: registrations.find(db, "r", "1"))
    assert (found.registration_id, found.row_digest) == (identity, b"")
    assert store.read_now(lambda db: registrations.without_epoch(db, "2026-2")) == [("r", "1")]
    assert store.read_now(lambda db: registrations.count_only_in(db, "2026-1")) == 1


def test_a_refused_new_registration_is_forgotten_and_an_old_one_stays(store):
    old, new = b"o" * 16, b"n" * 16
    store.write_now(lambda db: registrations.unsettle(db, [("r", "old", old), ("r", "new", new)], 1))
    store.write_now(lambda db: registrations.settle(db, [settled(old, "2026-1")]))
    store.write_now(lambda db: registrations.remove_never_settled(db, [old, new]))
    assert list(store.read_now(lambda db: list(registrations.record_ids(db, "r")))) == ["old"]


def test_withdrawing_takes_epochs_and_decisions_along(store):
    identity = b"i" * 16
    decision = Decision(identity, "reclassering", b"d" * 32, b"u" * 32, "2026-01-01", "2026-06-01")
    store.write_now(lambda db: registrations.unsettle(db, [("r", "1", identity)], 1))
    store.write_now(lambda db: registrations.settle(db, [settled(identity, "2026-1", decisions=(decision,))]))
    assert store.read_now(lambda db: registrations.decisions(db, identity)) == (decision,)
    assert store.read_now(lambda db: registrations.decision_owner(db, b"d" * 32)) == identity
    store.write_now(lambda db: registrations.remove(db, [identity]))
    assert store.read_now(lambda db: db.execute("SELECT count(*) FROM beforehand").fetchone()) == (0,)
    assert store.read_now(lambda db: db.execute("SELECT count(*) FROM registration_epoch").fetchone()) == (0,)


def test_the_day_of_the_last_finished_sync_outlives_a_new_one_that_is_open(store):
    def begun(at):
        return store.write_now(lambda db: syncs.start(db, Sync(0, "r", "/f", b"d" * 32, 0, "o", at)))

    assert store.read_now(lambda db: syncs.last_done(db, "r")) is None
    first = begun(7)
    store.write_now(lambda db: syncs.finish(db, first.id, syncs.DONE, ""))
    begun(9)
    assert store.read_now(lambda db: syncs.last_done(db, "r")) == 7


def test_R76_new_decisions_are_counted_once_by_the_day_on_which_they_arrive(store):
    identity = b"i" * 16
    both = tuple(
        Decision(identity, receiver, b"d" * 32, b"u" * 32, "2026-01-01", "2026-06-01") for receiver in ("a", "b")
    )
    store.write_now(lambda db: registrations.unsettle(db, [("r", "1", identity)], 1))
    for _again in range(2):
        store.write_now(lambda db: registrations.settle(db, [settled(identity, "2026-1", decisions=both)]))
    assert store.read_now(lambda db: decided.counted(db, b"u" * 32, "1970-01-01")) == 1
    store.write_now(lambda db: registrations.settle(db, [settled(identity, "2026-1")]))
    assert store.read_now(lambda db: decided.counted(db, b"u" * 32, "1970-01-01")) == 1, "taken back: still counted"
    store.write_now(lambda db: decided.fill(db, b"u" * 32, "1970-01-01", 20))
    assert store.read_now(lambda db: decided.counted(db, b"u" * 32, "1970-01-01")) == 20
    assert store.read_now(lambda db: decided.counted(db, b"u" * 32, "1970-01-02")) == 0


def test_a_new_sync_of_a_register_gives_up_the_open_one(store):
    sync = Sync(0, "r", "/a", b"d", 0, "o", 1)
    first = store.write_now(lambda db: syncs.start(db, sync))
    second = store.write_now(lambda db: syncs.start(db, sync))
    assert [one.id for one in store.read_now(syncs.unfinished)] == [second.id]
    assert first.id != second.id
    store.write_now(lambda db: syncs.plan(db, second.id, PlanRow(2, 9, "p", KEEP, b"", b"", b"", b"")))
    store.write_now(lambda db: syncs.finish(db, second.id, syncs.DONE, "klaar"))
    assert store.read_now(lambda db: syncs.last(db, "r")).outcome == "klaar"
    assert store.read_now(lambda db: syncs.planned(db, second.id, "p")) is None


def test_a_receipt_waits_until_it_is_proved(store):
    leaf = store.write_now(lambda db: receipts.add(db, b"{}", "register", 1))
    store.write_now(lambda db: receipts.add(db, b"{}", "register", 2))
    assert [one.leaf for one in store.read_now(receipts.unproved)] == [leaf]
    store.write_now(lambda db: receipts.proved(db, leaf, 7))
    assert store.read_now(receipts.unproved) == []


def test_erased_rows_leave_nothing_in_the_file(store):
    store.write_now(lambda db: registrations.unsettle(db, [("r", "findable-record-id", b"i" * 16)], 1))
    store.truncate_log()
    assert b"findable-record-id" in store.path.read_bytes()
    store.write_now(lambda db: registrations.remove(db, [b"i" * 16]))
    store.truncate_log()
    assert b"findable-record-id" not in b"".join(path.read_bytes() for path in store.path.parent.iterdir())


def test_writing_starts_at_the_head_of_the_write_ahead_log_after_tidying(store):
    numbers = itertools.count()

    def grown() -> int:
        for number in itertools.islice(numbers, 50):
            store.write_now(lambda db, n=number: receipts.add(db, f"{{{n}}}".encode(), "register", n))
        return store.path.with_name(store.path.name + "-wal").stat().st_size

    store.truncate_log()
    first = grown()
    second = grown()
    assert second > first  # the control: nobody tidied in between
    store.tidy()
    assert grown() == second


def test_a_caller_that_is_cancelled_stops_nobody_else(store):
    async def main() -> None:
        for _round in range(50):
            task = asyncio.ensure_future(store.write(lambda db: registrations.count(db, "r")))
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.wait_for(store.write(lambda db: registrations.unsettle(db, [("r", "1", b"i" * 16)], 1)), 60)

    asyncio.run(main())
    assert store.read_now(lambda db: registrations.count(db, "r")) == 1


def test_after_closing_nothing_waits_for_ever(tmp_path):
    store = Store(tmp_path / "node.sqlite")
    store.close()
    for act in (store.read_now, store.write_now):
        with pytest.raises(SamenloopError, match="stopt"):
            act(syncs.unfinished)


def test_a_pragma_that_sqlite_does_not_take_stops_the_start(tmp_path, monkeypatch):
    from samenloop_node.store import base

    monkeypatch.setitem(base._PRAGMAS, "no_such_pragma", 1)
    with pytest.raises(SamenloopError, match="no_such_pragma"):
        Store(tmp_path / "node.sqlite")


def test_work_speaks_the_language_of_who_asked_for_it(store):
    async def said(language: str) -> tuple[str, str]:
        speak(language)
        return await store.write(lambda _db: _("Kenmerken")), await store.read(lambda _db: _("Kenmerken"))

    async def both() -> list[tuple[str, str]]:
        return await asyncio.gather(said("nl"), said("en"))

    assert asyncio.run(both()) == [("Kenmerken",) * 2, ("Characteristics",) * 2]
