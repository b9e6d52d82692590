"""Checks of the form of one value: what `samenloop.audit.fields` is made of. Pure."""

import re
from collections.abc import Callable, Mapping

from samenloop.audit.canonical import MAX_INTEGER

Check = Callable[[object], bool]
"""Tells whether a value has a form; never raises."""


def matches(pattern: str) -> Check:
    """Return the check for a text that matches a pattern as a whole."""
    match = re.compile(pattern + r"\Z").match
    return lambda value: type(value) is str and match(value) is not None


def hex_of(size: int) -> Check:
    """Return the check for `size` bytes in lower-case hex."""
    return matches(f"[0-9a-f]{{{2 * size}}}")


def integer(value: object) -> bool:
    """Tell whether a value is a number from 0 to 2**53 - 1."""
    return type(value) is int and 0 <= value <= MAX_INTEGER


def boolean(value: object) -> bool:
    """Tell whether a value is true or false."""
    return type(value) is bool


def list_of(check: Check, most: int) -> Check:
    """Return the check for a list of at most `most` such values."""

    def checked(value: object) -> bool:
        return type(value) is list and len(value) <= most and all(map(check, value))

    return checked


def row(must: Mapping[str, Check], may: Mapping[str, Check]) -> Check:
    """Return the check for an object with these fields and no others."""
    known = {**must, **may}
    needed = frozenset(must)

    def check(value: object) -> bool:
        if type(value) is not dict or not needed <= value.keys() <= known.keys():
            return False
        return all(known[key](inner) for key, inner in value.items())

    return check


def one_of(*codes: str) -> Check:
    """Return the check for one of these codes."""
    allowed = frozenset(codes)
    return lambda value: type(value) is str and value in allowed
