"""The use case "ask": stored before it is sent, answered once, never a false "geen bericht"."""

import asyncio
import dataclasses
import json
import re

import pytest

from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, Refused, SamenloopError
from samenloop.model import RegistrationId
from samenloop_node import witness
from samenloop_node.accounts import Role
from samenloop_node.commands import answers as answers_command
from samenloop_node.commands import ask as ask_command
from samenloop_node.store import inbox, questions

ASKER = "reclassering-midden"
PERSON = {"voornamen": "Johannes Petrus", "geslachtsnaam": "Zandstra", "geboortedatum": "1984-05-17"}
POLICE = {
    "holder": "politie-midden",
    "purpose": "toezicht",
    "proportionality": "recidive_ernstig",
    "subsidiarity": "anoniem_onvoldoende",
    "give_basis": "wpg20",
    "receive_basis": "rr8",
    "inform_basis": "rr37_straf",
    "reason": "genoemd_in_dossier",
}
CASES = {**POLICE, "holder": "zvh-midden", "give_basis": "wgs_zvh", "reason": "andere_casus_vermoed"}
QUESTION = {
    "case": "R-2026-9",
    "asked_person": "nee_gevaar",
    "anonymous_talk": "nee_persoon_nodig",
    "phone_call": "nee_vertelt_meer",
    "target_group": ["gebiedsprobleem"],
    "holders": [POLICE, CASES],
}


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture(name="app")
def _app(node):
    return node(ASKER)


@pytest.fixture(name="anna")
def _anna(app):
    return app.authorisations.named("anna")


def put(app, anna, question=QUESTION, person=PERSON, **more):
    return run(ask_command.run(app, anna, {"question": question, "person": person, **more}, None))


def test_a_person_who_would_be_born_after_today_is_refused_and_nothing_is_asked(app, anna):
    with pytest.raises(InvalidInput) as refused:
        put(app, anna, person={**PERSON, "geboortedatum": "2198-05-17"})
    assert (refused.value.field, refused.value.reason) == ("geboortedatum", "future_date")
    assert app.store.read_now(questions.open_questions) == []


def test_a_person_of_whom_too_little_is_known_is_refused_with_what_is_missing_and_nothing_is_asked(
    app, anna, coordinator
):
    with pytest.raises(InvalidInput, match=r"niemand te vinden.*voorletter.*postcode"):
        put(app, anna, person={**PERSON, "voornamen": "-"})
    assert app.store.read_now(questions.open_questions) == []
    assert own_log(app) == []
    put(app, anna)


def again(app, anna, number, person=PERSON):
    return run(ask_command.run(app, anna, {"retry": number, "person": person}, None))


def open_numbers(app, anna):
    found = run(answers_command.run(app, anna, {}, None))
    return [one["question"] for one in found["questions"]]


def own_log(app):
    rows = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry ORDER BY seq").fetchall())
    return [row[0] for row in rows]


def test_a_hit_says_who_knows_the_person_and_whom_to_call(app, anna, coordinator):
    coordinator.known = {"zvh-midden"}
    told = put(app, anna)
    police, cases = told["answers"]
    assert police["text"] == "Politie Midden: geen bericht. Register bijgewerkt tot 2026-11-20."
    assert cases["text"].startswith("Bekend bij Zorg- en Veiligheidshuis Midden. Neem contact op met: ")
    assert cases["text"].endswith("Register bijgewerkt tot 2026-11-20.")
    assert police["contact"] == ""


def test_an_answer_of_a_holder_that_left_since_still_says_who_it_was_and_whom_to_call(app, anna, coordinator, kit):
    coordinator.known = {"zvh-midden"}
    told = put(app, anna)
    kit.leave("zvh-midden")
    run(app.agreement.refresh(app.connection))
    assert app.covenant().find("zvh-midden") is None
    (again,) = run(answers_command.run(app, anna, {"case": "R-2026-9"}, None))["questions"]
    assert again["answers"] == told["answers"]


def test_no_line_of_an_answer_differs_in_shape_between_a_hit_that_is_hidden_and_none(app, anna, coordinator):
    """The coordinator answers a hidden hit as no hit; the node has nothing that could tell them apart."""
    first, second = put(app, anna), put(app, anna, {**QUESTION, "case": "R-2026-10"})
    random = ("question", "case", "asked")
    assert {k: v for k, v in first.items() if k not in random} == {k: v for k, v in second.items() if k not in random}


def test_a_question_is_in_the_own_log_before_and_after_with_references_only(app, anna, coordinator):
    put(app, anna)
    events = [body for body in own_log(app) if b'"event":"case"' in body or b'"event":"answer"' in body]
    assert len(events) == 3, "the report of the case, the question, the answer"
    assert app.references.user("anna").hex().encode() in events[0]
    assert not any(word in b"".join(own_log(app)) for word in (b"anna", b"R-2026-9", b"Zandstra"))


