"""The jobs that the daemon repeats, each at its own fixed interval: a closed list."""

import asyncio

from samenloop.audit.fields import Event
from samenloop.wire.declare import Anchor
from samenloop_node import declaring, mailbox, witness
from samenloop_node.app import App
from samenloop_node.background import Periodic
from samenloop_node.consents import ending
from samenloop_node.notices.steps import come_due
from samenloop_node.registrations.jobs import resume
from samenloop_node.retention import purging
from samenloop_node.review.evidence import NightlyCheck
from samenloop_node.review.sampling import draw_due
from samenloop_node.statements import declare

_INTEGRATE_SECONDS = 1.0
_TIDY_SECONDS = 1.0
_ANCHOR_SECONDS = 600.0
_REVIEW_SECONDS = 600.0
_DAILY_SECONDS = 3600.0
"""What goes by days is looked at every hour: a computer that sleeps at night misses nothing."""
_WITNESS_SECONDS = 20.0
"""Own entries must be found within a minute, so looking goes on more often than the mailbox is emptied."""


def jobs(app: App) -> tuple[Periodic, ...]:
    """Return all repeating jobs of this node."""
    poll = float(app.config.poll_seconds)
    nightly = NightlyCheck(app, f"{app.clock.now():%Y-%m-%d}")
    return (
        Periodic("ownlog", _INTEGRATE_SECONDS, lambda: integrate(app)),
        Periodic("tidy", _TIDY_SECONDS, lambda: asyncio.to_thread(app.store.tidy)),
        Periodic("agreement", poll, lambda: refresh(app)),
        Periodic("fsck", _DAILY_SECONDS, nightly.run),
        Periodic("anchor", _ANCHOR_SECONDS, lambda: anchor(app)),
        Periodic("syncs", poll, lambda: resume(app)),
        Periodic("mailbox", poll, lambda: mailbox.poll(app)),
        Periodic("declarations", poll, lambda: declaring.send_open(app)),
        Periodic("review", _REVIEW_SECONDS, lambda: review(app)),
        Periodic("notices", _DAILY_SECONDS, lambda: look_after_notices(app)),
        Periodic("consents", _ANCHOR_SECONDS, lambda: ending.settle(app)),
        Periodic("retention", _DAILY_SECONDS, lambda: purge(app)),
        Periodic("witness", min(poll, _WITNESS_SECONDS), lambda: witness.round_as_witness(app)),
    )


async def review(app: App) -> None:
    """Promise the seed of the next sample, or draw one that is due."""
    await draw_due(app)


async def integrate(app: App) -> None:
    """Put the waiting entries of the own log into its tree."""
    await asyncio.to_thread(app.ownlog.integrate)


async def refresh(app: App) -> None:
    """Take over a newer covenant version and the live epochs."""
    await app.agreement.refresh(app.connection)


async def anchor(app: App) -> None:
    """Send today's anchor of the own log, once a day."""
    due = await app.ownlog.anchor_due()
    if due is not None:
        await declare(app, Anchor(due.digest()), Event.NODE_ANCHOR.value)
        await app.ownlog.anchor_sent(due)


async def look_after_notices(app: App) -> None:
    """Make notices due: for what was shown to others, and where a deferral must be looked at again."""
    await app.store.write(lambda db: come_due(app, db))


async def purge(app: App) -> None:
    """Remove what is past its term."""
    await purging.purge(app)
