"""What every use case does alike: who is the author, was this handled before, is the clock right, what is left.

The body of a message never decides who is calling: it must name the peer that the certificate names.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from samenloop.audit.times import PARTNER_SKEW_MS
from samenloop.clock import Clock, milliseconds
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire.guard import address
from samenloop_coordinator import budgets
from samenloop_coordinator.agreement import Agreement
from samenloop_coordinator.budgets import Limit
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.keys import DayKeys
from samenloop_coordinator.law import Records
from samenloop_coordinator.store.contract import Parts, Store
from samenloop_coordinator.store.values import Place


@dataclass(frozen=True, slots=True)
class Handled:
    """What makes a request the same request: its id, its author, and the hash of what was signed."""

    request_id: bytes
    participant: str
    payload_hash: bytes


@dataclass(slots=True)
class Desk:
    """Shared by all use cases of one coordinator."""

    store: Store
    journal: Journal
    clock: Clock
    agreement: Agreement
    keys: DayKeys
    records: Records
    _places: dict[tuple[str, str], int] = field(default_factory=dict)

    def check_author(self, peer: PeerIdentity, named: str) -> None:
        """Refuse a message that names another author than the peer; raises NOT_PERMITTED."""
        if named != peer.participant:
            raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Dit bericht is niet van de deelnemer die het stuurt."))

    async def earlier(self, handled: Handled) -> bytes | None:
        """Return the stored reply of a repeated request, None for a new one; raises REQUEST_REUSED or EXPIRED.

        To be asked before anything judges the request by the covenant, the clock or the epochs of now: what was
        answered stays answered (invariant 6).
        """
        return await self.store.read(lambda parts: self.repeated(parts, handled))

    def repeated(self, parts: Parts, handled: Handled) -> bytes | None:
        """Do the same inside a unit of work."""
        found = parts.requests.find(handled.request_id)
        if found is None:
            return None
        if (found.participant, found.payload_hash) != (handled.participant, handled.payload_hash):
            raise SamenloopError(ErrorCode.REQUEST_REUSED, _("Dit verzoeknummer is al voor iets anders gebruikt."))
        if found.reply is None:
            raise SamenloopError(ErrorCode.EXPIRED, _("Wat op deze vraag is getoond, is teruggenomen."))
        return found.reply

    def check_clock(self, sent_ms: int, now: datetime) -> None:
        """Refuse a new request that was not sent now; raises CLOCK_SKEW."""
        if abs(milliseconds(now) - sent_ms) > PARTNER_SKEW_MS:
            raise SamenloopError(
                ErrorCode.CLOCK_SKEW,
                _("Dit bericht is te oud, of de klok van uw computer loopt niet gelijk. Zet de klok gelijk."),
            )

    def count(self, parts: Parts, limits: Iterable[Limit]) -> int:
        """Count in every counter and return what is left of the last; raises BUDGET_EXHAUSTED, which undoes
        the unit.
        """
        left, all_limits = 0, list(limits)
        counts = parts.requests.count_all([(limit.scope, limit.day) for limit in all_limits])
        for limit, counted in zip(all_limits, counts, strict=True):
            if counted > limit.most and not self.agreement.lifted:
                raise budgets.exhausted(limit)
            left = max(limit.most - counted, 0)
        return left

    def check_room(self, parts: Parts, limits: Iterable[Limit]) -> None:
        """Raise BUDGET_EXHAUSTED, with nothing counted yet, unless all of these can still be counted."""
        for limit, more in Counter(limits).items():
            if parts.requests.counted(limit.scope, limit.day) + more > limit.most and not self.agreement.lifted:
                raise budgets.exhausted(limit)

    def place(self, parts: Parts, participant: str, register: str) -> int | None:
        """Return the number of a register, None when nothing was ever registered there. For snapshots only."""
        found = self._places.get((participant, register))
        if found is None:
            found = parts.registrations.place(Place(self.agreement.covenant.id, participant, register))
            if found is not None:
                self._places[participant, register] = found
        return found

    def shown_handle(self, holder: str, register: str, registration_id: bytes) -> bytes:
        """Return the keyed reference under which shown hits of a registration are kept."""
        return self.agreement.register_pepper(holder, register).handle("shown", registration_id)

    def from_where(self, peer: PeerIdentity) -> dict[str, object]:
        """Return the fields of an entry that say over which connection a message came."""
        known = {"address": address(), "kex": peer.key_exchange}
        return {"certificate": peer.fingerprint, "tls": "TLSv1.3", **{name: one for name, one in known.items() if one}}
