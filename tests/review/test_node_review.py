"""The privacy officer at a node: own log with names and motives, samples, patterns, reports, breach aid, protocol."""

import asyncio
import base64
import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from samenloop.audit.fields import Event
from samenloop.audit.witness import Reason, Standing
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop_node import declaring, mailbox, witness
from samenloop_node.accounts import Role
from samenloop_node.cli import app as program
from samenloop_node.commands import COMMANDS, inbox
from samenloop_node.commands import ask as ask_command
from samenloop_node.commands import breach as breach_command
from samenloop_node.commands import log as log_command
from samenloop_node.commands import protocol as protocol_command
from samenloop_node.commands import report as report_command
from samenloop_node.commands import review as review_command
from samenloop_node.commands import status as status_command
from samenloop_node.process import keep_text
from samenloop_node.retention import purging
from samenloop_node.review import sampling
from samenloop_node.store import inbox as stored
from samenloop_node.store import outcomes, past, registrations
from samenloop_node.store.registrations import Decision, Settled
from tests.node.questions.conftest import (  # noqa: F401 - fixtures
    _clock,
    _consortium,
    _coordinator,
    _kit,
    _node,
    _user_of,
)
from tests.node.questions.test_asking import PERSON, QUESTION
from tests.node.questions.test_releases import FACTS, PART, decide, filled_in, register

ASKER, HOLDER = "reclassering-midden", "politie-midden"


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture(name="officer")
def _officer(user_of):
    return user_of("f.officer", Role.PRIVACY_OFFICER)


@pytest.fixture(name="asked")
def _asked(node, coordinator):
    """A probation node that asked one question in one case, with a motive."""
    app = node(ASKER)
    coordinator.known = {"zvh-midden"}
    question = {**QUESTION, "motive": "Toezicht loopt vast"}
    run(ask_command.run(app, app.authorisations.named("anna"), {"question": question, "person": PERSON}, None))
    return app


@pytest.fixture(name="holder")
def _holder(node, kit, coordinator, user_of):
    """A police node that released one of two hidden hits."""
    app = node(HOLDER)
    register(app)
    kit.part_changes = PART
    coordinator.post(HOLDER, kit.hit(HOLDER))
    run(mailbox.poll(app))
    bakker = user_of("p.bakker", Role.DECISION_MAKER)
    (hit,) = run(inbox.run(app, bakker, {}, None))["hits"]
    decide(app, bakker, "release", filled_in(app, bakker, hit))
    return app


def search(app, who, /, **request):
    return run(log_command.run(app, who, request, None))["entries"]


def review(app, user, **request):
    return run(review_command.run(app, user, request, None))


def texts(files, ending):
    return "\n".join(base64.b64decode(one).decode() for name, one in files.items() if name.endswith(ending))


def events(app):
    app.ownlog.integrate()
    rows = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry ORDER BY seq").fetchall())
    return [json.loads(row[0])["public"] for row in rows]


# --- the own log -----------------------------------------------------------------------------------------------------


def test_the_officer_sees_names_case_numbers_and_motives(asked, officer):
    found = search(asked, officer, user="anna", event="case", case="R-2026-9")
    question = next(one for one in found if one["action"] == "question")
    assert (question["user"], question["case"]) == ("anna", "R-2026-9")
    assert question["motive"] == "Toezicht loopt vast"


def test_the_log_itself_holds_neither_name_nor_motive(asked, officer):
    search(asked, officer)
    written = json.dumps(events(asked))
    assert "anna" not in written
    assert "Toezicht" not in written
    assert "R-2026-9" not in written


def test_a_motive_that_was_changed_in_the_database_is_said_to_be(asked, officer):
    asked.store.write_now(lambda db: db.execute("UPDATE note SET sealed = zeroblob(60)"))
    found = search(asked, officer, event="case", case="R-2026-9")
    question = next(one for one in found if one["action"] == "question")
    assert question["motive"] == "De versleutelde tekst bij deze regel is veranderd."


