"""A node's own log as evidence: an export that an auditor checks alone, tied to the coordinator's by its anchors."""

import asyncio
import base64
import dataclasses
import json
import os
import random
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from samenloop.audit import anchor as anchors
from samenloop.audit import anchored, export, layout, log, tree, verify
from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.audit.fsck import fsck
from samenloop.audit.note import NoteSigner
from samenloop.audit.sqlite import SqliteEntries, purge
from samenloop.audit.sqlite_tree import create_tree_file
from samenloop.audit.stamp import Stamper
from samenloop.catalogue import load_catalogue
from samenloop.cli import app as audit_app
from samenloop.clock import from_milliseconds, milliseconds
from samenloop.covenant import canonical, fingerprint
from samenloop.covenant.changes import without
from samenloop.covenant.signatures import format_signatures
from samenloop.errors import IntegrityError, SamenloopError
from samenloop.keys import SigningKey
from samenloop_node import periodic, socket_server
from samenloop_node.accounts import Role
from samenloop_node.app import App
from samenloop_node.cli import app as program
from samenloop_node.commands import COMMANDS, Command
from samenloop_node.connection import agreement
from samenloop_node.review import evidence
from samenloop_node.store import covenants, ownlog
from samenloop_node.store.base import connect
from samenloop_node.store.covenants import StoredCovenant
from tests.audit.fakes import MemoryEntries, MemoryTree
from tests.node.questions.conftest import (  # noqa: F401 - fixtures
    _clock,
    _consortium,
    _coordinator,
    _kit,
    _node,
    _user_of,
    open_node,
)
from tests.review.test_node_review import ASKER, _asked, _officer, events, run  # noqa: F401 - fixtures

FULL = os.environ.get("FULL") == "1"
pytestmark = pytest.mark.timeout(3_600 if FULL else 300)
"""A full run does a hundred times the work, on a machine that may do other things too."""


@pytest.fixture(name="typed")
def _typed(asked, officer, tmp_path, monkeypatch):
    """Run a command line against the node behind its socket, as the privacy officer or somebody else."""

    def typed(*words, user=officer):
        monkeypatch.setattr(socket_server, "caller", lambda *_given: user)

        async def main():
            listening = await socket_server.serve(asked, tmp_path / "socket")
            line = [*words, "--socket", str(tmp_path / "socket")]
            try:
                return await asyncio.to_thread(CliRunner().invoke, program, line)
            finally:
                listening.close()
                await listening.finish()

        return run(main())

    return typed


@pytest.fixture(name="anchored_days")
def _anchored_days(asked, clock):
    """Three days, each with an anchor at the coordinator, and entries between them."""
    for _day in range(3):
        run(periodic.anchor(asked))
        run(asked.ownlog.write(Event.LOG_VIEW, {"filters": [], "count": 0, "actor": ASKER}))
        clock.at += timedelta(days=1)
    return asked


def exported(typed, folder: Path) -> Path:
    result = typed("audit", "export", str(folder))
    assert result.exit_code == 0, result.output
    return folder


def rows(app: App, sql: str) -> None:
    """Change the database as its owner can: without the triggers, past the program."""
    connection = connect(app.store.path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(sql)
    connection.close()


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


# --- the export ------------------------------------------------------------------------------------------------------


def test_an_export_verifies_with_nothing_but_the_covenant_and_says_whose_log_it_is(typed, anchored_days, kit, tmp_path):
    root = exported(typed, tmp_path / "export")
    report = verify.verify_export(root, fingerprint(kit.covenant))
    assert report.problems == report.warnings == ()
    assert (report.participant, report.origin_checked) == (ASKER, True)
    assert report.size == anchored_days.ownlog.checkpoint().size
    assert len(anchored.read(root)) == 3
    shown = CliRunner().invoke(audit_app, ["audit", "verify", str(root), "--covenant", fingerprint(kit.covenant)])
    assert "anchored-in" in shown.output


def test_an_export_is_an_entry_of_the_log_and_is_in_itself(typed, asked, officer, tmp_path):
    root = exported(typed, tmp_path / "export")
    last = list(layout.lines(root / "entries" / "000000000000.jsonl"))[-1]
    public = json.loads(last)["body"]["public"]
    assert (public["event"], public["filters"]) == ("export", ["log"])
    assert public["user"] == asked.references.user(officer.name).hex()


def test_an_export_holds_no_name_no_case_number_and_no_motive(typed, asked, tmp_path):
    root = exported(typed, tmp_path / "export")
    whole = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file() and path.parent.name != "covenant")
    assert not [word for word in (b"anna", b"officer", b"Toezicht", b"R-2026-9") if word in whole]
    assert asked.references.user("anna").hex().encode() in whole, "the search itself works"


