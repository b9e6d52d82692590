"""Finding one's own records, and closing a case."""

import asyncio

import pytest

from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.wire.declare import CaseClosed
from samenloop_node import witness
from samenloop_node.accounts import Role
from samenloop_node.commands import case as case_command
from samenloop_node.commands import findown as find_command
from samenloop_node.store import cases, inbox, questions, receipts, registrations
from samenloop_node.store.cases import CaseFile
from samenloop_node.store.questions import StoredAnswer, StoredQuestion

PERSON = {"voornamen": "Johannes", "geslachtsnaam": "Zandstra", "geboortedatum": "1984-05-17"}


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture(name="app")
def _app(node):
    app = node("politie-midden")
    app.store.write_now(lambda db: registrations.unsettle(db, [("politie", "demo-pol-24", b"1" * 16)], 1))
    return app


@pytest.fixture(name="officer")
def _officer(user_of):
    return user_of("fg", Role.PRIVACY_OFFICER)


def find(app, officer, purpose="access", person=PERSON):
    return run(find_command.run(app, officer, {"purpose": purpose, "person": person}, None))


def test_own_registrations_come_back_as_own_record_ids(app, officer, coordinator):
    coordinator.find = [b"1" * 16]
    assert find(app, officer)["records"] == [
        {"register": "politie", "record_id": "demo-pol-24", "registration": (b"1" * 16).hex()}
    ]
    rows = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry").fetchall())
    assert any(b'"event":"rights"' in row[0] and b'"count":1' in row[0] for row in rows)


def test_nothing_found_is_an_answer_too(app, officer, coordinator):
    assert find(app, officer)["records"] == []


def test_who_cannot_be_found_with_what_was_typed_is_not_searched_for(app, officer, coordinator):
    coordinator.find = [b"1" * 16]
    with pytest.raises(InvalidInput, match="niemand te vinden"):
        find(app, officer, person={**PERSON, "voornamen": ""})
    assert app.store.read_now(lambda db: db.execute("SELECT count(*) FROM log_entry").fetchone()[0]) == 0


def test_a_registration_that_is_not_ours_is_an_alarm_that_names_the_command_and_the_search_stays_logged(
    app, officer, coordinator
):
    coordinator.find = [b"9" * 16]
    with pytest.raises(SamenloopError, match="samenloop-node reconcile") as caught:
        find(app, officer)
    assert caught.value.code is ErrorCode.INTEGRITY
    assert [one.event for one in app.store.read_now(receipts.unproved)] == ["find_own"]
    rows = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry").fetchall())
    assert any(b'"event":"rights"' in row[0] for row in rows)


def test_an_entry_about_another_search_stops_this_node(app, officer, coordinator):
    coordinator.change = {"commitment": "ab" * 32}
    with pytest.raises(IntegrityError):
        find(app, officer)
    assert not run(witness.stand(app)).may_ask


@pytest.mark.parametrize("wrong", [{"purpose": "nieuwsgierig"}, {"person": {"bsn": "x"}}, {"person": "x"}])
def test_a_search_without_purpose_or_person_is_refused(app, officer, wrong):
    with pytest.raises(InvalidInput):
        find(app, officer, **wrong)


@pytest.fixture(name="anna")
def _anna(app):
    return app.authorisations.named("anna")


@pytest.fixture(name="asked")
def _asked(app):
    row = StoredQuestion(b"q" * 16, "P-1", "anna", "anna", 1, b"Q", b"S", b"p", b"s", (), ("ggz-midden",), (b"PART",))
    answer = StoredAnswer("ggz-midden", "answered", True, "Loket", "2026-11-20", 0)
    app.store.write_now(lambda db: questions.add_question(db, row))
    app.store.write_now(lambda db: questions.store_answer(db, b"q" * 16, [answer], b"l" * 32, 2))
    app.store.write_now(lambda db: inbox.add_case_letter(db, "zvh-midden", b"L" * 16, "P-1", 1))
    case = CaseFile("P-1", "intake", "anna", "anna", "2026-11-20", "", "{}")
    app.store.write_now(lambda db: cases.add(db, case))
    return app


def close(app, anna, case="P-1"):
    return run(case_command.run(app, anna, {"action": "close", "case": case, "reason": "doel_bereikt"}, None))


def test_R37_closing_a_case_erases_its_answers_here_and_tells_the_coordinator(asked, anna, coordinator):
    assert close(asked, anna) == {"case": "P-1", "closed": True, "reported": True}
    (statement,) = coordinator.declared
    assert statement.act == CaseClosed(asked.references.case("P-1"))
    rows = asked.store.read_now(lambda db: db.execute("SELECT * FROM asked_holder JOIN question USING (question_id)"))
    text = repr([tuple(row) for row in rows])
    assert "Loket" not in text
    assert "PART" not in text
    assert asked.store.read_now(lambda db: inbox.listed_registrations(db, "P-1")) == {}


def test_a_case_is_closed_here_even_when_the_coordinator_is_away(asked, anna, coordinator):
    coordinator.faults = [SamenloopError(ErrorCode.UNAVAILABLE, "weg")]
    assert close(asked, anna)["reported"] is False
    kinds = [one.kind for one in asked.store.read_now(inbox.open_declarations)]
    assert kinds == ["letter", "case_closed"], "the holder that was asked is told too, whatever it answered"
    assert asked.store.read_now(lambda db: questions.answers_of(db, b"q" * 16))[0].state == "erased"


def test_a_case_of_somebody_else_is_not_found(asked, user_of, coordinator):
    with pytest.raises(SamenloopError) as caught:
        close(asked, user_of("piet", Role.CASE_WORKER))
    assert (caught.value.code, coordinator.declared) == (ErrorCode.NOT_FOUND, [])


def test_an_old_declaration_that_never_arrived_is_signed_anew(asked, anna, coordinator):
    coordinator.faults = [SamenloopError(ErrorCode.CLOCK_SKEW, "te oud")]
    assert close(asked, anna)["reported"]
    assert len(coordinator.declared) == 1
