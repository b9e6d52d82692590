"""The node's samples: drawn by the daemon, judged by its privacy officer. Every step is an entry in the own log."""

import asyncio
from collections.abc import Sequence

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.audit.sqlite import SqliteEntries
from samenloop.audit.store import StoredEntry
from samenloop.clock import milliseconds
from samenloop.covenant import Covenant
from samenloop.review import samples
from samenloop.review.samples import NewEntry
from samenloop.review.sampling import Draw, Plan
from samenloop.review.scope import plan_of
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.review.reading import beacon, reading, rounds
from samenloop_node.store import Transaction

_BATCH = 1_000


async def draw_due(app: App, *, extra: bool = False) -> int:
    """Promise the first seed, or draw when a sample is due (`extra`: now); return how many entries were drawn."""
    if not await asyncio.to_thread(_to_do, app, extra):
        return 0
    found = await asyncio.to_thread(beacon, app)
    if found is not None:
        await _write(app, [found])
    made = await asyncio.to_thread(_step, app, extra)
    drawn = [public["drawn"] for event, public in made if event is Event.SAMPLE]
    if not await _write(app, made):
        return 0
    return sum(len(one) for one in drawn if isinstance(one, list))


async def judge(app: App, user: User, places: Sequence[int], reason: str) -> None:
    """Sign off drawn entries, or with a reason escalate them: all or none. Nobody judges his own acts."""
    await _write(app, await asyncio.to_thread(_verdicts, app, user, places, reason))


def waiting(app: App) -> list[tuple[int, Draw]]:
    """Return the drawn entries without a verdict. Blocking."""
    with reading(app) as reader:
        return list(rounds(app, reader).history().open())


def warnings(app: App) -> list[str]:
    """Return what `status` says about reviews. Blocking."""
    with reading(app) as reader:
        known = rounds(app, reader).history()
    return samples.warnings(known, plan_of(app.covenant()), milliseconds(app.clock.now()))


def unfair(app: App) -> tuple[int, tuple[int, ...]]:
    """Return how many draws can be drawn again, and the places of those that the lot did not make. Blocking."""
    covenant = app.covenant()
    with reading(app) as reader:
        made = rounds(app, reader)
        return made.unfair(made.history(), lambda draw: _plan_for(covenant, draw))


def _plan_for(covenant: Covenant, draw: Draw) -> Plan | None:
    return plan_of(covenant) if draw.version == covenant.version else None


def _to_do(app: App, extra: bool) -> bool:
    with reading(app) as reader:
        known = rounds(app, reader).history()
    return extra or not known.commitments or samples.is_due(known, plan_of(app.covenant()), _now(app))


def _step(app: App, extra: bool) -> list[NewEntry]:
    with reading(app) as reader:
        made = rounds(app, reader)
        return made.step(made.history(), app.covenant(), _now(app), extra=extra)


def _verdicts(app: App, user: User, places: Sequence[int], reason: str) -> list[NewEntry]:
    by = app.references.user(user.name).hex()
    with reading(app) as reader:
        made = rounds(app, reader)
        known = made.history()
        return [made.verdict(known, app.covenant(), place, reason, by) for place in dict.fromkeys(places)]


async def _write(app: App, made: Sequence[NewEntry]) -> bool:
    """Log all of it; nothing, and return False, when it is a draw and another one used its promise meanwhile."""

    def work(db: Transaction) -> bool:
        if any(event is Event.SAMPLE and _drawn_since(db, public["size"]) for event, public in made):
            return False
        for event, public in made:
            app.ownlog.append(db, event, public)
        return True

    return not made or await app.store.write(work)


def _drawn_since(db: Transaction, size: object) -> bool:
    """Tell whether the log has a draw that was not among the first `size` entries, by which this one was made."""
    log, found = SqliteEntries(db), list[StoredEntry]()
    first = size if isinstance(size, int) else 0
    while batch := log.entries(first + len(found), _BATCH):
        found += batch
    return any(one.body is not None and entries.parse(one.body).event is Event.SAMPLE for one in found)


def _now(app: App) -> int:
    return milliseconds(app.clock.now())
