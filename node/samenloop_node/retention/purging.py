"""One round of purging: each thing past its term goes, with all kept about it and its log line, in one transaction.

Terms are the catalogue's; covenant and participant may only shorten them. Nothing ends a term by itself: closing,
answering and ending are acts of people, and their day starts it.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import date

from samenloop.audit.fields import Event
from samenloop.covenant.permissions import retention_months
from samenloop.decisions.case import CASE, CaseEvent
from samenloop.decisions.retention import Kept, last_day, purge_due
from samenloop.model import ParticipantId
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.cases.facts import case_input, read_parts, state_of
from samenloop_node.process import log, today
from samenloop_node.store import Transaction, cases, consents, notices, past, requests
from samenloop_node.store import retention as store
from samenloop_node.store.cases import CaseFile

_MS_PER_DAY = 86_400_000
_EPOCH = date(1970, 1, 1)
_NOBODY = User("", "", frozenset(), "", date.max, date.max, date.min)
"""The daemon itself: an account with no right whatever."""


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
    entries: int = 0

    @property
    def total(self) -> int:
        """Return how many things were removed, the own log left out."""
        return (
            self.cases
            + self.consents
            + self.requests
            + self.hits
            + self.notices
            + self.texts
            + self.receipts
            + self.past
        )


async def purge(app: App) -> Purged:
    """Remove all that is past its term, then empty the write-ahead log."""
    done = await app.store.write(lambda db: _purge(app, db))
    cutoff, version = _before_ms(app, "logboek"), app.covenant().version
    entries = await asyncio.to_thread(app.ownlog.purge, cutoff, (today(app) - _day(cutoff)).days, version)
    if done.total or entries:
        await asyncio.to_thread(app.store.truncate_log)
    return replace(done, entries=entries)


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


def _purge(app: App, db: Transaction) -> Purged:
    count_cases = sum(_purge_case(app, db, one) for one in cases.listed(db) if _over(app, "casus", one.closed_on))
    ended = [one for one in consents.listed(db) if _over(app, "toestemming", one.ended_on)]
    for consent in ended:
        consents.purge(db, consent.number)
        log(app, db, None, Event.CONSENT, {"action": "purged"})
    answered = [one for one in requests.listed(db) if _over(app, "verzoek", one.answered_on)]
    for request in answered:
        requests.purge(db, request.number)
        log(app, db, None, Event.RIGHTS, {"action": "purged", "request": request.number})
    rest = Purged(
        cases=count_cases,
        consents=len(ended),
        requests=len(answered),
        hits=store.purge_hits(db, _before_ms(app, "casus")),
        notices=notices.purge_gone(db),
        texts=store.purge_notes(db, _before_ms(app, "logboek")),
        receipts=store.purge_receipts(db, _before_ms(app, "logboek")),
    )
    rest = replace(rest, past=past.purge(db, _before_ms(app, "logboek")))
    for name in ("hits", "notices", "texts", "receipts", "past"):
        if getattr(rest, name):
            log(app, db, None, Event.ADMIN, {"action": f"purged-{name}", "count": getattr(rest, name)})
    return rest


def _purge_case(app: App, db: Transaction, case: CaseFile) -> int:
    given = case_input(app, db, _NOBODY, case.case_number, read_parts(case.data))
    given = replace(given, answers_lapsed=not store.answers_left(db, case.case_number), term_ended=True)
    CASE.step(app.catalogue, state_of(case), CaseEvent.PURGE, given)
    notices.purge_case(db, case.case_number)
    cases.purge(db, case.case_number)
    log(app, db, None, Event.CASE, {"case": app.references.case(case.case_number).hex(), "action": "purged"})
    return 1


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
