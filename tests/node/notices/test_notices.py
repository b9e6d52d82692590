"""Telling the person: due, given with everything in it, deferred on a listed ground with a review day, and papers."""

import asyncio
import json
import re
import unicodedata
from datetime import timedelta

import pytest

from samenloop.errors import InvalidInput, Refused, SamenloopError
from samenloop_node.accounts import Role
from samenloop_node.commands import case as case_command
from samenloop_node.commands import notice as notice_command
from samenloop_node.documents import consent_form, notice_letter
from samenloop_node.documents.render import render
from samenloop_node.notices import making
from samenloop_node.notices.calendar import calendar
from samenloop_node.process import today
from samenloop_node.store import inbox, notices, registrations
from samenloop_node.store.inbox import StoredHit


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture(name="app")
def _app(node):
    return node("politie-midden")


@pytest.fixture(name="anna")
def _anna(user_of):
    return user_of("anna", Role.CASE_WORKER)


@pytest.fixture(name="due")
def _due(app, anna):
    report = {"action": "report", "case": "P-1", "target_group": ["gebiedsprobleem"]}
    run(case_command.run(app, anna, report, None))
    (row,) = app.store.read_now(notices.unsettled)
    return row.id


@pytest.fixture(name="step")
def _step(app, anna, due):
    def step(action, user=anna, **said):
        return run(notice_command.run(app, user, {"action": action, "notice": due, "said": said}, None))

    return step


def refused(call, *arguments, **options):
    with pytest.raises(Refused) as caught:
        call(*arguments, **options)
    return caught.value


def given(app, **change):
    day = today(app).isoformat()
    said = {"given_on": day, "way": "brief", "given_by": "politie-midden"}
    return {**said, "contents": list(app.catalogue.codes["notice_contents"]), **change}


def deferral(app, days=30, **change):
    day = today(app)
    said = {"ground": "bescherming", "review_on": (day + timedelta(days=days)).isoformat(), "decision": "B-1"}
    said |= {"condition": "log-3", "expected_on": (day + timedelta(days=60)).isoformat(), "informer": "politie-midden"}
    return {**said, **change}


def test_R61_R62_a_notice_is_given_with_everything_in_it(app, step):
    assert refused(step, "give", **given(app, contents=["rechten"])).rule == "R-62"
    assert refused(step, "give", **given(app, way="duif")).rule == "R-61"
    assert step("give", **given(app))["state"] == "given"
    assert app.store.read_now(notices.unsettled) == []


def test_R63_a_deferral_needs_a_ground_a_review_day_and_somebody_who_will_tell(app, step):
    wrong = [{"ground": "regie"}, {"decision": ""}, {"condition": ""}, {"review_on": today(app).isoformat()}]
    for change in wrong:
        assert refused(step, "defer", **deferral(app, **change)).rule == "R-63"
    assert refused(step, "defer", **deferral(app, days=200)).rule == "R-63"
    said = deferral(app)
    del said["informer"]
    assert "R-63 informer" in refused(step, "defer", **said).missing
    shown = step("defer", **deferral(app))
    assert (shown["state"], shown["informer"]) == ("deferred", "politie-midden")


def test_R63_on_its_review_day_a_deferral_is_due_again(app, anna, step, clock):
    step("defer", **deferral(app, days=30))
    assert refused(step, "resume").rule == "R-63"
    clock.at += timedelta(days=29)
    assert run(notice_command.run(app, anna, {"action": "list"}, None))["notices"][0]["state"] == "deferred"
    clock.at += timedelta(days=1)
    (row,) = run(notice_command.run(app, anna, {"action": "list"}, None))["notices"]
    assert (row["state"], row["due_on"]) == ("due", today(app).isoformat())


def test_R63_when_the_ground_is_gone_the_person_is_to_be_told_at_once(app, step):
    step("defer", **deferral(app))
    assert step("resume", ground_gone=True)["state"] == "due"


