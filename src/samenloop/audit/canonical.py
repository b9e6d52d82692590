"""Canonical JSON (RFC 8785) for the value domain of this project, five times as fast as a general writer.

Domain: objects with ASCII keys, lists, strings without lone surrogates, booleans, integers of at most 53 bits. No
floats and no null. Inside this domain Python's own writer with sorted keys gives the bytes of RFC 8785: ASCII keys
sort alike by code point and by UTF-16 unit, and the string escapes are the same. Everything outside is refused.
"""

import json
from typing import NoReturn

from samenloop.errors import InvalidInput
from samenloop.texts import _

MAX_INTEGER = (1 << 53) - 1
MAX_DEPTH = 8
_write = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode

Value = str | int | bool | list["Value"] | dict[str, "Value"]
"""What canonical JSON may hold here."""


def canonical(value: object) -> bytes:
    """Return the RFC 8785 bytes of `value`; raises InvalidInput for a value outside the domain."""
    _check(value, 0)
    return canonical_checked(value)


def canonical_checked(value: object) -> bytes:
    """Return the bytes of a value that the caller has already held against a field table inside the domain."""
    try:
        return _write(value).encode()
    except UnicodeEncodeError:
        _refuse()


def parse_canonical(data: bytes) -> Value:
    """Parse bytes that must be canonical JSON of the domain; raises InvalidInput for anything else."""
    value = parse_unchecked(data)
    _check(value, 0)
    return value  # type: ignore[return-value]  # `_check` has just walked it


def parse_unchecked(data: bytes) -> object:
    """Parse bytes that are written as canonical JSON is; the caller holds the value against a field table.

    Numbers and null that are outside the domain come through. Raises InvalidInput for anything else.
    """
    try:
        value = json.loads(data.decode())
        same = canonical_checked(value) == data
    except (ValueError, RecursionError):
        _refuse()
    if not same:
        _refuse()
    return value


def parse_object(data: bytes) -> dict[str, Value]:
    """Parse canonical JSON that must be an object; raises InvalidInput."""
    value = parse_canonical(data)
    if not isinstance(value, dict):
        _refuse()
    return value


def _check(value: object, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool:
        return
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]  # exact type int
            _refuse()
    elif depth >= MAX_DEPTH:
        _refuse()
    elif kind is dict:
        for key, inner in value.items():  # type: ignore[attr-defined]  # exact type dict
            if type(key) is not str or not key.isascii():
                _refuse()
            _check(inner, depth + 1)
    elif kind is list:
        for inner in value:  # type: ignore[attr-defined]  # exact type list
            _check(inner, depth + 1)
    else:
        _refuse()


def _refuse() -> NoReturn:
    raise InvalidInput("json", _("Deze gegevens staan niet in de vaste (canonieke) JSON-vorm."))
