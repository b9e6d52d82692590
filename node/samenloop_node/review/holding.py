"""What this node did with hits on its own registrations, hidden ones included: for this node's own eyes. Pure."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from statistics import median

from samenloop.reports import numbers
from samenloop.reports.cells import THRESHOLD, publish
from samenloop.reports.model import Section, Table, bar_of, text_of
from samenloop.reports.numbers import Numbers
from samenloop.reports.periods import Period
from samenloop.texts import _
from samenloop_node.store.outcomes import Outcome

_STATE = "state"
STATES = ("shown", "hidden", "released", "withheld", "lapsed")


def responses(hits: Sequence[Outcome], running: Sequence[Period]) -> Section:
    """Return the section about the hits that came in some months, and how fast the hidden ones were decided."""
    months = [_states(hits, month) for month in running]
    found = numbers.shown([Numbers({_STATE: one}, {_STATE: one}) for one in months], _STATE, STATES)
    names = _names()
    rows = [(names[state], text_of(cell)) for state, cell in found.parts.items()]
    table = Table(
        _("Treffers op eigen registraties"),
        (_("Wat ermee gebeurde"), _("Aantal")),
        (*rows, (_("Samen"), text_of(found.total))),
    )
    bars = tuple(bar_of(names[state], cell) for state, cell in found.parts.items())
    texts = (
        _("Dit deel is alleen voor de eigen organisatie: andere deelnemers en de coördinator weten dit niet."),
        _(
            "Een treffer telt in de maand waarin hij binnenkwam, zoals het ervoor stond toen die maand voorbij was. "
            "Wat u later besloot, verandert een maand niet meer."
        ),
    )
    return Section(_("Reactie op verborgen treffers"), texts, table, bars, _pace(hits, {one.name for one in running}))


def _states(hits: Sequence[Outcome], month: Period) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in hits:
        if one.month == month.name:
            found[one.state] += one.count
    return found


def _pace(hits: Sequence[Outcome], running: AbstractSet[str]) -> str:
    decided = [one.days for one in hits if one.month in running and one.days is not None for _hit in range(one.count)]
    if len(decided) < THRESHOLD:
        return _("Over de snelheid van besluiten is te weinig bekend om iets te tonen.")
    return _(
        "De helft van ongeveer {count} besluiten viel binnen {days} dagen.",
        count=publish(len(decided)).shown,
        days=max(round(median(decided)), 1),
    )


def _names() -> dict[str, str]:
    return {
        "shown": _("Meteen getoond"),
        "hidden": _("Nog niet besloten"),
        "released": _("Vrijgegeven"),
        "withheld": _("Achtergehouden"),
        "lapsed": _("Vervallen"),
    }
