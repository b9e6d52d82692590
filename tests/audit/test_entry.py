"""Each event code has exactly the fields of its table, and an entry survives its canonical form."""

import json

import pytest

from samenloop.audit import entry
from samenloop.audit.events import EVENTS, Sealed
from samenloop.audit.fields import FIELDS, Event
from samenloop.audit.stamp import Stamper
from samenloop.errors import InvalidInput
from tests.audit.samples import SAMPLES, full, least, sealed_count
from tests.audit.world import TestClock

SALT = bytes(range(16))


def build(event: Event, public: dict[str, object]) -> bytes:
    return entry.build(event, public, [bytes(32)] * sealed_count(event, public), SALT)


def test_every_event_and_every_field_is_in_the_tables() -> None:
    assert EVENTS.keys() == set(Event)
    named = {name for table in EVENTS.values() for name in table.known}
    assert named == FIELDS.keys() == SAMPLES.keys()


@pytest.mark.parametrize("event", Event)
def test_an_event_is_accepted_with_least_and_with_all_of_its_fields(event: Event) -> None:
    for public in (least(event), full(event)):
        parsed = entry.parse(build(event, public))
        assert parsed.event is event
        assert parsed.public == {**public, "schema": 1, "event": event.value}
        assert parsed.salt == SALT


@pytest.mark.parametrize("event", Event)
def test_an_event_is_refused_without_any_field_that_it_must_have(event: Event) -> None:
    for name in EVENTS[event].must - {"schema", "event"}:
        public = full(event)
        del public[name]
        with pytest.raises(InvalidInput) as refused:
            build(event, public)
        assert refused.value.field == name


@pytest.mark.parametrize("event", Event)
def test_an_event_is_refused_with_any_field_that_it_must_not_have(event: Event) -> None:
    for name in FIELDS.keys() - EVENTS[event].known:
        with pytest.raises(InvalidInput) as refused:
            build(event, {**least(event), name: SAMPLES[name]})
        assert refused.value.field == name


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - {"schema", "event"}))
def test_a_field_with_another_form_is_refused_and_its_value_is_not_shown(name: str) -> None:
    event = next(event for event in Event if name in EVENTS[event].known)
    for wrong in ("Jan de Vries", "\ud800", "", 1.5, None, -1, True, [None], {"x": 1}, "a" * 5000, "é", b"x"):
        if FIELDS[name].check(wrong):
            continue
        with pytest.raises(InvalidInput) as refused:
            build(event, {**full(event), name: wrong})
        assert refused.value.field in (name, "json", "sealed")
        assert "Vries" not in refused.value.text


def test_no_field_takes_free_text_or_a_name() -> None:
    for name, field in FIELDS.items():
        for text in ("Jan de Vries", "Fatima el Idrissi", "zie bijlage voor uitleg"):
            assert not field.check(text), name


def test_a_question_has_one_sealed_half_per_asked_holder() -> None:
    public = full(Event.QUESTION)
    right = sealed_count(Event.QUESTION, public)
    for count in {0, 1, 2, 3, 4} - {right}:
        with pytest.raises(InvalidInput):
            entry.build(Event.QUESTION, public, [bytes(32)] * count, SALT)


@pytest.mark.parametrize("event", [event for event in Event if EVENTS[event].sealed is not Sealed.PER_HOLDER])
def test_other_events_have_at_most_one_sealed_half(event: Event) -> None:
    most = int(EVENTS[event].sealed is Sealed.AT_MOST_ONE)
    entry.build(event, least(event), [bytes(32)] * most, SALT)
    with pytest.raises(InvalidInput):
        entry.build(event, least(event), [bytes(32)] * (most + 1), SALT)


@pytest.mark.parametrize("salt", [b"", bytes(15), bytes(17)])
def test_a_salt_of_another_length_is_refused(salt: bytes) -> None:
    with pytest.raises(InvalidInput):
        entry.build(Event.HEARTBEAT, least(Event.HEARTBEAT), (), salt)


def test_a_body_that_is_too_long_is_refused() -> None:
    rows = [SAMPLES["keys"][0]] * 1000  # type: ignore[index]
    with pytest.raises(InvalidInput):
        build(Event.CONTENT_KEY, {**full(Event.CONTENT_KEY), "keys": rows})
    with pytest.raises(InvalidInput):
        entry.parse(b" " * (entry.MAX_BODY_BYTES + 1))


def changed(**parts: object) -> bytes:
    whole = json.loads(build(Event.HEARTBEAT, least(Event.HEARTBEAT)))
    return json.dumps(whole | parts, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        changed(extra=1),
        changed(salt="00"),
        changed(salt=5),
        changed(sealed="x"),
        changed(sealed=["zz"]),
        changed(sealed=[1]),
        changed(public=[]),
        changed(public={"event": "unheard_of"}),
        changed(public={"event": 7}),
        changed() + b"\n",
    ],
)
def test_a_body_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        entry.parse(body)


def test_a_public_half_cannot_name_another_event() -> None:
    with pytest.raises(InvalidInput):
        entry.check_entry(Event.STOP, {**least(Event.HEARTBEAT), "schema": 1, "event": "heartbeat"}, 0)


def test_a_missing_number_reads_as_zero_and_a_missing_text_as_empty() -> None:
    parsed = entry.parse(build(Event.HEARTBEAT, least(Event.HEARTBEAT)))
    assert (parsed.integer("size"), parsed.text("actor"), entry.rows(parsed, "holders")) == (0, "", [])


def test_the_stamper_counts_without_gap_and_never_goes_back_in_time() -> None:
    clock = TestClock()
    stamper = Stamper(clock, process="0123456789abcdef")
    first = stamper.stamp()
    clock.advance(seconds=-60)
    second = stamper.stamp(start_ms=0)
    assert (first["n"], second["n"]) == (0, 1)
    assert second["end_ms"] == first["end_ms"]
    assert (first["clock"], second["clock"]) == ("ok", "stepped")


def test_a_rolled_back_stamp_is_given_again() -> None:
    stamper = Stamper(TestClock())
    stamper.stamp()
    mark = stamper.mark()
    lost = stamper.stamp()
    stamper.restore(mark)
    assert stamper.stamp()["n"] == lost["n"]


def test_two_processes_have_different_ids() -> None:
    assert Stamper(TestClock()).process != Stamper(TestClock()).process


def test_a_new_salt_is_sixteen_random_bytes() -> None:
    assert len(entry.new_salt()) == 16
    assert entry.new_salt() != entry.new_salt()
