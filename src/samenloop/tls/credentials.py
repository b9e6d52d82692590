"""Credentials and options for both ends of a connection. Mutual TLS always; there is no other mode.

The server reads its files again for each new connection, so a certificate is renewed without a restart. A node trusts
exactly one server certificate: the one that a first handshake showed under the key pinned in the covenant. So a CA or
another partner cannot pass for the coordinator, and after a renewal the node fetches it anew and rebuilds its channel.
"""

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.keys import load_private
from samenloop.texts import _
from samenloop.tls.certificates import Certificate, check_term, coordinator_uri, read_certificate, refused

MAX_MESSAGE: Final = 256 * 1024
"""Largest message either end accepts, in bytes; a chunk of registrations closes at 200 KiB."""
_HANDSHAKE_MS: Final = 2000
_CONNECTION_AGE_MS: Final = 300_000
_STREAMS: Final = 64

Options = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where one end keeps its TLS key (mode 0400), its certificate and the CA certificates it trusts, all PEM."""

    key: Path
    certificate: Path
    ca: Path


def server_options() -> Options:
    """Return the limits of the server (security.md section 6)."""
    return (
        ("grpc.max_receive_message_length", MAX_MESSAGE),
        ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MS),
        ("grpc.max_connection_age_ms", _CONNECTION_AGE_MS),
        ("grpc.max_concurrent_streams", _STREAMS),
        ("grpc.so_reuseport", 0),
    )


def channel_options() -> Options:
    """Return the limits of a node's channel."""
    return (("grpc.max_receive_message_length", MAX_MESSAGE), ("grpc.enable_retries", 0))


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Return credentials that demand a client certificate and follow the files; raises SamenloopError at the start."""
    state = _State(files, _stamp(files))
    return grpc.dynamic_ssl_server_credentials(
        _configuration(files),
        state.fetch,  # type: ignore[arg-type]  # the stub does not know that None means no change
        require_client_authentication=True,
    )


def channel_credentials(files: TlsFiles, server_certificate: bytes, now: datetime) -> grpc.ChannelCredentials:
    """Return a node's credentials, which accept only `server_certificate` (PEM, from `coordinator_certificate`).

    Raises SamenloopError that names file and date when the node's own certificate is expired.
    """
    check_term(files.certificate, now)
    key, certificate = _pair(files)
    return grpc.ssl_channel_credentials(server_certificate, key, certificate)


def coordinator_certificate(files: TlsFiles, address: str, trust_domain: str, pin: str, timeout: float = 5.0) -> bytes:
    """Shake hands with `address` (host:port) and return the server's certificate (PEM) if it is the coordinator's.

    Checked: TLS 1.3, signed by the CA, host name, the coordinator's URI name, the pin of the covenant. Raises
    SamenloopError(UNAVAILABLE) if nobody answers within `timeout` seconds, (NOT_AUTHENTICATED) if somebody else does,
    and before anything is sent one that names an own file that is missing or does not fit.
    """
    read_certificate(files.ca)
    _pair(files)
    host, _sep, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        with (
            socket.create_connection((host, int(port)), timeout) as plain,
            _context(files).wrap_socket(plain, server_hostname=host) as secure,
        ):
            der = secure.getpeercert(binary_form=True) or b""
    except ssl.SSLError as error:
        raise refused(
            _(
                "De coördinator op {address} toont geen geldig certificaat. Bel de beheerder van de coördinator.",
                address=address,
            )
        ) from error
    except OSError as error:
        text = _(
            "De coördinator op {address} is niet bereikbaar. Controleer het adres en de verbinding.",
            address=address,
        )
        raise SamenloopError(ErrorCode.UNAVAILABLE, text) from error
    return _coordinator_only(der, address, trust_domain, pin)


def _coordinator_only(der: bytes, address: str, trust_domain: str, pin: str) -> bytes:
    try:
        parsed = x509.load_der_x509_certificate(der)
        certificate = Certificate.from_x509(parsed)
    except ValueError as error:
        raise refused(
            _(
                "De coördinator op {address} toont geen geldig certificaat. Bel de beheerder van de coördinator.",
                address=address,
            )
        ) from error
    if certificate.uris != (coordinator_uri(trust_domain),) or certificate.pin != pin:
        raise refused(
            _(
                "Op {address} antwoordt een andere computer dan de coördinator van het convenant. Controleer het "
                "adres en bel de beheerder.",
                address=address,
            )
        )
    return parsed.public_bytes(serialization.Encoding.PEM)


def _context(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=files.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(files.certificate, files.key)
    return context


class _State:
    """Follows the three files; while they do not fit together (a renewal half done) the credentials before stay."""

    def __init__(self, files: TlsFiles, stamp: tuple[int, ...]) -> None:
        self._files: Final = files
        self._stamp = stamp

    def fetch(self) -> grpc.ServerCertificateConfiguration | None:
        """Return new credentials if the files changed, else None (keep)."""
        try:
            stamp = _stamp(self._files)
            if stamp == self._stamp:
                return None
            configuration = _configuration(self._files)
        except (OSError, SamenloopError):
            return None
        self._stamp = stamp
        return configuration


def _stamp(files: TlsFiles) -> tuple[int, ...]:
    states = [path.stat() for path in (files.key, files.certificate, files.ca)]
    return tuple(value for state in states for value in (state.st_mtime_ns, state.st_size, state.st_ino))


def _configuration(files: TlsFiles) -> grpc.ServerCertificateConfiguration:
    read_certificate(files.ca)
    return grpc.ssl_server_certificate_configuration([_pair(files)], files.ca.read_bytes())


def _pair(files: TlsFiles) -> tuple[bytes, bytes]:
    """Return key and certificate (PEM) that belong together."""
    certificate = read_certificate(files.certificate)
    key = load_private(files.key)
    if key.public_key() != certificate.public_key():
        text = _("Certificaat {path} hoort niet bij sleutel {key}.", path=files.certificate, key=files.key)
        raise refused(text)
    return files.key.read_bytes(), certificate.public_bytes(serialization.Encoding.PEM)
