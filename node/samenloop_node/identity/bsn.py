"""Keeping the national number (BSN) out: single values, column names and whole columns that hold one are refused.

The eleven test (`samenloop.bsn`) finds no mistyped BSN: column names and columns as a whole must.
"""

import re
import unicodedata

from samenloop.bsn import is_bsn
from samenloop_node.identity.errors import FieldError

FORBIDDEN_COLUMNS = frozenset({"bsn", "sofinr", "sofinummer", "burgerservicenummer", "a_nummer", "anummer"})
"""Column names (lower case, `-` and space written as `_`) that a file may not have, whatever they hold."""


def is_forbidden_column(name: str) -> bool:
    """Tell whether a column with this name announces a BSN or A-number."""
    return re.sub(r"[\s-]+", "_", unicodedata.normalize("NFKC", name).strip().casefold()) in FORBIDDEN_COLUMNS


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
