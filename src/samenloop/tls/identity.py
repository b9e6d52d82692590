"""Who is calling: judged anew at each call, from the peer's certificate only, never from the message.

In this order, first failure denies (security.md section 6, measured with grpcio):
1. the transport is TLS 1.3; 2. exactly one name, a URI in our trust domain (no common name, no second name);
3. within its dates, now: an open connection outlives its certificate; 4. not on the denylist;
5. its public key is the one pinned in the covenant; 6. the participant is not suspended.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from samenloop.covenant.document import Covenant
from samenloop.covenant.parties import Participant
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import ParticipantId
from samenloop.texts import _
from samenloop.tls.certificates import Certificate, participant_uri, refused
from samenloop.tls.denylist import Denylist

_TLS13: Final = b"TLSv1.3"
_HYBRID: Final = b"X25519MLKEM768"

AuthContext = Mapping[str, Iterable[bytes]]
"""What `grpc.ServicerContext.auth_context()` returns."""


@dataclass(frozen=True, slots=True)
class PeerIdentity:
    """The participant that is calling; `post_quantum` says whether the TLS group was the hybrid X25519MLKEM768."""

    participant: ParticipantId
    serial: str
    fingerprint: str
    not_after: datetime
    key_exchange: str
    post_quantum: bool


def identify(auth_context: AuthContext, covenant: Covenant, denylist: Denylist, now: datetime) -> PeerIdentity:
    """Return who is calling; raises SamenloopError(NOT_AUTHENTICATED), or (NOT_PERMITTED) when suspended."""
    context = {key: tuple(values) for key, values in auth_context.items()}
    if context.get("transport_security_type") != (b"ssl",) or context.get("ssl_tls_version") != (_TLS13,):
        raise refused(_("Alleen TLS 1.3 met certificaat wordt aangenomen."))
    certificate = _parsed(_only(context, "x509_pem_cert"))
    participant = _named(certificate, covenant)
    certificate.check_dates(now)
    if denylist.trust_domain != covenant.trust_domain or denylist.revoked(certificate.serial):
        raise refused(
            _("Dit certificaat is ingetrokken. Vraag de beheerder van de coördinator om een nieuw certificaat.")
        )
    if certificate.pin != participant.tls_pin:
        raise refused(_("De sleutel van dit certificaat staat niet in het convenant."))
    if participant.suspended:
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Deelnemer {name} is geschorst.", name=participant.id))
    group = b"".join(context.get("ssl_negotiated_key_exchange_group", ()))
    return PeerIdentity(
        participant=participant.id,
        serial=certificate.serial,
        fingerprint=certificate.fingerprint,
        not_after=certificate.not_after,
        key_exchange=group.decode("ascii", "replace"),
        post_quantum=group == _HYBRID,
    )


@functools.lru_cache(maxsize=256)
def _parsed(pem: bytes) -> Certificate:
    """Parse once per certificate; what depends on the time is judged at each call."""
    return Certificate.from_pem(pem)


def _only(context: Mapping[str, tuple[bytes, ...]], key: str) -> bytes:
    values = context.get(key, ())
    if len(values) != 1:
        raise refused(_("Er is geen certificaat van de andere kant."))
    return values[0]


def _named(certificate: Certificate, covenant: Covenant) -> Participant:
    if len(certificate.uris) != 1 or certificate.other_names:
        raise refused(_("Een certificaat moet precies één naam (URI) dragen."))
    for participant in covenant.participants:
        if certificate.uris[0] == participant_uri(covenant.trust_domain, participant.id):
            return participant
    raise refused(_("De naam in dit certificaat is geen deelnemer van dit convenant."))
