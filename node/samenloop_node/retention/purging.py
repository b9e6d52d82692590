"""One round of purging: each thing past its term goes, with all kept about it and its log line, in a transaction of
its own, so that one that cannot go yet holds up no other.

Terms are the catalogue's; covenant and participant may only shorten them. Nothing ends a term by itself: closing,
answering and ending are acts of people, and their day starts it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.covenant.permissions import retention_months
from samenloop.decisions.case import CASE, CaseEvent
from samenloop.decisions.retention import Kept, last_day, purge_due
from samenloop.model import ParticipantId
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.cases.facts import case_input, read_parts, state_of
from samenloop_node.process import log, one_by_one, today
from samenloop_node.store import Transaction, cases, consents, notices, outcomes, past, requests, syncs
from samenloop_node.store import retention as store

_MS_PER_DAY = 86_400_000
_EPOCH = date(1970, 1, 1)
_NOBODY = User("", "", frozenset(), "", date.max, date.max, date.min)
"""The daemon itself: an account with no right whatever."""


_Gone = tuple[str, int]
"""Of which kind how many were removed."""
_Step = Callable[[Transaction], _Gone]


@dataclass(frozen=True, slots=True)
class Purged:
    """How many of each were removed in one round; `entries` are bodies of the own log."""

    cases: int = 0
    consents: int = 0
    requests: int = 0
    hits: int = 0
    notices: int = 0
    texts: int = 0
    receipts: int = 0
    past: int = 0
    proofs: int = 0
    lost: int = 0
    declarations: int = 0
    syncs: int = 0
    entries: int = 0


async def purge(app: App) -> Purged:
    """Remove all that is past its term, then empty the write-ahead log; raises the first failure when all was tried."""
    done: Counter[str] = Counter()

    async def step(work: _Step) -> None:
        name, count = await app.store.write(work)
        done[name] += count

    try:
        await one_by_one(await app.store.read(lambda db: _steps(app, db)), step)
    finally:
        cutoff, version = _before_ms(app, "logboek"), app.covenant().version
        days = (today(app) - _day(cutoff)).days
        done["entries"] = await asyncio.to_thread(app.ownlog.purge, cutoff, days, version)
        if done.total():
            await asyncio.to_thread(app.store.truncate_log)
    return Purged(**done)


def due(app: App, db: Transaction) -> dict[str, object]:
    """Return what will be purged when: per case and request its last day, and overdue reviews per register (R-18)."""
    closed = [one for one in cases.listed(db) if one.closed_on]
    return {
        "cases": [{"case": one.case_number, "last_day": _last(app, "casus", one.closed_on)} for one in closed],
        "requests": [
            {"request": one.number, "last_day": _last(app, "verzoek", one.answered_on)}
            for one in requests.listed(db)
            if one.answered_on
        ],
        "overdue_reviews": store.overdue_reviews(db, today(app).isoformat()),
    }


def _steps(app: App, db: Transaction) -> list[_Step]:
    """Return what there is to do: one step for each case, consent and request, and one for all else of each kind."""
    closed = [one.case_number for one in cases.listed(db) if _over(app, "casus", one.closed_on)]
    ended = [one.number for one in consents.listed(db) if _over(app, "toestemming", one.ended_on)]
    answered = [one.number for one in requests.listed(db) if _over(app, "verzoek", one.answered_on)]
    return [
        *(partial(_purge_case, app, number) for number in closed),
        *(partial(_purge_consent, app, number) for number in ended),
        *(partial(_purge_request, app, number) for number in answered),
        *(partial(_purge_kind, app, name, remove) for name, remove in _kinds(app).items()),
    ]


def _kinds(app: App) -> dict[str, Callable[[Transaction], int]]:
    cases_ms, log_ms = _before_ms(app, "casus"), _before_ms(app, "logboek")
    now_ms = milliseconds(app.clock.now())
    return {
        "hits": lambda db: store.purge_hits(db, cases_ms, now_ms),
        "notices": notices.purge_gone,
        "texts": lambda db: store.purge_notes(db, log_ms),
        "declarations": lambda db: store.purge_declarations(db, cases_ms),
        "syncs": lambda db: syncs.purge(db, log_ms),
        "proofs": lambda db: store.purge_proofs(db, _day(log_ms).isoformat()),
        "lost": lambda db: store.purge_lost(db, log_ms),
        "receipts": lambda db: store.purge_receipts(db, log_ms),
        "past": lambda db: past.purge(db, log_ms) + outcomes.purge(db, log_ms),
    }


def _purge_kind(app: App, name: str, remove: Callable[[Transaction], int], db: Transaction) -> _Gone:
    count = remove(db)
    if count:
        log(app, db, None, Event.ADMIN, {"action": f"purged-{name}", "count": count})
    return name, count


def _purge_consent(app: App, number: str, db: Transaction) -> _Gone:
    consents.purge(db, number)
    log(app, db, None, Event.CONSENT, {"action": "purged"})
    return "consents", 1


def _purge_request(app: App, number: str, db: Transaction) -> _Gone:
    requests.purge(db, number)
    log(app, db, None, Event.RIGHTS, {"action": "purged", "request": number})
    return "requests", 1


def _purge_case(app: App, number: str, db: Transaction) -> _Gone:
    case = cases.find(db, number)
    if case is None:
        return "cases", 0
    given = case_input(app, db, _NOBODY, number, read_parts(case.data))
    given = replace(given, answers_lapsed=not store.answers_left(db, number), term_ended=True)
    CASE.step(app.catalogue, state_of(case), CaseEvent.PURGE, given)
    notices.purge_case(db, number)
    cases.purge(db, number)
    log(app, db, None, Event.CASE, {"case": app.references.case(number).hex(), "action": "purged"})
    return "cases", 1


def _over(app: App, term: str, started_on: str) -> bool:
    return bool(started_on) and purge_due(app.catalogue, _kept(term, started_on), _months(app), today(app))


def _last(app: App, term: str, started_on: str) -> str:
    last = last_day(app.catalogue, _kept(term, started_on), _months(app))
    return last.isoformat() if last else ""


def _before_ms(app: App, term: str) -> int:
    """Return the moment (ms) before which things of this term are to go: the end of the latest day that is over."""
    low, high = _EPOCH.toordinal(), today(app).toordinal()
    while low < high:
        middle = (low + high + 1) // 2
        over = _over(app, term, date.fromordinal(middle).isoformat())
        low, high = (middle, high) if over else (low, middle - 1)
    return (date.fromordinal(low) - _EPOCH).days * _MS_PER_DAY


def _day(ms: int) -> date:
    return date.fromordinal(_EPOCH.toordinal() + ms // _MS_PER_DAY)


def _kept(term: str, started_on: str) -> Kept:
    return Kept(term, date.fromisoformat(started_on))


def _months(app: App) -> int:
    return retention_months(app.covenant(), ParticipantId(app.config.participant))