@pytest.mark.parametrize(
    ("event", "least"),
    [
        (Event.CASE, {"case": "ab" * 16, "action": "assess"}),
        (Event.CONSENT, {"action": "give"}),
        (Event.NOTICE, {"action": "defer"}),
        (Event.RIGHTS, {"action": "answer"}),
        (Event.PROTOCOL, {"receiver": "ggz-midden"}),
        (Event.WITHHOLD, {"question": "ab" * 16}),
    ],
    ids=lambda one: getattr(one, "value", ""),
)
def test_a_text_opens_from_its_entry_alone_and_anybody_can_check_the_opening(asked, officer, event, least):
    def work(db):
        asked.ownlog.append(db, event, {**least, **keep_text(asked, db, "Verzocht door de moeder")})

    asked.store.write_now(work)
    (found,) = [one for one in search(asked, officer, event=event.value) if one["motive"] == "Verzocht door de moeder"]
    salt, text = bytes.fromhex(found["opening"]["salt"]), found["opening"]["text"].encode()
    assert hashlib.sha256(salt + text).hexdigest() == found["document"]
    assert len(salt) == 32


def test_every_look_is_an_entry_before_anything_is_shown(asked, officer):
    search(asked, officer, user="anna")
    (view,) = [one for one in events(asked) if one["event"] == "log_view"]
    assert view["filters"] == ["user"]
    assert view["user"] == asked.references.user("f.officer").hex()
    shown = search(asked, officer, event="log_view")
    assert [one["user"] for one in shown] == [asked.references.user("f.officer").hex()]


LOOKS = {
    "log": (log_command, {}),
    "list": (review_command, {"action": "list"}),
    "check": (review_command, {"action": "check"}),
    "patterns": (review_command, {"action": "patterns"}),
    "leakage": (review_command, {"action": "leakage", "period": "2027-01"}),
    "council": (report_command, {"kind": "council"}),
    "register": (report_command, {"kind": "register"}),
    "protocol": (protocol_command, {"period": "2027-01"}),
    "breach": (
        breach_command,
        {"kind": "node-stolen", "since": "2027-01-15T00:00+00:00", "discovered": "2027-01-15T01:00+00:00"},
    ),
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_kind_of_look_is_an_entry(asked, officer, look):
    def views():
        return [one for one in events(asked) if one["event"] in ("log_view", "export")]

    before = len(views())
    command, request = LOOKS[look]
    run(command.run(asked, officer, request, None))
    assert len(views()) == before + 1
    assert views()[-1]["user"] == asked.references.user("f.officer").hex()


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"answer": "known"}, ["answer"]),
        ({"holder": "politie-midden", "answer": "no_message"}, ["answer"]),
        ({"holder": "ggz-midden"}, []),
        ({"purpose": "toezicht", "event": "case"}, ["case"]),
        ({"user": "nobody"}, []),
        ({"case": "R-2026-10"}, []),
        ({"until_ms": 1}, []),
        ({"event": "answer", "limit": 1}, ["answer"]),
    ],
    ids=str,
)
def test_a_search_finds_what_fits_its_filters(asked, officer, filters, found):
    assert [one["event"] for one in search(asked, officer, **filters)] == found


@pytest.mark.parametrize(
    "request_", [{"event": "gossip"}, {"answer": "hidden"}, {"limit": 0}, {"limit": 5000}], ids=str
)
def test_a_search_that_cannot_be_is_refused(asked, officer, request_):
    with pytest.raises(InvalidInput):
        search(asked, officer, **request_)


@pytest.mark.parametrize("command", ["log", "review", "report", "protocol", "breach"])
def test_only_the_privacy_officer_reviews(command):
    assert COMMANDS[command].roles == frozenset({Role.PRIVACY_OFFICER})


# --- samples ---------------------------------------------------------------------------------------------------------


def _draw_comes_due(asked, clock):
    """Promise a seed, ask, and let more than a week pass."""
    run(witness.round_as_witness(asked))
    run(sampling.draw_due(asked))
    run(ask_command.run(asked, asked.authorisations.named("anna"), {"question": QUESTION, "person": PERSON}, None))
    run(witness.round_as_witness(asked))
    clock.at += timedelta(days=8)
    asked.ownlog.integrate()


@pytest.fixture(name="drawn")
def _drawn(asked, coordinator, clock):
    """The same node after its first draw."""
    _draw_comes_due(asked, clock)
    assert run(sampling.draw_due(asked)) > 0
    return asked


