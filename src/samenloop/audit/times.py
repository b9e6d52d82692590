"""Which times a log may hold, and how far two clocks may differ: one place for every check of dates. Pure."""

from datetime import UTC, datetime

PARTNER_SKEW_MS = 120_000
"""So much may the clocks of a partner and the coordinator differ: each refuses the other beyond it."""
SKEW_MS = 300_000
"""How far two times in one log may lie apart against the order of what happened.

Two partners, or two processes of one coordinator, differ at most twice `PARTNER_SKEW_MS`; a minute is left for a
transaction that waits between its stamp and its place in the log.
"""
DAY_MS = 86_400_000
EARLIEST_MS = round(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""No log of this software is older."""
LATEST_MS = round(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""What lies later is no date: it cannot even be written."""


def possible(moment_ms: int) -> bool:
    """Tell whether an entry or an export can have this time (Unix ms)."""
    return EARLIEST_MS <= moment_ms < LATEST_MS


def shown(moment_ms: int) -> str:
    """Return a time (Unix ms) as people read it, also one that cannot be."""
    if not 0 <= moment_ms < LATEST_MS:
        return "?"
    return datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
