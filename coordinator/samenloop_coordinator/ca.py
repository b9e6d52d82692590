"""The consortium's certification authority: it certifies names, nothing more (the covenant pins the keys).

1. The CA key is EC P-256 in a file of mode 0400. 2. A certificate takes only the public key from a request: names,
dates and use come from here. 3. It carries exactly one URI name; only the coordinator's has host names beside it.
4. No certificate lives longer than 30 days. 5. Revoking adds a serial number to a denylist that the CA signs.
"""

import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.keys import SigningKey, keep_private, load_private, wrong_kind
from samenloop.model import participant_id
from samenloop.reasons import why
from samenloop.texts import _
from samenloop.tls.certificates import coordinator_uri, make_request, participant_uri, read_certificate, spki_pin
from samenloop.tls.denylist import Denylist, format_denylist, parse_denylist

MAX_DAYS: Final = 30
CA_YEARS: Final = 5
_BACKDATE: Final = timedelta(minutes=5)
"""Certificates count from a little earlier, so that a clock that is slightly behind does not refuse them."""
_TRUST_DOMAIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,253}[a-z0-9])?\Z")
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\Z")
_SERIAL: Final = re.compile(r"[1-9a-f][0-9a-f]{0,39}\Z")
_URI_SCHEME: Final = "spiffe://"


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA folder: `ca.key` (0400), `ca.pem` and `denylist.json`."""

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    trust_domain: str

    @property
    def denylist_path(self) -> Path:
        """Where the signed denylist is."""
        return self.folder / "denylist.json"

    def denylist(self) -> Denylist:
        """Read the current denylist; raises SamenloopError if it is gone or broken."""
        try:
            return parse_denylist(self.denylist_path.read_bytes(), self.certificate, self.trust_domain)
        except OSError as error:
            text = _("{path} kan niet worden gelezen: {why}.", path=self.denylist_path, why=why(error))
            raise SamenloopError(ErrorCode.NOT_FOUND, text) from error


def init(folder: Path, trust_domain: str, now: datetime) -> Authority:
    """Make a new CA in `folder` (new or empty of CA files); raises SamenloopError rather than overwrite anything."""
    if not _TRUST_DOMAIN.match(trust_domain):
        raise InvalidInput("trust_domain", _("Het vertrouwensdomein is geen geldige naam."))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    keep_private(key, folder / "ca.key")
    authority = Authority(folder, _self_signed(key, trust_domain, now), key, trust_domain)
    _write(folder / "ca.pem", _pem(authority.certificate))
    _write(authority.denylist_path, format_denylist(Denylist(0, trust_domain, frozenset()), key))
    return authority


def load(folder: Path) -> Authority:
    """Open a CA folder; raises SamenloopError."""
    certificate, key = read_certificate(folder / "ca.pem"), _own_key(folder / "ca.key")
    return Authority(folder, certificate, key, _domain_of(certificate, folder))


def sign_participant(authority: Authority, request: bytes, participant: str, days: int, now: datetime) -> bytes:
    """Certify a participant's TLS key for at most 30 days (client use only); returns PEM, raises InvalidInput."""
    name = participant_id(participant)
    names = [x509.UniformResourceIdentifier(participant_uri(authority.trust_domain, name))]
    return _pem(_issue(authority, _request(request), name, names, _Term(days, now, ExtendedKeyUsageOID.CLIENT_AUTH)))


def sign_coordinator(authority: Authority, request: bytes, hosts: Sequence[str], days: int, now: datetime) -> bytes:
    """Certify the coordinator's TLS key for these host names or addresses (server use only); returns PEM."""
    if not hosts:
        raise InvalidInput("host", _("Noem minstens één adres waarop de coördinator te bereiken is."))
    names = [x509.UniformResourceIdentifier(coordinator_uri(authority.trust_domain)), *map(_host, hosts)]
    term = _Term(days, now, ExtendedKeyUsageOID.SERVER_AUTH)
    return _pem(_issue(authority, _request(request), "coordinator", names, term))


def revoke(authority: Authority, serial: str) -> Denylist:
    """Put a serial number (hexadecimal) on the denylist and write it, whole or not at all; a repeat changes nothing."""
    if not _SERIAL.match(serial):
        raise InvalidInput("serial", _("Een serienummer heeft alleen cijfers en a tot en met f, zonder nul vooraan."))
    current = authority.denylist()
    if current.revoked(serial):
        return current
    longer = Denylist(current.number + 1, current.trust_domain, current.serials | {serial})
    _replace(authority.denylist_path, format_denylist(longer, authority.key))
    return longer


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a new coordinator sends out: the request file, and two public values for the covenant."""

    request: Path
    tls_pin: str
    audit_key: str


def prepare_coordinator(folder: Path) -> Prepared:
    """Make the coordinator's TLS key, audit key (mode 0400) and certificate request; keys that are there stay."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tls, audit = folder / "tls.key", folder / "audit.key"
    if not tls.exists():
        keep_private(ec.generate_private_key(ec.SECP256R1()), tls)
    audit_key = SigningKey.load(audit) if audit.exists() else SigningKey.generate(audit)
    request, pin = make_request(_own_key(tls), "coordinator")
    _replace(folder / "tls.csr", request)
    return Prepared(folder / "tls.csr", pin, audit_key.public.hex)


def _own_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_private(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise wrong_kind(path)
    return key


def request_pin(request: bytes) -> str:
    """Return the pin (SHA-256 of the public key) of a certificate request, to hold against the covenant."""
    return spki_pin(_request(request))


@dataclass(frozen=True, slots=True)
class _Term:
    days: int
    now: datetime
    use: x509.ObjectIdentifier


def _issue(
    authority: Authority,
    request: x509.CertificateSigningRequest,
    common_name: str,
    names: Sequence[x509.GeneralName],
    term: _Term,
) -> x509.Certificate:
    if not 1 <= term.days <= MAX_DAYS:
        raise InvalidInput("days", _("Een certificaat geldt 1 tot 30 dagen."))
    public_key = request.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(authority.certificate.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(term.now - _BACKDATE)
        .not_valid_after(term.now + timedelta(days=term.days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([term.use]), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(_issuer_id(authority), critical=False)
    )
    return builder.sign(authority.key, hashes.SHA256())


def _self_signed(key: ec.EllipticCurvePrivateKey, trust_domain: str, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Samenloop CA")])
    domain = x509.UniformResourceIdentifier(f"{_URI_SCHEME}{trust_domain}")
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + timedelta(days=365 * CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectAlternativeName([domain]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_id(authority: Authority) -> x509.AuthorityKeyIdentifier:
    subject = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject.value)


def _request(pem: bytes) -> x509.CertificateSigningRequest:
    try:
        request = x509.load_pem_x509_csr(pem)
        key, sound = request.public_key(), request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInput("csr", _("Dit is geen certificaataanvraag (PEM).")) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1) or not sound:
        raise InvalidInput("csr", _("De aanvraag moet met een eigen EC P-256-sleutel getekend zijn."))
    return request


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        pass
    if not _HOST.match(text):
        raise InvalidInput("host", _("Dit is geen geldig adres van een computer."))
    return x509.DNSName(text)


def _domain_of(certificate: x509.Certificate, folder: Path) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        (uri,) = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (x509.ExtensionNotFound, ValueError) as error:
        raise InvalidInput(str(folder), _("{folder} is geen map van deze CA.", folder=folder)) from error
    return uri.removeprefix(_URI_SCHEME)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