def test_the_daemon_promises_then_draws_and_the_officer_signs_off(drawn, officer):
    waiting = review(drawn, officer, action="list")["entries"]
    assert {one["event"] for one in waiting} <= {"case", "log_view"}
    places = [one["entry"] for one in waiting]
    review(drawn, officer, action="sign-off", entries=places[:1])
    review(drawn, officer, action="escalate", entries=places[1:2], reason="wrong-purpose")
    left = review(drawn, officer, action="list")["entries"]
    assert [one["entry"] for one in left] == places[2:]
    kinds = [one["event"] for one in events(drawn)]
    assert kinds.count("sign_off") == kinds.count("escalate") == 1


def test_the_draw_was_fair_and_anybody_can_draw_it_again(drawn, officer):
    assert review(drawn, officer, action="check") == {"draws": 1, "unfair": []}


def test_one_promise_serves_one_draw_when_the_officer_draws_beside_the_daemon(asked, officer, clock, monkeypatch):
    _draw_comes_due(asked, clock)

    real, read = sampling._step, []

    def step(app, extra):
        read.append(read[0] if read else real(app, extra))
        return read[0]

    monkeypatch.setattr(sampling, "_step", step)
    assert run(sampling.draw_due(asked)) > 0
    assert run(sampling.draw_due(asked, extra=True)) == 0, "what both had read is drawn once"
    assert len(read) == 2
    asked.ownlog.integrate()
    assert review(asked, officer, action="check") == {"draws": 1, "unfair": []}


def test_a_draw_needs_a_root_of_the_coordinators_log_from_after_the_promise(asked, coordinator, clock):
    run(witness.round_as_witness(asked))
    run(sampling.draw_due(asked))
    clock.at += timedelta(days=8)
    assert run(sampling.draw_due(asked)) == 0


def test_the_officers_own_look_is_judged_by_somebody_else(drawn, officer, user_of, clock, coordinator):
    for _number in range(3):
        search(drawn, officer)
    run(witness.round_as_witness(drawn))
    run(ask_command.run(drawn, drawn.authorisations.named("anna"), {"question": QUESTION, "person": PERSON}, None))
    run(witness.round_as_witness(drawn))
    assert review(drawn, officer, action="draw")["drawn"] > 0
    mine = drawn.references.user("f.officer").hex()
    own = [one["entry"] for one in review(drawn, officer, action="list")["entries"] if one["user"] == mine]
    assert own
    with pytest.raises(Refused):
        review(drawn, officer, action="sign-off", entries=own)
    colleague = user_of("g.colleague", Role.PRIVACY_OFFICER)
    assert review(drawn, colleague, action="sign-off", entries=own)["entries"] == own


def test_status_tells_the_officer_what_is_late_and_nobody_else(drawn, officer, user_of, clock, monkeypatch):
    monkeypatch.setattr(status_command, "_certificate", lambda _app: [])

    def messages(user):
        return run(status_command.run(drawn, user, {}, None))["messages"]

    worker = user_of("w", Role.CASE_WORKER)
    assert messages(officer) == messages(worker)
    clock.at += timedelta(days=15)
    late = [text for text in messages(officer) if text not in messages(worker)]
    assert any("te laat beoordeeld" in text for text in late)
    assert not any("te laat beoordeeld" in text for text in messages(worker))


def test_status_tells_everybody_what_is_wrong_with_the_log_for_as_long_as_it_is(drawn, user_of, clock, monkeypatch):
    monkeypatch.setattr(status_command, "_certificate", lambda _app: [])
    for reason in (Reason.ALONE, Reason.SMALLER):
        standing = Standing((), (reason,)) if reason is Reason.ALONE else Standing((reason,), ())
        monkeypatch.setattr(witness, "judge_of", lambda _app, standing=standing: lambda _db: standing)
        for _time in range(2):
            clock.at += timedelta(days=1)
            shown = run(status_command.run(drawn, user_of("w", Role.CASE_WORKER), {}, None))["messages"]
            assert reason.text in shown


# --- patterns and leakage --------------------------------------------------------------------------------------------


