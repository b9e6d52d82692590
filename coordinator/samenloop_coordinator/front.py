"""In front of every use case: fair shares, a time limit, and a leaf for every refusal.

1. A participant has at most 32 calls at work and 64 waiting; more are refused, so one cannot crowd out the others.
2. No call lives longer than 10 seconds, its waiting included.
3. What is refused is logged before the refusal is sent (architecture section 2, invariant 3).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire.guard import peer
from samenloop_coordinator.desk import Desk
from samenloop_coordinator.store.contract import Parts

AT_WORK = 32
WAITING = 64
SECONDS = 10.0
Reply = TypeVar("Reply")
About = Callable[[], dict[str, object]]
"""Returns public fields of the refused message, as far as it could be read; called only when something is refused."""

_UNLOGGED = frozenset(
    {
        ErrorCode.BUSY,
        ErrorCode.UNAVAILABLE,
        ErrorCode.STORAGE_FULL,
        ErrorCode.INTERNAL,
        ErrorCode.TOO_LARGE,
        ErrorCode.NOT_FOUND,
    }
)
_RULES = {ErrorCode.BUDGET_EXHAUSTED: "R-28"}


@dataclass(slots=True)
class Front:
    """Runs use cases for peers."""

    desk: Desk
    _work: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    _present: Counter[str] = field(default_factory=Counter)

    async def run(self, action: str, work: Callable[[PeerIdentity], Awaitable[Reply]], about: About = dict) -> Reply:
        """Run `work` for the calling peer; a refusal is logged as `action` and raised."""
        caller = peer()
        self._enter(caller.participant)
        try:
            return await self._limited(action, work, caller, about)
        finally:
            self._present[caller.participant] -= 1

    async def _limited(
        self, action: str, work: Callable[[PeerIdentity], Awaitable[Reply]], caller: PeerIdentity, about: About
    ) -> Reply:
        try:
            at_work = self._work.setdefault(caller.participant, asyncio.Semaphore(AT_WORK))
            async with asyncio.timeout(SECONDS), at_work:
                return await work(caller)
        except TimeoutError:
            raise SamenloopError(
                ErrorCode.UNAVAILABLE, _("De coördinator kon niet op tijd antwoorden. Probeer het zo weer.")
            ) from None
        except SamenloopError as error:
            if error.code not in _UNLOGGED:
                await self.refused(caller, action, error, about())
            raise

    async def refused(self, caller: PeerIdentity, action: str, error: SamenloopError, about: dict[str, object]) -> None:
        """Log a refusal, without anything that the message claims but the certificate does not say."""
        now_ms = milliseconds(self.desk.clock.now())
        public: dict[str, object] = {
            **about,
            **self.desk.from_where(caller),
            "actor": caller.participant,
            "status": error.code.value,
            "action": action,
        }
        rule = error.rule if isinstance(error, Refused) else _RULES.get(error.code)
        if rule is not None:
            public["rule"] = rule
        if isinstance(error, Refused):
            public["count"] = len(error.missing)

        def unit(parts: Parts) -> None:
            parts.log.append(self.desk.journal.body(Event.REFUSE, public, start_ms=now_ms), ())

        await self.desk.store.write(unit)

    def _enter(self, participant: str) -> None:
        if self._present[participant] >= AT_WORK + WAITING:
            raise SamenloopError(
                ErrorCode.BUSY, _("Er lopen al te veel verzoeken van uw organisatie. Probeer het zo weer.")
            )
        self._present[participant] += 1
