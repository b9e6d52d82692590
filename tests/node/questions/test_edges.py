"""The rarer ways: a question that never arrived, letters of another shape, entries that do not fit."""

import asyncio
import json
from datetime import timedelta

import pytest

from samenloop.audit.canonical import canonical
from samenloop.audit.witness import Reason
from samenloop.catalogue import load_catalogue
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.keys import SealingPublicKey
from samenloop.model import ParticipantId, RegistrationId
from samenloop.wire.declare import Anchor, CaseClosed, Letter
from samenloop_node import declaring, witness
from samenloop_node.accounts import Role
from samenloop_node.commands import answers as answers_command
from samenloop_node.commands import ask as ask_command
from samenloop_node.commands import case as case_command
from samenloop_node.commands import decide as decide_command
from samenloop_node.commands import witness as witness_command
from samenloop_node.letters import open_letter, seal_case_letter
from samenloop_node.questions.wording import HolderResult, sentence
from samenloop_node.record_facts import facts_of
from samenloop_node.store import inbox, questions
from samenloop_node.store.questions import StoredQuestion
from samenloop_node.store.registrations import Registration

ASKER, NETWORK = "reclassering-midden", "zvh-midden"
LISTED = RegistrationId(b"L" * 16)
PERSON = {"voornamen": "Johannes", "geslachtsnaam": "Zandstra", "geboortedatum": "1984-05-17"}
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
QUESTION = {
    "case": "R-1",
    "asked_person": "nee_gevaar",
    "anonymous_talk": "nee_persoon_nodig",
    "phone_call": "nee_vertelt_meer",
    "target_group": ["gebiedsprobleem"],
    "holders": [POLICE],
}


def run(coroutine):
    return asyncio.run(coroutine)


def lost_question(app, anna, coordinator, monkeypatch):
    """Ask while the coordinator does not even hear us; return the number under which the question stays open."""
    monkeypatch.setattr("samenloop_node.questions.sending.PAUSES", (0.0, 0.0))
    run(app.agreement.refresh(coordinator))
    coordinator.faults = [SamenloopError(ErrorCode.UNAVAILABLE, "weg") for _attempt in range(3)]
    with pytest.raises(SamenloopError):
        run(ask_command.run(app, anna, {"question": QUESTION, "person": PERSON}, None))
    (open_,) = run(answers_command.run(app, anna, {}, None))["questions"]
    return open_["question"]


@pytest.fixture(name="app")
def _app(node):
    return node(ASKER)


@pytest.fixture(name="anna")
def _anna(app):
    return app.authorisations.named("anna")


def test_an_old_question_that_never_arrived_is_asked_anew_with_the_same_reasons(app, anna, coordinator, monkeypatch):
    number = lost_question(app, anna, coordinator, monkeypatch)
    coordinator.faults = [SamenloopError(ErrorCode.CLOCK_SKEW, "te oud")]
    told = run(ask_command.run(app, anna, {"retry": number, "person": PERSON}, None))
    assert told["question"] != number
    assert told["state"] == "answered"
    assert [line["holder"] for line in told["answers"]] == ["politie-midden"]
    assert run(answers_command.run(app, anna, {}, None))["questions"] == []


def test_a_retry_that_is_refused_for_another_reason_is_an_error(app, anna, coordinator, monkeypatch):
    number = lost_question(app, anna, coordinator, monkeypatch)
    coordinator.faults = [SamenloopError(ErrorCode.BUDGET_EXHAUSTED, "op")]
    with pytest.raises(SamenloopError) as caught:
        run(ask_command.run(app, anna, {"retry": number, "person": PERSON}, None))
    assert caught.value.code is ErrorCode.BUDGET_EXHAUSTED


def test_an_answered_question_is_shown_again_without_sending(app, anna, coordinator):
    told = run(ask_command.run(app, anna, {"question": QUESTION, "person": PERSON}, None))
    sent = len(coordinator.asked)
    again = run(ask_command.run(app, anna, {"retry": told["question"], "person": PERSON}, None))
    assert (again, len(coordinator.asked)) == (told, sent)


@pytest.mark.parametrize(
    "request_",
    [
        {"retry": "x", "person": PERSON},
        {"question": QUESTION},
        {"question": [], "person": PERSON},
        {"person": {"x": "y"}},
    ],
)
def test_a_request_of_another_shape_is_refused(app, anna, request_):
    with pytest.raises(InvalidInput):
        run(ask_command.run(app, anna, request_, None))


@pytest.mark.parametrize(
    ("command", "request_"),
    [(answers_command, {"case": 3}), (case_command, {"action": "open"}), (decide_command, {"action": "release"})],
)
def test_commands_refuse_arguments_of_another_type(app, anna, command, request_):
    with pytest.raises(InvalidInput):
        run(command.run(app, anna, request_, None))


