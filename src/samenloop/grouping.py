"""Waiting for company before a durable commit: the more units share one, the less each costs (group commit)."""

import asyncio
from collections.abc import Sized

LONGEST_WAIT = 0.05
"""Seconds that a unit waits at most for others."""
QUIET_ROUNDS = 8
"""Rounds of the event loop without a new unit after which nobody is on the way."""


async def company(queue: Sized, most: int) -> None:
    """Let everybody who is on the way queue up; return when `queue` has `most`, is quiet, or waited long."""
    loop = asyncio.get_running_loop()
    until, seen, quiet = loop.time() + LONGEST_WAIT, 0, 0
    while quiet < QUIET_ROUNDS and seen < most and loop.time() < until:
        quiet = quiet + 1 if len(queue) == seen else 0
        seen = len(queue)
        await asyncio.sleep(0)
