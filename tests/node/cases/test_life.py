"""The life of a case at the aanmelder's node: steps through their guards, in the own log, process information only."""

import asyncio
import json

import pytest

from samenloop.errors import InvalidInput, Refused, SamenloopError
from samenloop_node.accounts import Role
from samenloop_node.cases.facts import Parts, case_input
from samenloop_node.commands import ask as ask_command
from samenloop_node.commands import case as case_command
from samenloop_node.commands import notice as notice_command
from samenloop_node.store import cases, notices, questions

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
    "holders": [POLICE],
}
NEEDED = {name: POLICE[name] for name in ("purpose", "proportionality", "subsidiarity", "give_basis", "receive_basis")}
INTAKE = {
    "tasks": ["toezicht"],
    "basis": "rr8",
    "consent": "niet_nodig",
    "informing": "geen",
    "needed": [{"partner": "politie-midden", "reason": "genoemd_in_dossier", **NEEDED}],
}


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture(name="app")
def _app(node):
    return node("reclassering-midden")


@pytest.fixture(name="anna")
def _anna(user_of):
    return user_of("anna", Role.CASE_WORKER)


@pytest.fixture(name="step")
def _step(app, anna):
    def step(action, user=anna, case="R-1", **said):
        return run(case_command.run(app, user, {"action": action, "case": case, **said}, None))

    return step


def refused(call, *arguments, **options):
    with pytest.raises(Refused) as caught:
        call(*arguments, **options)
    return caught.value


def ask(app, anna, **change):
    return run(ask_command.run(app, anna, {"question": {**QUESTION, **change}, "person": PERSON}, None))


def inform(app, anna, **said):
    (due,) = app.store.read_now(notices.unsettled)
    day = app.clock.now().date().isoformat()
    given = {"given_on": day, "way": "brief", "given_by": "reclassering-midden"}
    given |= {"contents": list(app.catalogue.codes["notice_contents"]), **said}
    run(notice_command.run(app, anna, {"action": "give", "notice": due.id, "said": given}, None))


def own_log(app):
    return [json.loads(row[0])["public"] for row in app.store.read_now(_bodies)]


def _bodies(db):
    return db.execute("SELECT body FROM log_entry ORDER BY seq").fetchall()


def test_R20_nothing_is_asked_in_a_case_that_was_not_reported(app, anna, coordinator):
    assert refused(ask, app, anna).missing == ("R-20 case_state",)
    assert (coordinator.asked, app.store.read_now(lambda db: questions.questions_of(db, "R-1"))) == ([], [])


def test_R22_a_question_opens_its_case_only_for_the_target_group(app, anna, coordinator):
    assert refused(ask, app, anna, target_group=["meer_problemen"]).rule == "R-22"
    assert app.store.read_now(lambda db: cases.find(db, "R-1")) is None
    assert ask(app, anna, target_group=["gebiedsprobleem"])["state"] == "answered"
    assert app.store.read_now(lambda db: cases.find(db, "R-1")).state == "intake"
    assert ask(app, anna)["state"] == "answered"


def test_R61_a_reported_case_has_a_notice_that_is_due(app, step):
    assert step("report", target_group=["gebiedsprobleem"])["state"] == "intake"
    (due,) = app.store.read_now(notices.unsettled)
    assert (due.case_number, due.state, due.due_on) == ("R-1", "due", app.clock.now().date().isoformat())


def test_R20_a_case_is_reported_once_and_first_without_the_target_group_test(step):
    assert step("report")["state"] == "reported"
    with pytest.raises(InvalidInput):
        step("report")
    assert refused(step, "accept").rule == "R-22"
    assert step("accept", target_group=["gebiedsprobleem"])["state"] == "intake"


def test_a_refusal_is_logged_with_its_rule_and_nothing_else(app, step):
    step("report", target_group=["gebiedsprobleem"])
    assert refused(step, "triage").rule == "R-21"
    last = own_log(app)[-1]
    assert (last["event"], last["action"], last["status"], last["rule"]) == ("case", "triage", "refused", "R-21")
    assert last["case"] == app.references.case("R-1").hex()


