"""A holder finds its own registrations: by tokens for rights requests and corrections, budgeted; or all ids of one
register, to see which ones its node does not know. Logged; own registers only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.covenant.permissions import budgets as budgets_of
from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire.own import (
    PAGE,
    RECONCILE,
    OwnList,
    OwnQuery,
    parse_find_own,
    parse_list_own,
    verify_find_own,
    verify_list_own,
)
from samenloop.wire.v1 import common_pb2, overlap_pb2
from samenloop_coordinator import budgets
from samenloop_coordinator.desk import Desk, Handled
from samenloop_coordinator.search import prepare
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import Request

PURPOSES = frozenset({"access", "correction", "erasure", "objection"})
MOST_FOUND = 1_000
"""More are refused: an answer that leaves some out would be a wrong answer to a request for access or erasure."""


@dataclass(slots=True)
class FindingOwn:
    """Finds or lists a holder's own registrations."""

    desk: Desk

    async def find(self, peer: PeerIdentity, request: overlap_pb2.FindOwnRequest) -> overlap_pb2.FindOwnReply:
        """Return the ids of own registrations that share a token with the person; the holder judges them itself."""
        begun = self.desk.clock.now()
        finding = parse_find_own(request)
        query = finding.query
        self.desk.check_author(peer, query.author)
        handled = Handled(query.request_id, query.author, finding.payload_hash)
        earlier = await self.desk.earlier(handled)
        if earlier is not None:
            return overlap_pb2.FindOwnReply.FromString(earlier)
        covenant = self.desk.agreement.judged_by(query.covenant, begun)
        verify_find_own(finding, self.desk.agreement.verify_key(covenant, query.author))
        self.desk.check_clock(query.sent_ms, begun)
        self.desk.agreement.check_epochs(query.epochs)
        if query.purpose not in PURPOSES:
            raise InvalidInput("purpose", _("Dit doel is geen verzoek van een betrokkene."))
        registers = covenant.participant(query.author).registers
        peppers = [self.desk.agreement.register_pepper(query.author, register.id) for register in registers]
        probes = prepare(peppers, finding.token_sets)

        def look(parts: Parts) -> list[bytes]:
            rows = sorted({row for _place, row in parts.registrations.lookup(probes.values)})
            if len(rows) > MOST_FOUND:
                raise InvalidInput(
                    "tokens", _("Te veel registraties lijken op deze persoon. Zoek met meer of andere gegevens.")
                )
            return [one.registration_id for one in parts.registrations.fetch(rows).values()]

        found = await self.desk.store.read(look)

        def counted(parts: Parts) -> dict[str, object]:
            limits = budgets.of_own_query(
                budgets_of(covenant, query.author), query.author, query.user_ref, begun.date().isoformat()
            )
            return {
                **self._public(peer, query, finding.signature),
                "reason": query.purpose,
                "epochs": list(query.epochs),
                "commitment": query.digest.hex(),
                "budget_left": self.desk.count(parts, limits),
            }

        def reply(receipt: common_pb2.Receipt) -> bytes:
            return overlap_pb2.FindOwnReply(registration_ids=found, receipt=receipt).SerializeToString()

        return overlap_pb2.FindOwnReply.FromString(await self._answer(handled, begun, counted, reply))

    async def page(self, peer: PeerIdentity, request: overlap_pb2.ListOwnRequest) -> overlap_pb2.ListOwnReply:
        """Return one page of the ids in an own register; they are random and the caller's own, so no budget counts."""
        begun = self.desk.clock.now()
        listing = parse_list_own(request)
        query = listing.query
        self.desk.check_author(peer, query.author)
        handled = Handled(query.request_id, query.author, listing.payload_hash)
        earlier = await self.desk.earlier(handled)
        if earlier is not None:
            return overlap_pb2.ListOwnReply.FromString(earlier)
        covenant = self.desk.agreement.judged_by(query.covenant, begun)
        verify_list_own(listing, self.desk.agreement.verify_key(covenant, query.author))
        self.desk.check_clock(query.sent_ms, begun)
        register = covenant.participant(query.author).register(query.register)
        found = await self.desk.store.read(lambda parts: self._ids(parts, query.author, register.id, query.after))

        def told(_parts: Parts) -> dict[str, object]:
            return {
                **self._public(peer, query, listing.signature),
                "reason": RECONCILE,
                "register": register.id,
                "count": len(found),
                "commitment": listing.payload_hash.hex(),
            }

        def reply(receipt: common_pb2.Receipt) -> bytes:
            return overlap_pb2.ListOwnReply(registration_ids=found, receipt=receipt).SerializeToString()

        return overlap_pb2.ListOwnReply.FromString(await self._answer(handled, begun, told, reply))

    def _ids(self, parts: Parts, author: str, register: str, after: bytes) -> Sequence[bytes]:
        place = self.desk.place(parts, author, register)
        return [] if place is None else parts.registrations.ids_of_place(place, after, PAGE)

    def _public(self, peer: PeerIdentity, query: OwnQuery | OwnList, signature: bytes) -> dict[str, object]:
        return {
            **self.desk.from_where(peer),
            "request": query.request_id.hex(),
            "covenant": query.covenant.id,
            "version": query.covenant.version,
            "actor": query.author,
            "user": query.user_ref.hex(),
            "signature": signature.hex(),
        }

    async def _answer(
        self,
        handled: Handled,
        begun: datetime,
        public: Callable[[Parts], dict[str, object]],
        reply: Callable[[common_pb2.Receipt], bytes],
    ) -> bytes:
        """Log the search and keep its reply, in one unit."""

        def unit(parts: Parts) -> bytes:
            stored = self.desk.repeated(parts, handled)
            if stored is not None:
                return stored
            body = self.desk.journal.body(Event.FIND_OWN, public(parts), start_ms=milliseconds(begun))
            parts.log.append(body, ())
            made = reply(common_pb2.Receipt(entry=body))
            request = Request(handled.participant, handled.payload_hash, made)
            parts.requests.keep(handled.request_id, request, milliseconds(begun))
            return made

        return await self.desk.store.write(unit)