def test_nothing_about_the_person_is_on_the_disk_of_the_node(app, anna, coordinator):
    put(app, anna, {**QUESTION, "motive": "Afstemming van het toezicht"})
    files = [path.read_bytes() for path in app.config.state.iterdir() if path.is_file()]
    assert files
    # The date in three notations: a year alone is four digits, which the random numbers on disk hold now and then.
    for word in (b"Zandstra", b"Johannes", b"1984-05-17", b"17-05", b"Afstemming"):
        assert not any(word.lower() in data.lower() for data in files), word
    said = [one for data in files for one in re.findall(rb"[0-9a-f]*19840517[0-9a-f]*", data)]
    assert [one for one in said if len(one) < 16] == [], "the digits of an id or a digest may hold it by chance"


def test_a_motive_is_kept_sealed_under_its_digest_in_the_own_log(app, anna, coordinator):
    put(app, anna, {**QUESTION, "motive": "Afstemming van het toezicht"})
    kept = app.store.read_now(lambda db: db.execute("SELECT hex(document) FROM note").fetchone()[0])
    assert any(kept.lower().encode() in body for body in own_log(app))


def test_a_motive_or_case_number_that_names_the_person_is_refused_before_anything_is_sent(app, anna, coordinator):
    for change in ({"motive": "gesprek met Zandstra"}, {"case": "ZANDSTRA-1"}, {"case": "111222333"}):
        with pytest.raises(InvalidInput):
            put(app, anna, {**QUESTION, **change})
    assert coordinator.asked == []


def test_R25_a_holder_whom_the_asker_may_not_tell_is_not_asked(app, anna, coordinator):
    with pytest.raises(Refused) as caught:
        put(app, anna, {**QUESTION, "holders": [{**POLICE, "inform_basis": ""}]})
    assert caught.value.rule == "R-25"
    assert coordinator.asked == []


def test_a_question_that_this_node_refuses_is_in_its_own_log_with_the_rule(app, anna, coordinator):
    with pytest.raises(Refused):
        put(app, anna, {**QUESTION, "holders": [{**POLICE, "inform_basis": ""}]})
    (entry,) = [one for one in own_log(app) if b'"question-refused"' in one]
    public = json.loads(entry)["public"]
    assert (public["rule"], public["status"]) == ("R-25", "refused")
    assert public["case"] == app.references.case(QUESTION["case"]).hex()
    assert public["user"] == app.references.user("anna").hex()


def test_a_lost_reply_is_answered_on_the_next_try_with_one_effect(app, anna, coordinator, monkeypatch):
    monkeypatch.setattr("samenloop_node.questions.sending.PAUSES", (0.0, 0.0))
    coordinator.known, coordinator.lose_replies = {"zvh-midden"}, 2
    told = put(app, anna)
    assert told["state"] == "answered"
    assert (len(coordinator.asked), len(set(coordinator.asked)), len(coordinator.entries)) == (3, 1, 1)


def test_when_no_reply_comes_there_is_an_error_with_a_number_and_no_answer(app, anna, coordinator, monkeypatch):
    monkeypatch.setattr("samenloop_node.questions.sending.PAUSES", (0.0, 0.0))
    coordinator.lose_replies = 3
    with pytest.raises(SamenloopError) as caught:
        put(app, anna)
    (number,) = open_numbers(app, anna)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert number in caught.value.text
    assert "geen bericht" not in caught.value.text


def test_after_a_restart_the_same_person_typed_again_gets_the_stored_answer(node, app, anna, coordinator, monkeypatch):
    monkeypatch.setattr("samenloop_node.questions.sending.PAUSES", (0.0, 0.0))
    coordinator.known, coordinator.lose_replies = {"politie-midden"}, 3
    with pytest.raises(SamenloopError):
        put(app, anna)
    restarted = node(ASKER)
    (number,) = open_numbers(restarted, anna)
    told = again(restarted, anna, number)
    assert told["question"] == number
    assert told["answers"][0]["known"]
    assert len(set(coordinator.asked)) == 1
    assert len(coordinator.entries) == 1


def test_another_person_under_the_same_number_is_refused_before_sending(app, anna, coordinator, monkeypatch):
    monkeypatch.setattr("samenloop_node.questions.sending.PAUSES", (0.0, 0.0))
    coordinator.lose_replies = 3
    with pytest.raises(SamenloopError):
        put(app, anna)
    (number,) = open_numbers(app, anna)
    sent = len(coordinator.asked)
    with pytest.raises(InvalidInput) as caught:
        again(app, anna, number, {**PERSON, "geboortedatum": "1984-05-18"})
    assert (caught.value.field, len(coordinator.asked)) == ("person", sent)


