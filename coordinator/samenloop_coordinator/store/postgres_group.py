"""What the parts of the store share within one transaction: statements, rows that wait to be inserted, savepoints.

1. New rows wait in memory and go to the server in one statement per table, at the end of the transaction or before
   somebody reads that table (`settle`). So many units cost few round trips.
2. A unit that changes the database directly first sets a savepoint. When a unit fails, everything that it left in
   memory and in the database is taken back, and nothing of the units before it.
3. A group that writes holds the one write lock of the database, so what it read stays true until it commits.
4. In a snapshot nothing is ever written.
5. A request that is new to this process is taken for new without reading (`trusting`); the unique key tells at the end
   whether that was true, and if not the group runs again, reading. So does a unit that failed.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from samenloop_coordinator.store.postgres_link import Connection

Row = tuple[Any, ...]
Result = TypeVar("Result")
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Waiting:
    rows: list[Row] = field(default_factory=list)
    sent: int = 0


class Group:
    """One transaction. `snapshot`: it only reads, and its connection is in pipeline mode."""

    def __init__(self, connection: Connection, *, snapshot: bool, trusting: bool = False) -> None:
        self._connection = connection
        self.snapshot = snapshot
        self.trusting = trusting
        self.trusted = False
        self.next_seq = 0
        self._waiting: dict[str, _Waiting] = {}
        self._sums: dict[str, dict[Row, int]] = {}
        self._undo: list[Callable[[], object]] = []
        self._saved = False

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Return the rows of a query."""
        return self._connection.execute(sql, values or None).fetchall()

    def row(self, sql: str, *values: object) -> Row | None:
        """Return the first row of a query."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def change(self, sql: str, *values: object) -> int:
        """Change the database directly; return how many rows it touched."""
        self._save()
        return self._connection.execute(sql, values or None).rowcount

    def add(self, sql: str, *row: object) -> None:
        """Let a row wait for `sql`, which takes one array per column."""
        self._waiting.setdefault(sql, _Waiting()).rows.append(row)

    def count(self, sql: str) -> int:
        """Return how many rows of this group were given to `sql`."""
        return len(self._waiting[sql].rows) if sql in self._waiting else 0

    def sum(self, sql: str, key: Row, step: int) -> None:
        """Let a change of a counter wait for `sql`, which takes one array per column of the key and one of steps."""
        sums = self._sums.setdefault(sql, {})
        self.remember(sums, key, sums.get(key, 0) + step)

    def remember(self, known: dict[Key, Value], key: Key, value: Value) -> None:
        """Set `known[key]`; taken back when the unit fails."""
        if key in known:
            old = known[key]
            self._undo.append(lambda: known.__setitem__(key, old))
        else:
            self._undo.append(lambda: known.pop(key, None))
        known[key] = value

    def forget(self, known: dict[Key, Value]) -> None:
        """Empty `known`; taken back when the unit fails."""
        old = dict(known)
        self._undo.append(lambda: known.update(old))
        known.clear()

    def settle(self, *statements: str) -> None:
        """Send what waits for these statements: somebody is going to read or change their tables."""
        for sql in statements:
            waiting, sums = self._waiting.get(sql), self._sums.get(sql)
            if waiting is not None and waiting.sent < len(waiting.rows):
                self._save()
                self._send(sql, waiting)
            if sums:
                self._save()
                self._send_sums(sql, sums)
                self.forget(sums)

    def run(self, work: Callable[[], Result]) -> Result:
        """Run one unit; whatever it did is taken back when it fails."""
        self._saved = self.trusted = False
        self._undo.clear()
        marks = {sql: (len(waiting.rows), waiting.sent) for sql, waiting in self._waiting.items()}
        try:
            result = work()
        except BaseException:
            self._take_back(marks)
            raise
        if self._saved:
            self._connection.execute("RELEASE SAVEPOINT unit")
        return result

    def finish(self) -> None:
        """Send everything that still waits. Call it in pipeline mode, followed by the commit."""
        for sql, waiting in self._waiting.items():
            if waiting.sent < len(waiting.rows):
                self._send(sql, waiting)
        for sql, sums in self._sums.items():
            if sums:
                self._send_sums(sql, sums)

    def _save(self) -> None:
        if not self._saved and not self.snapshot:
            self._connection.execute("SAVEPOINT unit")
            self._saved = True

    def _send(self, sql: str, waiting: _Waiting) -> None:
        columns: Sequence[Sequence[object]] = list(zip(*waiting.rows[waiting.sent :], strict=True))
        self._connection.execute(sql, [list(column) for column in columns])
        waiting.sent = len(waiting.rows)

    def _send_sums(self, sql: str, sums: dict[Row, int]) -> None:
        rows = [(*key, step) for key, step in sorted(sums.items()) if step]
        if rows:
            self._connection.execute(sql, [list(column) for column in zip(*rows, strict=True)])

    def _take_back(self, marks: dict[str, tuple[int, int]]) -> None:
        for undo in reversed(self._undo):
            undo()
        for sql, waiting in self._waiting.items():
            length, sent = marks.get(sql, (0, 0))
            del waiting.rows[length:]
            waiting.sent = min(waiting.sent, sent)
        if self._saved and not self._connection.closed:
            self._connection.execute("ROLLBACK TO SAVEPOINT unit")
            self._connection.execute("RELEASE SAVEPOINT unit")
