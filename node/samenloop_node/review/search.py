"""The own log for the privacy officer: entries with names, case numbers and motives. Every look is an entry itself."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from samenloop.audit.entry import Entry, rows
from samenloop.audit.fields import Event
from samenloop.clock import from_milliseconds
from samenloop.review.filters import Filters
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.review.naming import Names, motive_of, names, opening_of
from samenloop_node.review.reading import reading
from samenloop_node.store import Transaction

Row = dict[str, object]
_SHOWN = (
    *("action", "status", "rule", "reason", "purpose", "basis", "receiver", "register", "question", "count", "day"),
    "document",
)


async def search(app: App, user: User, filters: Filters, limit: int) -> list[Row]:
    """Return the newest entries that fit. `filters.user` is an account name, `filters.case` a case number."""
    found = await asyncio.to_thread(_find, app, keyed(app, filters), limit)
    await log_view(app, user, filters.used(), len(found))
    return await describe(app, found)


async def at(app: App, user: User, places: Sequence[int]) -> list[Row]:
    """Return the entries at these places, as drawn in a sample."""
    found = await asyncio.to_thread(_at, app, places)
    await log_view(app, user, ("sample",), len(found))
    return await describe(app, found)


async def describe(app: App, found: Sequence[tuple[int, Entry]]) -> list[Row]:
    """Return entries as rows for people."""

    def work(db: Transaction) -> list[Row]:
        known = names(app, db)
        return [_row(app, db, known, seq, entry) for seq, entry in found]

    return await app.store.read(work)


async def log_view(app: App, user: User, filters: Sequence[str], count: int) -> None:
    """Log that this user looked; durable on return, so before anything is shown."""
    by = {"user": app.references.user(user.name).hex(), "actor": app.config.participant}
    await app.ownlog.write(Event.LOG_VIEW, {"filters": list(filters), "count": count, **by})


def keyed(app: App, filters: Filters) -> Filters:
    """Return the filters with references in the place of names and case numbers."""
    user = app.references.user(filters.user).hex() if filters.user else ""
    case = app.references.case(filters.case).hex() if filters.case else ""
    return replace(filters, user=user, case=case)


def _find(app: App, filters: Filters, limit: int) -> list[tuple[int, Entry]]:
    with reading(app) as reader:
        return reader.newest(filters.search(), limit, filters.keep)


def _at(app: App, places: Sequence[int]) -> list[tuple[int, Entry]]:
    with reading(app) as reader:
        return [(place, entry) for place in places if (entry := reader.one(place)) is not None]


def _row(app: App, db: Transaction, known: Names, seq: int, entry: Entry) -> Row:
    texts = {name: entry.public[name] for name in _SHOWN if name in entry.public}
    return {
        "entry": seq,
        "at": from_milliseconds(entry.integer("end_ms")).isoformat(timespec="seconds"),
        "event": entry.event.value,
        "user": known.user(entry.text("user")),
        "responsible": known.user(entry.text("responsible")),
        "case": known.case(entry.text("case")),
        "holders": _holders(rows(entry, "holders")),
        "motive": motive_of(app, db, entry),
        "opening": opening_of(app, db, entry),
        **texts,
    }


def _holders(found: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [dict(row) for row in found]