def test_patterns_name_the_user_and_leakage_what_was_shown(asked, officer, clock):
    for _again in range(2):
        clock.at += timedelta(minutes=20)
        run(ask_command.run(asked, asked.authorisations.named("anna"), {"question": QUESTION, "person": PERSON}, None))
    found = review(asked, officer, action="patterns")["findings"]
    assert {(one["pattern"], one["user"]) for one in found} >= {("variants", "anna")}
    month = f"{clock.at:%Y-%m}"
    pairs = {one["holder"]: one for one in review(asked, officer, action="leakage", period=month)["pairs"]}
    assert (pairs["politie-midden"]["questions"], pairs["politie-midden"]["learned"]) == (3, 0)
    assert (pairs["zvh-midden"]["shown"], pairs["zvh-midden"]["learned"]) == (1, 1)


# --- reports ---------------------------------------------------------------------------------------------------------


def test_the_accountability_report_waits_until_its_period_is_over(asked, officer, clock):
    month = f"{clock.at:%Y-%m}"
    with pytest.raises(InvalidInput):
        run(report_command.run(asked, officer, {"kind": "accountability", "period": month}, None))
    clock.at += timedelta(days=31)
    files = run(report_command.run(asked, officer, {"kind": "accountability", "period": month}, None))["files"]
    assert sorted(name.rpartition(".")[2] for name in files) == ["csv", "html", "pdf"]
    page = texts(files, ".html")
    assert "minder dan 10" in page
    assert "anna" not in page
    assert "R-2026-9" not in page
    assert [one["filters"] for one in events(asked) if one["event"] == "export"] == [["report", "accountability"]]


def test_an_askers_report_is_the_same_whether_a_hit_was_hidden_or_there_was_none(
    node, kit, coordinator, officer, clock
):
    """The asker's node cannot know; the test holds that nothing of the holder's own knowledge slipped in."""
    app = node(ASKER)
    run(ask_command.run(app, app.authorisations.named("anna"), {"question": QUESTION, "person": PERSON}, None))
    clock.at += timedelta(days=62)
    month = f"{clock.at - timedelta(days=62):%Y-%m}"
    files = run(report_command.run(app, officer, {"kind": "accountability", "period": month}, None))["files"]
    text = texts(files, ".csv")
    assert "verborgen" not in text.lower().replace("reactie op verborgen treffers", "")


def test_a_holders_report_tells_its_own_response_to_hidden_hits_without_small_numbers(holder, officer, clock):
    month = f"{clock.at:%Y-%m}"
    clock.at += timedelta(days=31)
    files = run(report_command.run(holder, officer, {"kind": "accountability", "period": month}, None))["files"]
    rows = list(csv.reader(io.StringIO(texts(files, ".csv").lstrip("\ufeff")), delimiter=";"))
    released = [row for row in rows if row[:2] == ["Reactie op verborgen treffers", "Vrijgegeven"]]
    assert released == [["Reactie op verborgen treffers", "Vrijgegeven", "Aantal", "minder dan 10"]]


def holders_rows(app, who, period):
    files = run(report_command.run(app, who, {"kind": "accountability", "period": period}, None))["files"]
    rows = list(csv.reader(io.StringIO(texts(files, ".csv").lstrip("\ufeff")), delimiter=";"))
    return {row[1]: row[3] for row in rows if row[0] == "Reactie op verborgen treffers"}


