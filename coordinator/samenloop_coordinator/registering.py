"""A chunk of registrations from the wire to the receipt: one unit of work, one entry, a result per item.

An item that breaks a rule is refused with that rule and leaves the others alone; a chunk that is not what its author
signed is refused as a whole. Tokens are peppered before anything is written and are never stored as they came.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from samenloop.audit.fields import Event
from samenloop.audit.seal import ContentKeys
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire.register import (
    FACTS,
    PUT,
    Item,
    Registering,
    parse_item,
    parse_register,
    verify_register,
)
from samenloop.wire.v1 import common_pb2, overlap_pb2
from samenloop_coordinator import law
from samenloop_coordinator.deciding import Deciding
from samenloop_coordinator.desk import Desk, Handled
from samenloop_coordinator.indexing import IndexRules
from samenloop_coordinator.lapsing import Lapsing
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import Mark, NewRegistration, Place, Registration, Request

Result = overlap_pb2.ItemResult
_BREATH = 8
"""Items between two moments at which other requests get their turn."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An item with its peppered values, or the rule that refuses it."""

    item: Item | None
    marks: tuple[Mark, ...] = ()
    values: bytes = b""
    facts: bytes = b""
    beforehand: bytes = b""
    rule: str = ""


@dataclass(slots=True)
class Tally:
    """What a chunk did, for its entry."""

    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    failed: int = 0


