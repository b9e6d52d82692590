"""CovenantService: versions, the notice board of ceremonies and epochs, and the live state."""

from samenloop.clock import milliseconds
from samenloop.covenant import fingerprint
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire.v1 import common_pb2, covenant_pb2, covenant_pb2_grpc
from samenloop_coordinator.board import Board
from samenloop_coordinator.desk import Desk
from samenloop_coordinator.front import Front
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import Place

Context = object
_MOST_NOTICES = 3


class CovenantServicer(covenant_pb2_grpc.CovenantServiceServicer):
    """Any participant may read all versions and notices of its covenant."""

    def __init__(self, front: Front, desk: Desk, board: Board) -> None:
        self._front = front
        self._desk = desk
        self._board = board

    async def GetCovenant(
        self, request: covenant_pb2.GetCovenantRequest, _context: Context
    ) -> covenant_pb2.CovenantDocument:
        """Return one version with its signatures; 0 is the active one."""
        return await self._front.run("get-covenant", lambda _peer: self._covenant(request))

    async def SubmitCovenant(self, request: covenant_pb2.CovenantDocument, _context: Context) -> common_pb2.Receipt:
        """Activate a completely signed successor."""
        return await self._front.run("submit-covenant", lambda _peer: self._submit(request))

    async def PostNotice(self, request: covenant_pb2.Notice, _context: Context) -> common_pb2.Receipt:
        """Put a notice on the board."""
        return await self._front.run("post-notice", lambda peer: self._post(peer, request))

    async def ListNotices(
        self, request: covenant_pb2.ListNoticesRequest, _context: Context
    ) -> covenant_pb2.ListNoticesReply:
        """Return notices after a sequence number."""
        return await self._front.run("list-notices", lambda _peer: self._notices(request))

    async def GetState(self, request: covenant_pb2.GetStateRequest, _context: Context) -> covenant_pb2.CovenantState:
        """Return version, epochs, time, and the coverage of the caller's own registers."""
        return await self._front.run("get-state", lambda peer: self._state(peer, request))

    async def _covenant(self, request: covenant_pb2.GetCovenantRequest) -> covenant_pb2.CovenantDocument:
        version = request.version or self._desk.agreement.covenant.version
        row = await self._desk.store.read(lambda parts: parts.covenants.find(request.id, version))
        if row is None or not row.activated_ms:
            raise SamenloopError(ErrorCode.NOT_FOUND, _("Deze versie van het convenant is hier niet bekend."))
        return covenant_pb2.CovenantDocument(document=row.document, signatures=row.signatures)

    async def _submit(self, request: covenant_pb2.CovenantDocument) -> common_pb2.Receipt:
        return common_pb2.Receipt(entry=await self._board.submit(request.document, request.signatures))

    async def _post(self, peer: PeerIdentity, request: covenant_pb2.Notice) -> common_pb2.Receipt:
        return common_pb2.Receipt(entry=await self._board.post(peer, request))

    async def _notices(self, request: covenant_pb2.ListNoticesRequest) -> covenant_pb2.ListNoticesReply:
        self._own(request.covenant)
        rows = await self._desk.store.read(
            lambda parts: parts.covenants.notices(request.covenant, request.after, _MOST_NOTICES + 1)
        )
        notices = [
            covenant_pb2.Notice(
                covenant=row.covenant,
                kind=row.kind,
                author=row.author,
                body=row.body,
                signature=row.signature,
                sequence=row.sequence,
            )
            for row in rows[:_MOST_NOTICES]
        ]
        return covenant_pb2.ListNoticesReply(notices=notices, more=len(rows) > _MOST_NOTICES)

    async def _state(self, peer: PeerIdentity, request: covenant_pb2.GetStateRequest) -> covenant_pb2.CovenantState:
        self._own(request.covenant)
        await self._board.follow()  # what another process judges by already: a node reads its mail with this
        agreement = self._desk.agreement
        coverage = await self._desk.store.read(lambda parts: self._coverage(parts, peer))
        return covenant_pb2.CovenantState(
            version=agreement.covenant.version,
            fingerprint=bytes.fromhex(fingerprint(agreement.covenant)),
            now_ms=milliseconds(self._desk.clock.now()),
            read_epochs=agreement.epochs.read,
            write_epochs=agreement.epochs.write,
            coverage=coverage,
        )

    def _coverage(self, parts: Parts, peer: PeerIdentity) -> list[covenant_pb2.Coverage]:
        covenant, epochs = self._desk.agreement.covenant, self._desk.agreement.epochs
        rows = []
        for register in covenant.participant(peer.participant).registers:
            place = parts.registrations.place(Place(covenant.id, peer.participant, register.id))
            registered, per_epoch = parts.registrations.coverage(place) if place else (0, ())
            counts = {one.epoch: one.count for one in per_epoch}
            for epoch in dict.fromkeys([*epochs.read, *epochs.write]):
                rows.append(
                    covenant_pb2.Coverage(
                        register=register.id, epoch=epoch, registered=registered, with_epoch=counts.get(epoch, 0)
                    )
                )
        return rows

    def _own(self, covenant: str) -> None:
        if covenant != self._desk.agreement.covenant.id:
            raise SamenloopError(ErrorCode.NOT_FOUND, _("Dit convenant is hier niet bekend."))
