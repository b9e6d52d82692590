"""Who else vouches for the log: cosignatures on the accepted checkpoint, and on an older one of the same history.

On a busy log the newest checkpoint is too young to carry a quorum. The coordinator therefore also shows the newest one
that does; it counts only if the log signed it and it is proved to be a prefix of what this node accepted.
"""

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import tree
from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.vouching import Looked
from samenloop.audit.witness import Reason, WitnessState
from samenloop.errors import IntegrityError
from samenloop.wire.v1 import audit_pb2
from samenloop_node.app import App


async def cosigners(
    app: App, accepted: WitnessState, cosigned: bytes, anchor: TrustAnchor
) -> tuple[dict[str, Looked], Reason | None]:
    """Return the valid cosignature per witness on the largest tree, and why this node must stop, if it must.

    `accepted` is the state with the newest checkpoint, `cosigned` the older one, empty when there is none yet.
    """
    try:
        seen = _looked(checkpoints.parse(accepted.note), anchor)
        if not cosigned or cosigned == accepted.note:
            return seen, None
        older = checkpoints.verify(cosigned, anchor.origin, anchor.audit_key)
        more = _looked(older, anchor)
    except IntegrityError:
        return {}, Reason.BAD_SIGNATURE
    proof = await _proof(app, older.size, accepted.size)
    try:
        tree.verify_consistency(older.size, accepted.size, proof, older.root, accepted.root)
    except IntegrityError:
        return {}, Reason.INCONSISTENT
    return {**more, **seen}, None


def _looked(checkpoint: Checkpoint, anchor: TrustAnchor) -> dict[str, Looked]:
    seconds = checkpoints.cosignatures(checkpoint, anchor.witnesses)
    return {name: Looked(checkpoint.size, second) for name, second in seconds.items()}


async def _proof(app: App, old: int, new: int) -> tuple[bytes, ...]:
    if not 0 < old < new:
        return ()
    request = audit_pb2.GetConsistencyRequest(old_size=old, new_size=new)
    return tuple((await app.connection.get_consistency(request)).hashes)
