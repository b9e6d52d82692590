"""Calendar terms (R-63, R-64, R-69): when a term that started on a day ends."""

import calendar
from datetime import date, timedelta

from samenloop.catalogue.schema import Term


def months_later(day: date, months: int) -> date:
    """Return the same day of the month `months` later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def ends_on(term: Term, start: date) -> date:
    """Return the last day of a term that began on `start`."""
    if term.unit == "days":
        return start + timedelta(days=term.amount)
    if term.unit == "weeks":
        return start + timedelta(weeks=term.amount)
    return months_later(start, term.amount * (12 if term.unit == "years" else 1))
