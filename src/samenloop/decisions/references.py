"""References to papers and log entries: short, and never a BSN (R-12; dutch-identity section 9)."""

import re

from samenloop.bsn import is_bsn, plain
from samenloop.errors import Refused
from samenloop.texts import _

_NAMED = re.compile(r"bsn|sofi|burgerservice|a_?nummer|\ba[ -]nummer", re.IGNORECASE)


def holds_bsn(text: str) -> bool:
    """Tell whether a reference holds 8 or 9 digits that pass the eleven-test, or calls itself a BSN."""
    return is_bsn(text) or bool(_NAMED.search(plain(text)))


def refuse_bsn(text: str, where: str) -> str:
    """Return `text`, or raise Refused (R-12) naming the field, never the value."""
    if holds_bsn(text):
        raise Refused("R-12", _("{where} lijkt een BSN te bevatten. Gebruik een ander nummer.", where=where), ("R-12",))
    return text