@pytest.mark.parametrize("looked", [True, False], ids=["reported", "counted-by-the-nightly-round"])
def test_an_ended_month_tells_the_same_of_hits_after_they_were_decided_lapsed_or_went(holder, officer, clock, looked):
    (base,) = holder.store.read_now(stored.list_hits)
    ids = [bytes([50 + number]) * 16 for number in range(24)]

    def come(db):
        registrations.unsettle(db, [("politie", identity.hex(), identity) for identity in ids], base.received_ms)
        for identity in ids:
            hit = replace(base, question_id=identity, state="hidden", registrations=(identity,), decided_ms=0)
            stored.add_hit(db, hit)

    holder.store.write_now(come)
    holder.store.write_now(lambda db: registrations.withdrawn(db, ids[:1], milliseconds(clock.at)))
    run(purging.purge(holder))
    month = f"{clock.at:%Y-%m}"
    clock.at += timedelta(days=31)
    if looked:
        assert holders_rows(holder, officer, month)["Nog niet besloten"] == "20"
    run(purging.purge(holder))

    def later(db):
        registrations.withdrawn(db, ids[1:8], milliseconds(clock.at))
        stored.decide_hit(db, ids[8], "withheld", "p.bakker", milliseconds(clock.at))
        for identity in ids[9:20]:
            stored.lapse_hit(db, identity)

    holder.store.write_now(later)
    run(purging.purge(holder))
    rows = holders_rows(holder, officer, month)
    assert (rows["Nog niet besloten"], rows["Vervallen"], rows["Samen"]) == ("20", "minder dan 10", "20")
    clock.at += timedelta(days=5 * 366)
    run(purging.purge(holder))
    assert holder.store.read_now(lambda db: outcomes.of_months(db, [month])) == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("council", ["Politie Midden", "Korpschef van politie", "Effectbeoordeling", "Protocol artikel 9"]),
        ("register", ["Verwerkingsregister nr. 301 (demo)", "60 maanden", "Demo-beheerder"]),
    ],
)
def test_the_council_page_and_the_register_of_processing_say_what_the_covenant_says(asked, officer, kind, expected):
    page = texts(run(report_command.run(asked, officer, {"kind": kind}, None))["files"], ".html")
    assert [text for text in expected if text not in page] == []
    assert "anna" not in page


def test_the_protocol_extract_has_receiver_ground_decision_and_who_decided(holder, officer, clock):
    files = run(protocol_command.run(holder, officer, {"period": f"{clock.at:%Y-%m}"}, None))["files"]
    page = texts(files, ".html")
    for text in (ASKER, "wpg20", "politie/demo-pol-24", "Besluit 2026-01 (demo)", "Nodig voor het toezicht"):
        assert text in page


@pytest.fixture(name="decided")
def _decided(node, kit, coordinator):
    """A police node with a hit that a decision beforehand from its export showed at once."""
    app = node(HOLDER)
    register(app)
    reference, decider = app.references.decision("besluit-2026-7"), app.references.user("p.bakker")
    decision = Decision(b"1" * 16, ASKER, reference, decider, "2026-12-01", "2027-12-01")
    settle_again(app, b"1" * 16, "2026-1", at_ms=2, decisions=(decision,))
    app.store.write_now(lambda db: past.name_decision(db, reference, "besluit-2026-7", "p.bakker"))
    kit.part_changes = PART
    coordinator.post(HOLDER, kit.hit(HOLDER, shown=True))
    run(mailbox.poll(app))
    return app


def protocol_rows(app, who, clock):
    files = run(protocol_command.run(app, who, {"period": f"{clock.at:%Y-%m}"}, None))["files"]
    cells = list(csv.reader(io.StringIO(texts(files, ".csv").lstrip("\ufeff")), delimiter=";"))[1:]
    return {column: value for _section, _number, column, value in cells}


def test_the_protocol_names_the_decision_beforehand_that_showed_a_hit_and_who_took_it(decided, officer, clock):
    row = protocol_rows(decided, officer, clock)
    assert (row["besluit"], row["door"]) == ("besluit-2026-7", "p.bakker")
    assert row["soort"] == "meteen getoond door een besluit vooraf (shown-beforehand)"


def test_the_protocol_still_does_so_after_the_decision_ended_and_the_record_went(decided, officer, clock):
    at_ms = milliseconds(clock.at) + 60_000
    settle_again(decided, b"1" * 16, "2026-1", at_ms=at_ms)
    decided.store.write_now(lambda db: registrations.withdrawn(db, [b"1" * 16], at_ms))
    run(purging.purge(decided))
    row = protocol_rows(decided, officer, clock)
    assert (row["besluit"], row["door"], row["registratie"]) == ("besluit-2026-7", "p.bakker", "politie/demo-pol-24")


