"""The notice board (key ceremonies, epochs) and new covenant versions, while the coordinator runs."""

import hashlib
from dataclasses import dataclass

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.covenant.notices import Kind, Notice, Verified, verify_notice
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire.v1 import covenant_pb2
from samenloop_coordinator import covenants, epochs
from samenloop_coordinator.agreement import InForce
from samenloop_coordinator.covenants import Own
from samenloop_coordinator.desk import Desk, Handled
from samenloop_coordinator.epochs import LiveEpochs
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import NoticeRow, Request

_OF_EPOCH = frozenset({Kind.ANNOUNCE, Kind.RETIRE, Kind.DESTROYED})
_DROPPED = 200


@dataclass(slots=True)
class Board:
    """Takes notices and versions, and keeps the agreement in memory up to date."""

    desk: Desk
    own: Own

    async def submit(self, document: bytes, signatures: bytes) -> bytes:
        """Activate a completely signed successor; return the body of the entry that says so."""
        activation = covenants.read(document, signatures)
        body = await self.desk.store.write(activation.unit(self.own, self.desk.journal, self.desk.clock))
        await self.refresh()
        await self.desk.keys.renew(self.desk.agreement.covenant)
        return body

    async def post(self, peer: PeerIdentity, message: covenant_pb2.Notice) -> bytes:
        """Put a notice of the peer on the board; return the body of its entry. Raises Refused for a retirement
        too early.
        """
        covenant = self.desk.agreement.covenant
        if message.author != peer.participant or message.covenant != covenant.id:
            raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Dit bericht is niet van de deelnemer die het stuurt."))
        notice = Notice(message.kind, message.author, message.body, message.signature)
        verified = verify_notice(covenant, notice)
        digest = hashlib.sha256(b"notice" + message.body + message.signature).digest()
        handled = Handled(digest[:16], message.author, digest)
        body = await self.desk.store.write(lambda parts: self._keep(parts, peer, notice, verified, handled))
        await self.refresh()
        return body

    async def refresh(self) -> None:
        """Read the covenant in force and the live epochs from the store."""
        generation, state, live = await self.desk.store.read(self._read)
        if state is not None:
            self.desk.agreement.in_force = state
        self.desk.agreement.epochs = live
        self.desk.store.judged_by(generation)

    async def follow(self) -> None:
        """Do the same when another process has changed them."""
        if await self.desk.store.moved():
            await self.refresh()

    async def drop_gone(self) -> None:
        """Delete values of epochs that have ended, a few registrations at a time."""
        for epoch in self.desk.agreement.epochs.gone:
            places = await self.desk.store.read(
                lambda parts: parts.registrations.places(self.desk.agreement.covenant.id)
            )
            for place, _named in places:
                await self._drop(place, epoch)

    async def _drop(self, place: int, epoch: str) -> None:
        _registered, rows = await self.desk.store.read(lambda parts: parts.registrations.coverage(place))
        left = sum(row.count for row in rows if row.epoch == epoch)
        while left > 0:
            dropped = await self.desk.store.write(lambda parts: parts.registrations.drop_epoch(place, epoch, _DROPPED))
            left = left - dropped if dropped else 0

    def _read(self, parts: Parts) -> tuple[int, InForce | None, LiveEpochs]:
        generation, state = parts.covenants.generation(), covenants.in_force(parts)
        return generation, state, epochs.live(parts, state.current if state else self.desk.agreement.covenant)

    def _keep(self, parts: Parts, peer: PeerIdentity, notice: Notice, verified: Verified, handled: Handled) -> bytes:
        stored = self.desk.repeated(parts, handled)
        if stored is not None:
            return stored
        covenant, now_ms = self.desk.agreement.covenant, milliseconds(self.desk.clock.now())
        epochs.check_retire(parts, covenant, verified)
        row = NoticeRow(covenant.id, notice.kind, notice.author, notice.body, notice.signature)
        parts.covenants.post(row, now_ms)
        public: dict[str, object] = {
            **self.desk.from_where(peer),
            "covenant": covenant.id,
            "version": covenant.version,
            "actor": notice.author,
            "epochs": [verified.epoch],
            "action": notice.kind,
            "document": verified.digest,
            "signature": notice.signature.hex(),
        }
        event = Event.EPOCH if verified.kind in _OF_EPOCH else Event.KEY_CEREMONY
        body = self.desk.journal.body(event, public)
        parts.log.append(body, ())
        parts.requests.keep(handled.request_id, Request(handled.participant, handled.payload_hash, body), now_ms)
        return body
