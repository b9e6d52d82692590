"""A holder finds its own registrations by tokens: rights requests and corrections. Logged and budgeted; own
registers only.
"""

from dataclasses import dataclass

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.covenant.permissions import budgets as budgets_of
from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire.own import parse_find_own, verify_find_own
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
    """Finds a holder's own registrations."""

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

        def unit(parts: Parts) -> bytes:
            stored = self.desk.repeated(parts, handled)
            if stored is not None:
                return stored
            limits = budgets_of(covenant, query.author)
            day = begun.date().isoformat()
            left = self.desk.count(parts, budgets.of_own_query(limits, query.author, query.user_ref, day))
            public: dict[str, object] = {
                **self.desk.from_where(peer),
                "request": query.request_id.hex(),
                "covenant": covenant.id,
                "version": query.covenant.version,
                "actor": query.author,
                "user": query.user_ref.hex(),
                "reason": query.purpose,
                "epochs": list(query.epochs),
                "commitment": query.digest.hex(),
                "signature": finding.signature.hex(),
                "budget_left": left,
            }
            body = self.desk.journal.body(Event.FIND_OWN, public, start_ms=milliseconds(begun))
            parts.log.append(body, ())
            receipt = common_pb2.Receipt(entry=body)
            reply = overlap_pb2.FindOwnReply(registration_ids=found, receipt=receipt).SerializeToString()
            request_row = Request(handled.participant, handled.payload_hash, reply)
            parts.requests.keep(handled.request_id, request_row, milliseconds(begun))
            return reply

        return overlap_pb2.FindOwnReply.FromString(await self.desk.store.write(unit))