def test_the_protocol_names_no_decision_that_came_after_the_question(decided, officer, clock):
    decided.store.write_now(lambda db: db.execute("UPDATE decision_past SET since_ms = ?", (1 << 50,)).rowcount)
    row = protocol_rows(decided, officer, clock)
    assert (row["besluit"], row["door"], row["soort"]) == ("-", "-", "meteen getoond (shown)")


def test_each_row_of_the_protocol_has_a_name_of_its_own_also_within_one_second(holder, officer, clock):
    (base,) = holder.store.read_now(stored.list_hits)

    def shown(db):
        for number in range(3):
            stored.add_hit(db, replace(base, question_id=bytes([number]) * 16, state="shown", shown=True))

    holder.store.write_now(shown)
    files = run(protocol_command.run(holder, officer, {"period": f"{clock.at:%Y-%m}"}, None))["files"]
    cells = list(csv.reader(io.StringIO(texts(files, ".csv").lstrip("\ufeff")), delimiter=";"))[1:]
    assert len({(row, column) for _section, row, column, _value in cells}) == len(cells) == 4 * 10
    assert {row for _section, row, _column, _value in cells} == {"1", "2", "3", "4"}
    assert {value for _section, _row, column, value in cells if column == "tijd"} == {f"{clock.at:%Y-%m-%dT%H:%M:%SZ}"}


def test_the_protocol_speaks_in_words_with_the_codes_behind_them(holder, officer, clock):
    row = protocol_rows(holder, officer, clock)
    assert row["soort"] == "vrijgegeven (release)"
    assert row["ontvanger"] == "Reclassering Midden (reclassering-midden)"
    assert row["doel"].endswith(" (toezicht)")
    assert row["grondslag"] == "Wet politiegegevens art. 20 (wpg20)"


@pytest.mark.parametrize("wait", [timedelta(hours=1), timedelta(days=40)], ids=["same month", "another month"])
def test_a_release_that_the_coordinator_refused_later_is_no_provision(
    node, kit, coordinator, clock, officer, user_of, wait
):
    app, bakker = node(HOLDER), user_of("p.bakker", Role.DECISION_MAKER)
    register(app)
    kit.part_changes = PART
    coordinator.post(HOLDER, kit.hit(HOLDER))
    run(mailbox.poll(app))
    (hit,) = run(inbox.run(app, bakker, {}, None))["hits"]
    coordinator.faults = [SamenloopError(ErrorCode.UNAVAILABLE, "weg")]
    decide(app, bakker, "release", filled_in(app, bakker, hit))
    app.ownlog.integrate()
    released = clock.at
    assert "vrijgegeven" in str(protocol_rows(app, officer, clock)), "the positive control"
    clock.at += wait
    coordinator.faults = [SamenloopError(ErrorCode.EXPIRED, "gesloten")]
    with pytest.raises(SamenloopError):
        run(declaring.send_open(app))
    app.ownlog.integrate()
    row = protocol_rows(app, officer, clock)
    assert ("niets verstrekt" in str(row)) is (clock.at.month != released.month), "who read the earlier extract is told"
    assert protocol_rows(app, officer, SimpleNamespace(at=released)) == {}


# --- breach ----------------------------------------------------------------------------------------------------------


def test_the_breach_aid_names_records_epochs_acts_and_the_hours_that_are_left(holder, officer, clock):
    discovered = clock.at - timedelta(hours=30)
    request = {"kind": "node-stolen", "discovered": discovered.isoformat(), "since": discovered.isoformat()}
    result = run(breach_command.run(holder, officer, request, None))
    assert result["hours_left"] == 42
    page = texts(result["files"], ".html")
    for text in ("politie/demo-pol-24", "2026-1", "42 uur van de 72", "Autoriteit Persoonsgegevens"):
        assert text in page


def test_the_clock_of_a_breach_runs_out(holder, officer, clock):
    late = (clock.at - timedelta(hours=80)).isoformat()
    request = {"kind": "key-leaked", "since": late, "discovered": late}
    result = run(breach_command.run(holder, officer, request, None))
    assert result["hours_left"] == -8
    assert "8 uur te laat" in texts(result["files"], ".html")