@dataclass(slots=True)
class RegisterChunks:
    """Registers chunks."""

    desk: Desk
    lapsing: Lapsing

    async def register(self, peer: PeerIdentity, request: overlap_pb2.RegisterRequest) -> overlap_pb2.RegisterReply:
        """Return the reply to one chunk once its entry is durable."""
        begun = self.desk.clock.now()
        registering = parse_register(request)
        chunk = registering.chunk
        self.desk.check_author(peer, chunk.participant)
        handled = Handled(chunk.request_id, chunk.participant, registering.payload_hash)
        earlier = await self.desk.earlier(handled)
        if earlier is not None:
            return overlap_pb2.RegisterReply.FromString(earlier)
        covenant = self.desk.agreement.judged_by(chunk.covenant, begun)
        verify_register(registering, self.desk.agreement.verify_key(covenant, chunk.participant))
        register = covenant.participant(chunk.participant).register(chunk.register)
        self.desk.check_clock(chunk.sent_ms, begun)
        rules = IndexRules(self.desk.agreement.catalogue, covenant, register, chunk)
        prepared = [one async for one in self._prepared(rules, registering)]
        keys = await self.desk.keys.renew(self.desk.agreement.covenant)
        unit = Unit(self, peer, rules, registering, handled, tuple(prepared), keys, begun)
        return overlap_pb2.RegisterReply.FromString(await self.desk.store.write(unit.run))

    async def _prepared(self, rules: IndexRules, registering: Registering) -> AsyncIterator[Prepared]:
        for number, data in enumerate(registering.item_bytes):
            if number % _BREATH == _BREATH - 1:
                await asyncio.sleep(0)
            try:
                item = parse_item(data, rules.register.kind, f"items[{number}]")
                yield self._prepare(rules, item)
            except Refused as refusal:
                yield Prepared(None, rule=refusal.rule)
            except InvalidInput:
                yield Prepared(None, rule="input")

    def _prepare(self, rules: IndexRules, item: Item) -> Prepared:
        if item.facts is None:
            return Prepared(item)
        rules.check_facts(item.act, item.facts)
        packed = (law.pack_facts(item.facts), law.pack_beforehand(item.beforehand))
        if item.act != PUT:
            return Prepared(item, facts=packed[0], beforehand=packed[1])
        self._check_epochs(item)
        pepper = self.desk.agreement.register_pepper(rules.chunk.participant, rules.register.id)
        values = [pepper.pepper(tokens) for tokens in item.token_sets]
        marks = tuple(
            Mark(tokens.epoch, tokens.mask, tokens.facts, len(of_epoch))
            for tokens, of_epoch in zip(item.token_sets, values, strict=True)
        )
        blob = b"".join([value for of_epoch in values for value in of_epoch])
        return Prepared(item, marks, blob, packed[0], packed[1])

    def _check_epochs(self, item: Item) -> None:
        named = {tokens.epoch for tokens in item.token_sets}
        if named != set(self.desk.agreement.epochs.write):
            raise SamenloopError(
                ErrorCode.EPOCH_MISMATCH,
                _("De tijdvakken van de sleutel zijn veranderd: haal ze op en probeer opnieuw."),
            )


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of work of one chunk."""

    by: RegisterChunks
    peer: PeerIdentity
    rules: IndexRules
    registering: Registering
    handled: Handled
    prepared: tuple[Prepared, ...]
    keys: ContentKeys
    begun: datetime

    def run(self, parts: Parts) -> bytes:
        """Do it: items, entries, stored reply; return the serialised reply."""
        desk = self.by.desk
        stored = desk.repeated(parts, self.handled)
        if stored is not None:
            return stored
        participant = self.registering.chunk.participant
        place = parts.registrations.make_place(Place(self.rules.covenant.id, participant, self.rules.register.id))
        tally = Tally()
        results = [self._apply(parts, place, one, tally) for one in self.prepared]
        body = desk.journal.body(Event.REGISTER, self._public(tally), start_ms=milliseconds(self.begun))
        parts.log.append(body, ())
        reply = overlap_pb2.RegisterReply(
            request_id=self.handled.request_id, results=results, receipt=common_pb2.Receipt(entry=body)
        ).SerializeToString()
        request = Request(self.handled.participant, self.handled.payload_hash, reply)
        parts.requests.keep(self.handled.request_id, request, milliseconds(self.begun))
        return reply

    def _apply(self, parts: Parts, place: int, prepared: Prepared, tally: Tally) -> Result:
        if prepared.item is None:
            tally.failed += 1
            return Result(status=Result.STATUS_REFUSED, rule=prepared.rule)
        earlier = parts.registrations.find(place, prepared.item.registration_id)
        if earlier is None and prepared.item.act == FACTS:
            tally.failed += 1
            return Result(status=Result.STATUS_REFUSED, rule="not_found")
        try:
            self._check_review(prepared.item, earlier)
            deciding = Deciding(self.by.desk, self.rules, self._base(), self.begun)
            deciding.take(parts, prepared.item, earlier)
        except SamenloopError as error:
            tally.failed += 1
            return Result(status=Result.STATUS_REFUSED, rule=error.rule if isinstance(error, Refused) else "R-76")
        if prepared.item.act == PUT:
            return self._put(parts, place, prepared, earlier, tally)
        if prepared.item.act == FACTS and earlier is not None:
            return self._change(parts, prepared, earlier, tally)
        return self._withdraw(parts, earlier, tally)

    def _check_review(self, item: Item, earlier: Registration | None) -> None:
        if item.act != FACTS or item.facts is None or earlier is None:
            return
        self.rules.check_review(
            self.by.desk.records.facts(self.rules.covenant, earlier.facts, self.rules.register.kind), item.facts
        )

    def _put(self, parts: Parts, place: int, prepared: Prepared, earlier: Registration | None, tally: Tally) -> Result:
        item = prepared.item
        if item is None:
            return Result(status=Result.STATUS_REFUSED, rule="input")
        new = NewRegistration(
            place, item.registration_id, prepared.facts, prepared.beforehand, prepared.marks, prepared.values
        )
        row = parts.registrations.put(new)
        if earlier is None:
            tally.added += 1
        else:
            tally.changed += 1
            self._judge_anew(parts, row)
        return Result(status=Result.STATUS_DONE)

    def _change(self, parts: Parts, prepared: Prepared, earlier: Registration, tally: Tally) -> Result:
        if (earlier.facts, earlier.beforehand) == (prepared.facts, prepared.beforehand):
            return Result(status=Result.STATUS_UNCHANGED)
        parts.registrations.change(earlier.row, prepared.facts, prepared.beforehand)
        self._judge_anew(parts, earlier.row)
        tally.changed += 1
        return Result(status=Result.STATUS_DONE)

    def _judge_anew(self, parts: Parts, row: int) -> None:
        after = parts.registrations.fetch([row])[row]
        self.by.lapsing.changed(parts, self.keys, self.handled.participant, self.rules.register, after)

    def _withdraw(self, parts: Parts, earlier: Registration | None, tally: Tally) -> Result:
        if earlier is None:
            return Result(status=Result.STATUS_UNCHANGED)
        parts.registrations.remove(earlier.row)
        self.by.lapsing.withdrawn(
            parts, self.keys, self.handled.participant, self.rules.register.id, earlier.registration_id
        )
        tally.withdrawn += 1
        return Result(status=Result.STATUS_DONE)

    def _public(self, tally: Tally) -> dict[str, object]:
        chunk = self.registering.chunk
        return {
            **self._base(),
            "commitment": chunk.digest.hex(),
            "count": chunk.count,
            "added": tally.added,
            "changed": tally.changed,
            "withdrawn": tally.withdrawn,
            "failed": tally.failed,
            "epochs": list(self.by.desk.agreement.epochs.write),
            "recipes": self.rules.covenant.token_profile,
            "signature": self.registering.signature.hex(),
        }

    def _base(self) -> dict[str, object]:
        chunk = self.registering.chunk
        return {
            **self.by.desk.from_where(self.peer),
            "request": chunk.request_id.hex(),
            "covenant": self.rules.covenant.id,
            "version": chunk.covenant.version,
            "purpose": self.rules.covenant.purpose.id,
            "actor": chunk.participant,
            "register": chunk.register,
        }
