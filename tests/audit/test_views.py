"""Each view shows its own fields of every event, and no field of another view."""

import pytest

from samenloop.audit import entry, half, views
from samenloop.audit.fields import EVENTS, FIELDS, HALF_FIELDS, Event, View
from samenloop.audit.half import Half
from samenloop.errors import InvalidInput
from tests.audit.samples import SAMPLES, full, sealed_count

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


@pytest.mark.parametrize("event", Event)
def test_no_value_of_another_view_leaks(event: Event) -> None:
    one = parsed(event)
    for view, shown in (
        (View.REQUESTER, views.requester(one, "actor-sample")),
        (View.OWNER, views.owner(one, "holder-one", HALF)),
        (View.OPERATOR, views.operator(one)),
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
