"""`review`: drawn entries, sign-off and escalation, patterns in own questions, what this partner learned."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict

from samenloop.clock import from_milliseconds, milliseconds
from samenloop.errors import InvalidInput
from samenloop.reports.periods import period
from samenloop.review import leakage, patterns
from samenloop.review.patterns import Finding
from samenloop.review.scope import norms_of, per_partner_day
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands import arguments
from samenloop_node.review import sampling, search
from samenloop_node.review.activity import own_activity
from samenloop_node.review.naming import Names, names
from samenloop_node.review.reading import reading

_PATTERN_MS = 400 * 86_400_000
Result = dict[str, object]


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> Result:
    """Take {action, ...}: list, sign-off, escalate, draw, check, patterns or leakage; return what the action found."""
    del emit
    action = _ACTIONS.get(arguments.text(request, "action"))
    if action is None:
        raise InvalidInput("action", _("Kies een van: {actions}.", actions=", ".join(_ACTIONS)))
    return await action(app, user, request)


async def _list(app: App, user: User, request: Mapping[str, object]) -> Result:
    del request
    waiting = await asyncio.to_thread(sampling.waiting, app)
    due = {place: draw.due_ms for place, draw in waiting}
    now_ms = milliseconds(app.clock.now())
    rows = await search.at(app, user, list(due))
    return {"entries": [{**row, **_due(due, row, now_ms)} for row in rows]}


def _due(due: Mapping[int, int], row: Mapping[str, object], now_ms: int) -> Result:
    place = row["entry"]
    at_ms = due.get(place, 0) if isinstance(place, int) else 0
    return {"due": _day(at_ms), "overdue": at_ms < now_ms}


async def _sign_off(app: App, user: User, request: Mapping[str, object]) -> Result:
    places = _places(request)
    await sampling.judge(app, user, places, "")
    return {"entries": places}


async def _escalate(app: App, user: User, request: Mapping[str, object]) -> Result:
    places, reason = _places(request), arguments.text(request, "reason")
    if not reason:
        raise InvalidInput("reason", _("Noem een reden."))
    await sampling.judge(app, user, places, reason)
    return {"entries": places, "reason": reason}


async def _draw(app: App, user: User, request: Mapping[str, object]) -> Result:
    del user, request
    return {"drawn": await sampling.draw_due(app, extra=True)}


async def _check(app: App, user: User, request: Mapping[str, object]) -> Result:
    del request
    draws, unfair = await asyncio.to_thread(sampling.unfair, app)
    await search.log_view(app, user, ("check",), draws)
    return {"draws": draws, "unfair": list(unfair)}


async def _patterns(app: App, user: User, request: Mapping[str, object]) -> Result:
    del request
    now_ms = milliseconds(app.clock.now())

    def find() -> list[Finding]:
        with reading(app) as reader:
            seen = own_activity(reader, app.config.participant, now_ms - _PATTERN_MS, now_ms + 1)
        return patterns.findings(seen, norms_of(app.covenant()), now_ms)

    found = await asyncio.to_thread(find)
    await search.log_view(app, user, ("patterns",), len(found))
    known = await app.store.read(lambda db: names(app, db))
    return {"findings": [_finding(one, known) for one in found]}


async def _leakage(app: App, user: User, request: Mapping[str, object]) -> Result:
    chosen, covenant = period(arguments.text(request, "period")), app.covenant()

    def find() -> list[Result]:
        with reading(app) as reader:
            seen = own_activity(reader, app.config.participant, chosen.from_ms, chosen.until_ms)
        return [asdict(one) for one in leakage.pairs(seen, lambda asker: per_partner_day(covenant, asker))]

    found = await asyncio.to_thread(find)
    await search.log_view(app, user, ("leakage",), len(found))
    return {"pairs": found}


def _finding(one: Finding, known: Names) -> Result:
    return {
        "pattern": one.pattern.value,
        "alarm": one.alarm,
        "user": known.user(one.user),
        "count": one.count,
        "detail": one.detail,
        "first": _day(one.first_ms),
        "last": _day(one.last_ms),
    }


def _places(request: Mapping[str, object]) -> list[int]:
    value = request.get("entries")
    if not isinstance(value, list) or not value or not all(type(one) is int and one >= 0 for one in value):
        raise InvalidInput("entries", _("Noem de nummers van de regels zoals review list ze toont."))
    return value


def _day(ms: int) -> str:
    return from_milliseconds(ms).strftime("%Y-%m-%d")


_ACTIONS: Mapping[str, Callable[[App, User, Mapping[str, object]], Awaitable[Result]]] = {
    "list": _list,
    "sign-off": _sign_off,
    "escalate": _escalate,
    "draw": _draw,
    "check": _check,
    "patterns": _patterns,
    "leakage": _leakage,
}
