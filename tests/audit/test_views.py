"""Each view shows its own fields of every event, and no field of another view."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.audit import entry, half, views
from samenloop.audit.events import EVENTS
from samenloop.audit.fields import FIELDS, HALF_FIELDS, Event, View
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


def shown_names(shown: views.Shown | None) -> set[str]:
    return set(shown or {})


@pytest.mark.parametrize("event", Event)
def test_each_view_has_exactly_the_fields_that_the_table_gives_it(event: Event) -> None:
    one = parsed(event)
    known = EVENTS[event].known
    expected = {view: {name for name in known if FIELDS[name].shown_to(view)} for view in View}
    assert shown_names(views.operator(one)) == expected[View.OPERATOR] == known
    assert shown_names(views.auditor(one, [HALF])) == known | {"sealed"}
    assert shown_names(views.owner(one, "holder-one", HALF)) == expected[View.OWNER] | {"sealed"}
    if "actor" in known:
        assert shown_names(views.requester(one, "actor-sample")) == expected[View.REQUESTER]
    assert shown_names(views.subject(one)) == (expected[View.SUBJECT] if event in views.TOLD else set())


@pytest.mark.parametrize("event", Event)
def test_no_value_of_another_view_leaks(event: Event) -> None:
    one = parsed(event)
    for view, shown in (
        (View.REQUESTER, views.requester(one, "actor-sample")),
        (View.OWNER, views.owner(one, "holder-one", HALF)),
        (View.OPERATOR, views.operator(one)),
        (View.SUBJECT, views.subject(one)),
    ):
        text = repr(shown)
        for name in EVENTS[event].known:
            if name != "holders" and not FIELDS[name].shown_to(view):
                assert repr(SAMPLES[name]) not in text, (view, name)
        if view is not View.OWNER:
            assert "c0" * 16 not in text
            assert "sealed" not in text


@pytest.mark.parametrize("event", [event for event in Event if "holders" in EVENTS[event].known])
def test_a_holder_sees_its_own_row_only(event: Event) -> None:
    shown = views.owner(parsed(event), "holder-one", HALF)
    assert shown is not None
    assert [row["holder"] for row in shown["holders"]] == ["holder-one"]  # type: ignore[union-attr,index]
    assert "two" not in repr(shown["holders"])


@pytest.mark.parametrize("event", Event)
def test_a_holder_without_a_hit_sees_no_question_at_all(event: Event) -> None:
    assert views.owner(parsed(event), "holder-one", MISS) is None
    assert views.owner(parsed(event), "holder-one", None) is None


@pytest.mark.parametrize("event", Event)
def test_another_participant_is_no_requester(event: Event) -> None:
    assert views.requester(parsed(event), "somebody-else") is None


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


def all_views(one: entry.Entry) -> dict[View, views.Shown | None]:
    return {
        View.REQUESTER: views.requester(one, "actor-sample"),
        View.OWNER: views.owner(one, "holder-one", HALF),
        View.OPERATOR: views.operator(one),
        View.AUDITOR: views.auditor(one, [HALF]),
        View.SUBJECT: views.subject(one),
    }


OPENS = {View.OWNER, View.AUDITOR}


@settings(max_examples=2_000 if FULL else 200, deadline=None)
@given(some_entry())
def test_whatever_an_entry_holds_no_view_has_a_field_of_another(one: entry.Entry) -> None:
    found = all_views(one)
    assert found.keys() == set(View)
    for view, shown in found.items():
        if shown is None:
            continue
        allowed = {name for name in one.public if FIELDS[name].shown_to(view)}
        assert set(shown) == allowed | ({"sealed"} if view in OPENS else set())
        hidden = {name for name in one.public if name not in allowed and name != "holders"}
        text = repr(shown)
        assert not [name for name in hidden if repr(SAMPLES[name]) in text]
        assert ("c0" * 16 in text) is (view in OPENS)


def test_control_a_view_that_shows_one_field_too_many_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = views._project
    monkeypatch.setattr(views, "_project", lambda one, view: {**real(one, view), "user": one.public.get("user", "")})
    with pytest.raises(AssertionError):
        test_whatever_an_entry_holds_no_view_has_a_field_of_another()


def test_the_auditor_sees_every_sealed_half_in_order() -> None:
    shown = views.auditor(parsed(Event.QUESTION), [HALF, MISS])
    assert shown["sealed"] == [dict(HALF.fields), {"result": "none"}]


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
