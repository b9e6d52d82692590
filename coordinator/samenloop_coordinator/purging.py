"""Erasing bodies of the log that are past the covenant's term; their hashes stay (architecture.md section 8).

1. The purge is an entry that names all that is gone by then and the term, in the transaction that erases: the older
   purge entries are past their term one day too.
2. Nothing goes of which a quorum of witnesses did not say, a whole term ago, that it was there: their time proves
   that the term is over. The entry after the range stays.
3. The search index forgets the range afterwards; what a crash left of it is forgotten the next time.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import log
from samenloop.audit.fields import Event
from samenloop.audit.store import TreeStore
from samenloop.clock import milliseconds
from samenloop.covenant import Covenant
from samenloop_coordinator.covenants import in_force
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.contract import Parts, Store

LONGEST_MONTH_DAYS = 31
"""The longest reading of a month of retention: nothing goes early."""
OnTree = Callable[[Callable[[TreeStore], Any]], Awaitable[Any]]


def term_days(covenant: Covenant) -> int:
    """Return the covenant's term of retention in days, never too few."""
    return covenant.purpose.retention_months * LONGEST_MONTH_DAYS


async def purge(store: Store, journal: Journal, on_tree: OnTree, covenant: Covenant, now: datetime) -> int:
    """Erase what is past its term; return how many entries lost their body."""
    cutoff_ms = milliseconds(now - timedelta(days=term_days(covenant)))
    first = max((one.last for one in store.entries().purges()), default=-1) + 1
    last, size = await on_tree(lambda tree: _range(tree, first, cutoff_ms, covenant.witness_quorum))
    if last is None or last < first:
        return 0

    def unit(parts: Parts) -> int:
        state = in_force(parts)
        if state is None or state.current != covenant:
            return 0  # a verifier judges by the version that is in force where the purge entry stands
        public = {"first": 0, "last": last, "term_days": term_days(covenant)}
        parts.log.purge(journal.body(Event.PURGE, public), size)
        return int(last) - first + 1

    count = await store.write(unit)
    if count:
        await on_tree(lambda tree: tree.forget(first, last))
    return count


def _range(tree: TreeStore, first: int, cutoff_ms: int, quorum: int) -> tuple[int | None, int]:
    """Return the last entry that may go, and how many are signed; forget what a crash left of earlier purges."""
    if first and tree.row(first - 1) is not None:
        tree.forget(0, first - 1)
    return log.purgeable(tree, cutoff_ms, first, quorum), checkpoints.parse(tree.head()).size
