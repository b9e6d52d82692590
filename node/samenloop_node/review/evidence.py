"""The own log as evidence: an export that an auditor checks without this node, and the full check of what is stored.

Entries hold references and commitments, never a name, case number or motive, so an export shows none. Both acts of a
user are entries themselves, before anything is shown; an export holds its own entry.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from samenloop.audit import anchored, log
from samenloop.audit.anchor import of_own_log
from samenloop.audit.export import pieces
from samenloop.audit.fields import Event
from samenloop.audit.fsck import fsck
from samenloop.audit.sqlite import SqliteEntries
from samenloop.audit.verify import Progress, Report
from samenloop.clock import milliseconds
from samenloop.covenant import Covenant, canonical, parse_canonical
from samenloop.errors import IntegrityError
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.review.search import log_view
from samenloop_node.store import Transaction, covenants, ownlog

Send = Callable[[str, bytes], Coroutine[Any, Any, None]]
"""Takes the next piece of a file of the export; returns when there is room for more."""


async def export(app: App, user: User, send: Send) -> int:
    """Send the own log piece by piece; return how many entries the export has."""
    size = (await asyncio.to_thread(app.ownlog.checkpoint)).size
    by = {"user": app.references.user(user.name).hex(), "actor": app.config.participant}
    await app.ownlog.write(Event.EXPORT, {"size": size, "filters": ["log"], **by})
    loop = asyncio.get_running_loop()

    def work() -> int:
        size = app.ownlog.integrate().size
        with app.ownlog.held() as (db, tree):
            made = pieces(
                (SqliteEntries(db), tree),
                app.ownlog.signer,
                [canonical(one) for one in reversed(_versions(app, db))],
                max(milliseconds(app.clock.now()), log.newest_ms(SqliteEntries(db))),
                ownlog.anchors(db),
            )
            for path, data in made:
                asyncio.run_coroutine_threadsafe(send(path, data), loop).result()
        return size

    return await asyncio.to_thread(work)


async def check(app: App, user: User, progress: Progress) -> Report:
    """Do the full check for a user; the look is logged."""
    report = await derive(app, progress)
    await log_view(app, user, ("fsck",), report.size)
    return report


async def derive(app: App, progress: Progress = lambda _done, _all: None) -> Report:
    """Re-derive the whole own log from what is stored, and hold its daily anchors against it."""

    def work() -> Report:
        with app.ownlog.held() as (db, tree):
            versions = [of_own_log(one, app.config.participant) for one in _versions(app, db)]
            report = fsck(SqliteEntries(db), tree, versions[0], progress, versions[1:])
            days = anchored.contradicting(ownlog.anchors(db), tree) if report.holds else ()
        wrong = (_("anker van {day}: de regels geven een andere hash", day=day) for day in days)
        return replace(report, problems=(*report.problems, *wrong))

    return await asyncio.to_thread(work)


def _versions(app: App, db: Transaction) -> list[Covenant]:
    """Return the covenant versions that this node had taken over when `db` was opened, the newest first."""
    taken = [parse_canonical(row.document) for row in covenants.accepted(db)]
    return taken or [app.agreement.first()]


@dataclass(slots=True)
class NightlyCheck:
    """The full check, once a day after midnight UTC. What it finds is an alarm in the log, and shown until the next."""

    app: App
    day: str
    found: str = ""

    async def run(self) -> None:
        """Check when a new day has begun; raises IntegrityError for as long as the last check found something."""
        today = f"{self.app.clock.now():%Y-%m-%d}"
        if today != self.day:
            report = await derive(self.app)
            self.day, self.found = today, "; ".join(report.problems[:1])
            if self.found:
                await self.app.ownlog.write(Event.ALARM, {"reason": "own-log", "size": report.size})
        if self.found:
            raise IntegrityError(
                _(
                    "Het eigen logboek klopt niet: {problem}. Wis niets en bel de privacyfunctionaris: dit is bewijs.",
                    problem=self.found,
                )
            )
