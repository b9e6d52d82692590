"""The decision-maker's side: what he sees, what a release needs, and that withholding stays in his own node."""

import asyncio
import json
from datetime import timedelta

import pytest

from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop.model import RegistrationId
from samenloop.wire.declare import CaseClosed, Release
from samenloop.wire.v1 import mailbox_pb2
from samenloop_node import declaring, mailbox
from samenloop_node.accounts import Role
from samenloop_node.commands import decide as decide_command
from samenloop_node.commands import inbox as inbox_command
from samenloop_node.store import inbox, questions, registrations
from samenloop_node.store.questions import StoredAnswer, StoredQuestion
from samenloop_node.store.registrations import Settled
from tests.node.questions.conftest import FixedClock

HOLDER, ASKER = "politie-midden", "reclassering-midden"
PART = {
    "give_basis": "wpg20",
    "receive_basis": "rr8",
    "inform_basis": "rr37_straf",
    "purpose": "toezicht",
    "acting_as": "",
}
FACTS = {
    "task": "wpg8",
    "framework": "maatregel",
    "origin": "eigen",
    "measure": "",
    "protected": False,
    "review_date": "2027-12-31",
    "acting_for": "",
}


def run(coroutine):
    return asyncio.run(coroutine)


def own_log(app, event):
    rows = app.store.read_now(lambda db: db.execute("SELECT body FROM log_entry ORDER BY seq").fetchall())
    return [row[0] for row in rows if f'"event":"{event}"'.encode() in row[0]]


def register(app, register="politie", record="demo-pol-24", identity=b"1" * 16, **facts):
    row = Settled(identity, b"r" * 32, b"f" * 32, json.dumps({**FACTS, **facts}), "", ("2026-1",), (), 1)

    def work(db):
        registrations.unsettle(db, [(register, record, identity)], 1)
        registrations.settle(db, [row])

    app.store.write_now(work)


def form(hit, **changes):
    filled = {
        "question": hit["question"],
        "give_basis": "wpg20",
        "breach_ground": "wpg20",
        "answers": {},
        "motive": "Nodig voor het toezicht",
        "protocol_entry": "PV-2026-118",
        "wpg20_decision": "Besluit 2026-01 (demo)",
    }
    return {**filled, **changes}


def filled_in(app, user, hit, **changes):
    """Return a form in which every question has its first accepted answer, but for `answers` in `changes`."""
    wanted = decide(app, user, "steps", form(hit, record=changes.get("record", "")))["steps"]
    answers = {step["step"]: step["answers"][0] for step in wanted} | changes.pop("answers", {})
    return form(hit, answers=answers, **changes)


def decide(app, user, action, decision):
    return run(decide_command.run(app, user, {"action": action, "decision": decision}, None))


@pytest.fixture(name="bakker")
def _bakker(user_of):
    return user_of("p.bakker", Role.DECISION_MAKER)


@pytest.fixture(name="holder")
def _holder(node, kit, coordinator):
    """A police node with one hidden hit of the probation service in its inbox."""
    app = node(HOLDER)
    register(app)
    kit.part_changes = PART
    coordinator.post(HOLDER, kit.hit(HOLDER))
    run(mailbox.poll(app))
    return app


def look(app, user):
    return run(inbox_command.run(app, user, {}, None))["hits"]


def test_the_inbox_tells_who_asks_why_and_about_which_own_record(holder, bakker):
    (hit,) = look(holder, bakker)
    assert (hit["asker"], hit["asker_name"], hit["state"]) == (ASKER, "Reclassering Midden", "hidden")
    assert hit["records"] == [{"register": "politie", "record_id": "demo-pol-24"}]
    assert (hit["purpose"], hit["inform_basis"]) == ("toezicht", "rr37_straf")


def test_a_look_is_logged_here_and_sent_nowhere(holder, bakker, coordinator):
    look(holder, bakker)
    assert len(own_log(holder, "inbox_view")) == 1
    assert coordinator.declared == []


