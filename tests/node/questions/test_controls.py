"""Deliberately broken builds: what the tests beside this file check must really be what stops each attack."""

import asyncio

import pytest

from samenloop.model import ParticipantId, QuestionId, RegistrationId
from samenloop.wire.ask import parse_part, parse_question
from samenloop.wire.declare import Release
from samenloop.wire.v1 import mailbox_pb2
from samenloop_node import mailbox, witness
from samenloop_node.letters import seal_case_letter
from samenloop_node.questions import sending
from samenloop_node.questions.compose import Composed
from samenloop_node.store import inbox, notes, questions
from samenloop_node.store.questions import StoredAnswer, StoredQuestion

ASKER, HOLDER = "reclassering-midden", "politie-midden"
QUESTION = QuestionId(b"q" * 16)


def poll(app):
    asyncio.run(mailbox.poll(app))


@pytest.fixture(name="blind")
def _blind(monkeypatch):
    """A build that believes every statement and every notice."""
    monkeypatch.setattr("samenloop_node.mail_reading.verify_statement", lambda *arguments: None)
    monkeypatch.setattr(
        "samenloop_node.mail_reading.verify_notice", lambda notice, key: parse_part(notice.part, "part")
    )


def test_without_the_signature_a_forged_hit_would_reach_the_inbox(kit, node, coordinator, blind):
    app = node(HOLDER)
    coordinator.post(HOLDER, kit.hit(HOLDER, signer="ggz-midden"))
    poll(app)
    assert len(app.store.read_now(inbox.list_hits)) == 1


def test_without_the_signature_a_forged_release_would_show(kit, node, coordinator, blind):
    app = node(ASKER)
    row = StoredQuestion(QUESTION, "R-1", "anna", "anna", 1, b"", b"", b"", b"", (), (HOLDER,), (b"",))
    app.store.write_now(lambda db: questions.add_question(db, row))
    answer = StoredAnswer(HOLDER, "answered", False, "", "", 0)
    app.store.write_now(lambda db: questions.store_answer(db, QUESTION, [answer], b"", 1))
    act = Release(QUESTION, ParticipantId(ASKER), withdrawn=False, grounds_digest=b"g" * 32)
    forged = kit.signed(act, HOLDER, signer="ggz-midden")
    coordinator.post(ASKER, mailbox_pb2.MailContent(event=mailbox_pb2.Event(statement=forged)))
    poll(app)
    assert app.store.read_now(lambda db: questions.answers_of(db, QUESTION))[0].visible


def test_without_the_signature_a_forged_letter_would_be_believed(kit, node, coordinator, blind):
    app = node(ASKER)
    act = seal_case_letter(kit.covenant, "zvh-midden", ASKER, "R-1", RegistrationId(b"L" * 16))
    forged = kit.signed(act, "zvh-midden", signer="zvh-oost")
    coordinator.post(ASKER, mailbox_pb2.MailContent(letter=forged))
    poll(app)
    assert len(app.store.read_now(lambda db: inbox.listed_registrations(db, "R-1"))) == 1


def test_without_rebuilding_the_entry_another_log_entry_would_be_accepted(node, coordinator, monkeypatch, kit):
    app = node(ASKER)
    request = kit.request(HOLDER)
    row = StoredQuestion(kit.question_id, "R-1", "anna", "anna", 1, b"", b"", b"", b"", (), (HOLDER,), (b"",))
    app.store.write_now(lambda db: questions.add_question(db, row))
    trusting = [StoredAnswer(HOLDER, "answered", False, "", "", 0)]
    monkeypatch.setattr(sending, "verify_reply", lambda *arguments: trusting)
    coordinator.change = {"case": "ab" * 32}
    made = Composed(request, parse_question(request.question), [parse_part(part, "part") for part in request.parts])
    asyncio.run(sending.send(app, made))
    assert asyncio.run(witness.stand(app)).may_ask


def test_without_the_consistency_proof_a_forked_log_would_be_accepted(node, coordinator, kit, reply_to, monkeypatch):
    app = node(ASKER)
    for _number in range(5):
        coordinator.entries.append(reply_to(kit, kit.request(HOLDER)).receipt.entry)
    asyncio.run(witness.watch(app))
    coordinator.entries.pop(1)
    coordinator.entries.append(reply_to(kit, kit.request(HOLDER)).receipt.entry)
    monkeypatch.setattr("samenloop.audit.tree.verify_consistency", lambda *arguments: None)
    assert asyncio.run(witness.watch(app)).may_ask


def test_a_name_planted_in_the_state_folder_would_be_found(node):
    app = node(ASKER)
    app.store.write_now(lambda db: notes.keep(db, b"d" * 32, b"Zandstra", 1))
    data = b"".join(path.read_bytes() for path in app.config.state.iterdir() if path.is_file())
    assert b"Zandstra" in data
