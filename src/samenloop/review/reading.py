"""Reading a log for review: a stretch in order, or the newest entries that fit. Bodies only, never a sealed half."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry as entries
from samenloop.audit.entry import Entry
from samenloop.audit.store import EntryStore, IndexRow, Search, TreeStore
from samenloop.errors import InvalidInput
from samenloop.reports.periods import Period
from samenloop.texts import _

_BATCH = 1_000
Keep = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class LogReader:
    """Both stores of one log, opened to read. The index may run a second behind; its tail is read from the bodies."""

    entries: EntryStore
    tree: TreeStore

    def stretch(self, first: int, end: int) -> Iterator[tuple[int, Entry]]:
        """Yield the entries with first <= place < end, in order; purged ones are left out."""
        place = max(first, 0)
        while place < end:
            stored = self.entries.entries(place, min(_BATCH, end - place))
            if not stored:
                return
            yield from ((one.seq, entries.parse(one.body)) for one in stored if one.body is not None)
            place = stored[-1].seq + 1

    def one(self, seq: int) -> Entry | None:
        """Return the entry at a place, None when there is none or it was purged."""
        return next((entry for _seq, entry in self.stretch(seq, seq + 1)), None)

    def newest(self, wanted: Search, limit: int, keep: Keep) -> list[tuple[int, Entry]]:
        """Return up to `limit` of the newest entries that the index filter and `keep` let through, newest first."""
        found: list[tuple[int, Entry]] = []
        for seq, entry in self._matching(wanted):
            if keep(entry):
                found.append((seq, entry))
            if len(found) == limit:
                break
        return found

    def since(self, at_ms: int) -> int:
        """Return the place of the first entry that ended at `at_ms` or later; the size of the log without one."""
        found = self.tree.first_newer(at_ms - 1)
        return self._indexed() if found is None else found

    def between(self, from_ms: int, until_ms: int) -> Iterator[tuple[int, Entry]]:
        """Yield the entries that ended in a stretch of time, in order; purged ones are left out."""
        end = self.size() if self.tree.first_newer(until_ms - 1) is None else self.since(until_ms)
        inside = self.stretch(self.since(from_ms), end)
        return ((seq, one) for seq, one in inside if from_ms <= one.integer("end_ms") < until_ms)

    def months(self, period: Period) -> tuple[Period, ...]:
        """Return the months of a period, from the one on in which this log begins; never none."""
        months = period.months()
        first = next((one.integer("end_ms") for _seq, one in self.between(period.from_ms, period.until_ms)), 0)
        return tuple(one for one in months if one.until_ms > first) or months

    def refuse_purged(self, from_ms: int) -> None:
        """Refuse a stretch of which a part was purged; raises InvalidInput. Its numbers would be too low."""
        gone = max((one.last for one in self.entries.purges()), default=-1)
        oldest = self.one(gone + 1)
        if gone >= 0 and (oldest is None or oldest.integer("end_ms") > from_ms):
            raise InvalidInput("period", _("Een deel van deze periode is al gewist. Kies een latere."))

    def size(self) -> int:
        """Return how many entries are durable."""
        return self.entries.count()

    def _matching(self, wanted: Search) -> Iterator[tuple[int, Entry]]:
        indexed = self._indexed()
        yield from reversed([one for one in self.stretch(indexed, self.size()) if _fits(wanted, one)])
        before: int | None = None
        while rows := self.tree.find(wanted, _BATCH, before):
            for row in rows:
                entry = self.one(row.seq)
                if entry is not None:
                    yield row.seq, entry
            before = rows[-1].seq

    def _indexed(self) -> int:
        return checkpoints.parse(self.tree.head()).size


def _fits(wanted: Search, one: tuple[int, Entry]) -> bool:
    row = _row(*one)
    named = ("event", "actor", "user", "case", "purpose", "rule")
    same = all(getattr(wanted, name) in (None, getattr(row, name)) for name in named)
    return same and wanted.from_ms <= row.end_ms < wanted.until_ms


def _row(seq: int, entry: Entry) -> IndexRow:
    text = {name: entry.text(name) for name in ("actor", "user", "case", "purpose", "rule")}
    return IndexRow(seq, end_ms=entry.integer("end_ms"), event=entry.event.value, **text)
