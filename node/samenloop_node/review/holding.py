"""What this node did with hits on its own registrations, hidden ones included: for this node's own eyes. Pure."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from samenloop.reports import numbers
from samenloop.reports.cells import THRESHOLD, publish
from samenloop.reports.model import Section, Table, bar_of, text_of
from samenloop.reports.numbers import Numbers
from samenloop.reports.periods import Period
from samenloop.texts import _
from samenloop_node.store.inbox import StoredHit

_DAY_MS = 86_400_000
_STATE = "state"
STATES = ("shown", "hidden", "released", "withheld", "lapsed")


def responses(hits: Sequence[StoredHit], running: Sequence[Period]) -> Section:
    """Return the section about hits of questions asked in some months, and how fast the hidden ones were decided."""
    months = [Counter(hit.state for hit in _inside(hits, month)) for month in running]
    found = numbers.shown([Numbers({_STATE: one}, {_STATE: one}) for one in months], _STATE, STATES)
    names = _names()
    rows = [(names[state], text_of(cell)) for state, cell in found.parts.items()]
    table = Table(
        _("Treffers op eigen registraties"),
        (_("Wat ermee gebeurde"), _("Aantal")),
        (*rows, (_("Samen"), text_of(found.total))),
    )
    bars = tuple(bar_of(names[state], cell) for state, cell in found.parts.items())
    text = _("Dit deel is alleen voor de eigen organisatie: andere deelnemers en de coördinator weten dit niet.")
    return Section(
        _("Reactie op verborgen treffers"),
        (text,),
        table,
        bars,
        _pace([hit for month in running for hit in _inside(hits, month)]),
    )


def _inside(hits: Sequence[StoredHit], period: Period) -> list[StoredHit]:
    return [hit for hit in hits if period.from_ms <= hit.asked_ms < period.until_ms]


def _pace(hits: Sequence[StoredHit]) -> str:
    decided = [hit for hit in hits if hit.state in ("released", "withheld") and hit.decided_ms]
    if len(decided) < THRESHOLD:
        return _("Over de snelheid van besluiten is te weinig bekend om iets te tonen.")
    days = median((hit.decided_ms - hit.received_ms) / _DAY_MS for hit in decided)
    return _(
        "De helft van ongeveer {count} besluiten viel binnen {days} dagen.",
        count=publish(len(decided)).shown,
        days=max(round(days), 1),
    )


def _names() -> dict[str, str]:
    return {
        "shown": _("Meteen getoond"),
        "hidden": _("Nog niet besloten"),
        "released": _("Vrijgegeven"),
        "withheld": _("Achtergehouden"),
        "lapsed": _("Vervallen"),
    }
