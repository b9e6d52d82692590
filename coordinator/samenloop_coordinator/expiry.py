"""Tells the operator in time that the coordinator's own certificate ends: in `status`, and in the daemon's log.

When it has ended no partner gets through any more. The days at which is warned are those of the nodes
(`samenloop.tls.certificates`); the log has one line for each, and one a day after the end.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from samenloop.clock import Clock
from samenloop.errors import SamenloopError
from samenloop.logs import Log
from samenloop.texts import _
from samenloop.tls import check_term, expires_within


def warnings(certificate: Path, now: datetime) -> list[str]:
    """Return what to say about the own certificate: nothing, or one sentence."""
    try:
        days = expires_within(certificate, now)
        end = check_term(certificate, now).date().isoformat()
    except SamenloopError as error:
        return [error.text]
    if days is None:
        return []
    text = _(
        "Certificaat {path} verloopt op {date}: binnen {days} dagen. Daarna komt geen deelnemer er meer door. "
        "Laat de CA een nieuw geven: samenloop-coordinator ca sign-coordinator.",
        path=certificate,
        date=end,
        days=days,
    )
    return [text]


@dataclass(slots=True)
class ExpiryWatch:
    """Writes to the log of the daemon what `warnings` would say, once for each number of days."""

    certificate: Path
    clock: Clock
    log: Log
    _told: "int | date | None" = None

    async def look(self) -> None:
        """Look once. Part of the upkeep."""
        now = self.clock.now()
        try:
            found: int | date | None = expires_within(self.certificate, now)
        except SamenloopError:
            found = now.date()
        if found != self._told and isinstance(found, date):
            self.log.error("certificate_not_valid", path=str(self.certificate))
        elif found != self._told and found is not None:
            self.log.warning("certificate_ends", path=str(self.certificate), count=found)
        self._told = found
