"""What is past its term is gone: from the tables, from the free pages of the file, and from the write-ahead log."""

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from samenloop.clock import milliseconds
from samenloop.errors import Refused
from samenloop_node.accounts import Role
from samenloop_node.commands import case as case_command
from samenloop_node.commands import retention as retention_command
from samenloop_node.process import keep_text
from samenloop_node.retention import purging
from samenloop_node.store import cases, inbox, notices, questions, registrations, requests, syncs, witness
from samenloop_node.store.inbox import StoredDeclaration, StoredHit
from samenloop_node.store.questions import StoredQuestion
from samenloop_node.store.requests import StoredRequest
from samenloop_node.store.syncs import PlanRow, Sync
from samenloop_node.store.witness import OwnProof

NUMBER = "ZAAK-GEHEIM-2026-4711"
FIVE_YEARS = timedelta(days=5 * 366)


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture(name="app")
def _app(node):
    return node("politie-midden")


@pytest.fixture(name="anna")
def _anna(user_of):
    return user_of("anna", Role.CASE_WORKER)


@pytest.fixture(name="closed")
def _closed(app, anna):
    """A case that was closed, with a sealed text."""
    report = {"action": "report", "case": NUMBER, "target_group": ["gebiedsprobleem"]}
    run(case_command.run(app, anna, report, None))
    app.store.write_now(lambda db: keep_text(app, db, "een geheime motivering"))
    run(case_command.run(app, anna, {"action": "reject", "case": NUMBER}, None))
    return app


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_R69_R70_a_closed_case_goes_when_its_term_is_over_and_not_a_day_before(closed, clock):
    assert run(purging.purge(closed)).cases == 0
    last = run(retention_command.run(closed, None, {"action": "show"}, None))["cases"][0]["last_day"]
    assert (last, closed.clock.now().date().isoformat()) == ("2032-01-15", "2027-01-15")
    clock.at += FIVE_YEARS - timedelta(days=5)
    assert run(purging.purge(closed)).cases == 0
    clock.at += timedelta(days=5)
    done = run(purging.purge(closed))
    assert (done.cases, done.texts) == (1, 1)
    assert closed.store.read_now(lambda db: cases.find(db, NUMBER)) is None
    assert closed.store.read_now(notices.unsettled) == []


def test_R69_a_case_that_cannot_go_yet_holds_up_nothing_else(closed, anna, clock):
    number = "A-EERDER"
    run(case_command.run(closed, anna, {"action": "report", "case": number, "target_group": ["gebiedsprobleem"]}, None))
    run(case_command.run(closed, anna, {"action": "reject", "case": number}, None))
    asked = StoredQuestion(b"q" * 16, number, "anna", "anna", 1, b"", b"", b"", b"", (), ("zvh-midden",), (b"1",))
    closed.store.write_now(lambda db: questions.add_question(db, asked))
    clock.at += FIVE_YEARS
    with pytest.raises(Refused):
        run(purging.purge(closed))
    left = closed.store.read_now(cases.listed)
    assert [one.case_number for one in left] == [number], "its answers have not lapsed"
    assert closed.store.read_now(lambda db: db.execute("SELECT count(*) FROM note").fetchone()) == (0,)
    assert NUMBER.encode() not in on_disk(closed.config.state)


def test_R69_what_was_purged_is_in_no_byte_of_the_folder(closed, clock):
    assert NUMBER.encode() in on_disk(closed.config.state), "the positive control: it was there"
    clock.at += FIVE_YEARS
    run(purging.purge(closed))
    assert NUMBER.encode() not in on_disk(closed.config.state)


