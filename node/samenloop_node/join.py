"""Joining a consortium: a new partner's keys and certificate request, and the certificate that comes back.

Private keys are made here and never leave: four files of mode 0400 (`tls.key`, `signing.key`, `sealing.key` and the
node-local `references.key`). What goes out is public: the request to the operator of the coordinator, and three values
to whoever writes the covenant.
A certificate is installed only if it belongs to our key, says our name and comes from the CA.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.keys import SealingKey, SigningKey, keep_private, load_private, wrong_kind
from samenloop.model import participant_id
from samenloop.texts import _
from samenloop.tls.certificates import Certificate, make_request, participant_uri, read_certificate
from samenloop_node import reference_key


@dataclass(frozen=True, slots=True)
class Joining:
    """What goes out: the request file for the CA and the public values for the covenant."""

    participant: str
    request: Path
    signing_key: str
    sealing_key: str
    tls_pin: str


@dataclass(frozen=True, slots=True)
class Installed:
    """The certificate that is now in use."""

    certificate: Path
    name: str
    tls_pin: str
    not_after: datetime


def prepare(folder: Path, participant: str) -> Joining:
    """Make all keys and the request in `folder`; keys that are there stay. Raises SamenloopError."""
    participant_id(participant)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    signing, sealing, tls = folder / "signing.key", folder / "sealing.key", folder / "tls.key"
    if not signing.exists():
        SigningKey.generate(signing)
    if not sealing.exists():
        SealingKey.generate(sealing)
    if not tls.exists():
        keep_private(ec.generate_private_key(ec.SECP256R1()), tls)
    if not (folder / "references.key").exists():
        reference_key.make(folder / "references.key")
    return _request(folder, participant)


def renew(folder: Path, participant: str) -> Joining:
    """Make a new request under the same keys, which must all be there; the pin in the covenant stays.

    The references key is not needed for it, and is not made: a lost one comes back from a backup.
    """
    participant_id(participant)
    for name in ("signing.key", "sealing.key", "tls.key"):
        if not (folder / name).exists():
            text = _("{path} ontbreekt: begin met samenloop-node join prepare.", path=folder / name)
            raise SamenloopError(ErrorCode.NOT_FOUND, text)
    return _request(folder, participant)


def _request(folder: Path, participant: str) -> Joining:
    signing_key, sealing_key = SigningKey.load(folder / "signing.key"), SealingKey.load(folder / "sealing.key")
    request, pin = make_request(_tls_key(folder / "tls.key"), participant)
    _replace(folder / "tls.csr", request)
    return Joining(participant, folder / "tls.csr", signing_key.public.hex, sealing_key.public.hex, pin)


def install(folder: Path, participant: str, trust_domain: str, files: tuple[Path, Path], now: datetime) -> Installed:
    """Check what came back (`files`: certificate and CA certificate) and put it in place as `tls.pem` and `ca.pem`.

    Raises SamenloopError that says what does not fit; then nothing has changed.
    """
    certificate, ca = read_certificate(files[0]), read_certificate(files[1])
    found = Certificate.from_x509(certificate)
    if certificate.public_key() != _tls_key(folder / "tls.key").public_key():
        raise _unfit(files[0], _("het hoort niet bij de sleutel in deze map"))
    if found.uris != (participant_uri(trust_domain, participant),) or found.other_names:
        raise _unfit(files[0], _("het draagt niet precies de naam van deze deelnemer"))
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _unfit(files[0], _("het is niet door deze CA getekend")) from error
    found.check_dates(now)
    _replace(folder / "ca.pem", ca.public_bytes(serialization.Encoding.PEM))
    _replace(folder / "tls.pem", certificate.public_bytes(serialization.Encoding.PEM))
    return Installed(folder / "tls.pem", found.uris[0], found.pin, found.not_after)


def _tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_private(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise wrong_kind(path)
    return key


def _unfit(path: Path, why: str) -> InvalidInput:
    return InvalidInput(str(path), _("Certificaat {path} is niet geïnstalleerd: {why}.", path=path, why=why))


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