def test_a_wrongly_shown_hit_concerns_only_its_own_records(holder, officer, clock, kit):
    register(holder, record="demo-pol-99", identity=b"9" * 16)
    moment = clock.at.isoformat()
    request = {"kind": "wrong-hit-shown", "since": moment, "discovered": moment, "question": kit.question_id.hex()}
    page = texts(run(breach_command.run(holder, officer, request, None))["files"], ".html")
    assert "demo-pol-24" in page
    assert "demo-pol-99" not in page


def settle_again(app, identity, *epochs, at_ms, decisions=()):
    row = Settled(identity, b"r" * 32, b"g" * 32, json.dumps(FACTS), "", epochs, decisions, at_ms)
    app.store.write_now(lambda db: registrations.settle(db, [row]))


def breach_page(app, who, **request):
    return texts(run(breach_command.run(app, who, request, None))["files"], ".html")


def test_who_was_there_at_the_time_is_named_also_when_changed_or_withdrawn_since(holder, officer, clock):
    register(holder, record="demo-pol-99", identity=b"9" * 16)
    discovered, later = clock.at.isoformat(), milliseconds(clock.at) + 60_000
    settle_again(holder, b"1" * 16, "2026-2", at_ms=later)
    holder.store.write_now(lambda db: registrations.withdrawn(db, [b"9" * 16], later))
    clock.at += timedelta(hours=2)
    run(purging.purge(holder))
    for kind in ("node-stolen", "key-leaked", "wrong-registration"):
        page = breach_page(holder, officer, kind=kind, since=discovered, discovered=discovered)
        assert "2 registraties" in page, kind
        assert "politie/demo-pol-24" in page
        assert "politie/demo-pol-99" in page
        assert "2026-1" in page
        assert "2026-2" not in page, "those tokens were not there yet"


def test_who_came_or_had_gone_before_is_not_named_but_the_file_of_a_stolen_node_names_him(holder, officer, clock):
    before = milliseconds(clock.at)
    register(holder, record="demo-pol-99", identity=b"9" * 16)
    holder.store.write_now(lambda db: registrations.withdrawn(db, [b"9" * 16], before))
    clock.at += timedelta(hours=2)
    moment = clock.at.isoformat()
    clock.at += timedelta(hours=1)
    holder.store.write_now(
        lambda db: registrations.unsettle(db, [("politie", "too-late", b"7" * 16)], milliseconds(clock.at))
    )
    leaked = breach_page(holder, officer, kind="key-leaked", since=moment, discovered=moment)
    stolen = breach_page(holder, officer, kind="node-stolen", since=moment, discovered=moment)
    assert ("demo-pol-99" in leaked, "demo-pol-99" in stolen) == (False, True)
    assert "too-late" not in leaked + stolen


def test_a_wrongly_shown_hit_keeps_its_records_after_they_were_withdrawn_and_purged(holder, officer, clock, kit):
    moment = clock.at.isoformat()
    holder.store.write_now(lambda db: registrations.withdrawn(db, [b"1" * 16], milliseconds(clock.at)))
    assert run(purging.purge(holder)).hits == 1
    told = {"kind": "wrong-hit-shown", "since": moment, "discovered": moment, "question": kit.question_id.hex()}
    page = breach_page(holder, officer, **told)
    assert "1 registraties" in page
    assert "politie/demo-pol-24" in page
    month = run(protocol_command.run(holder, officer, {"period": f"{clock.at:%Y-%m}"}, None))["files"]
    assert "politie/demo-pol-24" in texts(month, ".csv")


def test_what_was_here_is_forgotten_with_the_own_log(holder, clock):
    holder.store.write_now(lambda db: registrations.withdrawn(db, [b"1" * 16], milliseconds(clock.at)))
    assert run(purging.purge(holder)).past == 0
    clock.at += timedelta(days=5 * 366)
    assert run(purging.purge(holder)).past > 0
    assert holder.store.read_now(past.spells) == []
    assert holder.store.read_now(past.hits) == []


