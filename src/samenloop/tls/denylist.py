"""Revoked certificates: a file signed by the CA, numbered so that an older one is never taken back. Fails closed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rfc8785
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.reasons import why
from samenloop.texts import _

_LABEL: Final = b"samenloop/v1/denylist\0"
_MAX_BYTES: Final = 1 << 22
_ALGORITHM: Final = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Denylist:
    """Serial numbers (hexadecimal, no leading zeros) of revoked certificates; `number` grows with each list."""

    number: int
    trust_domain: str
    serials: frozenset[str]

    def revoked(self, serial: str) -> bool:
        """Say whether this serial number is on the list."""
        return serial in self.serials

    def body(self) -> dict[str, Any]:
        """Return what is signed."""
        return {"number": self.number, "serials": sorted(self.serials), "trust_domain": self.trust_domain}


def format_denylist(denylist: Denylist, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the file, signed with the CA's key: RFC 8785 JSON."""
    body = denylist.body()
    signature = key.sign(_LABEL + rfc8785.dumps(body), _ALGORITHM)
    return rfc8785.dumps({"body": body, "signature": signature.hex()})


def parse_denylist(data: bytes, ca: x509.Certificate, trust_domain: str) -> Denylist:
    """Parse a file for this trust domain, signed by this CA; raises IntegrityError."""
    try:
        envelope = json.loads(data) if len(data) <= _MAX_BYTES else {}
        body = envelope["body"]
        serials = frozenset(body["serials"])
        well_formed = type(body["number"]) is int and all(type(serial) is str for serial in serials)
        _verify(ca, bytes.fromhex(envelope["signature"]), _LABEL + rfc8785.dumps(body))
    except (ValueError, KeyError, TypeError, RecursionError, InvalidSignature) as error:
        raise _broken() from error
    denylist = Denylist(body["number"], trust_domain, serials)
    if not well_formed or body != denylist.body():
        raise _broken()
    return denylist


class DenylistFile:
    """The denylist on disk, read again whenever the file changes.

    A missing, broken or older file raises IntegrityError at each call: without a valid list nobody is let in.
    """

    def __init__(self, path: Path, ca: x509.Certificate, trust_domain: str) -> None:
        self._path: Final = path
        self._parse: Final[Callable[[bytes], Denylist]] = lambda data: parse_denylist(data, ca, trust_domain)
        self._current = Denylist(-1, trust_domain, frozenset())
        self._seen: tuple[int, ...] = ()

    def current(self) -> Denylist:
        """Return the list as it is on disk now (one `stat` per call)."""
        try:
            state = self._path.stat()
            seen = (state.st_mtime_ns, state.st_size, state.st_ino)
            if seen != self._seen:
                self._current = self._newer(self._parse(self._path.read_bytes()))
                self._seen = seen
        except OSError as error:
            text = _(
                "De lijst {path} met ingetrokken certificaten kan niet worden gelezen: {why}.",
                path=self._path,
                why=why(error),
            )
            raise SamenloopError(ErrorCode.INTEGRITY, text) from error
        return self._current

    def _newer(self, read: Denylist) -> Denylist:
        if read.number < self._current.number:
            raise IntegrityError(_("De lijst met ingetrokken certificaten is ouder dan die van eerder."))
        return read


def _verify(ca: x509.Certificate, signature: bytes, message: bytes) -> None:
    key = ca.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise _broken()
    key.verify(signature, message, _ALGORITHM)


def _broken() -> IntegrityError:
    return IntegrityError(_("De lijst met ingetrokken certificaten is niet geldig getekend door de CA."))
