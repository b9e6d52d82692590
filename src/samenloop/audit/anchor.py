"""What a verifier or witness must know beforehand: the log's origin and key, and the witnesses' keys, from a
covenant.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from samenloop.covenant import parse
from samenloop.covenant.document import Covenant

DAYS_PER_MONTH = 30
"""The shortest reading of a month of retention: a purge that is a few days late is no fault, one that is early is."""


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """The keys that one covenant version names. `fingerprint` is its SHA-256 in hex; keys are 32 bytes (Ed25519).

    `quorum`: how many witnesses besides a node itself must cosign; the covenant's checks keep it at min(2, n - 1) or
    more.
    """

    origin: str
    audit_key: bytes
    witnesses: Mapping[str, bytes]
    fingerprint: str
    quorum: int = 0
    retention_days: int = 0
    predecessor: str = ""


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