def test_the_whole_life_of_a_case(app, anna, step):
    step("report", target_group=["gebiedsprobleem"])
    assert (
        "De intake is niet volledig. Vul haar aan met: samenloop-node case intake. [intake]" in step("show")["missing"]
    )
    step("intake", intake=INTAKE)
    assert refused(step, "triage").rule == "R-61"
    inform(app, anna)
    assert step("triage")["state"] == "triage"
    parts = list(app.catalogue.codes["triage_parts"])
    day = app.clock.now().date().isoformat()
    triage = {"parts": parts, "outcome": "casusoverleg", "moment": "toeleiden", "decided_on": day}
    meeting = {"invitations": [{"partner": "politie-midden", "reason": "genoemd_in_dossier"}], "person_invited": True}
    assert refused(step, "meet", meeting=meeting).rule == "R-54"
    step("decide", triage=triage)
    assert refused(step, "meet", meeting={**meeting, "invitations": []}).rule == "R-56"
    assert refused(step, "meet", meeting={**meeting, "person_invited": False}).rule == "R-60"
    assert step("meet", meeting=meeting)["state"] == "meeting"
    without = step("plan", plan={"made": False})
    assert without["state"] == "meeting", "no plan is written down too"
    assert without["plan"] == {"made": False, "made_on": None}
    made = {"made": True, "made_on": day, "case_lead": "ggz-midden", "own_log": "dossier-12"}
    assert refused(step, "plan", plan={**made, "case_lead": "reclassering-midden"}).rule == "R-57"
    assert refused(step, "plan", plan={**made, "own_log": ""}).rule == "R-59"
    done = step("plan", plan=made)
    assert (done["state"], done["state_name"], done["plan"]) == ("plan", "plan", {"made": True, "made_on": day})
    assert refused(step, "close", reason="zomaar").rule == "R-70"
    assert step("close", reason="doel_bereikt") == {"case": "R-1", "closed": True, "reported": True}
    assert refused(step, "plan", plan={"made": False}).rule == "R-70"
    assert [row["case"] for row in step("list")["cases"]] == ["R-1"]


def test_R20_a_step_out_of_order_says_where_the_case_is_and_what_comes_next(step):
    step("report")
    early = refused(step, "meet", meeting={"invitations": [], "person_invited": True})
    assert (early.rule, early.missing) == ("R-20", ("R-20 order",))
    assert early.text == "Deze stap kan nu niet. De casus staat op: aangemeld. De volgende stap is: case accept."
    step("reject")
    assert refused(step, "triage").text == "Deze stap kan nu niet. De casus staat op: afgewezen."


def test_R22_a_code_that_does_not_exist_is_told_apart_from_a_case_that_does_not_fit(step):
    unknown = refused(step, "report", target_group=["gebiedsprobleem", "overlast"])
    assert "staat niet in de lijst" in unknown.text
    assert "overlast" not in str(unknown.missing)
    assert "doelgroep" in refused(step, "report", target_group=["meer_ketens"]).text


def test_R21_a_field_of_the_intake_that_is_left_out_stays_as_it_was(step):
    step("report", target_group=["gebiedsprobleem"])
    step("intake", intake={**INTAKE, "basis": ""})
    assert (
        "De intake is niet volledig. Vul haar aan met: samenloop-node case intake. [intake.basis]"
        in step("show")["missing"]
    )
    step("intake", intake={"basis": "rr8", "tasks": [], "needed": [], "consent": ""})
    assert [text for text in step("show")["missing"] if "intake" in text] == []


def test_R54_a_new_triage_decision_is_weighed_in_full_again(app, anna, step):
    step("report", target_group=["gebiedsprobleem"])
    step("intake", intake=INTAKE)
    inform(app, anna)
    step("triage")
    parts = list(app.catalogue.codes["triage_parts"])
    made = {"outcome": "casusoverleg", "moment": "toeleiden", "decided_on": app.clock.now().date().isoformat()}
    step("decide", triage={**made, "parts": parts})
    step("decide", triage={**made, "parts": parts[:1]})
    (text,) = [one for one in step("show")["missing"] if "triagebesluit" in one]
    assert text.count("triage.parts.") == len(parts) - 1


def test_R63_a_case_with_an_open_notice_is_not_closed(step):
    step("report", target_group=["gebiedsprobleem"])
    assert refused(step, "close", reason="doel_bereikt").rule == "R-63"
    assert step("reject")["closed"], "advice instead of a case needs no notice"