def test_an_existing_folder_is_left_alone_and_nothing_is_logged(typed, asked, tmp_path):
    (tmp_path / "export").mkdir()
    result = typed("audit", "export", str(tmp_path / "export"))
    assert result.exit_code == 2
    assert not [one for one in events(asked) if one["event"] == "export"]


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "entries/../../x", "a/b/c", ".hidden"])
def test_a_piece_for_a_path_outside_the_folder_is_refused(tmp_path, path):
    folder = export.ExportFolder(tmp_path / "export")
    with pytest.raises(IntegrityError):
        folder.add(path, b"x")
    assert list(tmp_path.rglob("*")) == []


def test_any_flipped_bit_in_an_export_is_found(typed, anchored_days, kit, tmp_path):
    root, source = exported(typed, tmp_path / "export"), random.Random()
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.stat().st_size)
    for number in range(5_000 if FULL else 60):
        path = paths[number % len(paths)]
        whole = path.read_bytes()
        bit = source.randrange(len(whole) * 8)
        flip(path, bit)
        assert verify.verify_export(root, None).problems, (path.name, bit)
        path.write_bytes(whole)
    assert verify.verify_export(root, fingerprint(kit.covenant)).holds


def test_a_flipped_bit_is_found_even_when_the_partner_signs_the_manifest_anew(typed, anchored_days, kit, tmp_path):
    root, source = exported(typed, tmp_path / "export"), random.Random()
    names = [name for name in layout.files_under(root) if name != layout.MANIFEST and "covenant" not in name]
    paths = [root / name for name in names if (root / name).stat().st_size]
    manifest = layout.parse_manifest((root / layout.MANIFEST).read_bytes())[0]
    signer, harmless = anchored_days.ownlog.signer, 0
    for number in range(2_000 if FULL else 60):
        path = paths[number % len(paths)]
        whole = path.read_bytes()
        bit = source.randrange(len(whole) * 8)
        flip(path, bit)
        facts = tuple(layout.fact(root, one.path) for one in manifest.files)
        signed = layout.sign_manifest(dataclasses.replace(manifest, files=facts), signer)
        (root / layout.MANIFEST).write_bytes(signed)
        if not verify.verify_export(root).problems:
            assert path.name == anchored.ANCHORS, (path.name, bit)
            harmless += 1
        path.write_bytes(whole)
    assert harmless < number // 2, "day, salt and flag of an anchor only the coordinator's log can contradict"


def test_what_went_after_its_term_is_purged_and_not_broken(typed, anchored_days, clock, kit, tmp_path):
    clock.at += timedelta(days=6 * 366)
    run(anchored_days.ownlog.write(Event.START, {}))
    anchored_days.ownlog.integrate()
    cutoff = clock.at - timedelta(days=5 * 366)
    assert anchored_days.ownlog.purge(milliseconds(cutoff), 5 * 366, 1) > 2
    report = verify.verify_export(exported(typed, tmp_path / "export"), fingerprint(kit.covenant))
    assert report.problems == ()
    assert report.purged[0][0] == 0
    assert "Gewist na de bewaartermijn" in typed("audit", "fsck").output


