"""TLS identity: who is at the other end, judged per call, and credentials for both ends (security.md section 6)."""

from samenloop.tls.certificates import Certificate, check_expiry, check_term, expires_within, read_certificate
from samenloop.tls.credentials import (
    TlsFiles,
    channel_credentials,
    channel_options,
    coordinator_certificate,
    server_credentials,
    server_options,
)
from samenloop.tls.denylist import Denylist, DenylistFile
from samenloop.tls.identity import PeerIdentity, identify

__all__ = [
    "Certificate",
    "Denylist",
    "DenylistFile",
    "PeerIdentity",
    "TlsFiles",
    "channel_credentials",
    "channel_options",
    "check_expiry",
    "check_term",
    "coordinator_certificate",
    "expires_within",
    "identify",
    "read_certificate",
    "server_credentials",
    "server_options",
]