def test_R64_veilig_thuis_has_four_weeks_and_extensions_of_two(app, step, monkeypatch):
    monkeypatch.setattr("samenloop_node.notices.steps.controller_kind", lambda _app: "veilig_thuis")
    assert refused(step, "defer", **deferral(app, days=43)).rule == "R-64"
    assert step("defer", **deferral(app, days=42))["state"] == "deferred"
    assert step("resume", ground_gone=True)["state"] == "due"
    assert refused(step, "defer", **deferral(app, days=15)).rule == "R-64"
    assert step("defer", **deferral(app, days=14))["state"] == "deferred"
    monkeypatch.setattr("samenloop_node.notices.making.controller_kind", lambda _app: "veilig_thuis")
    assert making.notice_of_case(app, "V-1").due_on == (today(app) + timedelta(weeks=4)).isoformat()


def test_R61_what_was_shown_to_another_is_told_too(app, anna):
    app.store.write_now(lambda db: registrations.unsettle(db, [("politie", "p-1", b"r" * 16)], 1))
    for number, state in ((b"q", "hidden"), (b"s", "shown")):
        hit = StoredHit(number * 16, "reclassering-midden", b"", state == "shown", False, 1, 1, state, (b"r" * 16,))
        app.store.write_now(lambda db, hit=hit: inbox.add_hit(db, hit))
    rows = run(notice_command.run(app, anna, {"action": "list"}, None))["notices"]
    assert [row["record"] for row in rows] == ["politie/p-1"]
    facts = run(notice_command.run(app, anna, {"action": "letter", "notice": rows[0]["notice"]}, None))["letter"]
    assert facts["receivers"] == ["Reclassering Midden"]


def test_a_hidden_hit_alone_makes_no_notice(app, anna):
    app.store.write_now(lambda db: registrations.unsettle(db, [("politie", "p-1", b"r" * 16)], 1))
    hit = StoredHit(b"q" * 16, "reclassering-midden", b"", False, False, 1, 1, "hidden", (b"r" * 16,))
    app.store.write_now(lambda db: inbox.add_hit(db, hit))
    assert run(notice_command.run(app, anna, {"action": "list"}, None))["notices"] == []


def test_a_case_of_somebody_else_is_told_by_him(app, step, user_of):
    piet = user_of("piet", Role.CASE_WORKER)
    assert refused(step, "give", user=piet, **given(app)).rule == "R-35"
    (row,) = run(notice_command.run(app, piet, {"action": "list"}, None))["notices"]
    assert row["case"] == "", "another sees that something is due, not in which case"
    with pytest.raises(SamenloopError):
        step("letter", user=piet)


def test_the_calendar_holds_days_and_numbers_and_no_case_or_name(app, anna, due):
    text = run(notice_command.run(app, anna, {"action": "calendar"}, None))["calendar"]
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert f"DTSTART;VALUE=DATE:{today(app):%Y%m%d}" in text
    assert "P-1" not in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_long_line_of_a_calendar_is_folded_between_letters():
    row = {"notice": "é" * 200, "state": "due", "due_on": "2026-12-01", "review_on": ""}
    from datetime import UTC, datetime

    text = calendar([row], "ggz-midden", datetime(2026, 11, 22, tzinfo=UTC))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "é" * 200 in text.replace("\r\n ", "")


def test_R62_the_draft_letter_has_a_place_for_every_part_of_the_checklist(app, step):
    facts = step("letter")["letter"]
    page = render(notice_letter.notice_letter(facts, {"naam": "J. <b>Jansen</b>"}), "html").decode()
    parts = {
        "verantwoordelijke": "Korpschef van politie",
        "gegevens_doel": "Welke gegevens, en waarvoor?",
        "ontvangers": "Wie krijgt de gegevens?",
        "rechten": "Welke rechten hebt u?",
        "verplicht": "Moet u meewerken?",
        "bewaartermijn": "60 maanden",
        "beveiliging": "Hoe zijn de gegevens beveiligd?",
        "afweging": "Welke afweging is gemaakt?",
    }
    assert set(parts) == set(app.catalogue.codes["notice_contents"])
    assert [text for text in parts.values() if text not in page] == []
    assert "&lt;b&gt;Jansen" in page
    assert "[vul zelf in]" in page


