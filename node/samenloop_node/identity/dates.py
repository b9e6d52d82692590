"""Dates of birth: parts may be unknown (00) and are never completed."""

import calendar
import datetime
import functools
import re
from typing import NamedTuple

from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.remembered import DATES

_FORMS = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})"),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
    re.compile(r"(?P<d>[0-9]{1,2})[-/.](?P<m>[0-9]{1,2})[-/.](?P<y>[0-9]{4})"),
)
_FIRST_YEAR, _LAST_YEAR = 1850, 2199


class BirthDate(NamedTuple):
    """A date of birth; 0 stands for an unknown month or day."""

    year: int
    month: int
    day: int

    @property
    def is_full(self) -> bool:
        """True when year, month and day are all known."""
        return self.month > 0 and self.day > 0

    @property
    def is_year_only(self) -> bool:
        """True for an unknown month and for 1 January, the default that stands for "unknown" in many registers."""
        return self.month == 0 or (self.month == 1 and self.day <= 1)

    def iso(self) -> str:
        """Return JJJJ-MM-DD with 00 for unknown parts."""
        return f"{self.year:04}-{self.month:02}-{self.day:02}"

    def __repr__(self) -> str:
        return "BirthDate(...)"


@functools.lru_cache(maxsize=DATES)
def parse_birth_date(column: str, text: str) -> BirthDate:
    """Read JJJJ-MM-DD, JJJJMMDD or DD-MM-JJJJ; raises FieldError not_a_date, or empty when nothing is known."""
    match = next((m for form in _FORMS if (m := form.fullmatch(text))), None)
    if match is None:
        raise FieldError(column, "not_a_date" if text else "empty")
    date = BirthDate(int(match["y"]), int(match["m"]), int(match["d"]))
    if date.year == date.month == date.day == 0:
        raise FieldError(column, "empty")
    if not _exists(date):
        raise FieldError(column, "not_a_date")
    return date


def refuse_future(column: str, birth: BirthDate, today: datetime.date) -> None:
    """Raise FieldError future_date when all that is known of a date of birth lies after `today`.

    Apart from reading, which is the same on every day: tokens do not depend on a clock.
    """
    now = (today.year, today.month if birth.month else 0, today.day if birth.day else 0)
    if tuple(birth) > now:
        raise FieldError(column, "future_date")


def _exists(date: BirthDate) -> bool:
    if not _FIRST_YEAR <= date.year <= _LAST_YEAR or date.month > 12:
        return False
    if date.month == 0:
        return date.day == 0
    return date.day <= calendar.monthrange(date.year, date.month)[1]