def test_a_purge_before_the_term_of_the_covenant_is_broken(typed, anchored_days, clock, kit, tmp_path):
    run(anchored_days.ownlog.write(Event.START, {}))
    anchored_days.ownlog.integrate()
    assert anchored_days.ownlog.purge(milliseconds(clock.at - timedelta(days=1)), 1, 1) > 0
    report = verify.verify_export(exported(typed, tmp_path / "export"), fingerprint(kit.covenant))
    assert any("bewaartermijn" in one for one in report.problems)


def take_over(app, monkeypatch, **changes):
    """Let the node take over a version that everybody signed; return it."""
    old = app.covenant()
    new = dataclasses.replace(old, version=old.version + 1, predecessor=fingerprint(old), **changes)
    monkeypatch.setattr(agreement, "complete", lambda *_given: True)

    async def get_covenant(_request):
        return SimpleNamespace(document=canonical(new), signatures=format_signatures([]))

    run(app.agreement._follow(SimpleNamespace(get_covenant=get_covenant), new.version))
    return new


def purged_after(app, clock, months):
    run(app.ownlog.write(Event.START, {}))
    app.ownlog.integrate()
    days = months * 31
    assert app.ownlog.purge(milliseconds(clock.at - timedelta(days=days)), days, app.covenant().version) > 0
    app.ownlog.integrate()


def test_a_purge_of_the_own_log_is_judged_by_the_term_of_its_day(
    typed, anchored_days, clock, kit, tmp_path, monkeypatch
):
    short, longer = (dataclasses.replace(kit.covenant.purpose, retention_months=months) for months in (12, 24))
    take_over(anchored_days, monkeypatch, purpose=short)
    clock.at += timedelta(days=400)
    purged_after(anchored_days, clock, 12)
    third = take_over(anchored_days, monkeypatch, purpose=longer)
    with anchored_days.ownlog.held() as (db, _tree):
        told = [entries.parse(one.body) for one in SqliteEntries(db).entries(0, 1_000) if one.body is not None][-1]
    assert (told.event, told.text("document"), told.text("action")) == (Event.COVENANT, fingerprint(third), "accept")
    assert anchored_days.ownlog.purge(milliseconds(clock.at), 0, 2) == 0, "of a version that was replaced meanwhile"
    assert run(evidence.derive(anchored_days)).problems == ()
    report = verify.verify_export(exported(typed, tmp_path / "export"), fingerprint(third))
    assert (report.problems, report.purged[0][0]) == ((), 0)
    clock.at += timedelta(days=400)
    purged_after(anchored_days, clock, 12)
    (problem,) = run(evidence.derive(anchored_days)).problems
    assert "voor de bewaartermijn" in problem, "control: the same term under the longer version"


def test_the_own_log_of_a_partner_that_left_and_came_back_holds(node, anchored_days, officer, kit, tmp_path):
    gone = without(dataclasses.replace(kit.covenant, version=2, predecessor=fingerprint(kit.covenant)), {ASKER})
    back = dataclasses.replace(kit.covenant, version=3, predecessor=fingerprint(gone))
    connection = connect(anchored_days.store.path)
    for number, one in enumerate((kit.covenant, gone, back)):
        covenants.accept(connection, StoredCovenant(one.version, canonical(one), b"", number))
    connection.close()
    app, folder = node(ASKER), export.ExportFolder(tmp_path / "export")

    async def add(path, data):
        folder.add(path, data)

    run(evidence.export(app, officer, add))
    report = verify.verify_export(folder.root, fingerprint(back))
    assert (report.problems, report.participant) == ((), ASKER)
    assert run(evidence.derive(app)).holds


