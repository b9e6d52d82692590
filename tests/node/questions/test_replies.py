"""The asker's node believes a reply only when it is the answer to its own question and stands so in the log."""

import pytest

from samenloop.errors import IntegrityError
from samenloop.wire.ask import parse_ask
from samenloop.wire.v1 import common_pb2
from samenloop_node.questions.replies import verify_reply

HOLDERS = ("politie-midden", "ggz-midden", "zvh-oost")


def judged(kit, request, reply):
    ask = parse_ask(request)
    return verify_reply(reply, ask.question, ask.parts, ask.signature, kit.covenant.coordinator.log_origin)


def test_an_honest_reply_is_believed_holder_by_holder(kit, reply_to):
    request = kit.request(*HOLDERS)
    answers = judged(kit, request, reply_to(kit, request, known=("zvh-oost",)))
    assert [(one.holder, one.known) for one in answers] == [(holder, holder == "zvh-oost") for holder in HOLDERS]
    assert answers[2].contact == kit.covenant.participant("zvh-oost").contact
    assert {one.updated_until for one in answers} == {"2026-11-20"}


@pytest.mark.parametrize(
    "changed",
    [
        {"case": "ab" * 32},
        {"request": "ab" * 16},
        {"user": "ab" * 32},
        {"responsible": "ab" * 32},
        {"actor": "politie-midden"},
        {"purpose": "zsm"},
        {"version": 2},
        {"epochs": ["2025-1"]},
        {"commitment": "ab" * 32},
        {"signature": "ab" * 64},
        {"origin": "other.test/log"},
        {"new_fact": "nieuwe-melding"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_log_entry_that_says_something_else_than_we_asked_is_refused(kit, reply_to, changed):
    request = kit.request(*HOLDERS)
    with pytest.raises(IntegrityError):
        judged(kit, request, reply_to(kit, request, **changed))


def test_an_answer_that_is_not_the_one_in_the_log_is_refused(kit, reply_to):
    request = kit.request(*HOLDERS)
    reply = reply_to(kit, request, known=("zvh-oost",))
    reply.answers[0].known, reply.answers[0].contact = True, "Loket"
    with pytest.raises(IntegrityError):
        judged(kit, request, reply)


@pytest.mark.parametrize("fault", ["missing", "swapped", "contact", "date", "garbage", "other-kind"])
def test_a_reply_of_another_shape_is_refused(kit, reply_to, fault):
    request = kit.request(*HOLDERS)
    reply = reply_to(kit, request)
    match fault:
        case "missing":
            del reply.answers[2]
        case "swapped":
            reply.answers[0].holder, reply.answers[1].holder = reply.answers[1].holder, reply.answers[0].holder
        case "contact":
            reply.answers[0].contact = "Loket"
        case "date":
            reply.answers[0].updated_until = "gisteren"
        case "garbage":
            reply.receipt.CopyFrom(common_pb2.Receipt(entry=b"{}"))
        case _other:
            body = reply.receipt.entry.replace(b'"event":"question"', b'"event":"heartbeat"')
            reply.receipt.CopyFrom(common_pb2.Receipt(entry=body))
    with pytest.raises(IntegrityError):
        judged(kit, request, reply)


def test_the_reply_to_another_question_is_refused(kit, reply_to):
    mine, other = kit.request(*HOLDERS), kit.request(*HOLDERS)
    judged(kit, mine, reply_to(kit, mine))
    with pytest.raises(IntegrityError):
        judged(kit, mine, reply_to(kit, other))
