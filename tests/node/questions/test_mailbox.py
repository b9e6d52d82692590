"""Polling: stored first, acknowledged after, the same for every item; forgeries change nothing and are recorded."""

import asyncio
import dataclasses

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import ParticipantId, QuestionId, RegistrationId
from samenloop.wire.declare import Release
from samenloop.wire.v1 import mailbox_pb2
from samenloop_node import mailbox
from samenloop_node.accounts import Role
from samenloop_node.commands import COMMANDS
from samenloop_node.letters import seal_case_letter
from samenloop_node.store import handled, inbox, questions
from samenloop_node.store.questions import StoredAnswer, StoredQuestion

ASKER, HOLDER = "reclassering-midden", "politie-midden"
QUESTION = QuestionId(b"q" * 16)


def poll(app):
    asyncio.run(mailbox.poll(app))


def hits(app):
    return app.store.read_now(inbox.list_hits)


def alarms(app):
    rows = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry").fetchall())
    return [row[0] for row in rows if b'"event":"alarm"' in row[0]]


def lines(app):
    return app.store.read_now(lambda db: db.execute("SELECT count(*) FROM log_entry").fetchone()[0])


def release(kit, *, signer=HOLDER, author=HOLDER, receiver=ASKER, withdrawn=False, at=1000, question=QUESTION):
    act = Release(question, ParticipantId(receiver), withdrawn, b"" if withdrawn else b"g" * 32)
    signed = kit.signed(act, author, signer, sent_ms=at)
    return mailbox_pb2.MailContent(event=mailbox_pb2.Event(statement=signed))


def lapsed(holder=HOLDER):
    return mailbox_pb2.MailContent(event=mailbox_pb2.Event(lapsed_question_id=QUESTION, lapsed_holder=holder))


@pytest.fixture(name="asker")
def _asker(node):
    """A node that asked two holders and was answered: neither is known."""
    app = node(ASKER)
    row = StoredQuestion(
        question_id=QUESTION,
        case_number="R-2026-9",
        asked_by="anna",
        responsible="anna",
        sent_ms=1,
        question=b"q",
        signature=b"s",
        padding_seed=b"p",
        salt=b"s",
        excluded=(),
        holders=(HOLDER, "ggz-midden"),
        parts=(b"1", b"2"),
    )
    rows = [StoredAnswer(name, "answered", False, "", "2026-11-20", 0) for name in row.holders]

    def work(db):
        questions.add_question(db, row)
        questions.store_answer(db, QUESTION, rows, b"l" * 32, 2)

    app.store.write_now(work)
    return app


def visible(app):
    rows = app.store.read_now(lambda db: questions.answers_of(db, QUESTION))
    return {row.holder: row.visible for row in rows}


def test_a_hit_is_stored_and_acknowledged(kit, node, coordinator):
    holder = node(HOLDER)
    item = coordinator.post(HOLDER, kit.hit(HOLDER))
    poll(holder)
    (hit,) = hits(holder)
    assert (hit.asker, hit.state, hit.registrations) == (ASKER, "hidden", (RegistrationId(b"1" * 16),))
    assert coordinator.acknowledged == [item]


def test_dummies_leave_no_row_and_no_line_in_the_log(kit, node, coordinator):
    holder = node(HOLDER)
    before = lines(holder)
    for _number in range(150):
        coordinator.post(HOLDER, mailbox_pb2.MailContent(dummy=mailbox_pb2.Dummy()))
    poll(holder)
    assert (hits(holder), lines(holder), len(coordinator.acknowledged)) == ([], before, 150)


def test_an_item_that_comes_again_after_a_crash_changes_nothing(kit, node, coordinator):
    holder = node(HOLDER)
    content = kit.hit(HOLDER)
    coordinator.post(HOLDER, content)
    coordinator.faults = []
    real = coordinator.acknowledge_mail

    async def crash(request):
        raise SamenloopError(ErrorCode.UNAVAILABLE, "weg")

    coordinator.acknowledge_mail = crash
    with pytest.raises(SamenloopError):
        poll(holder)
    assert len(hits(holder)) == 1
    coordinator.acknowledge_mail = real
    holder = node(HOLDER)
    poll(holder)
    assert len(hits(holder)) == 1
    assert coordinator.mail == {}


def test_nothing_is_acknowledged_before_it_is_stored(kit, node, coordinator, monkeypatch):
    holder = node(HOLDER)
    coordinator.post(HOLDER, kit.hit(HOLDER))

    def full(*arguments):
        raise SamenloopError(ErrorCode.STORAGE_FULL, "vol")

    monkeypatch.setattr(inbox, "add_hit", full)
    with pytest.raises(SamenloopError):
        poll(holder)
    assert coordinator.acknowledged == []


def test_a_forged_hit_is_refused_and_recorded(kit, node, coordinator):
    holder = node(HOLDER)
    coordinator.post(HOLDER, kit.hit(HOLDER, signer="ggz-midden"))
    poll(holder)
    assert (hits(holder), len(alarms(holder)), coordinator.mail) == ([], 1, {})