def test_the_term_of_an_own_log_is_the_shorter_of_covenant_and_catalogue(kit):
    term = load_catalogue().terms["logboek"]
    assert (term.amount, term.unit) == (5, "years")
    purpose = dataclasses.replace(kit.covenant.purpose, retention_months=72)
    longer = dataclasses.replace(kit.covenant, purpose=purpose)
    assert anchors.of_own_log(longer, ASKER).retention_days == 60 * anchors.DAYS_PER_MONTH
    purpose = dataclasses.replace(purpose, retention_months=12)
    shorter = dataclasses.replace(kit.covenant, purpose=purpose)
    assert anchors.of_own_log(shorter, ASKER).retention_days == 12 * anchors.DAYS_PER_MONTH


def test_a_log_that_the_covenant_does_not_name_has_no_anchor_of_trust(kit):
    assert anchors.owner_of(kit.covenant, kit.covenant.coordinator.log_origin) == ""
    assert anchors.owner_of(kit.covenant, kit.covenant.own_log_origin(ASKER)) == ASKER
    with pytest.raises(IntegrityError):
        anchors.owner_of(kit.covenant, f"{kit.covenant.trust_domain}/stranger")


# --- the check of what is stored -------------------------------------------------------------------------------------


def test_an_untouched_log_holds_and_the_check_is_logged(typed, anchored_days, officer):
    for _time in range(3):
        result = typed("audit", "fsck")
        assert (result.exit_code, result.output.startswith("Het logboek klopt")) == (0, True), result.output
    views = [one for one in events(anchored_days) if one.get("filters") == ["fsck"]]
    assert [one["user"] for one in views] == [anchored_days.references.user(officer.name).hex()] * 3
    assert json.loads(typed("audit", "fsck", "--json").output)["problems"] == []


CHANGES = {
    "an entry removed": "DELETE FROM log_entry WHERE seq = 1",
    "a body changed": "UPDATE log_entry SET body = CAST(replace(CAST(body AS TEXT), '\"n\":1,', '\"n\":7,') AS BLOB)",
    "a leaf changed": "UPDATE log_entry SET leaf = zeroblob(32) WHERE seq = 0",
    "a body gone without a purge": "UPDATE log_entry SET body = NULL WHERE seq = 0",
}


@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_the_database_is_found(typed, anchored_days, sql):
    anchored_days.ownlog.integrate()
    rows(anchored_days, sql)
    result = typed("audit", "fsck")
    assert result.exit_code == 1
    assert "STUK" in result.output


