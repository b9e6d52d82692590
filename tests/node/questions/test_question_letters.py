"""What the two sides of a question tell each other afterwards, through a real coordinator that cannot read it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from samenloop.covenant.override import sign_override
from samenloop.covenant.signatures import format_signatures
from samenloop.errors import IntegrityError, InvalidInput, Refused, SamenloopError
from samenloop.model import ParticipantId
from samenloop_node import declaring, letter_form, letters, question_letters, telling
from samenloop_node.commands import case as case_command
from samenloop_node.commands import consent as consent_command
from samenloop_node.commands import notice as notice_command
from samenloop_node.commands import rights as rights_command
from samenloop_node.process import today
from samenloop_node.question_letters import ENDED, CaseTold, ConsentTold, ContactTold
from samenloop_node.store import inbox, notices, told
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import CARE, MAYOR, POLICE, PROBATION, Process, hold_ceremony
from tests.e2e import world as worlds
from tests.e2e.world import ANNA, BAKKER, OFFICER, World, person, roomy
from tests.node.consents.test_consents import ticks

worlds.KINDS[MAYOR] = "burgemeester"
DOUBLE = b"[partners.ggz]\ndouble_consent = true\n"


@pytest.fixture(scope="module", name="world")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    consortium = make_consortium(tmp_path_factory.mktemp("letters"), edit=roomy)
    process = Process(consortium)
    process.start()
    loop = asyncio.new_event_loop()
    worlds.HOLDERS[MAYOR] = {**worlds.HOLDERS[POLICE], "holder": MAYOR, "give_basis": "gemeentewet172"}
    world = World(consortium, process, loop, loop.run_until_complete(hold_ceremony(consortium)))
    yield world
    for app in world.nodes.values():
        world.run(app.close())
    process.stop()
    loop.close()


def told_by(world: World, name: str) -> None:
    """Let a node send what it has to tell."""
    world.run(declaring.send_open(world.node(name)))


def waiting(world: World, name: str) -> list[bytes]:
    """Return the sealed letters that a node is about to send."""
    rows = world.node(name).store.read_now(inbox.open_declarations)
    acts = [declaring.parse_declare(declaring.overlap_pb2.DeclareRequest.FromString(row.request)) for row in rows]
    return [one.statement.act.sealed for one in acts if isinstance(one.statement.act, declaring.Letter)]


def contact(world: World, name: str, question: str, holder: str, outcome: str) -> dict[str, Any]:
    said = {"action": "contact", "question": question, "outcome": outcome}
    user, more = (ANNA, {"holder": holder}) if name == PROBATION else (BAKKER, {})
    return world.run(case_command.run(world.node(name), user, {**said, **more}, None))


def overview(world: World, name: str) -> list[dict[str, Any]]:
    user = ANNA if name == PROBATION else BAKKER
    found = world.run(case_command.run(world.node(name), user, {"action": "contradictions"}, None))
    return list(found["contradictions"])


def close(world: World, case: str) -> None:
    world.inform(case)
    request = {"action": "close", "case": case, "reason": "doel_bereikt"}
    world.run(case_command.run(world.node(PROBATION), ANNA, request, None))


def shown_to(world: World, name: str, who: dict[str, str]) -> dict[str, Any]:
    """Return what an access reply says of the one record of a person at a holder."""
    given = {"kind": "inzage", "received_on": today(world.node(name)).isoformat(), "identity_checked": True}
    row = world.run(rights_command.run(world.node(name), OFFICER, {"action": "receive", **given, "person": who}, None))
    said = {"action": "answer", "request": row["request"], "outcome": "toegewezen", "complaint_route": True}
    said |= {"motive": "Beoordeeld", "person": who}
    done = world.run(rights_command.run(world.node(name), OFFICER, said, None))
    (held,) = done["report"]["held"]
    return dict(held)


def test_R36_R53_outcomes_reach_the_other_side_and_contradictions_show_at_both(world):
    who = person(1)
    world.register(MAYOR, who, "bur-1")
    asked = world.ask("L-1", who, MAYOR)["question"]
    world.poll(MAYOR)
    contact(world, PROBATION, asked, MAYOR, "juiste_persoon")
    contact(world, MAYOR, asked, MAYOR, "verkeerde_persoon")
    assert overview(world, PROBATION) == overview(world, MAYOR) == [], "each has heard one side"
    for name in (PROBATION, MAYOR):
        told_by(world, name)
    for name in (PROBATION, MAYOR, PROBATION, MAYOR):
        world.poll(name)
    for name in (PROBATION, MAYOR):
        (one,) = overview(world, name)
        assert (one["question"], one["holder"]) == (asked, MAYOR)
        assert {(row["said_by"], row["outcome"]) for row in one["outcomes"]} == {
            (PROBATION, "juiste_persoon"),
            (MAYOR, "verkeerde_persoon"),
        }
    assert overview(world, PROBATION)[0]["reference"] == overview(world, MAYOR)[0]["reference"]
    contact(world, MAYOR, asked, MAYOR, "juiste_persoon")
    told_by(world, MAYOR)
    world.poll(PROBATION)
    assert [(one["settled"], len(one["outcomes"])) for one in overview(world, PROBATION)] == [(True, 3)], (
        "the last letter of a side counts, on the same day too"
    )


def test_R34_of_a_hidden_hit_nothing_is_told_and_nothing_is_heard(world):
    who = person(2)
    world.register(POLICE, who, "pol-2")
    asked = world.ask("L-2", who, POLICE)["question"]
    world.poll(POLICE)
    with pytest.raises(SamenloopError, match="geen treffer"):
        contact(world, POLICE, asked, POLICE, "juiste_persoon")
    with pytest.raises(SamenloopError, match="geen treffer"):
        contact(world, PROBATION, asked, POLICE, "juiste_persoon")
    forged = ContactTold(ParticipantId(PROBATION), "0" * 32, asked, POLICE, "juiste_persoon", True, "2026-01-01")
    for author, receiver in ((PROBATION, POLICE), (POLICE, PROBATION)):
        _send(world, author, receiver, forged)
        world.poll(receiver)
        assert world.node(receiver).store.read_now(lambda db: told.contacts(db, bytes.fromhex(asked))) == []


def _send(world: World, author: str, receiver: str, letter: Any) -> None:
    app = world.node(author)
    letter = type(letter)(ParticipantId(author), *[getattr(letter, name) for name in letter.__slots__[1:]])
    act = question_letters.seal(app.covenant(), receiver, letter)
    world.run(declaring.sent_now(app, _stored(app, act, letter.question)))


def _stored(app: Any, act: Any, subject: str) -> Any:
    declaration = declaring.prepare(app, act, subject)
    app.store.write_now(lambda db: inbox.add_declaration(db, declaration))
    return declaration


def test_a_letter_that_comes_twice_or_from_a_third_counts_once_or_not(world):
    who = person(3)
    world.register(MAYOR, who, "bur-3")
    asked = world.ask("L-3", who, MAYOR)["question"]
    world.poll(MAYOR)
    said = ContactTold(ParticipantId(PROBATION), "1" * 32, asked, MAYOR, "juiste_persoon", False, "2026-01-01")
    for _time in range(2):
        _send(world, PROBATION, MAYOR, said)
    _send(world, CARE, MAYOR, said)
    _send(world, CARE, MAYOR, CaseTold(ParticipantId(CARE), asked, "closed"))
    world.poll(MAYOR)
    heard = world.node(MAYOR).store.read_now(lambda db: told.contacts(db, bytes.fromhex(asked)))
    assert [(one.told_by, one.outcome) for one in heard] == [(PROBATION, "juiste_persoon")]
    (hit,) = [one for one in world.inbox(MAYOR) if one["question"] == asked]
    assert hit["state"] == "shown", "a third closes nothing"


def test_R37_R52_a_closed_case_lapses_its_hits_and_consents_at_the_holder(world):
    who = person(4)
    world.register(CARE, who, "ggz-4")
    asked = world.ask("L-4", who, CARE)["question"]
    world.poll(CARE)
    given = {"action": "record", "question": asked, "form": ticks(world)}
    number = world.run(consent_command.run(world.node(CARE), BAKKER, given, None))["consent"]
    close(world, "L-4")
    told_by(world, PROBATION)
    (hit,) = [one for one in world.inbox(CARE) if one["question"] == asked]
    assert hit["state"] == "lapsed"
    shown = world.run(consent_command.run(world.node(CARE), BAKKER, {"action": "show", "consent": number}, None))
    assert shown["state"] == "expired"
    with pytest.raises(Refused):
        world.decide(CARE, "release", question=asked, give_basis="wgs229", motive="te laat")


def letters_of(world: World, case: str, number: int, *, known: bool) -> list[int]:
    """Return the lengths of the letters of one case, from the question to its close."""
    who = person(number)
    if known:
        world.register(MAYOR, who, f"bur-{number}")
        world.register(POLICE, who, f"pol-{number}")
    told_by(world, PROBATION)
    world.ask(case, who, MAYOR, POLICE)
    close(world, case)
    sizes = [len(one) for one in waiting(world, PROBATION)]
    told_by(world, PROBATION)
    for name in (MAYOR, POLICE):
        world.poll(name)
    return sizes


def test_R34_closing_and_informing_tell_every_asked_holder_the_same_whatever_it_answered(world):
    hit, none = letters_of(world, "L-5", 5, known=True), letters_of(world, "L-6", 6, known=False)
    assert hit == none == [letter_form.PADDED_BYTES + 48] * 4


def test_control_a_build_that_tells_only_who_answered_is_caught(world, monkeypatch):
    """The broken build: the holders that are told depend on what was found. The test above tells the two apart."""
    real = telling._about

    def visible_only(app, db, question_id, holders, event):
        rows = telling.questions.answers_of(db, question_id)
        real(app, db, question_id, [one.holder for one in rows if one.visible], event)

    monkeypatch.setattr(telling, "_about", visible_only)
    assert letters_of(world, "L-12", 12, known=True) != letters_of(world, "L-13", 13, known=False)


def test_R65_R66_who_asked_is_named_once_the_person_was_informed_and_never_while_that_is_deferred(world):
    who = person(7)
    world.register(POLICE, who, "pol-7")
    world.ask("L-7", who, POLICE)
    world.poll(POLICE)
    assert shown_to(world, POLICE, who)["asked_by"] == ()
    world.inform("L-7")
    told_by(world, PROBATION)
    world.poll(POLICE)
    held = shown_to(world, POLICE, who)
    assert [one["partner"] for one in held["asked_by"]] == ["Reclassering Midden"]
    assert held["shown_to"] == (), "that he asked, and nothing was shown"
    world.ask("L-7", who, POLICE)
    told_by(world, PROBATION)
    world.poll(POLICE)
    assert len(shown_to(world, POLICE, who)["asked_by"]) == 2, "a later question in an informed case is told too"


def test_R66_a_deferred_notice_of_the_asker_is_not_revealed_by_the_holder(world):
    who = person(8)
    world.register(MAYOR, who, "bur-8")
    world.ask("L-8", who, MAYOR)
    world.poll(MAYOR)
    assert len(shown_to(world, MAYOR, who)["shown_to"]) == 1, (
        "the control: it is in the reply while nothing is deferred"
    )
    defer(world, "L-8")
    told_by(world, PROBATION)
    world.poll(MAYOR)
    held = shown_to(world, MAYOR, who)
    assert (held["shown_to"], held["asked_by"]) == ((), ())
    world.inform("L-8")
    told_by(world, PROBATION)
    world.poll(MAYOR)
    assert len(shown_to(world, MAYOR, who)["shown_to"]) == 1


def defer(world: World, case: str) -> None:
    app = world.node(PROBATION)
    (due,) = app.store.read_now(lambda db: notices.of_case(db, case))
    day = today(app)
    said = {"ground": "bescherming", "review_on": (day + timedelta(days=30)).isoformat(), "decision": "B-1"}
    said |= {"condition": "log-1", "expected_on": (day + timedelta(days=60)).isoformat(), "informer": PROBATION}
    request = {"action": "defer", "notice": due.id, "said": said}
    world.run(notice_command.run(app, ANNA, request, None))


def test_R50_R65_what_was_shown_stays_in_the_access_reply_after_it_was_taken_back(world):
    who = person(9)
    world.register(MAYOR, who, "bur-9")
    world.ask("L-9", who, MAYOR)
    world.poll(MAYOR)
    close(world, "L-9")
    told_by(world, PROBATION)
    world.poll(MAYOR)
    assert len(shown_to(world, MAYOR, who)["shown_to"]) == 1


def test_R52_with_a_physician_the_asker_tells_of_its_own_consent_and_of_its_end(world, tmp_path):
    who = person(10)
    _with_override(world, tmp_path)
    world.register(CARE, who, "ggz-10")
    asked = world.ask("L-10", who, CARE)["question"]
    world.poll(CARE)
    given = {"action": "record", "question": asked, "form": ticks(world)}
    number = world.run(consent_command.run(world.node(CARE), BAKKER, given, None))["consent"]
    steps = world.decide(CARE, "steps", question=asked, breach_ground="toestemming")["steps"]
    decision = {
        "question": asked,
        "give_basis": "toestemming",
        "breach_ground": "toestemming",
        "consent": number,
        "answers": {step["step"]: step["answers"][0] for step in steps},
        "motive": "Met toestemming van beiden",
        "decided_by_professional": True,
        "person_informed": True,
    }
    with pytest.raises(Refused) as caught:
        world.decide(CARE, "release", **decision)
    assert "R-52 second_consent" in caught.value.missing
    own = _own_consent(world, asked, receiver=PROBATION)
    told_by(world, PROBATION)
    world.poll(CARE)
    world.decide(CARE, "release", **decision)
    world.poll(PROBATION)
    assert world.answers("L-10")[0]["answers"][0]["known"]
    world.run(consent_command.run(world.node(PROBATION), ANNA, {"action": "withdraw", "consent": own}, None))
    told_by(world, PROBATION)
    world.poll(CARE)
    told_by(world, CARE)
    world.poll(PROBATION)
    assert not world.answers("L-10")[0]["answers"][0]["known"], "one of the two consents ended"
    _released_anew(world, asked, given, decision)
    form = ticks(world)
    ended = ConsentTold(
        ParticipantId(PROBATION), asked, own, form["purpose"], form["signed_on"], form["valid_until"], ENDED
    )
    _send(world, PROBATION, CARE, ended)
    world.poll(CARE)
    told_by(world, CARE)
    world.poll(PROBATION)
    assert world.answers("L-10")[0]["answers"][0]["known"], "heard again, an old end takes back no newer release"


def _released_anew(world: World, asked: str, given: dict[str, Any], decision: dict[str, Any]) -> None:
    """Obtain both consents once more, and release on them."""
    _own_consent(world, asked, receiver=PROBATION)
    told_by(world, PROBATION)
    world.poll(CARE)
    number = world.run(consent_command.run(world.node(CARE), BAKKER, given, None))["consent"]
    world.decide(CARE, "release", **{**decision, "consent": number})
    world.poll(PROBATION)
    assert world.answers("L-10")[0]["answers"][0]["known"]


def _own_consent(world: World, asked: str, **change: Any) -> str:
    given = {"action": "record", "question": asked, "holder": CARE, "form": ticks(world, **change)}
    return str(world.run(consent_command.run(world.node(PROBATION), ANNA, given, None))["consent"])


def _with_override(world: World, folder: Any) -> None:
    """The care provider's node takes its own kind for a physician: a tightening that it signed itself."""
    path, party = folder / "arts.toml", world.consortium.parties[CARE]
    path.write_bytes(DOUBLE)
    signature = sign_override(world.consortium.covenant, DOUBLE, CARE, party.signing)
    path.with_suffix(".signatures.json").write_bytes(format_signatures([signature]))
    if CARE in world.nodes:
        world.run(world.nodes.pop(CARE).close())
    config = world._config(CARE).model_copy(update={"catalogue_override": path})
    world.nodes[CARE] = worlds.App.open(config)


