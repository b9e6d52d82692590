"""Postcode and house number."""

import re

from samenloop_node.identity.errors import FieldError

_POSTCODE = re.compile(r"([1-9][0-9]{3})\s*([A-Za-z]{2})?")
_NEVER_ISSUED = frozenset({"SA", "SD", "SS"})
_HOUSE_NUMBER = re.compile(r"0*([1-9][0-9]{0,4})(?![0-9])")


def parse_postcode(column: str, text: str) -> str:
    """Return 1234AB, 1234 when the letters are missing, or an empty text; raises FieldError not_a_postcode."""
    if not text:
        return ""
    match = _POSTCODE.fullmatch(text)
    if match is None or (match[2] or "").upper() in _NEVER_ISSUED:
        raise FieldError(column, "not_a_postcode")
    return match[1] + (match[2] or "").upper()


def parse_house_number(column: str, text: str) -> str:
    """Return the digits before the first other sign ("12-2" -> "12"); raises FieldError not_a_house_number."""
    if not text:
        return ""
    match = _HOUSE_NUMBER.match(text)
    if match is None:
        raise FieldError(column, "not_a_house_number")
    return match[1]
