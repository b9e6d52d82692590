"""What a verifier or witness must know beforehand: the log's origin and key, and the witnesses' keys, from a
covenant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
    more. `participant`: whose own log it is, empty for the coordinator's. `version`: the covenant's number.
    `covenant`: that version itself.
    """

    origin: str
    audit_key: bytes
    witnesses: Mapping[str, bytes]
    fingerprint: str
    covenant: Covenant = field(repr=False)
    quorum: int = 0
    retention_days: int = 0
    predecessor: str = ""
    participant: str = ""
    version: int = 0


def from_covenant(covenant: Covenant) -> TrustAnchor:
    """Return the trust anchor of a covenant: its coordinator's log, with every participant as a witness."""
    return TrustAnchor(
        origin=covenant.coordinator.log_origin,
        audit_key=bytes.fromhex(covenant.coordinator.audit_key),
        witnesses={one.id: bytes.fromhex(one.signing_key) for one in covenant.participants},
        fingerprint=parse.fingerprint(covenant),
        covenant=covenant,
        quorum=covenant.witness_quorum,
        retention_days=covenant.purpose.retention_months * DAYS_PER_MONTH,
        predecessor=covenant.predecessor or "",
        version=covenant.version,
    )


def from_document(data: bytes) -> TrustAnchor:
    """Return the trust anchor of a covenant in canonical form; raises InvalidInput."""
    return from_covenant(parse.parse_canonical(data))


def of_own_log(covenant: Covenant, participant: str) -> TrustAnchor:
    """Return the trust anchor of a participant's own log: signed with its signing key, and without witnesses, for the
    coordinator's log holds its daily anchors. A version without this participant has no key: nothing can be signed
    while a partner is away.
    """
    row = covenant.find(participant)
    months = retention_months(covenant, participant) if row else covenant.purpose.retention_months
    return replace(
        from_covenant(covenant),
        origin=covenant.own_log_origin(participant),
        audit_key=bytes.fromhex(row.signing_key) if row else b"",
        witnesses={},
        quorum=0,
        retention_days=min(months, _log_months()) * DAYS_PER_MONTH,
        participant=participant,
    )


def of_log(covenant: Covenant, participant: str) -> TrustAnchor:
    """Return the trust anchor of a participant's own log, or of the coordinator's when it is empty."""
    return of_own_log(covenant, participant) if participant else from_covenant(covenant)


def owner_of(covenant: Covenant, origin: str) -> str:
    """Return whose log has this name, empty for the coordinator's; raises IntegrityError when the covenant names no
    such log.
    """
    if origin == covenant.coordinator.log_origin:
        return ""
    for one in covenant.participants:
        if origin == covenant.own_log_origin(one.id):
            return one.id
    raise IntegrityError(_("het convenant noemt geen logboek {origin}", origin=origin))


def _log_months() -> int:
    term = load_catalogue().terms["logboek"]
    return term.amount * _MONTHS[term.unit]