def test_a_misused_account_is_named_and_only_its_own_acts_count(asked, officer, user_of, clock):
    search(asked, officer)
    since, moment = (clock.at - timedelta(hours=1)).isoformat(), clock.at.isoformat()
    request = {"kind": "account-misused", "since": since, "discovered": moment}
    with pytest.raises(InvalidInput, match="--account"):
        breach_page(asked, officer, **request)
    with pytest.raises(InvalidInput, match="niet bekend"):
        breach_page(asked, officer, **request, account="nobody")
    page = breach_page(asked, officer, **request, account="anna")
    assert "stelde 1 vragen" in page
    assert "R-2026-9" in page
    assert "f.officer" not in page
    assert "stelde 0 vragen" in breach_page(asked, officer, **request, account="f.officer")


def test_a_misused_account_that_decides_concerns_the_records_that_it_saw(holder, officer, clock):
    register(holder, record="demo-pol-99", identity=b"9" * 16)
    since, moment = (clock.at - timedelta(hours=1)).isoformat(), clock.at.isoformat()
    page = breach_page(holder, officer, kind="account-misused", since=since, discovered=moment, account="p.bakker")
    assert "politie/demo-pol-24" in page
    assert "demo-pol-99" not in page


def test_a_breach_report_never_says_that_nothing_happened_over_a_time_that_nobody_gave(asked, officer, line, clock):
    moment = clock.at.isoformat()
    request = {"kind": "account-misused", "discovered": moment, "account": "anna"}
    with pytest.raises(InvalidInput, match="since"):
        breach_page(asked, officer, **request)
    told = line("breach", "report", "--kind", "node-stolen", "--discovered", moment, "--out", "lek")
    assert (told.exit_code, "--since" in told.output) == (2, True)
    assert "stelde 1 vragen" in breach_page(asked, officer, since="2000-01-01T00:00+00:00", **request)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "oops"},
        {"kind": "wrong-hit-shown", "question": "ab" * 16},
        {"kind": "account-misused"},
        {"discovered": "yesterday"},
        {"discovered": "2026-11-21T10:00"},
        {"discovered": "2999-01-01T00:00+00:00"},
        {"since": ""},
        {"since": "2027-01-15T09:00+00:00", "until": "2027-01-14T09:00+00:00"},
        {"question": "xyz"},
    ],
    ids=str,
)
def test_a_breach_with_impossible_facts_is_refused(holder, officer, clock, wrong):
    moment = clock.at.isoformat()
    request = {"kind": "node-stolen", "since": moment, "discovered": moment, **wrong}
    with pytest.raises(InvalidInput):
        run(breach_command.run(holder, officer, request, None))


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.fixture(name="line")
def _line(monkeypatch, asked, officer):
    """Run a command line against the node in this process."""

    def call(_socket, command, arguments, _acting="", _progress=None):
        return run(COMMANDS[command].run(asked, officer, arguments, lambda _progress: None))

    monkeypatch.setattr("samenloop_node.cli.base.call", call)

    def typed(*words):
        return CliRunner().invoke(program, list(words))

    return typed


def test_log_search_prints_one_line_per_entry_or_json(line):
    shown = line("log", "search", "--user", "anna", "--event", "case")
    assert "motive=Toezicht loopt vast" in shown.output
    as_json = json.loads(line("log", "search", "--case", "R-2026-9", "--json").output)
    assert {one["case"] for one in as_json["entries"]} == {"R-2026-9"}


def test_a_report_is_written_to_a_new_folder_and_never_over_a_file(line, tmp_path: Path):
    out = tmp_path / "reports"
    done = line("report", "council", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert sorted(path.suffix for path in out.iterdir()) == [".csv", ".html", ".pdf"]
    assert (out / "raad-zvh-demo.pdf").read_bytes().startswith(b"%PDF-")
    assert line("report", "council", "--out", str(out)).exit_code == 2


def test_review_commands_say_what_they_did(line):
    assert "Geen regels" in line("review", "list").output
    assert "Aantal steekproeven: 0" in line("review", "check").output
    assert "patronen" in line("review", "patterns").output


def test_a_late_breach_is_worded_as_on_the_page(line, clock, tmp_path: Path):
    late = (clock.at - timedelta(hours=80)).isoformat()
    times = ["--since", late, "--discovered", late]
    shown = line("breach", "report", "--kind", "key-leaked", *times, "--out", str(tmp_path / "lek"))
    assert "8 uur te laat: meld nu, met de reden van het uitstel" in shown.output
    assert "-8 uur" not in shown.output
