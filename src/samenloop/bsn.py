"""The eleven test of the national number (BSN), for all programs: a BSN is recognised so that it can be refused. Pure.

Runs of exactly 8 or 9 digits, in which single spaces, dots, hyphens or slashes may stand, are put to the test; a run
that touches another digit is not looked at, because sliding windows refuse half of all case numbers. What is written as
a date with separators (31-12-1999) is not a number. It finds no mistyped BSN, and passes 1 in 11 of all numbers: it is
for texts of people, never for a value that a program drew.
"""

import re
import unicodedata

_RUN = re.compile(r"(?<![0-9])(?<![0-9][ ./-])[0-9](?:[ ./-]?[0-9]){7,8}(?![ ./-]?[0-9])")
_DATE = re.compile(
    r"(?:0?[0-9]|[12][0-9]|3[01])([ ./-])(?:0?[0-9]|1[0-2])\1(?:18|19|20)[0-9]{2}"
    r"|(?:18|19|20)[0-9]{2}([ ./-])(?:0?[0-9]|1[0-2])\2(?:0?[0-9]|[12][0-9]|3[01])"
)
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63]")
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def is_bsn(text: str) -> bool:
    """Tell whether a run of 8 or 9 digits in `text` passes the eleven test (chance alone passes 1 in 11)."""
    if text.isascii() and sum(map(str.isdecimal, text)) < 8:
        return False
    return any(_passes(run) for run in _RUN.findall(plain(text)) if not _DATE.fullmatch(run))


def plain(text: str) -> str:
    """Return `text` as it looks: no invisible signs, ASCII digits and hyphens, single spaces."""
    visible = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    digits = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in visible)
    return _DASHES.sub("-", " ".join(digits.split()))


def _passes(run: str) -> bool:
    digits = [int(c) for c in run if c.isdecimal()]
    digits = [0] * (9 - len(digits)) + digits
    return any(digits) and sum(w * d for w, d in zip(_WEIGHTS, digits, strict=True)) % 11 == 0
