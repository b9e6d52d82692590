"""Who sees what of an entry. Pure projections: a field that `samenloop.audit.fields` does not give to a view is not
in it. The operator's search shows public halves, a node what it asked and was answered itself.

- auditor: everything, sealed halves included (`samenloop audit open`).
- subject: what a person is told of entries about himself (NEN 7513 chapter 9): when, which organisation and role, what,
  on what basis. Never who worked there, and nothing of an event that exists because of a hidden hit (R-66).
"""

from collections.abc import Mapping, Sequence

from samenloop.audit.canonical import Value
from samenloop.audit.entry import Entry
from samenloop.audit.fields import FIELDS, Event
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


def auditor(entry: Entry, opened: Sequence[Half | None]) -> Mapping[str, object]:
    """Return the public half with every sealed half, in order; None for one that did not open."""
    return {**entry.public, "sealed": [None if one is None else dict(one.fields) for one in opened]}


def subject(entry: Entry) -> Shown | None:
    """Return what the person is told of an entry about himself, None when this kind of entry is not told."""
    if entry.event not in TOLD:
        return None
    shown = {name: value for name, value in entry.public.items() if FIELDS[name].told}
    if "holders" in shown:
        shown["holders"] = [
            {name: value for name, value in row.items() if name in _TOLD_OF_A_HOLDER} for row in _rows(entry)
        ]
    return shown


def _rows(entry: Entry) -> list[dict[str, Value]]:
    rows = entry.public["holders"]
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
