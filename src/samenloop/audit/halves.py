"""Whose each sealed half of an entry is, and with which content key it must be sealed: what is known without keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from samenloop.audit import entry as entries
from samenloop.audit import seal
from samenloop.audit.entry import Entry
from samenloop.audit.events import EVENTS, Sealed
from samenloop.audit.times import SKEW_MS, possible
from samenloop.texts import _

_STEPPED = "stepped"


def receivers(parsed: Entry) -> tuple[str, ...]:
    """Return for whom an entry's sealed halves are, in order: a question's holders, else who did it."""
    if EVENTS[parsed.event].sealed is Sealed.PER_HOLDER:
        return tuple(row["holder"] for row in entries.rows(parsed, "holders"))
    return (parsed.text("actor"),)


@dataclass(slots=True)
class KeyBook:
    """The content keys of a log: whose each is and of which day, as the entries so far say."""

    _known: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    _gone_until: str = ""

    def take(self, parsed: Entry) -> None:
        """Take the keys of a `content_key` entry."""
        for row in entries.rows(parsed, "keys"):
            self._known[bytes.fromhex(row["key"])] = (row["holder"], parsed.text("day"))

    def lose(self, parsed: Entry) -> None:
        """Take the first entry after a purge: keys up to its day may have gone."""
        self._gone_until = _day(parsed.integer("end_ms") + SKEW_MS)

    def wrong(self, parsed: Entry, sealed: Sequence[bytes]) -> Iterator[str]:
        """Yield what is wrong with the keys of an entry's sealed halves.

        A key is of the day on which the act began or ended. A clock that was set back stamps the newest time of the log
        (`stamp`), so then the day is only bounded above.
        """
        first = "" if parsed.text("clock") == _STEPPED else _day(parsed.integer("start_ms") - SKEW_MS)
        last = _day(parsed.integer("end_ms") + SKEW_MS)
        for holder, one in zip(receivers(parsed), sealed, strict=False):
            known = self._known.get(seal.key_id_of(one))
            if known is None:
                if not self.may_be_gone(first):
                    yield _("de sleutel van het verzegelde deel staat niet in het logboek")
            elif known[0] != holder:
                yield _("het verzegelde deel voor {holder} heeft de sleutel van een ander", holder=holder)
            elif not first <= known[1] <= last:
                yield _("het verzegelde deel voor {holder} heeft een sleutel van een andere dag", holder=holder)

    def may_be_gone(self, day: str) -> bool:
        """Tell whether the entry with a key of this day or later may have been purged."""
        return bool(self._gone_until) and day <= self._gone_until


def _day(moment_ms: int) -> str:
    return f"{datetime.fromtimestamp(moment_ms / 1000, UTC):%Y-%m-%d}" if possible(moment_ms) else ""
