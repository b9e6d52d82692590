"""References to papers and log entries: short, and never a BSN (R-12; dutch-identity section 9)."""

import re
import unicodedata

from samenloop.errors import Refused
from samenloop.texts import _

_RUN = re.compile(r"(?<!\d)\d(?:[ .\-/]?\d){7,8}(?!\d)(?![ .\-/]\d)")
_NAMED = re.compile(r"bsn|sofi|burgerservice|a_?nummer", re.IGNORECASE)
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def holds_bsn(text: str) -> bool:
    """Tell whether a reference holds 8 or 9 digits that pass the eleven-test, or calls itself a BSN."""
    plain = unicodedata.normalize("NFKC", text)
    return bool(_NAMED.search(plain)) or any(_passes(found) for found in _RUN.findall(plain))


def refuse_bsn(text: str, where: str) -> str:
    """Return `text`, or raise Refused (R-12) naming the field, never the value."""
    if holds_bsn(text):
        raise Refused("R-12", _("{where} lijkt een BSN te bevatten. Gebruik een ander nummer.", where=where), ("R-12",))
    return text


def _passes(run: str) -> bool:
    digits = [int(sign) for sign in run if sign.isdigit()]
    digits = [0] * (9 - len(digits)) + digits
    return any(digits) and sum(weight * digit for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11 == 0
