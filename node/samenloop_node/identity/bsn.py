"""Keeping the national number (BSN) out: recognised so that it can be refused, never stored, logged or tokenised.

Runs of exactly 8 or 9 digits, in which single spaces, dots, hyphens or slashes may stand, are put to the eleven test;
a run
that touches another digit is not looked at, because sliding windows refuse half of all case numbers. What is written
as a
date with separators (31-12-1999) is not a number. The test finds no mistyped BSN: column names and columns as a whole
must.
"""

import re
import unicodedata

from samenloop_node.identity.errors import FieldError

FORBIDDEN_COLUMNS = frozenset({"bsn", "sofinr", "sofinummer", "burgerservicenummer", "a_nummer", "anummer"})
"""Column names (lower case, `-` and space written as `_`) that a file may not have, whatever they hold."""

_RUN = re.compile(r"(?<![0-9])(?<![0-9][ ./-])[0-9](?:[ ./-]?[0-9]){7,8}(?![ ./-]?[0-9])")
_DATE = re.compile(
    r"(?:0?[0-9]|[12][0-9]|3[01])([ ./-])(?:0?[0-9]|1[0-2])\1(?:18|19|20)[0-9]{2}"
    r"|(?:18|19|20)[0-9]{2}([ ./-])(?:0?[0-9]|1[0-2])\2(?:0?[0-9]|[12][0-9]|3[01])"
)
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63]")
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def is_forbidden_column(name: str) -> bool:
    """Tell whether a column with this name announces a BSN or A-number."""
    return re.sub(r"[\s-]+", "_", unicodedata.normalize("NFKC", name).strip().casefold()) in FORBIDDEN_COLUMNS


def is_bsn(text: str) -> bool:
    """Tell whether a run of 8 or 9 digits in `text` passes the eleven test (chance alone passes 1 in 11)."""
    if sum(map(str.isdecimal, text)) < 8:
        return False
    return any(_passes(run) for run in _RUN.findall(_plain(text)) if not _DATE.fullmatch(run))


def refuse_bsn(column: str, text: str) -> None:
    """Raise FieldError `bsn` when a single value of a name, place, note or reference holds a BSN."""
    if is_bsn(text):
        raise FieldError(column, "bsn")


class ColumnJudge:
    """Judges a column of record ids as a whole: 10 or more values of which over half pass the test are BSNs."""

    def __init__(self) -> None:
        self._values = 0
        self._passing = 0

    def feed(self, value: str) -> None:
        """Count one value of the column; the value is not kept."""
        self._values += 1
        self._passing += is_bsn(value)

    def refused(self) -> bool:
        """Tell whether the column must be refused, judged on what was fed so far."""
        return self._values >= 10 and 2 * self._passing > self._values


def _plain(text: str) -> str:
    visible = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    digits = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in visible)
    return _DASHES.sub("-", " ".join(digits.split()))


def _passes(run: str) -> bool:
    digits = [int(c) for c in run if c.isdecimal()]
    digits = [0] * (9 - len(digits)) + digits
    return any(digits) and sum(w * d for w, d in zip(_WEIGHTS, digits, strict=True)) % 11 == 0