def test_R52_an_asker_records_a_consent_for_a_holder_that_it_asked_only(world):
    who = person(11)
    asked = world.ask("L-11", who, CARE)["question"]
    with pytest.raises(InvalidInput):
        _own_consent(world, asked, receiver=CARE)
    given = {"action": "record", "question": asked, "holder": POLICE, "form": ticks(world, receiver=PROBATION)}
    with pytest.raises(SamenloopError):
        world.run(consent_command.run(world.node(PROBATION), ANNA, given, None))


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "contact", "question": "0" * 32},
        {"kind": "case", "question": "0" * 32, "event": "heropend"},
        {"kind": "case", "question": "xyz", "event": "closed"},
        {"kind": "case", "question": "0" * 32, "event": "closed", "naam": "iemand"},
        {"kind": "consent", "question": "0" * 32, "number": "1"},
        {"kind": "nieuws"},
    ],
    ids=str,
)
def test_a_letter_of_another_form_is_refused(world, content):
    app = world.node(POLICE)
    letter = letter_form.sealed(app.covenant(), PROBATION, POLICE, content)
    with pytest.raises(IntegrityError):
        letters.open_letter(app.covenant(), PROBATION, letter, app.sealing_key)


def test_every_letter_has_one_length_and_says_back_what_was_said(world):
    app, author = world.node(POLICE), ParticipantId(PROBATION)
    question, day = "ab" * 16, "2026-02-03"
    said = [
        ContactTold(author, "cd" * 16, question, POLICE, "geen_contact", False, day),
        ConsentTold(author, question, "ef" * 8, "toezicht", day, day, "given"),
        CaseTold(author, question, "informed"),
    ]
    sealed = [question_letters.seal(app.covenant(), POLICE, one) for one in said]
    case = letters.seal_case_letter(app.covenant(), PROBATION, POLICE, "é" * letters.MAX_CASE, b"r" * 16)
    assert {len(one.sealed) for one in [*sealed, case]} == {letter_form.PADDED_BYTES + 48}
    back = [letters.open_letter(app.covenant(), PROBATION, one, app.sealing_key) for one in sealed]
    assert back == said
