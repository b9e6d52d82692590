"""Time as a parameter: programs pass a Clock, tests pass a fixed one."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time (UTC)."""

    def now(self) -> datetime:
        """Return the wall time, timezone-aware UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the wall time, timezone-aware UTC."""
        return datetime.now(UTC)


def milliseconds(moment: datetime) -> int:
    """Return Unix time in whole milliseconds."""
    return round(moment.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    """Return the UTC moment of a Unix time in milliseconds."""
    return datetime.fromtimestamp(value / 1000, UTC)