def test_R55_a_care_provider_at_the_meeting_took_its_six_steps(app, anna, step):
    step("report", target_group=["gebiedsprobleem"])
    step("intake", intake=INTAKE)
    inform(app, anna)
    step("triage")
    meeting = {"invitations": [{"partner": "ggz-midden", "reason": "genoemd_in_dossier"}], "person_invited": True}
    assert "R-55 care_steps" in refused(step, "meet", meeting=meeting).missing


def test_free_text_is_sealed_and_refused_when_it_names_the_person(app, step):
    report = {"target_group": ["gebiedsprobleem"], "person": PERSON}
    for text in ("Gesprek met Zandstra", "geboren 17-05-1984", "zie 111222333"):
        with pytest.raises(InvalidInput) as caught:
            step("report", **report, motive=text)
        assert text not in caught.value.text
    step("report", **report, motive="Buren klagen al maanden")
    files = b"".join(path.read_bytes() for path in app.config.state.iterdir() if path.is_file())
    assert b"Buren" not in files
    assert app.store.read_now(lambda db: db.execute("SELECT count(*) FROM note").fetchone()[0]) == 1


def test_a_number_of_the_own_system_is_refused_when_it_names_the_person_typed_beside_it(app, anna):
    """Invariant 1: a case number is stored as it is."""
    report = {"action": "report", "target_group": ["gebiedsprobleem"], "person": PERSON, "motive": "Buren klagen"}
    with pytest.raises(InvalidInput) as caught:
        run(case_command.run(app, anna, {**report, "case": "Zandstra 17-05-1984"}, None))
    assert caught.value.field == "case"
    files = b"".join(path.read_bytes() for path in app.config.state.iterdir() if path.is_file())
    assert b"Zandstra" not in files
    run(case_command.run(app, anna, {**report, "case": "Z-2026-1"}, None))


def test_a_case_of_somebody_else_does_not_exist(step, user_of):
    step("report", target_group=["gebiedsprobleem"])
    for action in ("show", "triage"):
        with pytest.raises(SamenloopError) as caught:
            step(action, user=user_of("piet", Role.CASE_WORKER))
        assert caught.value.code.value == "not_found"


def test_R20_a_network_reports_nothing(node, anna):
    house = node("zvh-midden")
    request = {"action": "report", "case": "Z-1", "target_group": ["gebiedsprobleem"]}
    assert refused(lambda: run(case_command.run(house, anna, request, None))).rule == "R-20"


def test_R36_R53_a_hit_needs_a_talk_and_contradictions_are_shown(app, anna, step, coordinator):
    coordinator.known = {"politie-midden"}
    asked = ask(app, anna, target_group=["gebiedsprobleem"])["question"]
    (hit,) = step("show")["hits"]
    assert (hit["holder"], hit["outcome"], len(hit["reference"])) == ("politie-midden", "", len("bako-timo-17"))
    said = {"question": asked, "holder": "politie-midden"}
    with pytest.raises(InvalidInput):
        step("contact", **said, outcome="misschien")
    first = step("contact", **said, outcome="juiste_persoon", useful=True)
    assert first == {"reference": hit["reference"], "outcome": "juiste_persoon", "notes": []}
    assert step("contradictions")["contradictions"] == []
    assert "datalek" in step("contact", **said, outcome="verkeerde_persoon")["notes"][0]
    (one,) = step("contradictions")["contradictions"]
    assert [row["outcome"] for row in one["outcomes"]] == ["juiste_persoon", "verkeerde_persoon"]
    assert one["settled"], "the last talk counts"
    assert contact_of(app, anna) == "verkeerde_persoon"
    step("contact", **said, outcome="juiste_persoon")
    (one,) = step("contradictions")["contradictions"]
    assert (len(one["outcomes"]), one["settled"]) == (3, True), "all of it stays to be seen"
    assert contact_of(app, anna) == "juiste_persoon"
    with pytest.raises(SamenloopError):
        step("contact", question=asked, holder="ggz-midden", outcome="juiste_persoon")


def contact_of(app, anna):
    return app.store.read_now(lambda db: case_input(app, db, anna, "R-1", Parts())).contact


def test_a_known_answer_has_a_reference_for_the_phone_and_no_message_has_none(app, anna, coordinator):
    coordinator.known = {"politie-midden"}
    known = ask(app, anna, target_group=["gebiedsprobleem"])["answers"][0]
    coordinator.known = set()
    none = ask(app, anna)["answers"][0]
    assert (bool(known["reference"]), none["reference"]) == (True, "")
