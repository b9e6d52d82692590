"""What a verifier or witness must know beforehand: the log's origin and key, and the witnesses' keys, from a
covenant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit.checkpoint import Checkpoint
from samenloop.catalogue import load_catalogue
from samenloop.covenant import parse
from samenloop.covenant.document import Covenant
from samenloop.covenant.permissions import retention_months
from samenloop.errors import IntegrityError
from samenloop.texts import _

DAYS_PER_MONTH = 30
"""The shortest reading of a month of retention: a purge that is a few days late is no fault, one that is early is."""
_MONTHS = {"years": 12, "months": 1}


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """The keys that one covenant version names. `fingerprint` is its SHA-256 in hex; keys are 32 bytes (Ed25519).

    `quorum`: how many witnesses besides a node itself must cosign; the covenant's checks keep it at min(2, n - 1) or
    more. `participant`: whose own log it is, empty for the coordinator's.
    """

    origin: str
    audit_key: bytes
    witnesses: Mapping[str, bytes]
    fingerprint: str
    quorum: int = 0
    retention_days: int = 0
    predecessor: str = ""
    participant: str = ""


def from_covenant(covenant: Covenant) -> TrustAnchor:
    """Return the trust anchor of a covenant: its coordinator's log, with every participant as a witness."""
    return TrustAnchor(
        origin=covenant.coordinator.log_origin,
        audit_key=bytes.fromhex(covenant.coordinator.audit_key),
        witnesses={one.id: bytes.fromhex(one.signing_key) for one in covenant.participants},
        fingerprint=parse.fingerprint(covenant),
        quorum=covenant.witness_quorum,
        retention_days=covenant.purpose.retention_months * DAYS_PER_MONTH,
        predecessor=covenant.predecessor or "",
    )


def from_document(data: bytes) -> TrustAnchor:
    """Return the trust anchor of a covenant in canonical form; raises InvalidInput."""
    return from_covenant(parse.parse_canonical(data))


def of_own_log(covenant: Covenant, participant: str) -> TrustAnchor:
    """Return the trust anchor of a participant's own log: signed with its signing key, and without witnesses, for the
    coordinator's log holds its daily anchors.
    """
    months = min(retention_months(covenant, participant), _log_months())
    return replace(
        from_covenant(covenant),
        origin=covenant.own_log_origin(participant),
        audit_key=bytes.fromhex(covenant.participant(participant).signing_key),
        witnesses={},
        quorum=0,
        retention_days=months * DAYS_PER_MONTH,
        participant=participant,
    )


def of_log(covenant: Covenant, origin: str) -> TrustAnchor:
    """Return the trust anchor of the log with this name; raises IntegrityError when the covenant names no such log."""
    if origin == covenant.coordinator.log_origin:
        return from_covenant(covenant)
    for one in covenant.participants:
        if origin == covenant.own_log_origin(one.id):
            return of_own_log(covenant, one.id)
    raise IntegrityError(_("het convenant noemt geen logboek {origin}", origin=origin))


def signed_by(checkpoint: Checkpoint, chain: Sequence[TrustAnchor]) -> TrustAnchor:
    """Return the first anchor, newest first, whose log key and witness keys account for every signature; raises
    IntegrityError when none does.
    """
    for anchor in chain:
        if not checkpoints.unknown_signers(checkpoint, anchor.audit_key, anchor.witnesses):
            checkpoints.verify(checkpoint.format(), anchor.origin, anchor.audit_key)
            return anchor
    raise IntegrityError(_("onbekende ondertekenaar"))


def _log_months() -> int:
    term = load_catalogue().terms["logboek"]
    return term.amount * _MONTHS[term.unit]
