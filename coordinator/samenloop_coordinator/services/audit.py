"""AuditService: what every node needs to witness the log."""

from datetime import UTC, date, datetime

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import log
from samenloop.audit.anchor import from_covenant
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.audit.store import Search, TreeStore
from samenloop.audit.times import DAY_MS
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire import fields
from samenloop.wire.v1 import audit_pb2, audit_pb2_grpc
from samenloop_coordinator.desk import Desk
from samenloop_coordinator.front import Front
from samenloop_coordinator.integrator import Integrator

MOST_LEAVES = 100
Context = object


class AuditServicer(audit_pb2_grpc.AuditServiceServicer):
    """Hashes and signatures for all; counts of a caller's own entries only."""

    def __init__(self, front: Front, desk: Desk, integrator: Integrator, signer: NoteSigner) -> None:
        self._front = front
        self._desk = desk
        self._integrator = integrator
        self._signer = signer

    async def GetCheckpoint(self, request: audit_pb2.GetCheckpointRequest, _context: Context) -> audit_pb2.Checkpoint:
        """Return the latest checkpoint, with the cosignatures that it has, unless the caller knows a newer one."""
        return await self._front.run("get-checkpoint", lambda _peer: self._shown(request.accepted))

    async def GetConsistency(self, request: audit_pb2.GetConsistencyRequest, _context: Context) -> audit_pb2.Proof:
        """Return the proof that one tree is a prefix of another."""
        return await self._front.run(
            "get-consistency", lambda _peer: self._integrator.tree(lambda tree: _consistency(tree, request))
        )

    async def GetInclusion(self, request: audit_pb2.GetInclusionRequest, _context: Context) -> audit_pb2.InclusionReply:
        """Return where leaves stand in the tree of a size, as far as they are in it."""
        return await self._front.run(
            "get-inclusion", lambda _peer: self._integrator.tree(lambda tree: _inclusion(tree, request))
        )

    async def Cosign(self, request: audit_pb2.CosignRequest, _context: Context) -> audit_pb2.CosignReply:
        """Keep a witness's cosignature; it must be the caller's own."""
        return await self._front.run("cosign", lambda peer: self._cosign(peer, request))

    async def CountOwn(self, request: audit_pb2.CountOwnRequest, _context: Context) -> audit_pb2.CountOwnReply:
        """Return how many entries the caller has on one day, per event."""
        return await self._front.run("count-own", lambda peer: self._count(peer, request))

    async def _shown(self, accepted: bytes) -> audit_pb2.Checkpoint:
        if accepted:
            await self._integrator.hold_against(accepted)
        return await self._integrator.tree(self._checkpoint)

    def _checkpoint(self, tree: TreeStore) -> audit_pb2.Checkpoint:
        head = checkpoints.parse(tree.head())
        same = [one.note for one in tree.checkpoints(head.size, 1) if one.size == head.size]
        cosigned = log.best_cosigned(tree, self._desk.agreement.covenant.witness_quorum)
        return audit_pb2.Checkpoint(
            note=same[0] if same else head.format(), cosigned=cosigned.format() if cosigned else b""
        )

    async def _cosign(self, peer: PeerIdentity, request: audit_pb2.CosignRequest) -> audit_pb2.CosignReply:
        witnesses = from_covenant(self._desk.agreement.covenant).witnesses
        own = {name: key for name, key in witnesses.items() if name == peer.participant}
        try:
            line = request.signature_line.decode()
        except UnicodeDecodeError:
            raise InvalidInput("signature_line", _("De medeondertekening is geen tekst.")) from None
        now_ms = milliseconds(self._desk.clock.now())
        await self._integrator.alone(
            lambda tree: log.accept_cosignature(tree, line, request.tree_size, self._signer, own, now_ms)
        )
        return audit_pb2.CosignReply()

    async def _count(self, peer: PeerIdentity, request: audit_pb2.CountOwnRequest) -> audit_pb2.CountOwnReply:
        day = fields.iso_date(request.day, "day")
        counts = await self._integrator.tree(lambda tree: _counts(tree, peer.participant, day))
        rows = [audit_pb2.EventCount(event=event, count=count) for event, count in counts.items() if count]
        return audit_pb2.CountOwnReply(counts=rows)


def _consistency(tree: TreeStore, request: audit_pb2.GetConsistencyRequest) -> audit_pb2.Proof:
    if not 0 < request.old_size <= request.new_size:
        raise InvalidInput("old_size", _("Het bewijs kan alleen van een kleiner naar een groter logboek gaan."))
    _within(tree, request.new_size)
    return audit_pb2.Proof(hashes=log.prove_consistency(tree, request.old_size, request.new_size))


def _inclusion(tree: TreeStore, request: audit_pb2.GetInclusionRequest) -> audit_pb2.InclusionReply:
    fields.between(request.leaf_hashes, 0, MOST_LEAVES, "leaf_hashes")
    _within(tree, request.tree_size)
    return audit_pb2.InclusionReply(
        inclusions=[_one(tree, fields.digest(leaf, "leaf_hashes"), request.tree_size) for leaf in request.leaf_hashes]
    )


def _one(tree: TreeStore, leaf: bytes, size: int) -> audit_pb2.Inclusion:
    index = tree.find_leaf(leaf)
    if index is None or index >= size:
        return audit_pb2.Inclusion(found=False)
    return audit_pb2.Inclusion(found=True, index=index, hashes=log.prove_at(tree, index, size))


def _within(tree: TreeStore, size: int) -> None:
    if size > checkpoints.parse(tree.head()).size:
        raise SamenloopError(ErrorCode.NOT_FOUND, _("Het logboek heeft nog niet zoveel regels."))


def _counts(tree: TreeStore, actor: str, day: date) -> dict[str, int]:
    from_ms = milliseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))
    until_ms = from_ms + DAY_MS
    return {
        event.value: tree.count(Search(event=event.value, actor=actor, from_ms=from_ms, until_ms=until_ms))
        for event in Event
    }