def test_the_letter_and_the_form_are_made_as_pdf_too(app, step):
    facts = step("letter")["letter"]
    assert render(notice_letter.notice_letter(facts, {}), "pdf").startswith(b"%PDF-")
    typed = consent_form.parse_fields({"client": "J. Jansen", "doel": "Afstemming"})
    paper = consent_form.consent_form(typed)
    assert render(paper, "pdf").startswith(b"%PDF-")
    page = render(paper, "html").decode()
    assert "J. Jansen" in page
    assert "checked" not in page
    for wrong in ("docx", ""):
        with pytest.raises(InvalidInput):
            render(paper, wrong)


def signs_of(pdf: bytes) -> set[str]:
    """Return every sign that the fonts inside a PDF say they draw (their ToUnicode maps)."""
    return {bytes.fromhex(one.decode()).decode("utf-16-be") for one in _MAPPED.findall(pdf)}


_MAPPED = re.compile(rb"^<[0-9A-Fa-f]{4}> <([0-9A-Fa-f]{4,})>$", re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["Łukasz Ćwikliński", "Şükran Gökoğlu", "Îlbeyi Ďurišová", "Γιώργος Нина", "Zo\u0308e"]
)
def test_R47_a_name_with_any_letter_stands_on_the_pdf_of_the_form(name):
    pdf = render(consent_form.consent_form(consent_form.parse_fields({"client": name})), "pdf")
    composed = unicodedata.normalize("NFC", name)
    assert set(composed) - {" "} <= signs_of(pdf)
    assert b"/FontFile2" in pdf, "the font is inside the file"


def test_letters_that_the_pdf_does_not_have_are_refused_and_printed_from_the_page():
    paper = consent_form.consent_form({"client": "王伟"})
    assert "王伟" in render(paper, "html").decode()
    with pytest.raises(InvalidInput):
        render(paper, "pdf")


@pytest.mark.parametrize(
    "fields", [{"bsn": "1"}, {"client": 3}, {"client": "a" * 500}, {"client": "regel\x07"}, {"doel": "zie 111222333"}]
)
def test_a_field_of_a_paper_that_is_wrong_is_refused_without_its_value(fields):
    for parse in (consent_form.parse_fields, notice_letter.parse_fields):
        with pytest.raises(InvalidInput) as caught:
            parse(fields)
        assert "111222333" not in caught.value.text


def test_until_when_it_holds_is_filled_in_on_the_form_too():
    typed = consent_form.parse_fields({"geldig_tot": "31 maart 2027"})
    assert "31 maart 2027" in render(consent_form.consent_form(typed), "html").decode()


def test_R47_the_form_has_every_field_of_the_list():
    page = render(consent_form.consent_form({}), "html").decode()
    for text in ("zorgverlener", "Over wie gaat het", "Welke gegevens", "Van wie", "Aan wie", "doel"):
        assert text in page
    assert "Geldig tot en met" in page, "recording it asks for the last day"
    for text in ("niet meer gegevens gedeeld dan nodig", "altijd intrekken", "Handtekening", "Vertegenwoordiger"):
        assert text in page


def test_nothing_of_a_paper_is_kept(app, step):
    step("letter")
    files = b"".join(path.read_bytes() for path in app.config.state.iterdir() if path.is_file())
    assert b"Beste" not in files
    rows = app.store.read_now(lambda db: db.execute("SELECT data FROM notice").fetchall())
    assert json.loads(rows[0][0]) == {}
