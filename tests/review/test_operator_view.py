"""What the operator's commands show of any entry: its public half, and nothing of a sealed half of the same event."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.audit import entry
from samenloop.audit.events import EVENTS
from samenloop.audit.fields import Event
from samenloop_coordinator.review import lines
from tests.audit.samples import SAMPLES, full, least, sealed_count

FULL = os.environ.get("FULL") == "1"
SEALED = b"\x5e" * 32
"""Stands for the hash of each sealed half: not even that is shown."""


@st.composite
def some_entry(draw: st.DrawFn) -> entry.Entry:
    """Draw any event with what it must have and any part of what it may have."""
    event = draw(st.sampled_from(Event))
    public = {**least(event), **{name: SAMPLES[name] for name in draw(st.sets(st.sampled_from(sorted(full(event)))))}}
    return entry.parse(entry.build(event, public, [SEALED] * sealed_count(event, public), bytes(range(16))))


@settings(max_examples=2_000 if FULL else 300, deadline=None)
@given(some_entry())
def test_the_operator_sees_the_public_half_of_any_entry_and_no_more(one: entry.Entry) -> None:
    shown = lines.as_row(7, one)
    assert shown["entry"] == 7
    assert shown.keys() - {"entry", "answers", "about"} == one.public.keys() - {"entry"}
    assert shown.get("about") == one.public.get("entry")
    assert one.public.keys() <= EVENTS[one.event].known
    given_answers = shown["answers"]
    assert isinstance(given_answers, dict)
    assert set(given_answers.values()) <= {row["answer"] for row in entry.rows(one, "holders")}
    for text in (json.dumps(shown), lines.line(shown)):
        assert SEALED.hex() not in text
        assert "hidden" not in text


def test_control_a_view_that_adds_a_sealed_half_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lines.as_row
    more = {"sealed": [{"result": "hidden"}]}
    monkeypatch.setattr(lines, "as_row", lambda seq, one: {**real(seq, one), **more})
    with pytest.raises(AssertionError):
        test_the_operator_sees_the_public_half_of_any_entry_and_no_more()
