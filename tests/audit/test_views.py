"""Each view shows its own fields of every event, and no field of another view."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.audit import entry, half, views
from samenloop.audit.events import EVENTS
from samenloop.audit.fields import FIELDS, HALF_FIELDS, Event
from samenloop.audit.half import Half
from samenloop.errors import InvalidInput
from tests.audit.samples import SAMPLES, full, least, sealed_count

FULL = os.environ.get("FULL") == "1"
HALF = half.decode(
    half.encode(
        {"result": "hidden", "registrations": ["c0" * 16], "more": False, "rule": "R-76", "mode": "holder-decides"}
    )
)
MISS = half.decode(half.encode({"result": "none"}))


def parsed(event: Event) -> entry.Entry:
    public = full(event)
    return entry.parse(entry.build(event, public, [bytes(32)] * sealed_count(event, public), bytes(range(16))))


@pytest.mark.parametrize("event", Event)
def test_each_view_has_exactly_the_fields_that_the_table_gives_it(event: Event) -> None:
    one = parsed(event)
    known = EVENTS[event].known
    told = {name for name in known if FIELDS[name].told}
    assert set(views.auditor(one, [HALF])) == known | {"sealed"}
    assert set(views.subject(one) or {}) == (told if event in views.TOLD else set())


@pytest.mark.parametrize("event", Event)
def test_no_value_that_is_not_told_leaks_to_the_person(event: Event) -> None:
    text = repr(views.subject(parsed(event)))
    for name in EVENTS[event].known:
        if name != "holders" and not FIELDS[name].told:
            assert repr(SAMPLES[name]) not in text, name
    assert "c0" * 16 not in text
    assert "sealed" not in text


@pytest.mark.parametrize("event", sorted(set(Event) - views.TOLD, key=lambda event: event.value))
def test_a_person_is_told_nothing_of_an_event_that_a_hidden_hit_may_have_caused(event: Event) -> None:
    assert {Event.WITHHOLD, Event.INBOX_VIEW, Event.LAPSE} <= set(Event) - views.TOLD
    assert views.subject(parsed(event)) is None


def test_a_person_is_told_organisations_and_never_who_worked_there() -> None:
    for event in views.TOLD:
        text = repr(views.subject(parsed(event)))
        for name in ("user", "responsible", "case", "certificate", "document", "decision"):
            assert repr(SAMPLES[name]) not in text
        assert "necessity-one" not in text


@st.composite
def some_entry(draw: st.DrawFn) -> entry.Entry:
    """Draw any event with what it must have and any part of what it may have."""
    event = draw(st.sampled_from(Event))
    public = {**least(event), **{name: SAMPLES[name] for name in draw(st.sets(st.sampled_from(sorted(full(event)))))}}
    salt = draw(st.binary(min_size=16, max_size=16))
    return entry.parse(entry.build(event, public, [bytes(32)] * sealed_count(event, public), salt))


@settings(max_examples=2_000 if FULL else 200, deadline=None)
@given(some_entry())
def test_whatever_an_entry_holds_a_person_is_told_no_other_field(one: entry.Entry) -> None:
    shown = views.subject(one)
    if shown is None:
        return
    told = {name for name in one.public if FIELDS[name].told}
    assert set(shown) == told
    hidden = {name for name in one.public if name not in told and name != "holders"}
    assert not [name for name in hidden if repr(SAMPLES[name]) in repr(shown)]


def test_control_a_view_that_shows_one_field_too_many_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = views.subject
    more = {"user": SAMPLES["user"]}
    monkeypatch.setattr(views, "subject", lambda one: {**(real(one) or {}), **more})
    with pytest.raises(AssertionError):
        test_whatever_an_entry_holds_a_person_is_told_no_other_field()


def test_the_auditor_sees_every_sealed_half_in_order_and_which_did_not_open() -> None:
    shown = views.auditor(parsed(Event.QUESTION), [HALF, None, MISS])
    assert shown["sealed"] == [dict(HALF.fields), None, {"result": "none"}]


@pytest.mark.parametrize(
    "fields",
    [{}, {"result": "perhaps"}, {"result": "none", "name": "x"}, {"result": "none", "more": 1}, {"rule": "R-25"}],
)
def test_a_malformed_sealed_half_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        half.encode(fields)


def test_eight_registrations_with_everything_else_of_a_question_fit_in_a_sealed_half() -> None:
    whole = {
        "result": "withheld",
        "registrations": ["c0" * 16] * 8,
        "more": True,
        "rule": "R-76",
        "mode": "holder_decides",
        "recipes": [1, 2, 13],
    }
    assert len(half.encode(whole)) <= 510
    assert HALF_FIELDS.keys() >= whole.keys()
    assert isinstance(half.decode(half.encode(whole)), Half)