def test_somebody_elses_question_is_not_found(app, anna, coordinator, user_of):
    number = put(app, anna)["question"]
    with pytest.raises(SamenloopError) as caught:
        again(app, user_of("piet", Role.CASE_WORKER), number)
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("code", [ErrorCode.EPOCH_MISMATCH, ErrorCode.COVENANT_MISMATCH])
def test_a_mismatch_is_asked_once_more_under_a_new_number(app, anna, coordinator, code):
    coordinator.faults = [SamenloopError(code, "Vernieuw.")]
    told = put(app, anna)
    assert told["state"] == "answered"
    assert open_numbers(app, anna) == []


def test_a_second_mismatch_is_an_error(app, anna, coordinator):
    coordinator.faults = [SamenloopError(ErrorCode.EPOCH_MISMATCH, "Vernieuw.")] * 2
    with pytest.raises(SamenloopError):
        put(app, anna)
    assert open_numbers(app, anna) == []


def test_a_refusal_closes_the_question_with_its_rule(app, anna, coordinator):
    coordinator.faults = [Refused("R-28", "Te vaak.")]
    with pytest.raises(Refused):
        put(app, anna)
    assert open_numbers(app, anna) == []
    found = run(answers_command.run(app, anna, {"case": "R-2026-9"}, None))["questions"]
    assert [(one["state"], one["problem"], one["answers"]) for one in found] == [("failed", "R-28", [])]


def test_an_entry_that_does_not_fit_stops_this_node(app, anna, coordinator):
    coordinator.change = {"case": "ab" * 32}
    with pytest.raises(IntegrityError):
        put(app, anna)
    assert run(witness.stand(app)).stops[0].value == "own_different"
    coordinator.change = {}
    with pytest.raises(SamenloopError) as caught:
        put(app, anna, {**QUESTION, "case": "R-2026-10"})
    assert caught.value.code is ErrorCode.INTEGRITY
    assert any(b'"event":"alarm"' in body for body in own_log(app))


def test_registrations_of_our_own_case_are_excluded_and_worded_as_another_case(app, anna, coordinator):
    listed = RegistrationId(b"L" * 16)
    app.store.write_now(lambda db: inbox.add_case_letter(db, "zvh-midden", listed, "R-2026-9", 1))
    coordinator.known = {"zvh-midden"}
    told = put(app, anna)
    assert told["answers"][1]["text"].startswith("Bekend in een andere casus bij Zorg- en Veiligheidshuis Midden.")
    other = put(app, anna, {**QUESTION, "case": "R-2026-10"})
    assert other["answers"][1]["text"].startswith("Bekend bij ")


def test_what_only_a_retry_needs_is_wiped_with_the_answer(app, anna, coordinator):
    number = bytes.fromhex(put(app, anna)["question"])
    stored = app.store.read_now(lambda db: questions.find_question(db, number))
    assert (stored.salt, stored.padding_seed, stored.excluded) == (b"", b"", ())
    assert app.store.read_now(lambda db: db.execute("SELECT count(*) FROM receipt").fetchone()) == (1,)


def test_only_in_an_evaluation_an_optional_field_that_is_refused_is_left_out(app, anna, coordinator, monkeypatch):
    odd = {**PERSON, "postcode": "onbekend"}
    with pytest.raises(InvalidInput):
        put(app, anna, person=odd)
    evaluating = dataclasses.replace(app, started_evaluation=True)
    with pytest.raises(InvalidInput):
        put(evaluating, anna, person=odd)
    flags = dataclasses.replace(app.covenant().flags, evaluation=True)
    flagged = dataclasses.replace(app.covenant(), flags=flags)
    monkeypatch.setattr(type(app), "covenant", lambda _app: flagged)
    with pytest.raises(InvalidInput):
        put(app, anna, person=odd)
    assert put(evaluating, anna, person=odd)["state"] == "answered"


def test_an_answer_that_cannot_be_stored_is_not_shown_and_is_found_again_later(app, anna, coordinator, monkeypatch):
    coordinator.known = {"zvh-midden"}
    real = questions.store_answer

    def full(*arguments):
        raise SamenloopError(ErrorCode.STORAGE_FULL, "De schijf van deze node is vol.")

    monkeypatch.setattr(questions, "store_answer", full)
    with pytest.raises(SamenloopError) as caught:
        put(app, anna)
    (number,) = open_numbers(app, anna)
    assert caught.value.code is ErrorCode.STORAGE_FULL
    assert number in caught.value.text
    assert app.store.read_now(lambda db: db.execute("SELECT count(*) FROM receipt").fetchone()) == (0,)
    monkeypatch.setattr(questions, "store_answer", real)
    assert again(app, anna, number)["answers"][1]["known"] is True
    assert len(coordinator.entries) == 1