def test_the_same_search_finds_what_a_store_without_secure_delete_leaves_behind(tmp_path):
    """A deliberately broken build: without the pragma and the truncated log the bytes stay."""
    connection = sqlite3.connect(tmp_path / "weak.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("CREATE TABLE case_file (case_number TEXT)")
    connection.executemany("INSERT INTO case_file VALUES (?)", [(NUMBER,), ("other",)])
    connection.execute("DELETE FROM case_file WHERE case_number = ?", (NUMBER,))
    assert NUMBER.encode() in on_disk(tmp_path)
    connection.close()


def test_R72_every_purge_is_a_line_in_the_own_log_without_the_number(closed, clock):
    clock.at += FIVE_YEARS
    run(purging.purge(closed))
    bodies = [row[0] for row in closed.store.read_now(lambda db: db.execute("SELECT body FROM log_entry").fetchall())]
    assert any(body and b'"action":"purged"' in body for body in bodies)
    assert not any(body and NUMBER.encode() in body for body in bodies)


def test_R69_bodies_of_the_own_log_go_after_their_term_and_their_hashes_stay(closed, clock):
    closed.ownlog.integrate()
    clock.at += FIVE_YEARS
    closed.store.write_now(lambda db: closed.ownlog.append(db, _start(), {}))
    closed.ownlog.integrate()
    before = closed.ownlog.checkpoint().size
    assert run(purging.purge(closed)).entries > 0
    rows = closed.store.read_now(lambda db: db.execute("SELECT body IS NULL, length(leaf) FROM log_entry").fetchall())
    assert rows[0] == (1, 32)
    closed.ownlog.integrate()
    assert closed.ownlog.checkpoint().size > before
    assert run(purging.purge(closed)).entries == 0, "once is enough"


def _start():
    from samenloop.audit.fields import Event

    return Event.START


def test_R69_an_answered_request_goes_after_its_term(app, clock):
    row = StoredRequest("ab" * 16, "inzage", "answered", "2026-01-01", "2026-02-01", "x", "x", "", "a", "2026-01-20")
    app.store.write_now(lambda db: requests.add(db, row))
    assert run(purging.purge(app)).requests == 0
    clock.at += FIVE_YEARS
    assert run(purging.purge(app)).requests == 1


def test_R69_a_hit_goes_with_the_last_registration_that_it_is_about(app):
    now = milliseconds(app.clock.now())
    hit = StoredHit(b"q" * 16, "reclassering-midden", b"", True, False, now, now, "shown", (b"r" * 16,))
    app.store.write_now(lambda db: registrations.unsettle(db, [("politie", "p-1", b"r" * 16)], 1))
    app.store.write_now(lambda db: inbox.add_hit(db, hit))
    assert run(purging.purge(app)).hits == 0
    app.store.write_now(lambda db: registrations.remove(db, [b"r" * 16]))
    assert run(purging.purge(app)).hits == 1
    assert app.store.read_now(lambda db: inbox.find_hit(db, b"q" * 16)) is None


def test_R18_registrations_that_are_overdue_for_review_are_counted(app):
    facts = '{"review_date": "2026-01-01"}'
    app.store.write_now(lambda db: registrations.unsettle(db, [("politie", "p-1", b"r" * 16)], 1))
    app.store.write_now(lambda db: db.execute("UPDATE registration SET facts = ?", (facts,)).rowcount)
    shown = run(retention_command.run(app, None, {"action": "show"}, None))
    assert shown["overdue_reviews"] == {"politie": 1}


def _declared(app, subject, kind, state, made_ms):
    row = StoredDeclaration(subject.encode().ljust(16, b"x")[:16], kind, b"body", subject, made_ms)
    app.store.write_now(lambda db: inbox.add_declaration(db, row))
    if state != "open":
        app.store.write_now(lambda db: inbox.close_declaration(db, row.request_id, state))


def _left(app, column, table):
    rows = app.store.read_now(lambda db: db.execute(f"SELECT {column} FROM {table} ORDER BY 1").fetchall())  # noqa: S608 - names of this file
    return [row[0] for row in rows]


def test_R69_closed_declarations_go_with_the_case_or_request_that_they_name(app, clock):
    now, hit = milliseconds(app.clock.now()), b"q" * 16
    app.store.write_now(lambda db: registrations.unsettle(db, [("politie", "p-1", b"r" * 16)], 1))
    for subject, kind, state in (
        (NUMBER, "case_closed", "done"),
        ("verzoek-1", "letter", "refused"),
        ("a-open", "letter", "open"),
        (hit.hex(), "release_withdrawn", "done"),
    ):
        _declared(app, subject, kind, state, now)
    assert run(purging.purge(app)).declarations == 0
    clock.at += FIVE_YEARS
    asked = milliseconds(app.clock.now())
    stored = StoredHit(hit, "reclassering-midden", b"", True, False, asked, asked, "hidden", (b"r" * 16,))
    app.store.write_now(lambda db: inbox.add_hit(db, stored))
    assert run(purging.purge(app)).declarations == 2
    assert _left(app, "subject", "declaration") == [hit.hex(), "a-open"], "a hit that is here, and what was not sent"
    assert NUMBER.encode() not in on_disk(app.config.state)


def test_R69_old_synchronisations_go_and_each_register_keeps_its_newest(app, clock):
    begun = [Sync(0, "politie", "/x", b"d", 0, "carla", milliseconds(app.clock.now())) for _number in range(4)]
    ids = [app.store.write_now(lambda db, one=one: syncs.start(db, one)).id for one in begun]
    app.store.write_now(lambda db: syncs.plan(db, ids[3], PlanRow(2, 0, "dossier-7", 1, b"", b"", b"", b"")))
    app.store.write_now(lambda db: syncs.finish(db, ids[1], syncs.DONE, "klaar"))
    app.store.write_now(lambda db: db.execute("UPDATE sync SET state = 'stopped' WHERE id != ?", (ids[1],)))
    assert run(purging.purge(app)).syncs == 0
    clock.at += FIVE_YEARS
    assert run(purging.purge(app)).syncs == 2
    assert _left(app, "id", "sync") == [ids[1], ids[3]], "the newest, and the newest that came to its end"
    assert app.store.read_now(lambda db: syncs.last_done(db, "politie")) is not None


def test_a_synchronisation_that_is_given_up_keeps_no_plan(app):
    sync = Sync(0, "politie", "/x", b"d", 0, "carla", 1)
    first = app.store.write_now(lambda db: syncs.start(db, sync))
    app.store.write_now(lambda db: syncs.plan(db, first.id, PlanRow(2, 0, "dossier-7", 1, b"", b"", b"", b"")))
    app.store.write_now(lambda db: syncs.start(db, sync))
    assert _left(app, "record_id", "sync_row") == []


def test_R69_proofs_and_lost_checkpoints_go_with_the_bodies_of_the_log(app, clock):
    day = app.clock.now().date().isoformat()
    app.store.write_now(lambda db: witness.keep_proof(db, OwnProof(b"l" * 32, "question", day, b"proof")))
    app.store.write_now(
        lambda db: db.execute("INSERT INTO lost_checkpoint VALUES (?, x'00')", (milliseconds(app.clock.now()),))
    )
    done = run(purging.purge(app))
    assert (done.proofs, done.lost) == (0, 0)
    assert app.store.read_now(lambda db: witness.count_proofs(db, day)) == {"question": 1}
    clock.at += FIVE_YEARS
    done = run(purging.purge(app))
    assert (done.proofs, done.lost) == (1, 1)
    assert app.store.read_now(lambda db: witness.proof_of(db, b"l" * 32)) is None


def test_purging_by_hand_says_what_went(app):
    done = run(retention_command.run(app, None, {"action": "purge"}, None))["purged"]
    assert set(done.values()) == {0}
