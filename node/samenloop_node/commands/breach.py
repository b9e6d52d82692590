"""`breach report`: the facts of a data breach and the 72-hour clock (R-71). It reports nothing to anybody itself."""

from collections.abc import Mapping
from datetime import datetime

from samenloop import model
from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands import arguments
from samenloop_node.review import breach as breaches
from samenloop_node.review import reporting
from samenloop_node.review.breach import Breach, Kind

_KINDS = {kind.value: kind for kind in Kind}


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {kind, discovered, since, until, question, register, account}, times in ISO form with a zone.

    Only `until` may be absent of those: a report over no time at all would say that nothing happened.

    Return {files, deadline, hours_left, clock}; `clock` says in words how the 72 hours stand.
    """
    del emit
    kind = _KINDS.get(arguments.text(request, "kind"))
    if kind is None:
        raise InvalidInput("kind", _("Kies wat er gebeurde: {kinds}.", kinds=", ".join(_KINDS)))
    discovered = _moment(request, "discovered")
    breach = Breach(
        kind=kind,
        discovered=discovered,
        since=_moment(request, "since"),
        until=_moment(request, "until") if request.get("until") else discovered,
        question=_question(request),
        register=arguments.text(request, "register", ""),
        account=arguments.text(request, "account", ""),
    )
    files = await reporting.as_files(app, user, "breach", await reporting.breach_report(app, breach))
    left = breaches.hours_left(breach, app.clock.now())
    deadline = breaches.deadline(breach).isoformat()
    return {**files, "deadline": deadline, "hours_left": left, "clock": breaches.clock(left)}


def _moment(request: Mapping[str, object], name: str) -> datetime:
    text = arguments.text(request, name, "")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput(name, _("Geef {name} als 2026-11-21T10:00+01:00.", name=name))
    return found


def _question(request: Mapping[str, object]) -> str:
    text = arguments.text(request, "question", "")
    if text and (len(text) != 2 * model.ID_BYTES or text.strip("0123456789abcdef")):
        raise InvalidInput("question", _("Noem het nummer van de vraag zoals het in de inbox staat."))
    return text
