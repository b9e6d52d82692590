"""A small consortium for the tests of TLS: a CA, real certificates and an echo server."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from samenloop.covenant import Covenant
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.keys import keep_private, load_private
from samenloop.tls import DenylistFile, PeerIdentity, TlsFiles, identify, server_credentials, server_options
from samenloop.tls.certificates import coordinator_uri, participant_uri, spki_pin
from samenloop_coordinator import ca
from tests.covenant.consortium import demo_covenant

DOMAIN = "demo.samenloop.test"
POLICE = "politie-midden"
ECHO = "/test.Echo/Echo"
DAY = timedelta(days=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def request_for(key: ec.EllipticCurvePrivateKey, name: str = "anything") -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@dataclass
class Consortium:
    """CA, coordinator and police with certificates; the covenant pins their keys."""

    folder: Path
    authority: ca.Authority
    covenant: Covenant
    coordinator: TlsFiles
    police: TlsFiles

    def odd(self, name: str, *uris: str, **odd: datetime) -> TlsFiles:
        """Return files of a client with the police's own key, but a certificate that our CA command never makes."""
        key = load_private(self.police.key)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        files = TlsFiles(self.police.key, self.folder / f"{name}.pem", self.police.ca)
        files.certificate.write_bytes(pem(odd_certificate(self.authority, key, uris, **odd)))
        return files

    def denylist(self) -> DenylistFile:
        return DenylistFile(self.authority.denylist_path, self.authority.certificate, DOMAIN)


def odd_certificate(
    authority: ca.Authority,
    key: ec.EllipticCurvePrivateKey,
    uris: tuple[str, ...],
    start: datetime | None = None,
    end: datetime | None = None,
) -> x509.Certificate:
    """Sign a certificate with common name `politie-midden` and these names, whatever they are (`dns:` for a host)."""
    names: list[x509.GeneralName] = [
        x509.DNSName(uri[4:]) if uri.startswith("dns:") else x509.UniformResourceIdentifier(uri) for uri in uris
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, POLICE)]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start or utc_now() - DAY)
        .not_valid_after(end or utc_now() + DAY)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def consortium(folder: Path) -> Consortium:
    """Make CA, coordinator and police below `folder`."""
    authority = ca.init(folder / "ca", DOMAIN, utc_now())
    coordinator = _files(folder, authority, "coordinator")
    police = _files(folder, authority, POLICE)
    covenant = demo_covenant()
    rows = tuple(
        dataclasses.replace(row, tls_pin=pin_of(police)) if row.id == POLICE else row for row in covenant.participants
    )
    changed = dataclasses.replace(covenant.coordinator, tls_pin=pin_of(coordinator))
    covenant = dataclasses.replace(covenant, participants=rows, coordinator=changed)
    return Consortium(folder, authority, covenant, coordinator, police)


def _files(folder: Path, authority: ca.Authority, name: str) -> TlsFiles:
    key = ec.generate_private_key(ec.SECP256R1())
    keep_private(key, folder / f"{name}.key")
    files = TlsFiles(folder / f"{name}.key", folder / f"{name}.pem", authority.folder / "ca.pem")
    files.certificate.write_bytes(issue(authority, files, name))
    return files


def issue(authority: ca.Authority, files: TlsFiles, name: str) -> bytes:
    """Have the CA sign the key in these files for `coordinator` or a participant."""
    key = load_private(files.key)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    if name == "coordinator":
        return ca.sign_coordinator(authority, request_for(key), ["127.0.0.1", "localhost"], 30, utc_now())
    return ca.sign_participant(authority, request_for(key), name, 30, utc_now())


def pin_of(files: TlsFiles) -> str:
    return spki_pin(x509.load_pem_x509_certificate(files.certificate.read_bytes()))


POLICE_URI = participant_uri(DOMAIN, POLICE)
COORDINATOR_URI = coordinator_uri(DOMAIN)


@dataclass
class Server:
    """What the echo server saw: peers let in, texts of denials, and the raw contexts."""

    port: int = 0
    peers: list[PeerIdentity] = field(default_factory=list)
    denials: list[str] = field(default_factory=list)
    contexts: list[dict[str, list[bytes]]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


class _Echo(grpc.GenericRpcHandler):
    def __init__(self, server: Server, identified: Callable[[dict[str, list[bytes]]], PeerIdentity]) -> None:
        self._server = server
        self._identified = identified

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        return grpc.unary_unary_rpc_method_handler(self._echo)

    def _echo(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        seen = {key: list(values) for key, values in context.auth_context().items()}
        self._server.contexts.append(seen)
        try:
            self._server.peers.append(self._identified(seen))
        except SamenloopError as error:
            self._server.denials.append(error.text)
            known = error.code is ErrorCode.NOT_PERMITTED
            code = grpc.StatusCode.PERMISSION_DENIED if known else grpc.StatusCode.UNAUTHENTICATED
            context.abort(code, "denied")
        return request[:16]


@contextlib.contextmanager
def serving(made: Consortium, covenant: Covenant | None = None) -> Iterator[Server]:
    """Run the echo server with the product's credentials, options and `identify`."""
    server, denylist = Server(), made.denylist()

    def identified(context: dict[str, list[bytes]]) -> PeerIdentity:
        return identify(context, covenant or made.covenant, denylist.current(), utc_now())

    running = grpc.server(futures.ThreadPoolExecutor(8), handlers=[_Echo(server, identified)], options=server_options())
    server.port = running.add_secure_port("127.0.0.1:0", server_credentials(made.coordinator))
    running.start()
    try:
        yield server
    finally:
        running.stop(None).wait(5)