def test_a_release_goes_to_this_asker_alone_with_its_protocol_entry(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    told = decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    assert told == {"question": hit["question"], "state": "released", "reported": True}
    (statement,) = coordinator.declared
    assert isinstance(statement.act, Release)
    assert (statement.act.receiver, statement.act.question_id.hex()) == (ASKER, hit["question"])
    (entry,) = own_log(holder, "protocol")
    assert holder.references.decision("PV-2026-118").hex().encode() in entry
    assert b"PV-2026-118" not in entry
    assert look(holder, bakker)[0]["state"] == "released"


def test_the_asker_sees_a_release_as_a_later_event(holder, bakker, coordinator, kit, node):
    (hit,) = look(holder, bakker)
    asker, number = node(ASKER), bytes.fromhex(hit["question"])
    row = StoredQuestion(number, "R-1", "anna", "anna", 1, b"", b"", b"", b"", (), (HOLDER,), (b"",))
    none = StoredAnswer(HOLDER, "answered", False, "", "", 0)
    asker.store.write_now(lambda db: questions.add_question(db, row))
    asker.store.write_now(lambda db: questions.store_answer(db, number, [none], b"", 1))
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    coordinator.post(ASKER, mailbox_pb2.MailContent(event=mailbox_pb2.Event(statement=coordinator.statements[0])))
    run(mailbox.poll(asker))
    (answer,) = asker.store.read_now(lambda db: questions.answers_of(db, number))
    assert answer.visible


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"motive": ""}, "R-38"),
        ({"give_basis": ""}, "R-39"),
        ({"give_basis": "convenant"}, "R-02"),
        ({"breach_ground": ""}, "R-32"),
        ({"protocol_entry": ""}, "R-42"),
        ({"wpg20_decision": ""}, "R-42"),
        ({"wpg20_decision": "Besluit 1999"}, "R-42"),
        ({"answers": {"gevolgen": "nee"}}, "R-31"),
        ({"answers": {"soort_politiegegeven": "artikel_9"}}, "R-42"),
        ({"answers": {"wie_antwoordt": "ligt_bij_om"}}, "R-45"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_release_without_what_it_needs_is_refused_and_nothing_is_sent(holder, bakker, coordinator, change, rule):
    (hit,) = look(holder, bakker)
    with pytest.raises(Refused) as caught:
        decide(holder, bakker, "release", filled_in(holder, bakker, hit, **change))
    assert caught.value.rule == rule
    assert coordinator.declared == []
    assert look(holder, bakker)[0]["state"] == "hidden"


def test_R38_only_the_decision_maker_releases(holder, bakker, user_of, coordinator):
    (hit,) = look(holder, bakker)
    with pytest.raises(Refused) as caught:
        decide(holder, user_of("beheer", Role.OPERATOR), "release", filled_in(holder, bakker, hit))
    assert (caught.value.rule, coordinator.declared) == ("R-38", [])


def test_withholding_is_known_to_this_node_alone(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    calls = len(coordinator.entries)
    decide(holder, bakker, "withhold", {"question": hit["question"], "motive": "Geen belang"})
    assert look(holder, bakker)[0]["state"] == "withheld"
    assert len(own_log(holder, "withhold")) == 1
    assert (coordinator.declared, len(coordinator.entries)) == ([], calls)


def test_a_release_can_be_taken_back_and_made_again(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    decide(holder, bakker, "take-back", {"question": hit["question"], "motive": "Vergissing"})
    assert [one.act.withdrawn for one in coordinator.declared] == [False, True]
    assert look(holder, bakker)[0]["state"] == "hidden"
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    assert len(coordinator.declared) == 3


def test_a_hit_is_released_once(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    with pytest.raises(Refused):
        decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    assert len(coordinator.declared) == 1


def test_when_the_coordinator_is_away_a_release_is_kept_and_sent_later_under_the_same_id(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    coordinator.lose_replies = 1
    assert decide(holder, bakker, "release", filled_in(holder, bakker, hit))["reported"] is False
    run(declaring.send_open(holder))
    assert len(coordinator.declared) == 1
    assert holder.store.read_now(inbox.open_declarations) == []


def test_a_release_that_the_coordinator_refuses_leaves_the_hit_hidden(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    coordinator.faults = [Refused("R-44", "Nee.")]
    with pytest.raises(Refused):
        decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    assert look(holder, bakker)[0]["state"] == "hidden"
    assert holder.store.read_now(inbox.open_declarations) == []


AWAY = SamenloopError(ErrorCode.UNAVAILABLE, "weg")
TOO_OLD = SamenloopError(ErrorCode.CLOCK_SKEW, "te oud")


def away(coordinator, monkeypatch):
    """Make the coordinator answer too old, and then nothing: between refusal and renewal it is gone."""

    async def gone(request):
        raise AWAY

    coordinator.faults = [TOO_OLD]
    monkeypatch.setattr(coordinator, "get_state", gone)


def heard(coordinator):
    return ["take back" if one.act.withdrawn else "release" for one in coordinator.declared]


def test_R38_a_release_that_was_taken_back_before_it_left_is_never_sent(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    coordinator.faults = [AWAY]
    assert decide(holder, bakker, "release", filled_in(holder, bakker, hit))["reported"] is False
    assert decide(holder, bakker, "take-back", {"question": hit["question"]})["reported"]
    holder.clock.at += timedelta(seconds=130)
    run(declaring.send_open(holder))
    assert (heard(coordinator), look(holder, bakker)[0]["state"]) == (["take back"], "hidden")


def test_R38_a_release_that_is_being_sent_is_not_renewed_once_it_was_taken_back(
    holder, bakker, coordinator, monkeypatch
):
    """The take-back comes while the daemon waits for the answer that the release is too old."""
    (hit,) = look(holder, bakker)
    coordinator.faults = [AWAY]
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    real = coordinator.declare

    async def overtaken(request):
        monkeypatch.setattr(coordinator, "declare", real)
        await decide_command.run(
            holder, bakker, {"action": "take-back", "decision": {"question": hit["question"]}}, None
        )
        raise TOO_OLD

    monkeypatch.setattr(coordinator, "declare", overtaken)
    run(declaring.send_open(holder))
    run(declaring.send_open(holder))
    assert heard(coordinator) == ["take back"]


def test_R38_what_is_said_of_one_hit_arrives_in_the_order_in_which_it_was_decided(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    filled = filled_in(holder, bakker, hit)
    decide(holder, bakker, "release", filled)
    coordinator.faults = [AWAY, AWAY]
    assert decide(holder, bakker, "take-back", {"question": hit["question"]})["reported"] is False
    assert decide(holder, bakker, "release", filled)["reported"] is False, "it waits for the taking back"
    holder.clock.at += timedelta(seconds=130)
    coordinator.faults = [TOO_OLD]
    run(declaring.send_open(holder))
    assert heard(coordinator) == ["release", "take back", "release"]
    assert look(holder, bakker)[0]["state"] == "released"


def test_R38_a_taking_back_is_kept_when_the_coordinator_goes_away_before_it_is_renewed(
    holder, bakker, coordinator, monkeypatch
):
    (hit,) = look(holder, bakker)
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    with monkeypatch.context() as patch:
        away(coordinator, patch)
        assert decide(holder, bakker, "take-back", {"question": hit["question"]})["reported"] is False
    assert [one.kind for one in holder.store.read_now(inbox.open_declarations)] == ["release_withdrawn"]
    run(declaring.send_open(holder))
    assert heard(coordinator) == ["release", "take back"]
    assert holder.store.read_now(inbox.open_declarations) == []


def test_R38_a_taking_back_is_kept_while_the_own_clock_is_wrong_and_leaves_once_it_is_right(
    holder, bakker, coordinator
):
    (hit,) = look(holder, bakker)
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    right = coordinator.clock
    coordinator.clock = FixedClock()
    coordinator.clock.at = right.at + timedelta(seconds=180)
    coordinator.faults = [TOO_OLD]
    assert decide(holder, bakker, "take-back", {"question": hit["question"]})["reported"] is False
    coordinator.faults = [TOO_OLD]
    with pytest.raises(SamenloopError, match="klok"):
        run(declaring.send_open(holder))
    coordinator.clock = right
    coordinator.faults = [TOO_OLD]
    run(declaring.send_open(holder))
    assert heard(coordinator) == ["release", "take back"]


def test_R38_a_release_that_is_refused_long_after_leaves_the_hit_hidden_and_corrects_the_protocol(
    holder, bakker, coordinator
):
    (hit,) = look(holder, bakker)
    coordinator.faults = [AWAY]
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    coordinator.faults = [SamenloopError(ErrorCode.EXPIRED, "gesloten")]
    with pytest.raises(SamenloopError):
        run(declaring.send_open(holder))
    assert look(holder, bakker)[0]["state"] == "hidden"
    assert holder.store.read_now(inbox.disclosed_hits) == []
    assert [b'"release-refused"' in one for one in own_log(holder, "protocol")] == [False, True]


def test_R38_a_taking_back_by_a_partner_that_is_suspended_is_said_when_it_no_longer_is(holder, bakker, coordinator):
    """Closed as refused it would leave the asker with "bekend" for good: nobody could take it back a second time."""
    suspended = SamenloopError(ErrorCode.NOT_PERMITTED, "geschorst")
    (hit,) = look(holder, bakker)
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    coordinator.faults = [suspended]
    assert decide(holder, bakker, "take-back", {"question": hit["question"]})["reported"] is False
    coordinator.faults = [suspended]
    with pytest.raises(SamenloopError, match="geschorst"):
        run(declaring.send_open(holder))
    run(declaring.send_open(holder))
    assert (heard(coordinator), look(holder, bakker)[0]["state"]) == (["release", "take back"], "hidden")


def test_a_release_by_a_partner_that_is_suspended_was_none(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    coordinator.faults = [SamenloopError(ErrorCode.NOT_PERMITTED, "geschorst")]
    with pytest.raises(SamenloopError, match="geschorst"):
        decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    assert look(holder, bakker)[0]["state"] == "hidden"
    assert holder.store.read_now(inbox.open_declarations) == []


def test_one_declaration_that_fails_holds_up_no_other(holder, bakker, coordinator):
    (hit,) = look(holder, bakker)
    coordinator.faults = [AWAY]
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    other = declaring.prepare(holder, CaseClosed(b"c" * 32), "R-1")
    holder.store.write_now(lambda db: inbox.add_declaration(db, other))
    coordinator.faults = [SamenloopError(ErrorCode.INTERNAL, "stuk")]
    with pytest.raises(SamenloopError, match="stuk"):
        run(declaring.send_open(holder))
    assert [type(one.act) for one in coordinator.declared] == [CaseClosed]
    run(declaring.send_open(holder))
    assert [type(one.act) for one in coordinator.declared] == [CaseClosed, Release]


def test_a_hit_on_two_records_asks_which_one(node, kit, coordinator, bakker):
    app = node(HOLDER)
    register(app)
    register(app, record="demo-pol-25", identity=b"2" * 16)
    kit.part_changes = PART
    content = kit.hit(HOLDER)
    content.hit.registration_ids.append(RegistrationId(b"2" * 16))
    coordinator.post(HOLDER, content)
    run(mailbox.poll(app))
    (hit,) = look(app, bakker)
    with pytest.raises(SamenloopError) as caught:
        decide(app, bakker, "release", form(hit))
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert decide(app, bakker, "release", filled_in(app, bakker, hit, record="demo-pol-25"))["reported"]


@pytest.mark.parametrize(
    "wrong",
    [{"question": "x"}, {"answers": [1]}, {"kleur": "rood"}, {"motive": 3}, {"consulted_colleague": "ja"}],
    ids=lambda value: next(iter(value)),
)
def test_a_decision_of_another_shape_is_refused(holder, bakker, wrong):
    (hit,) = look(holder, bakker)
    with pytest.raises(InvalidInput):
        decide(holder, bakker, "release", form(hit, **wrong))


def test_no_motive_is_on_the_disk_in_the_clear(holder, bakker):
    (hit,) = look(holder, bakker)
    decide(holder, bakker, "release", filled_in(holder, bakker, hit))
    data = b"".join(path.read_bytes() for path in holder.config.state.iterdir() if path.is_file())
    assert b"Nodig voor het toezicht" not in data
    assert b"PV-2026-118" not in data