def test_mail_under_a_key_that_this_node_did_not_know_yet_is_judged_by_it(kit, node, coordinator):
    holder = node(HOLDER)
    kit.rotate(ASKER, "signing")
    coordinator.post(HOLDER, kit.hit(HOLDER))
    poll(holder)
    assert (len(hits(holder)), alarms(holder), coordinator.mail) == (1, [], {})


def test_mail_waits_at_the_coordinator_until_the_covenant_is_up_to_date(kit, node, coordinator):
    holder = node(HOLDER)
    kit.rotate(ASKER, "signing")
    for content in (kit.hit(HOLDER), mailbox_pb2.MailContent(dummy=mailbox_pb2.Dummy())):
        coordinator.post(HOLDER, content)
    real = coordinator.get_covenant

    async def away(request):
        raise SamenloopError(ErrorCode.UNAVAILABLE, "weg")

    coordinator.get_covenant = away
    with pytest.raises(SamenloopError):
        poll(holder)
    assert (hits(holder), alarms(holder), coordinator.acknowledged) == ([], [], [])
    coordinator.get_covenant = real
    poll(holder)
    assert (len(hits(holder)), alarms(holder), coordinator.mail) == (1, [], {})


def test_a_wrong_clock_here_holds_no_mail_back_while_the_covenant_is_the_same(kit, node, coordinator):
    holder = node(HOLDER)
    coordinator.post(HOLDER, kit.hit(HOLDER))
    real = coordinator.get_state

    async def ahead(request):
        state = await real(request)
        state.now_ms += 600_000
        return state

    coordinator.get_state = ahead
    poll(holder)
    assert (len(hits(holder)), coordinator.mail) == (1, {})
    kit.rotate(ASKER, "signing")
    coordinator.post(HOLDER, kit.hit(HOLDER))
    with pytest.raises(SamenloopError, match="klok"):
        poll(holder)
    assert (alarms(holder), len(coordinator.mail)) == ([], 1)


def test_mail_for_the_new_sealing_key_waits_until_that_key_is_here(kit, node, coordinator):
    holder = node(HOLDER)
    coordinator.post(HOLDER, mailbox_pb2.MailContent(dummy=mailbox_pb2.Dummy()))
    kit.rotate(HOLDER, "sealing")
    coordinator.renew_content_keys()
    coordinator.post(HOLDER, kit.hit(HOLDER))
    coordinator.post(HOLDER, mailbox_pb2.MailContent(dummy=mailbox_pb2.Dummy()))
    with pytest.raises(SamenloopError, match="verzegelsleutel"):
        poll(holder)
    assert (alarms(holder), len(coordinator.acknowledged), len(coordinator.mail)) == ([], 1, 2)
    holder = dataclasses.replace(holder, sealing_key=kit.sealing[HOLDER])
    poll(holder)
    assert (len(hits(holder)), alarms(holder), coordinator.mail) == (1, [], {})


@pytest.mark.parametrize("fault", ["sealed", "item_id", "key_id"])
def test_a_changed_item_is_refused_and_recorded(kit, node, coordinator, fault):
    holder = node(HOLDER)
    item_id = coordinator.post(HOLDER, kit.hit(HOLDER))
    item = coordinator.mail.pop(item_id)
    if fault == "item_id":
        item.item_id = b"z" * 16
    else:
        changed = bytearray(item.sealed)
        changed[0 if fault == "key_id" else -1] ^= 1
        item.sealed = bytes(changed)
    coordinator.mail[item.item_id] = item
    poll(holder)
    assert (hits(holder), len(alarms(holder)), coordinator.mail) == ([], 1, {})


def test_a_release_shows_the_hit_and_its_withdrawal_hides_it_again(kit, asker, coordinator):
    coordinator.post(ASKER, release(kit))
    poll(asker)
    assert visible(asker) == {HOLDER: True, "ggz-midden": False}
    coordinator.post(ASKER, release(kit, withdrawn=True, at=2000))
    poll(asker)
    assert visible(asker) == {HOLDER: False, "ggz-midden": False}
    coordinator.post(ASKER, release(kit, at=1000))
    poll(asker)
    assert not visible(asker)[HOLDER], "an old release that is sent again shows nothing"
    assert alarms(asker) == []


@pytest.mark.parametrize(
    "forged",
    [
        {"signer": "ggz-midden"},
        {"author": "zvh-oost", "signer": "zvh-oost"},
        {"receiver": "burgemeester-middelstad"},
        {"question": QuestionId(b"z" * 16)},
    ],
    ids=["signed-by-another", "holder-not-asked", "other-receiver", "unknown-question"],
)
def test_a_forged_release_shows_nothing_and_is_recorded(kit, asker, coordinator, forged):
    coordinator.post(ASKER, release(kit, **forged))
    poll(asker)
    assert visible(asker) == {HOLDER: False, "ggz-midden": False}
    assert len(alarms(asker)) == 1


