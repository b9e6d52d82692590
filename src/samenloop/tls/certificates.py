"""What a certificate says: names, public-key pin, serial number and dates. Pure but for reading a file.

A name is a URI: `spiffe://<trust domain>/participant/<id>` or `spiffe://<trust domain>/coordinator`. The common name
never counts.
"""

import functools
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.reasons import why
from samenloop.texts import _

WARNING_DAYS: Final = (30, 14, 7, 1)
_MAX_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate reduced to what is judged. `pin` = SHA-256 of the public key (SPKI), 64 hexadecimal digits."""

    uris: tuple[str, ...]
    other_names: int
    pin: str
    serial: str
    fingerprint: str
    not_before: datetime
    not_after: datetime

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Parse one PEM certificate; raises SamenloopError(NOT_AUTHENTICATED)."""
        try:
            return cls.from_x509(x509.load_pem_x509_certificate(pem))
        except ValueError as error:
            raise refused(_("Dit certificaat is niet leesbaar.")) from error

    @classmethod
    def from_x509(cls, certificate: x509.Certificate) -> Self:
        """Reduce a parsed certificate; raises ValueError where its extensions do not parse."""
        names = _alternative_names(certificate)
        uris = tuple(name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))
        return cls(
            uris=uris,
            other_names=len(names) - len(uris),
            pin=spki_pin(certificate),
            serial=f"{certificate.serial_number:x}",
            fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )

    def check_dates(self, now: datetime) -> None:
        """Raise SamenloopError(NOT_AUTHENTICATED) before `not_before` or from `not_after` on."""
        if now < self.not_before:
            raise refused(_("Dit certificaat is pas geldig vanaf {date}.", date=_day(self.not_before)))
        if now >= self.not_after:
            raise refused(
                _(
                    "Dit certificaat is verlopen op {date}. Vraag de beheerder van de "
                    "coördinator om een nieuw certificaat.",
                    date=_day(self.not_after),
                )
            )


def participant_uri(trust_domain: str, participant: str) -> str:
    """Return the one name a participant's certificate carries."""
    return f"spiffe://{trust_domain}/participant/{participant}"


def coordinator_uri(trust_domain: str) -> str:
    """Return the URI name of the coordinator's certificate."""
    return f"spiffe://{trust_domain}/coordinator"


def spki_pin(holder: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """Return SHA-256 of the public key (SPKI, DER) as 64 hexadecimal digits: it survives renewal under the same key."""
    spki = holder.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def make_request(key: ec.EllipticCurvePrivateKey, common_name: str) -> tuple[bytes, str]:
    """Return a certificate request (PEM) under this key and the pin of the key; the CA chooses the real name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM), spki_pin(request)


def read_certificate(path: Path) -> x509.Certificate:
    """Read one PEM certificate from a file; raises SamenloopError that names the file."""
    try:
        with path.open("rb") as file:
            return x509.load_pem_x509_certificate(file.read(_MAX_BYTES))
    except OSError as error:
        text = _("Certificaat {path} kan niet worden gelezen: {why}.", path=path, why=why(error))
        raise SamenloopError(ErrorCode.NOT_FOUND, text) from error
    except ValueError as error:
        raise InvalidInput(str(path), _("{path} is geen certificaat (PEM).", path=path)) from error


def _stamp(path: Path) -> tuple[int, int]:
    """Return what changes when a file is replaced; zeros for a file that is not there."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_ino)


@functools.lru_cache(64)
def _term(path: Path, _modified_ns: int, _inode: int) -> tuple[datetime, datetime]:
    """Return from when until when a certificate is valid; every call to the coordinator asks."""
    certificate = read_certificate(path)
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def check_expiry(path: Path, now: datetime) -> str | None:
    """Judge a partner's own certificate: None, or a warning when `expires_within` gives a number of days.

    Raises SamenloopError(NOT_AUTHENTICATED) that names file and date when it is expired or not yet valid.
    """
    days = expires_within(path, now)
    if days is None:
        return None
    return _(
        "Certificaat {path} verloopt op {date}: binnen {days} dagen. "
        "Vraag de beheerder van de coördinator om een nieuw certificaat.",
        path=path,
        date=_day(check_term(path, now)),
        days=days,
    )


def expires_within(path: Path, now: datetime) -> int | None:
    """Return within how many days one's own certificate ends: 30, 14, 7 or 1; None when that is longer.

    Never in the first half of its life: one of 30 days, the longest that a partner gets, is not warned about at once.
    Raises as `check_expiry` does.
    """
    end = check_term(path, now)
    half = (end - _term(path, *_stamp(path))[0]) / 2
    return min((days for days in WARNING_DAYS if end - now <= timedelta(days=days) <= half), default=None)


def check_term(path: Path, now: datetime) -> datetime:
    """Return when one's own certificate ends; raises as `check_expiry` does. To be called before dialling."""
    start, end = _term(path, *_stamp(path))
    if now >= end:
        text = _(
            "Certificaat {path} is verlopen op {date}. Vraag de beheerder van de coördinator om een nieuw certificaat.",
            path=path,
            date=_day(end),
        )
        raise refused(text)
    if now < start:
        text = _(
            "Certificaat {path} is pas geldig vanaf {date}. Controleer de klok van deze computer.",
            path=path,
            date=_day(start),
        )
        raise refused(text)
    return end


def refused(text: str) -> SamenloopError:
    """Return the error for a certificate that does not say who is there."""
    return SamenloopError(ErrorCode.NOT_AUTHENTICATED, text)


def _alternative_names(certificate: x509.Certificate) -> tuple[x509.GeneralName, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(extension.value)


def _day(moment: datetime) -> str:
    return moment.strftime("%d-%m-%Y %H:%M UTC")
