"""The report of a synchronisation: numbers, and per refused row where and why. Never a value of a row."""

from collections.abc import Mapping, Sequence

from samenloop.texts import _
from samenloop_node.registrations.reasons import explain
from samenloop_node.store.syncs import RowProblem


def sync_report(
    register: str, numbers: Mapping[str, int], problems: Sequence[RowProblem], day: str
) -> dict[str, object]:
    """Return the report as JSON; `numbers` are those of `plan.Counts` and `withdrawn`."""
    text = _(
        "{added} toegevoegd, {changed} gewijzigd, {withdrawn} ingetrokken, {unchanged} gelijk, {failed} geweigerd.",
        **numbers,
    )
    if numbers["unidentified"]:
        text += " " + _("Er is niets ingetrokken: {unidentified} rijen hebben geen bruikbaar record_id.", **numbers)
    return {
        "register": register,
        **numbers,
        "updated_until": day,
        "problems": [
            {"row": one.row, "column": one.column, "reason": one.reason, "text": explain(one.column, one.reason)}
            for one in problems
        ],
        "text": text,
    }
