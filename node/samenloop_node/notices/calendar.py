"""Reminders as an iCalendar file (RFC 5545): a number and a day, no name and no case number. Calendars are shared."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from samenloop.texts import _

_FOLD = 73
"""Octets of a line, the CRLF not counted (RFC 5545 section 3.1 allows 75)."""


def calendar(rows: Iterable[Mapping[str, object]], participant: str, made: datetime) -> str:
    """Return the file: one all-day event per notice, on its review day or its last day to inform."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Samenloop//samenloop-node//NL", "CALSCALE:GREGORIAN"]
    for row in rows:
        lines += _event(row, participant, made)
    return "".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _event(row: Mapping[str, object], participant: str, made: datetime) -> list[str]:
    deferred = row["state"] == "deferred"
    day = date.fromisoformat(str(row["review_on"] if deferred else row["due_on"]))
    text = (
        _("Samenloop: uitstel van bericht {number} opnieuw bekijken", number=row["notice"])
        if deferred
        else _("Samenloop: persoon informeren, bericht {number}", number=row["notice"])
    )
    return [
        "BEGIN:VEVENT",
        f"UID:notice-{row['notice']}@{participant}",
        f"DTSTAMP:{made:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(text)}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(text)}",
        "TRIGGER:-P1D",
        "END:VALARM",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return text


def _folded(line: str) -> str:
    """Return the line with its CRLF, folded between characters."""
    parts, size = [""], 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > _FOLD:
            parts.append(" ")
            size = 1
        parts[-1] += sign
        size += octets
    return "\r\n".join(parts) + "\r\n"
