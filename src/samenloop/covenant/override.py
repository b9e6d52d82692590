"""A deployer's override of the legal catalogue: a TOML file with signatures of parties to the covenant beside it.

1. It may only tighten (`samenloop.catalogue.tighten`), so a wrong file can refuse too much and never show too much.
2. At a node its own partner signs: the override binds nobody else. At the coordinator, where it binds everybody, all
   partners sign, as for any rule of the covenant.
3. A signature is over the covenant's id and the exact bytes of the file, under a label of its own.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from samenloop.catalogue import Catalogue, parse_override, tightened
from samenloop.covenant.document import Covenant
from samenloop.covenant.files import read_signatures, signatures_path
from samenloop.covenant.signatures import Signature
from samenloop.errors import IntegrityError, InvalidInput, Refused
from samenloop.keys import SigningKey, VerifyKey
from samenloop.model import participant_id
from samenloop.reasons import why
from samenloop.texts import _

LABEL: Final = "catalogue-override"


def sign_override(covenant: Covenant, data: bytes, participant: str, key: SigningKey) -> Signature:
    """Sign the bytes of an override for `participant`, with its signing key in this covenant."""
    print_ = _fingerprint(covenant, data)
    return Signature(participant_id(participant), print_, key.sign(LABEL, print_.encode()))


def signers(covenant: Covenant, data: bytes, signatures: Iterable[Signature]) -> frozenset[str]:
    """Return who signed these bytes; raises IntegrityError when one signature is wrong or of no partner."""
    print_ = _fingerprint(covenant, data)
    for one in signatures:
        row = covenant.find(one.participant)
        if row is None or row.network or one.fingerprint != print_:
            raise IntegrityError(
                _("De handtekening van {name} hoort niet bij deze aanscherping.", name=one.participant)
            )
        VerifyKey(row.signing_key).verify(LABEL, print_.encode(), one.signature)
    return frozenset(one.participant for one in signatures)


def signed_override(
    catalogue: Catalogue, covenant: Covenant, data: bytes, signatures: tuple[Signature, ...], needed: frozenset[str]
) -> Catalogue:
    """Return the catalogue with an override that all of `needed` signed.

    Raises IntegrityError on a wrong signature, Refused (R-15) when one is missing or anything gets looser, InvalidInput
    when it is no override.
    """
    absent = sorted(needed - signers(covenant, data, signatures))
    if absent or not needed:
        text = _("De aanscherping is niet getekend door: {names}.", names=", ".join(absent))
        raise Refused("R-15", text, tuple(f"R-15 {name}" for name in absent) or ("R-15 signature",))
    return tightened(catalogue, parse_override(_text(data)))


def read_override(catalogue: Catalogue, covenant: Covenant, path: Path | None, needed: frozenset[str]) -> Catalogue:
    """Return the catalogue with the override at `path`, or as it is without one; raises as `signed_override` does."""
    if path is None:
        return catalogue
    return signed_override(catalogue, covenant, read_bytes(path), read_signatures(signatures_path(path)), needed)


def read_bytes(path: Path) -> bytes:
    """Return the bytes of an override file; raises InvalidInput."""
    try:
        return path.read_bytes()
    except OSError as error:
        text = _("{path} kan niet worden gelezen: {why}.", path=path, why=why(error))
        raise InvalidInput("catalogue_override", text) from error


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "catalogue_override", _("De aanscherping is geen UTF-8. Bewaar het bestand als UTF-8.")
        ) from error


def _fingerprint(covenant: Covenant, data: bytes) -> str:
    return hashlib.sha256(covenant.id.encode() + b"\0" + data).hexdigest()
