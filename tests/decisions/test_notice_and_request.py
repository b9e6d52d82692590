"""Informing (R-61..R-64) and the rights of the person (R-65..R-68)."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.decisions.notice import NOTICE, NoticeEvent, NoticeState, due_on, latest_review
from samenloop.decisions.request import REQUEST, RequestEvent, RequestState, Revealing, answer_before

from .good import CARE, LAW, TODAY, notice_input, refused, request_input

N, NE, R, RE = NoticeState, NoticeEvent, RequestState, RequestEvent


def notice(event: NoticeEvent, rule: str = "", missing: str = "", **changes: object) -> None:
    source = N.DEFERRED if event is NE.COME_DUE else N.DUE
    facts = notice_input(**changes)
    if rule:
        refused(lambda: NOTICE.step(LAW, source, event, facts), rule, missing)
    else:
        NOTICE.step(LAW, source, event, facts)


def request(event: RequestEvent, rule: str = "", missing: str = "", **changes: object) -> None:
    source = R.RECEIVED if event is RE.ROUTE else R.ROUTED
    facts = request_input(**changes)
    if rule:
        refused(lambda: REQUEST.step(LAW, source, event, facts), rule, missing)
    else:
        REQUEST.step(LAW, source, event, facts)


def test_R61_it_is_kept_when_how_and_by_whom_the_person_was_told() -> None:
    notice(NE.GIVE)
    notice(NE.GIVE, "R-61", given_on=None)
    notice(NE.GIVE, "R-61", given_on=TODAY + timedelta(days=1))
    notice(NE.GIVE, "R-61", way="appje")
    notice(NE.GIVE, "R-61", given_by=None)


def test_R61_the_notice_is_due_at_recording() -> None:
    assert due_on(LAW, "politie", TODAY) == TODAY


@pytest.mark.parametrize("part", list(LAW.codes["notice_contents"]))
def test_R62_a_notice_has_all_its_contents(part: str) -> None:
    notice(NE.GIVE, "R-62", part, contents=tuple(one for one in LAW.codes["notice_contents"] if one != part))


@pytest.mark.parametrize("ground", ["", "drukte", "convenant"])
def test_R63_a_notice_is_deferred_on_a_listed_ground_only(ground: str) -> None:
    notice(NE.DEFER, "R-63", "ground", ground=ground)


@pytest.mark.parametrize("field", ["review_on", "expected_on", "informer"])
def test_R63_a_deferral_always_has_a_review_date_and_somebody_who_informs(field: str) -> None:
    notice(NE.DEFER, "R-63", field, **{field: None})


@pytest.mark.parametrize("field", ["decision", "condition"])
def test_R63_a_deferral_can_be_verified_later(field: str) -> None:
    notice(NE.DEFER, "R-63", field, **{field: ""})


def test_R63_a_deferral_is_not_open_ended() -> None:
    notice(NE.DEFER, "R-63", "within_term", review_on=date(2026, 8, 2))
    notice(NE.DEFER, "R-63", "review_on", review_on=TODAY)
    notice(NE.DEFER, review_on=date(2026, 8, 1))


def test_R63_when_the_ground_is_gone_or_the_date_is_there_the_notice_is_due() -> None:
    notice(NE.COME_DUE, "R-63", ground_gone=False, review_on=date(2026, 5, 2))
    notice(NE.COME_DUE, ground_gone=False, review_on=TODAY)
    notice(NE.COME_DUE, ground_gone=True, review_on=date(2026, 5, 2))


def test_R64_veilig_thuis_has_four_weeks_and_extensions_of_two() -> None:
    assert due_on(LAW, "veilig_thuis", TODAY) == date(2026, 5, 29)
    first = {"controller_kind": "veilig_thuis", "recorded_on": TODAY}
    notice(NE.DEFER, review_on=date(2026, 6, 12), **first)
    notice(NE.DEFER, "R-64", review_on=date(2026, 6, 13), **first)
    notice(NE.DEFER, review_on=date(2026, 5, 15), deferred_before=True, **first)
    notice(NE.DEFER, "R-64", review_on=date(2026, 5, 16), deferred_before=True, **first)


@settings(deadline=None)
@given(st.dates(date(2024, 1, 1), date(2027, 1, 1)), st.integers(0, 400), st.booleans())
def test_R64_no_extension_is_ever_longer_than_two_weeks_beyond_what_was_due(
    recorded: date, days: int, again: bool
) -> None:
    today = recorded + timedelta(days=days)
    given_input = notice_input(controller_kind="veilig_thuis", recorded_on=recorded, today=today, deferred_before=again)
    latest = latest_review(LAW, given_input)
    assert latest <= max(today, recorded + timedelta(weeks=4)) + timedelta(weeks=2)


def test_R65_a_request_goes_to_the_controller_that_holds_the_data() -> None:
    request(RE.ROUTE)
    request(RE.ROUTE, "R-65", "routed_to", routed_to=CARE)
    request(RE.ROUTE, "R-65", "routed_to", holder=None)
    request(RE.ROUTE, "R-65", "identity_checked", identity_checked=False)
    request(RE.ROUTE, "R-65", "kind", kind="klacht")


def test_R65_one_reply_comes_from_that_controller() -> None:
    request(RE.ANSWER)
    request(RE.ANSWER, "R-65", "answered_by", answered_by=CARE)
    request(RE.ANSWER, "R-65", "outcome", outcome="misschien")
    request(RE.ANSWER, "R-65", "outcome", motive=False)
    refused(lambda: REQUEST.step(LAW, R.ANSWERED, RE.ANSWER, request_input()), "R-65", "order")


@pytest.mark.parametrize("field", ["recipients_listed", "askers_listed"])
def test_R65_access_tells_who_received_and_who_asked(field: str) -> None:
    request(RE.ANSWER, "R-65", "recipients", kind="inzage", **{field: False})


def test_R66_only_the_om_answers_about_its_data() -> None:
    request(RE.ANSWER, "R-66", "om_answers", holder_kind="om", answered_by=CARE, routed_to=CARE)


@pytest.mark.parametrize("found", list(Revealing))
def test_R66_a_reply_reveals_no_hidden_hit_deferred_notice_or_reporter(found: Revealing) -> None:
    request(RE.ANSWER, "R-66", found.value, reveals=frozenset({found}))


def test_R67_an_objection_freezes_the_record_until_it_is_decided() -> None:
    request(RE.ROUTE, "R-67", "frozen", frozen=False)
    request(RE.ROUTE, "R-67", "objection_basis", objection_basis="toestemming")
    request(RE.ROUTE, kind="inzage", frozen=False, objection_basis="")


def test_R68_a_reply_says_where_to_complain() -> None:
    request(RE.ANSWER, "R-68", complaint_route=False)


def test_a_request_is_answered_within_a_month() -> None:
    assert answer_before(LAW, date(2026, 1, 31)) == date(2026, 2, 28)
