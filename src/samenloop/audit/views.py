"""Who sees what of an entry. Pure projections: a field that `samenloop.audit.fields` does not give to a view is not
in it.

- requester: his own entries, public half; what he sent and what he was answered.
- owner: a holder's real hits: the public fields that concern him, his own row, his own sealed half. Nothing for a miss.
- operator: the public half of every entry, never a sealed half.
- auditor: everything, sealed halves included.
- subject: what a person is told of entries about himself (NEN 7513 chapter 9): when, which organisation and role, what,
  on what basis. Never who worked there, and nothing of an event that exists because of a hidden hit (R-66).
"""

from collections.abc import Mapping, Sequence

from samenloop.audit.canonical import Value
from samenloop.audit.entry import Entry
from samenloop.audit.fields import FIELDS, Event, View
from samenloop.audit.half import Half

TOLD = frozenset(
    {
        Event.QUESTION,
        Event.RELEASE,
        Event.RELEASE_WITHDRAWN,
        Event.CASE,
        Event.ANSWER,
        Event.PROTOCOL,
        Event.CONTACT,
        Event.LETTER,
        Event.NOTICE,
        Event.CONSENT,
        Event.RIGHTS,
    }
)
"""Events of which a person is told."""
_TOLD_OF_A_HOLDER = frozenset({"holder", "answer", "purpose", "give", "receive"})
Shown = Mapping[str, Value]


def requester(entry: Entry, participant: str) -> Shown | None:
    """Return a participant's view of an entry that it caused; None for any other entry."""
    return _project(entry, View.REQUESTER) if entry.text("actor") == participant else None


def owner(entry: Entry, holder: str, opened: Half | None) -> Shown | None:
    """Return a holder's view of an entry about its own registrations; None without a real hit in its own opened
    half.
    """
    if opened is None or not opened.concerns_holder:
        return None
    shown = dict(_project(entry, View.OWNER))
    if "holders" in shown:
        shown["holders"] = [row for row in _rows(entry) if row["holder"] == holder]
    return {**shown, "sealed": dict(opened.fields)}


def operator(entry: Entry) -> Shown:
    """Return the public half."""
    return _project(entry, View.OPERATOR)


def auditor(entry: Entry, opened: Sequence[Half]) -> Shown:
    """Return the public half with every sealed half, in order."""
    return {**_project(entry, View.AUDITOR), "sealed": [dict(one.fields) for one in opened]}


def subject(entry: Entry) -> Shown | None:
    """Return what the person is told of an entry about himself, None when this kind of entry is not told."""
    if entry.event not in TOLD:
        return None
    shown = dict(_project(entry, View.SUBJECT))
    if "holders" in shown:
        shown["holders"] = [
            {name: value for name, value in row.items() if name in _TOLD_OF_A_HOLDER} for row in _rows(entry)
        ]
    return shown


def _project(entry: Entry, view: View) -> dict[str, Value]:
    return {name: value for name, value in entry.public.items() if FIELDS[name].shown_to(view)}


def _rows(entry: Entry) -> list[dict[str, Value]]:
    rows = entry.public["holders"]
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
