"""Signatures under a covenant: made, checked one by one, and weighed against the table. Pure.

1. A signature is over the canonical form, under its own label: it can be used for nothing else.
2. A participant that was in the old version signs with its old key, also to replace that key.
3. One wrong or unknown signature makes the whole set invalid: nobody may be counted by mistake.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import rfc8785

from samenloop.covenant.changes import Change, changes
from samenloop.covenant.document import Covenant
from samenloop.covenant.parse import canonical, fingerprint
from samenloop.covenant.parties import Participant
from samenloop.covenant.requirements import (
    Demand,
    SignerRequirement,
    lowered,
    matches,
    required_signers,
    stricter,
)
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.keys import SIGNATURE_BYTES, SigningKey, VerifyKey
from samenloop.model import ParticipantId, participant_id
from samenloop.texts import N_, _

__all__ = [
    "Signature",
    "SignerRequirement",
    "check_signer",
    "complete",
    "format_signatures",
    "missing",
    "parse_signatures",
    "required_signers",
    "sign",
    "tightens",
]

LABEL: Final = "covenant"
_MAX_BYTES: Final = 1 << 18
_UNKNOWN: Final = N_(
    "{name} is geen deelnemer van dit convenant. Vertrekt {name}, noem dan ook de vorige versie: --previous."
)
_OTHER_KEY: Final = N_(
    "Dit is niet de tekensleutel van {name} in het convenant. Neem de sleutel van {name}; wie zijn sleutel vervangt, "
    "tekent met de oude en noemt de vorige versie: --previous."
)
_NOT_OF_THIS: Final = N_(
    "De handtekening van {name} hoort niet bij deze versie. Laat {name} opnieuw tekenen, of haal haar weg met: "
    "samenloop covenant unsign CONVENANT --as {name}."
)
_WRONG: Final = N_(
    "De handtekening van {name} klopt niet. Laat {name} opnieuw tekenen met de eigen sleutel, of haal haar weg met: "
    "samenloop covenant unsign CONVENANT --as {name}."
)
_KEYS: Final = {"fingerprint", "participant", "signature"}


@dataclass(frozen=True, slots=True)
class Signature:
    """One participant's signature under one covenant version."""

    participant: ParticipantId
    fingerprint: str
    signature: bytes


def sign(covenant: Covenant, participant: str, key: SigningKey) -> Signature:
    """Sign this version for `participant` (its key in the version before, if it was in it)."""
    covenant_bytes = canonical(covenant)
    return Signature(participant_id(participant), fingerprint(covenant), key.sign(LABEL, covenant_bytes))


def check_signer(old: Covenant | None, new: Covenant, participant: str, key: VerifyKey) -> None:
    """Raise SamenloopError unless a signature of `participant` with `key` can count under `new`.

    Without `old` the key in `new` is asked for; then who leaves or replaces its key cannot be known.
    """
    if old is not None:
        _check_follows(old, new)
    row = _signing(old, new, participant)
    if row is None:
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _(_UNKNOWN, name=participant))
    if row.network:
        text = _("{name} is een netwerk: zijn partners tekenen (R-08).", name=participant)
        raise SamenloopError(ErrorCode.NOT_PERMITTED, text)
    if row.signing_key != key.hex:
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _(_OTHER_KEY, name=participant))


def missing(old: Covenant | None, new: Covenant, signatures: Iterable[Signature]) -> tuple[Demand, ...]:
    """Return the demands of the table that these signatures do not meet; none = complete.

    Raises SamenloopError(COVENANT_MISMATCH) if `new` does not follow `old`, IntegrityError on a wrong signature.
    """
    _check_follows(old, new)
    signers = frozenset(_verified(old, new, one) for one in signatures)
    return required_signers(old, new).unmet(signers)


def complete(old: Covenant | None, new: Covenant, signatures: Iterable[Signature]) -> bool:
    """Say whether these signatures make `new` the valid successor of `old`; raises as `missing` does."""
    return not missing(old, new, signatures)


def tightens(old: Covenant, new: Covenant) -> bool:
    """Say whether anything is allowed less by `new`, or might be: then `old` gets no time of grace.

    Only a closed list of changes is known not to tighten; any other counts as tightening.
    """
    return not all(_harmless(change) for change in changes(old, new))


def format_signatures(signatures: Iterable[Signature]) -> bytes:
    """Return the signature file: an RFC 8785 list, by participant, one signature each."""
    rows = {one.participant: one for one in signatures}
    return rfc8785.dumps(
        [
            {"participant": name, "fingerprint": rows[name].fingerprint, "signature": rows[name].signature.hex()}
            for name in sorted(rows)
        ]
    )


def parse_signatures(data: bytes) -> tuple[Signature, ...]:
    """Parse exactly what `format_signatures` writes; raises InvalidInput."""
    try:
        rows = tuple(_row(row) for row in json.loads(data)) if len(data) <= _MAX_BYTES else ()
    except (ValueError, TypeError, RecursionError) as error:
        raise _not_a_file() from error
    if format_signatures(rows) != data:
        raise _not_a_file()
    return rows


def _row(row: object) -> Signature:
    if not isinstance(row, dict) or row.keys() != _KEYS or not all(isinstance(value, str) for value in row.values()):
        raise _not_a_file()
    return Signature(participant_id(row["participant"]), row["fingerprint"], bytes.fromhex(row["signature"]))


def _not_a_file() -> InvalidInput:
    return InvalidInput("signatures", _("Dit is geen bestand met handtekeningen onder een convenant."))


def _check_follows(old: Covenant | None, new: Covenant) -> None:
    if old is None:
        follows = new.version == 1 and new.predecessor is None
    else:
        follows = (new.id, new.version, new.predecessor) == (old.id, old.version + 1, fingerprint(old))
    if not follows:
        text = _("Versie {version} volgt niet op de versie waarmee zij wordt vergeleken.", version=new.version)
        raise SamenloopError(ErrorCode.COVENANT_MISMATCH, text)


def _signing(old: Covenant | None, new: Covenant, participant: str) -> Participant | None:
    return (old.find(participant) if old else None) or new.find(participant)


def _verified(old: Covenant | None, new: Covenant, one: Signature) -> str:
    row = _signing(old, new, one.participant)
    if row is None or row.network or len(one.signature) != SIGNATURE_BYTES or one.fingerprint != fingerprint(new):
        raise IntegrityError(_(_NOT_OF_THIS, name=one.participant))
    try:
        VerifyKey(row.signing_key).verify(LABEL, canonical(new), one.signature)
    except IntegrityError as error:
        raise IntegrityError(_(_WRONG, name=one.participant)) from error
    return row.id


def _harmless(change: Change) -> bool:
    return any(matches(path, change.path) and applies(change) for path, applies in _HARMLESS)


_HARMLESS: Final = (
    (("participants", "*"), lambda change: change.added),
    (("participants", "*", "may_ask", "*"), lambda change: change.added),
    (("participants", "*", "registers", "*"), lambda change: change.added),
    (("participants", "*", "registers", "*", "mode"), lambda change: not stricter(change)),
    (("participants", "*", "own_limits", "*"), lambda change: not lowered(change)),
    (("participants", "*", "suspended_by"), lambda change: not change.after),
    (("participants", "*", "contact"), lambda _change: True),
    (("participants", "*", "display_name"), lambda _change: True),
    (("budgets", "*"), lambda change: not lowered(change)),
    (("name",), lambda _change: True),
    (("review_date",), lambda _change: True),
)
