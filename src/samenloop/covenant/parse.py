"""Text to covenant and back. Strict: unknown keys are refused with their path; each covenant has one canonical form.

1. TOML (what people write) and canonical JSON (what is signed, hashed and sent) go through the same typed parser.
2. The canonical form is RFC 8785 JSON with every key present; sets are in order. `parse_canonical(canonical(x)) == x`.
3. Canonical bytes that are not exactly what `canonical` writes are refused, so a fingerprint has one meaning.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping

import rfc8785
from pydantic import TypeAdapter, ValidationError

from samenloop.covenant.checks import check_whole
from samenloop.covenant.document import Covenant
from samenloop.errors import InvalidInput
from samenloop.reasons import toml_place
from samenloop.texts import _

MAX_BYTES = 1 << 20
_ADAPTER = TypeAdapter(Covenant)
_PLACE = re.compile(r"@([a-z0-9_.-]+)@")


def parse_toml(text: str) -> Covenant:
    """Parse a covenant as people write it; raises InvalidInput with the path of what is wrong."""
    if len(text.encode()) > MAX_BYTES:
        raise InvalidInput("covenant", _("Het convenant is groter dan 1 MiB."))
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            "covenant", _("Dit convenant is geen geldig TOML: kijk bij {place}.", place=toml_place(error))
        ) from error
    return _typed(json.dumps(table, default=str))


def parse_canonical(data: bytes) -> Covenant:
    """Parse exactly what `canonical` writes; raises InvalidInput."""
    if len(data) > MAX_BYTES:
        raise InvalidInput("covenant", _("Het convenant is groter dan 1 MiB."))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("covenant", _("Het convenant is geen UTF-8. Bewaar het bestand als UTF-8.")) from error
    covenant = _typed(text)
    if canonical(covenant) != data:
        raise InvalidInput("covenant", _("Het convenant staat niet in zijn vaste vorm (RFC 8785)."))
    return covenant


def canonical(covenant: Covenant) -> bytes:
    """Return the one RFC 8785 form of this covenant: what is hashed, signed and sent."""
    return rfc8785.dumps(_ADAPTER.dump_python(covenant, mode="json"))


def fingerprint(covenant: Covenant) -> str:
    """Return the SHA-256 of the canonical form as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(covenant)).hexdigest()


def fill_keys(template: str, keys: Mapping[str, str]) -> str:
    """Replace each `@name@` in a TOML template by `keys[name]`; every place and every key must be used."""
    wanted = set(_PLACE.findall(template))
    for name in sorted(wanted - keys.keys()):
        raise InvalidInput(name, _("Voor {name} is geen sleutel gegeven.", name=name))
    for name in sorted(keys.keys() - wanted):
        raise InvalidInput(name, _("Het model heeft geen plaats {name}.", name=name))
    return _PLACE.sub(lambda match: keys[match[1]], template)


def _typed(text: str) -> Covenant:
    try:
        covenant = _ADAPTER.validate_json(text, strict=True)
    except ValidationError as error:
        raise _dutch(error) from error
    check_whole(covenant)
    return covenant


def _dutch(error: ValidationError) -> InvalidInput:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    path = ".".join(str(step) for step in first["loc"]) or "covenant"
    messages = {
        "unexpected_keyword_argument": _(
            "Convenant: {path} is geen bekende sleutel. Verbeter de naam of haal hem weg.", path=path
        ),
        "extra_forbidden": _("Convenant: {path} is geen bekende sleutel. Verbeter de naam of haal hem weg.", path=path),
        "missing": _("Convenant: {path} ontbreekt. Vul het aan.", path=path),
        "missing_keyword_only_argument": _("Convenant: {path} ontbreekt. Vul het aan.", path=path),
        "json_invalid": _("Het convenant is geen geldige JSON."),
    }
    other = _("Convenant: {path} heeft een waarde die niet mag. Verbeter die waarde.", path=path)
    return InvalidInput(path, messages.get(first["type"], other))