def test_decide_knows_three_acts_and_a_question_of_its_inbox(app, user_of):
    bakker = user_of("p.bakker", Role.DECISION_MAKER)
    decision = {"question": "ab" * 16}
    with pytest.raises(InvalidInput):
        run(decide_command.run(app, bakker, {"action": "bulk", "decision": decision}, None))
    with pytest.raises(SamenloopError) as caught:
        run(decide_command.run(app, bakker, {"action": "withhold", "decision": decision}, None))
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_the_witness_command_shows_resumes_and_knows_nothing_else(app, user_of):
    otto = user_of("otto", Role.OPERATOR)
    run(witness.stop(app, Reason.OWN_DIFFERENT))
    shown = run(witness_command.run(app, otto, {"action": "show"}, None))
    assert (shown["may_ask"], len(shown["stops"])) == (False, 1)
    with pytest.raises(SamenloopError):
        run(witness.round_as_witness(app))
    assert run(witness_command.run(app, otto, {"action": "resume"}, None))["may_ask"]
    with pytest.raises(InvalidInput):
        run(witness_command.run(app, otto, {"action": "sleep"}, None))


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        canonical({"kind": "other", "case": "R-1", "registration_id": "00" * 16}),
        canonical({"kind": "case_listed", "case": "R-1"}),
        canonical({"kind": "case_listed", "case": "", "registration_id": "00" * 16}),
        canonical({"kind": "case_listed", "case": 1, "registration_id": "00" * 16}),
        canonical({"kind": "case_listed", "case": "R-1", "registration_id": "zz"}),
        canonical({"kind": "case_listed", "case": "R-1", "registration_id": "00"}),
        canonical({"kind": "case_listed", "case": "R-1", "registration_id": "00" * 16, "naam": "x"}),
    ],
)
def test_a_letter_of_another_form_is_refused(kit, body):
    key = SealingPublicKey(kit.covenant.participant(ASKER).sealing_key)
    info = b"\0".join([b"samenloop/v1/letter", kit.covenant.id.encode(), NETWORK.encode(), ASKER.encode()])
    with pytest.raises(IntegrityError):
        open_letter(kit.covenant, NETWORK, Letter(ParticipantId(ASKER), key.seal(body, info)), kit.sealing[ASKER])


def test_a_letter_is_sent_like_any_declaration(node, kit, coordinator):
    app = node(NETWORK)
    stored = declaring.prepare(app, seal_case_letter(kit.covenant, NETWORK, ASKER, "R-1", LISTED), LISTED.hex())
    app.store.write_now(lambda db: inbox.add_declaration(db, stored))
    run(declaring.send_open(app))
    assert isinstance(coordinator.declared[0].act, Letter)
    assert app.store.read_now(inbox.open_declarations) == []


def test_a_confirmation_of_something_else_stops_this_node(app, coordinator, monkeypatch):
    stored = declaring.prepare(app, CaseClosed(b"c" * 32), "R-1")
    app.store.write_now(lambda db: inbox.add_declaration(db, stored))
    real = coordinator._entry
    monkeypatch.setattr(coordinator, "_entry", lambda event, public: real(event, {**public, "case": "ab" * 32}))
    with pytest.raises(IntegrityError):
        run(declaring.send(app, stored))
    assert not run(witness.stand(app)).may_ask


def test_a_confirmation_that_is_no_entry_is_refused(app, coordinator, monkeypatch):
    stored = declaring.prepare(app, CaseClosed(b"c" * 32), "R-1")
    app.store.write_now(lambda db: inbox.add_declaration(db, stored))
    monkeypatch.setattr(coordinator, "_entry", lambda event, public: b"{}")
    with pytest.raises(IntegrityError):
        run(declaring.send(app, stored))


def test_other_statements_are_not_sent_this_way(app):
    with pytest.raises(InvalidInput):
        declaring.prepare(app, Anchor(b"a" * 32), "x")


def test_a_question_without_reply_yesterday_counts_as_logged_or_not(app, coordinator, kit, reply_to, clock):
    """Whether a request whose reply never came is in the log, nobody here can know: neither is an alarm."""
    at = round(clock.now().timestamp() * 1000)
    row = StoredQuestion(b"o" * 16, "R-1", "anna", "anna", at, b"", b"", b"p", b"s", (), ("ggz-midden",), (b"1",))
    app.store.write_now(lambda db: questions.add_question(db, row))
    coordinator.entries.append(reply_to(kit, kit.request("politie-midden")).receipt.entry)
    run(witness.watch(app))
    clock.at += timedelta(days=1)
    coordinator.counts = {"question": 1}
    assert run(witness.watch(app)).may_ask
    clock.at += timedelta(days=1)
    assert run(witness.watch(app)).stops == (Reason.COUNT_DIFFERS,)


def test_facts_come_from_store_and_covenant(kit):
    facts = {"task": "casus", "framework": "maatregel", "origin": "eigen", "measure": "", "protected": False}
    row = Registration(
        register="casussen",
        record_id="c-1",
        registration_id=b"1" * 16,
        row_digest=b"",
        facts_digest=b"",
        facts=json.dumps({**facts, "review_date": "2027-01-01", "acting_for": "ggz-midden"}),
        case_number="",
        frozen=True,
        epochs=frozenset(),
    )
    found = facts_of(load_catalogue(), kit.covenant, "vhh_casus", row)
    assert (found.acting_for, found.acting_kind, found.frozen) == ("ggz-midden", "ggz", True)


def test_facts_of_a_registration_on_its_way_are_not_there_yet(kit):
    row = Registration("politie", "p-1", b"1" * 16, b"", b"", "", "", False, frozenset())
    with pytest.raises(SamenloopError) as caught:
        facts_of(load_catalogue(), kit.covenant, "politie", row)
    assert caught.value.code is ErrorCode.BUSY


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "Politie Midden: geen bericht. Register bijgewerkt tot: nog niet gemeld."),
        ({"lapsed": True}, "Politie Midden: het eerdere antwoord geldt niet meer. Register bijgewerkt tot: nog niet"),
        ({"known": True, "contact": "Loket"}, "Bekend bij Politie Midden. Neem contact op met: Loket. Register"),
    ],
)
def test_each_line_says_until_when_the_register_was_brought_up_to_date(changes, text):
    line = HolderResult(
        "politie-midden", "Politie Midden", **{"known": False, "contact": "", "updated_until": "", **changes}
    )
    assert sentence(line).startswith(text)
