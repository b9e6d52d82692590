"""The fixed periods of reports: a calendar month or a calendar year, in Dutch time, and only when it has ended."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from samenloop.clock import from_milliseconds, milliseconds
from samenloop.errors import InvalidInput
from samenloop.texts import _

_ZONE = ZoneInfo("Europe/Amsterdam")
_FORM = re.compile(r"(20[0-9]{2})(?:-(0[1-9]|1[0-2]))?\Z")


@dataclass(frozen=True, slots=True)
class Period:
    """A month (`2026-11`) or a year (`2026`); `from_ms` inclusive, `until_ms` exclusive, Unix milliseconds."""

    name: str
    from_ms: int
    until_ms: int

    def months(self) -> tuple["Period", ...]:
        """Return the months of a year, or the month itself."""
        if "-" in self.name:
            return (self,)
        return tuple(period(f"{self.name}-{month:02}") for month in range(1, 13))


def period(name: str) -> Period:
    """Return the period with this name, YYYY or YYYY-MM; raises InvalidInput."""
    found = _FORM.match(name)
    if not found:
        raise InvalidInput("period", _("Geef een jaar (2026) of een maand (2026-11)."))
    year, month = int(found[1]), int(found[2] or 1)
    start = datetime(year, month, 1, tzinfo=_ZONE)
    if found[2] is None:
        end = datetime(year + 1, 1, 1, tzinfo=_ZONE)
    else:
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=_ZONE)
    return Period(name, milliseconds(start), milliseconds(end))


def ended(name: str, now_ms: int) -> Period:
    """Return a period that is over; raises InvalidInput for one that is not: its numbers would still change."""
    found = period(name)
    if found.until_ms > now_ms:
        raise InvalidInput("period", _("De periode {name} is nog niet voorbij. Kies een eerdere.", name=name))
    return found


def month_of(at_ms: int) -> str:
    """Return the name of the month that a moment lies in."""
    return f"{from_milliseconds(at_ms).astimezone(_ZONE):%Y-%m}"
