"""The node's reports as files: accountability, council, register of processing, protocol, breach. Each is logged."""

import asyncio
import base64
from datetime import UTC

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.reports import accountability, council, numbers, periods, processing, writing
from samenloop.reports.accountability import Scope
from samenloop.reports.model import Report
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.review import affected, holding, protocol
from samenloop_node.review import breach as breaches
from samenloop_node.review.activity import own_activity
from samenloop_node.review.breach import Breach
from samenloop_node.review.reading import reading, rounds
from samenloop_node.store import outcomes


async def accountability_report(app: App, name: str) -> Report:
    """Return this partner's report over an ended month or year, its response to hidden hits included."""
    now_ms = milliseconds(app.clock.now())
    period = periods.ended(name, now_ms)
    await app.store.write(lambda db: outcomes.count_ended(db, now_ms))
    names = [month.name for month in period.months()]
    hits = await app.store.read(lambda db: outcomes.of_months(db, names))

    def build() -> Report:
        with reading(app) as reader:
            reader.refuse_purged(period.from_ms)
            found = own_activity(reader, app.config.participant, period.from_ms, period.until_ms)
            known = rounds(app, reader).history()
            running = reader.months(period)
        months = [numbers.count(found, month) for month in running]
        scope = Scope(app.covenant(), app.catalogue, period, app.config.participant)
        extra = (holding.responses(hits, running),) if app.participant().registers else ()
        return accountability.build(scope, months, known, now_ms, extra)

    return await asyncio.to_thread(build)


async def council_page(app: App) -> Report:
    """Return the page for the council (R-74)."""
    return council.build(app.covenant(), app.catalogue)


async def processing_register(app: App) -> Report:
    """Return this partner's entry in the register of processing activities (art. 30 AVG)."""
    return processing.build(app.covenant(), app.catalogue, app.config.participant)


async def protocol_extract(app: App, name: str) -> Report:
    """Return the protocol extract of a month or year, also of the one that is running."""
    return await protocol.extract(app, periods.period(name))


async def breach_report(app: App, breach: Breach) -> Report:
    """Return the facts for a report to the AP; raises InvalidInput for times, a question or account that cannot be."""
    now = app.clock.now()
    breaches.check(breach, now)
    return breaches.build(app.covenant(), app.participant(), breach, await affected.known(app, breach), now)


async def as_files(app: App, user: User, name: str, report: Report) -> dict[str, object]:
    """Log that a report was made and return its files, each in base64, under {"files"}."""
    by = {"user": app.references.user(user.name).hex(), "actor": app.config.participant}
    size = (await asyncio.to_thread(app.ownlog.checkpoint)).size
    await app.ownlog.write(Event.EXPORT, {"size": size, "filters": ["report", name], **by})
    made = await asyncio.to_thread(writing.files, report, app.clock.now().astimezone(UTC))
    return {"files": {path: base64.b64encode(content).decode() for path, content in made.items()}}