def test_random_bit_flips_in_the_database_are_found(typed, anchored_days):
    anchored_days.ownlog.integrate()
    source, connection = random.Random(), connect(anchored_days.store.path)
    rows(anchored_days, "SELECT 1")
    count = ownlog.entry_count(connection)
    for _number in range(1_000 if FULL else 30):
        seq, column = source.randrange(count), source.choice(("body", "leaf"))
        read = f"SELECT {column} FROM log_entry WHERE seq = ?"  # noqa: S608  # names of this file
        write = f"UPDATE log_entry SET {column} = ? WHERE seq = ?"  # noqa: S608  # names of this file
        (whole,) = connection.execute(read, (seq,)).fetchone()
        data = bytearray(whole)
        place = source.randrange(len(data) * 8)
        data[place // 8] ^= 1 << place % 8
        connection.execute(write, (bytes(data), seq))
        with anchored_days.ownlog.held() as (db, stored):
            trusted = anchors.of_own_log(anchored_days.covenant(), ASKER)
            assert fsck(SqliteEntries(db), stored, trusted).problems, (seq, column, place)
        connection.execute(write, (whole, seq))
    connection.close()
    assert typed("audit", "fsck").exit_code == 0


def test_a_node_sees_what_is_there_when_it_opens_the_log_and_nothing_later(anchored_days, clock):
    anchored_days.ownlog.integrate()
    with anchored_days.ownlog.held() as (db, stored):
        before = ownlog.entry_count(db), stored.head()
        run(anchored_days.ownlog.write(Event.START, {}))
        anchored_days.ownlog.integrate()
        anchored_days.ownlog.purge(milliseconds(clock.at - timedelta(days=1)), 1, 1)
        assert (ownlog.entry_count(db), stored.head()) == before
        assert db.execute("SELECT count(*) FROM log_entry WHERE body IS NULL").fetchone() == (0,)
    with anchored_days.ownlog.held() as (db, stored):
        assert ownlog.entry_count(db) == before[0] + 2, "the entry and the purge"
        assert db.execute("SELECT count(*) FROM log_entry WHERE body IS NULL").fetchone() > (0,)


def test_every_night_the_whole_log_is_checked_and_what_is_wrong_is_said_until_it_is_not(anchored_days, clock):
    (job,) = [one for one in periodic.jobs(anchored_days) if one.name == "fsck"]
    anchored_days.ownlog.integrate()
    rows(anchored_days, CHANGES["a leaf changed"])
    run(job.run())
    assert "alarm" not in [one["event"] for one in events(anchored_days)], "not on the day of the start"
    clock.at += timedelta(days=1)
    for _time in range(2):
        with pytest.raises(IntegrityError, match="regel 0"):
            run(job.run())
    alarms = [one for one in events(anchored_days) if one["event"] == "alarm"]
    assert [one["reason"] for one in alarms] == ["own-log"]
    rows(anchored_days, mended(anchored_days))
    clock.at += timedelta(days=1)
    run(job.run())


def mended(app: App) -> str:
    """Return the change that puts the right leaf hash back."""
    body = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry WHERE seq = 0").fetchone()[0])
    return f"UPDATE log_entry SET leaf = x'{tree.leaf_hash(body).hex()}' WHERE seq = 0"  # noqa: S608  # a hash


# --- anchors ---------------------------------------------------------------------------------------------------------


def coordinator_export(kit, coordinator, root: Path, *, leave_out: int = 0, purge: int = 0) -> Path:
    """Write an export of a coordinator's log that holds what the nodes anchored, each on its day."""
    signer = NoteSigner(kit.covenant.coordinator.log_origin, kit.audit)
    moment = SimpleNamespace(now=lambda: from_milliseconds(moment.ms), ms=0)
    stored, grown, stamper = MemoryEntries(), MemoryTree(log.empty_checkpoint(signer).format()), Stamper(moment)

    def body(event, **public):
        always = {"origin": signer.name, "software": "samenloop-coordinator/test", **stamper.stamp()}
        return entries.build(event, {**always, **public}, (), entries.new_salt())

    for statement in coordinator.declared[leave_out:]:
        moment.ms = statement.sent_ms
        stored.append(body(Event.NODE_ANCHOR, actor=statement.author, anchor=statement.act.digest.hex()))

    def cosign():
        head = log.integrate(stored, grown, signer)
        for name in sorted(trusted.witnesses)[: trusted.quorum]:
            line = checkpoints.cosign(head, NoteSigner(name, kit.raw[name]), moment.ms // 1000).line()
            log.accept_cosignature(grown, line, head.size, signer, trusted.witnesses, moment.ms)

    trusted = anchors.from_covenant(kit.covenant)
    if purge:
        cosign()
        moment.ms += 6 * 366 * 86_400_000
        stored.purge(body(Event.PURGE, first=0, last=purge - 1, term_days=5 * 366), len(stored.stored))
    cosign()
    export.write_export(root, (stored, grown), signer, [canonical(kit.covenant)], moment.ms)
    return root


def verified(kit, own: Path, other: Path) -> verify.Report:
    return verify.verify_anchored(own, other, fingerprint(kit.covenant))


def test_the_anchors_of_an_own_log_stand_in_the_coordinators_log(typed, anchored_days, kit, coordinator, tmp_path):
    own = exported(typed, tmp_path / "own")
    other = coordinator_export(kit, coordinator, tmp_path / "other")
    report = verified(kit, own, other)
    assert (report.problems, report.warnings, report.origin_checked) == ((), (), True)
    line = ["audit", "verify", str(own), "--covenant", fingerprint(kit.covenant), "--anchored-in", str(other)]
    shown = CliRunner().invoke(audit_app, line)
    assert shown.exit_code == 0
    assert "anchored-in" not in shown.output


def rewritten(app: App, *, forget_anchors: bool) -> None:
    """Write the own log anew, as a partner can who holds its key: change an entry, build and sign another tree."""
    app.ownlog.integrate()
    rows(app, "UPDATE log_entry SET body = CAST(replace(CAST(body AS TEXT), '\"count\":0', '\"count\":9') AS BLOB)")
    connection = connect(app.store.path)
    for seq, body in connection.execute("SELECT seq, body FROM log_entry").fetchall():
        connection.execute("UPDATE log_entry SET leaf = ? WHERE seq = ?", (tree.leaf_hash(body), seq))
    if forget_anchors:
        connection.execute("DELETE FROM anchor")
    connection.close()
    path = app.config.state / "ownlog.tree"
    path.unlink()
    create_tree_file(path, log.empty_checkpoint(app.ownlog.signer).format())


def test_a_log_that_its_owner_wrote_anew_is_contradicted_by_its_anchors(typed, anchored_days, kit, tmp_path):
    rewritten(anchored_days, forget_anchors=False)
    report = verify.verify_export(exported(typed, tmp_path / "own"), fingerprint(kit.covenant))
    assert any("andere hash" in one for one in report.problems)
    assert "anker" in typed("audit", "fsck").output


def test_an_owner_who_also_forgets_his_anchors_is_found_beside_the_coordinators_log(
    typed, anchored_days, kit, coordinator, tmp_path
):
    rewritten(anchored_days, forget_anchors=True)
    own = exported(typed, tmp_path / "own")
    assert verify.verify_export(own, fingerprint(kit.covenant)).holds, "by itself the rewritten log holds"
    report = verified(kit, own, coordinator_export(kit, coordinator, tmp_path / "other"))
    assert len([one for one in report.problems if "niet in deze export" in one]) == 3
    assert not report.origin_checked


def test_an_anchor_that_never_reached_the_coordinator_is_missed(typed, anchored_days, kit, coordinator, tmp_path):
    own = exported(typed, tmp_path / "own")
    report = verified(kit, own, coordinator_export(kit, coordinator, tmp_path / "other", leave_out=1))
    assert len(report.problems) == 1
    assert "niet in het logboek van de coördinator" in report.problems[0]


def test_an_anchor_without_a_receipt_need_not_be_there_but_may_be(typed, anchored_days, kit, coordinator, tmp_path):
    rows(anchored_days, "UPDATE anchor SET sent = 0")
    own = exported(typed, tmp_path / "own")
    assert verified(kit, own, coordinator_export(kit, coordinator, tmp_path / "all")).holds
    assert verified(kit, own, coordinator_export(kit, coordinator, tmp_path / "two", leave_out=1)).holds


def test_what_the_coordinator_purged_is_not_missed(typed, anchored_days, kit, coordinator, tmp_path):
    own = exported(typed, tmp_path / "own")
    assert verified(kit, own, coordinator_export(kit, coordinator, tmp_path / "other", purge=2)).problems == ()


def test_anchors_of_after_the_export_are_mentioned(typed, anchored_days, kit, coordinator, tmp_path, clock):
    own = exported(typed, tmp_path / "own")
    clock.at += timedelta(days=1)
    run(periodic.anchor(anchored_days))
    report = verified(kit, own, coordinator_export(kit, coordinator, tmp_path / "other"))
    assert report.holds
    assert any("van na deze export" in one for one in report.warnings)


def test_two_exports_that_do_not_belong_together_are_refused(typed, anchored_days, kit, coordinator, tmp_path):
    own = exported(typed, tmp_path / "own")
    other = coordinator_export(kit, coordinator, tmp_path / "other")
    assert verified(kit, other, own).problems
    assert verified(kit, own, own).problems
    flip(other / layout.CHECKPOINT, 5)
    report = verified(kit, own, other)
    assert report.problems[0].startswith("logboek van de coördinator")
    assert not report.origin_checked


@pytest.mark.parametrize(
    "line",
    [
        b"{}\n",
        b'{"day":"2027-01-01","note":"x","salt":"!!","sent":true}\n',
        b'{"day":"2027-01-01","note":"x","salt":"eA==","sent":1}\n',
        b'{"day":"2027-01-01", "note":"x","salt":"eA==","sent":true}\n',
        b"nothing\n",
    ],
)
def test_a_line_of_another_form_is_no_anchor(line):
    with pytest.raises(IntegrityError):
        anchored.parse_line(line)


def test_an_anchor_survives_its_line_and_days_stand_in_order(tmp_path):
    first = anchored.DailyAnchor("2027-01-01", b"s" * 32, b"note\n", sent=False)
    assert anchored.parse_line(first.line()) == first
    later = dataclasses.replace(first, day="2027-01-02", sent=True)
    (tmp_path / anchored.ANCHORS).write_bytes(first.line() + later.line())
    assert anchored.read(tmp_path) == (first, later)
    for wrong in (later.line() + first.line(), first.line() * 2):
        (tmp_path / anchored.ANCHORS).write_bytes(wrong)
        with pytest.raises(IntegrityError):
            anchored.read(tmp_path)


# --- another signing key ---------------------------------------------------------------------------------------------


def test_after_a_new_signing_key_the_own_log_goes_on_and_the_export_holds(anchored_days, officer, node, kit, tmp_path):
    anchored_days.ownlog.integrate()
    key = anchored_days.config.keys.signing
    key.unlink()
    new = SigningKey.generate(key)
    with pytest.raises(IntegrityError):
        node(ASKER)  # the covenant does not name this key yet
    people = tuple(
        dataclasses.replace(one, signing_key=new.public.hex) if one.id == ASKER else one
        for one in kit.covenant.participants
    )
    second = dataclasses.replace(kit.covenant, version=2, predecessor=fingerprint(kit.covenant), participants=people)
    connection = connect(anchored_days.store.path)
    for number, one in enumerate((kit.covenant, second)):
        covenants.accept(connection, StoredCovenant(one.version, canonical(one), b"", number))
    connection.close()
    for _start in range(2):
        app = node(ASKER)
        folder = export.ExportFolder(tmp_path / f"export-{_start}")

        async def add(path, data, folder=folder):
            folder.add(path, data)

        run(evidence.export(app, officer, add))
        report = verify.verify_export(folder.root, fingerprint(second))
        assert (report.problems, report.origin_checked) == ((), True)
        assert run(evidence.derive(app)).holds


# --- who may, and how it travels -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER], ids=lambda one: one.value)
@pytest.mark.parametrize("action", ["export", "fsck"])
def test_only_the_privacy_officer_may(typed, asked, user_of, tmp_path, role, action):
    words = ("audit", action, *([str(tmp_path / "export")] if action == "export" else []))
    before = len(events(asked))
    assert typed(*words, user=user_of("x", role)).exit_code == 4
    (denied,) = events(asked)[before:]
    assert (denied["event"], denied["action"], denied["rule"]) == ("refuse", "audit", "R-10")
    assert denied["user"] == asked.references.user("x").hex()
    assert not (tmp_path / "export").exists()


def test_an_unknown_action_is_refused(asked, officer):
    with pytest.raises(SamenloopError):
        run(COMMANDS["audit"].run(asked, officer, {"action": "shred"}, None))


def test_the_node_waits_for_a_caller_who_reads_slowly(asked, officer, tmp_path, monkeypatch):
    """What was not read yet must not pile up in the node's memory."""
    monkeypatch.setattr(socket_server, "caller", lambda *_given: officer)
    sent, piece = [], base64.b64encode(b"x" * (256 << 10)).decode()

    def table(waits):
        async def pour(_app, _user, _request, emit):
            for number in range(200):
                emit({"data": piece})
                if waits:
                    await emit.taken()
                sent.append(number)
            return {}

        return {"pour": Command(pour, frozenset({Role.PRIVACY_OFFICER}))}

    async def main(waits):
        sent.clear()
        listening = await socket_server.serve(asked, tmp_path / "socket", table(waits))
        _reading, writing = await asyncio.open_unix_connection(tmp_path / "socket")
        writing.write(b'{"command":"pour","arguments":{}}\n')
        await asyncio.sleep(0.3)
        waiting = len(sent)
        writing.close()
        await listening.finish()
        listening.close()
        return waiting

    assert run(main(waits=True)) < 20
    monkeypatch.setattr(socket_server, "_TAKE_SECONDS", 0.05)
    assert run(main(waits=True)) < 20
    assert len(sent) < 20, "who takes nothing is let go"
    monkeypatch.undo()
    monkeypatch.setattr(socket_server, "caller", lambda *_given: officer)
    assert run(main(waits=False)) == 200, "control: a command that does not wait"
    assert len(sent) == 200


def years_later(app: App, clock) -> int:
    """Let six years go by, with an anchor and an entry on each of two days; return how many entries were there before
    them.
    """
    count = app.store.read_now(ownlog.entry_count)
    clock.at += timedelta(days=6 * 366)
    for _day in range(2):
        run(periodic.anchor(app))
        run(app.ownlog.write(Event.LOG_VIEW, {"filters": [], "count": 0, "actor": ASKER}))
        clock.at += timedelta(days=1)
    app.ownlog.integrate()
    return count


def test_an_own_purge_after_its_term_is_proven_by_the_anchors(typed, anchored_days, kit, coordinator, tmp_path, clock):
    old = years_later(anchored_days, clock)
    assert 0 < anchored_days.ownlog.purge(milliseconds(clock.at - timedelta(days=5 * 366)), 5 * 366, 1) <= old
    own = exported(typed, tmp_path / "own")
    held = coordinator_export(kit, coordinator, tmp_path / "other")
    report = verified(kit, own, held)
    assert (report.problems, report.warnings, len(report.purged)) == ((), (), 1)
    asked_at = set()
    problems, warnings = anchored.hold_against(own, ASKER, held, lambda seq: asked_at.add(seq) or 7 * 366)
    assert (len(problems), warnings, len(asked_at)) == (1, (), 1), "control: a longer term at the purge's own place"
    other = coordinator_export(kit, coordinator, tmp_path / "purged", purge=2)
    assert verified(kit, own, other).problems == ()


def test_an_own_purge_behind_an_entry_dated_back_contradicts_the_anchors(
    typed, anchored_days, kit, coordinator, tmp_path, clock
):
    """By itself the own log holds: only what the coordinator's log has of it shows how young those entries were."""
    years_later(anchored_days, clock)
    there, now = anchored_days.ownlog, clock.at
    clock.at, there._stamper = now - timedelta(days=5 * 366), Stamper(clock)
    run(there.write(Event.START, {}))
    clock.at = now
    size = there.integrate().size
    public = {"first": 0, "last": size - 2, "term_days": 5 * 366}
    anchored_days.store.write_now(lambda db: purge(db, there._body(db, Event.PURGE, public), size))
    own = exported(typed, tmp_path / "own")
    assert verify.verify_export(own, fingerprint(kit.covenant)).problems == ()
    report = verified(kit, own, coordinator_export(kit, coordinator, tmp_path / "other"))
    (problem,) = report.problems
    assert "waren zij er nog niet" in problem
    assert not report.origin_checked
    assert report.purged == ()
