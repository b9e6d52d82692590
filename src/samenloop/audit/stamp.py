"""Order of entries: the counter (process, n), and times that never run backwards in a log."""

import secrets
from dataclasses import dataclass, field

from samenloop.clock import Clock, milliseconds

STEP_MS = 2_000
"""A wall clock that runs this much behind its own earlier reading has been set back."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A position of the stamper to go back to when a transaction is rolled back."""

    n: int
    last_ms: int


@dataclass(slots=True)
class Stamper:
    """Gives each entry of this process its counter and time. Used by the one writer, in the order of appending.

    A verifier accepts no gap in `n`, so when the transaction rolls back, `restore` the mark taken before it.
    """

    clock: Clock
    process: str = field(default_factory=lambda: secrets.token_hex(8))
    n: int = 0
    last_ms: int = 0

    def go_on_from(self, newest_ms: int) -> None:
        """Stamp nothing before the newest time of the log (Unix ms): a clock that was set back between two processes
        is as little a reason for time to run back as one that was set back in between. Where processes share a log, the
        writer calls this under its lock, before each group.
        """
        self.last_ms = max(self.last_ms, newest_ms)

    def mark(self) -> Mark:
        """Return the present position."""
        return Mark(self.n, self.last_ms)

    def restore(self, mark: Mark) -> None:
        """Forget the stamps given since `mark`: their transaction was rolled back."""
        self.n, self.last_ms = mark.n, mark.last_ms

    def stamp(self, start_ms: int | None = None) -> dict[str, object]:
        """Return the fields process, n, start_ms, end_ms and clock for the next entry; `start_ms` is when the act
        began.
        """
        now = milliseconds(self.clock.now())
        state = "stepped" if now < self.last_ms - STEP_MS else "ok"
        self.last_ms = max(now, self.last_ms)
        self.n += 1
        begun = self.last_ms if start_ms is None else min(start_ms, self.last_ms)
        return {"process": self.process, "n": self.n - 1, "start_ms": begun, "end_ms": self.last_ms, "clock": state}