def test_a_release_that_comes_before_the_answer_is_kept(kit, node, coordinator):
    app = node(ASKER)
    row = StoredQuestion(QUESTION, "R-1", "anna", "anna", 1, b"", b"", b"p", b"s", (), (HOLDER,), (b"1",))
    app.store.write_now(lambda db: questions.add_question(db, row))
    coordinator.post(ASKER, release(kit))
    poll(app)
    answer = StoredAnswer(HOLDER, "answered", False, "", "", 0)
    app.store.write_now(lambda db: questions.store_answer(db, QUESTION, [answer], b"", 2))
    assert visible(app) == {HOLDER: True}


def test_what_lapsed_is_erased_and_a_lapse_of_nothing_leaves_no_line(kit, asker, coordinator):
    before = lines(asker)
    coordinator.post(ASKER, lapsed("ggz-midden"))
    poll(asker)
    assert lines(asker) == before
    coordinator.post(ASKER, release(kit))
    poll(asker)
    coordinator.post(ASKER, lapsed())
    poll(asker)
    rows = asker.store.read_now(lambda db: questions.answers_of(db, QUESTION))
    assert [(row.state, row.visible, row.contact) for row in rows] == [("lapsed", False, ""), ("answered", False, "")]


def test_a_lapse_that_comes_again_after_a_crash_hides_no_newer_release(kit, asker, coordinator, node, monkeypatch):
    coordinator.post(ASKER, release(kit, at=1000))
    poll(asker)
    coordinator.post(ASKER, lapsed())
    coordinator.post(ASKER, release(kit, at=2000))

    async def crash(request):
        raise SamenloopError(ErrorCode.UNAVAILABLE, "weg")

    with monkeypatch.context() as patch:
        patch.setattr(coordinator, "acknowledge_mail", crash)
        with pytest.raises(SamenloopError):
            poll(asker)
    assert visible(asker)[HOLDER]
    again = node(ASKER)
    before = lines(again)
    poll(again)
    assert visible(again)[HOLDER], "the holder's last word"
    assert (lines(again), coordinator.mail) == (before, {})
    assert not again.store.read_now(handled.waiting)


def test_what_was_handled_is_forgotten_once_the_mailbox_is_empty(asker):
    asker.store.write_now(lambda db: handled.add(db, b"acknowledged, then a crash"))
    poll(asker)
    assert not asker.store.read_now(handled.waiting)


def test_a_letter_says_which_registration_is_our_own_case(kit, asker, coordinator):
    listed = RegistrationId(b"L" * 16)
    act = seal_case_letter(kit.covenant, "zvh-midden", ASKER, "R-2026-9", listed)
    coordinator.post(ASKER, mailbox_pb2.MailContent(letter=kit.signed(act, "zvh-midden")))
    coordinator.post(ASKER, mailbox_pb2.MailContent(letter=kit.signed(act, "zvh-midden", signer="zvh-oost")))
    poll(asker)
    assert asker.store.read_now(lambda db: inbox.listed_registrations(db, "R-2026-9")) == {listed: "zvh-midden"}
    assert len(alarms(asker)) == 1


class Watched:
    """A coordinator that remembers what it was called for, with the sizes of what it got."""

    def __init__(self, inner):
        self.inner, self.calls = inner, []

    def __getattr__(self, name):
        method = getattr(self.inner, name)

        async def call(request):
            self.calls.append((name, request.ByteSize()))
            return await method(request)

        return call


def outside(app, user):
    """Return everything that a node tells outside its inbox."""
    told = {
        name: asyncio.run(COMMANDS[name].run(app, user, {}, lambda _message: None)) for name in ("status", "witness")
    }
    return {**told, "lines": lines(app)}


def test_R34_looking_in_the_inbox_and_withholding_do_not_change_what_status_says(kit, node, coordinator, user_of):
    app, worker, decider = node(HOLDER), user_of("wim", Role.CASE_WORKER), user_of("dora", Role.DECISION_MAKER)
    silent = lambda _message: None  # noqa: E731 - a callback that drops progress
    before, grown = asyncio.run(COMMANDS["status"].run(app, worker, {}, silent)), lines(app)
    coordinator.post(HOLDER, kit.hit(HOLDER))
    poll(app)
    (hit,) = asyncio.run(COMMANDS["inbox"].run(app, decider, {}, silent))["hits"]
    assert (hit["state"], hit["reference"]) == ("hidden", ""), "nothing to phone about, in JSON too"
    app.ownlog.integrate()
    assert lines(app) > grown, "the control: looking is recorded in the own log"
    assert asyncio.run(COMMANDS["status"].run(app, worker, {}, silent)) == before


def test_a_hit_and_a_dummy_bring_the_same_calls_and_show_the_same_outside_the_inbox(kit, node, coordinator, user_of):
    app, otto = node(HOLDER), user_of("otto", Role.OPERATOR)
    seen = []
    for content in (mailbox_pb2.MailContent(dummy=mailbox_pb2.Dummy()), kit.hit(HOLDER)):
        watched = Watched(coordinator)
        coordinator.post(HOLDER, content)
        asyncio.run(mailbox.poll(dataclasses.replace(app, connection=watched)))
        seen.append((watched.calls, outside(app, otto)))
    assert seen[0] == seen[1]
    assert len(hits(app)) == 1, "the control: the second item was a real hit"
