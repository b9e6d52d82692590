"""What a sealed half says: canonical JSON of a few closed fields, for its holder and the auditor."""

from collections.abc import Mapping
from dataclasses import dataclass

from samenloop.audit.canonical import Value, canonical_checked, parse_object
from samenloop.audit.fields import HALF_FIELDS
from samenloop.errors import InvalidInput
from samenloop.texts import _


@dataclass(frozen=True, slots=True)
class Half:
    """A parsed sealed half."""

    fields: Mapping[str, Value]

    @property
    def result(self) -> str:
        """Return what came of it for this holder, a code."""
        return str(self.fields["result"])


def encode(fields: Mapping[str, object]) -> bytes:
    """Return the plaintext of a sealed half; `result` is required. Raises InvalidInput for an unknown or malformed
    field.
    """
    _check(fields)
    return canonical_checked(fields)


def decode(plaintext: bytes) -> Half:
    """Parse an opened sealed half; raises InvalidInput."""
    fields = parse_object(plaintext)
    _check(fields)
    return Half(fields)


def _check(fields: Mapping[str, object]) -> None:
    for name in ("result", *fields):
        check = HALF_FIELDS.get(name)
        if check is None or name not in fields or not check(fields[name]):
            raise InvalidInput(name, _("Het verzegelde deel is niet goed gevormd: veld {name}.", name=name))
