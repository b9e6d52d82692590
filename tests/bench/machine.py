"""How fast this machine is, beside the one that the bars in milliseconds and per second were set on.

A bar of 5 ms says nothing on a machine four times as slow. So every such figure is judged twice: as it was measured,
and as it would be at the speed of that other machine. What waits for the disk stays as it is; only the rest is divided.
"""

from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.peers import Latency, bare_commit, bare_echo, bare_hmac, bare_rows

HMAC_PER_SECOND = 850_000
ROWS_PER_SECOND = 600_000
ECHOES_PER_SECOND = 7_000
"""What the machine of the bars did, of each range the lower end: 0.85 million `hmac.digest`, 0.6 to 0.8 million rows
inserted and 7,000 to 16,000 unary calls per second, 32 at once."""
CONCURRENCY = (1, 8, 32)
_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Machine:
    """The limits of this machine in this minute: calls and rows per second, a durable commit, echoes by concurrency."""

    hmac: float
    rows: float
    commit: Latency
    echo: dict[int, Latency]

    @classmethod
    def measured(cls, folder: Path) -> "Machine":
        """Measure every limit, the database files in `folder`."""
        echo = {concurrency: bare_echo(concurrency) for concurrency in CONCURRENCY}
        return cls(bare_hmac(), bare_rows(folder, _ROWS), bare_commit(folder), echo)

    @property
    def slowness(self) -> float:
        """Return how many times slower this machine is, by the limit that says least; 1 when it is not slower."""
        there = (HMAC_PER_SECOND, ROWS_PER_SECOND, ECHOES_PER_SECOND)
        here = (self.hmac, self.rows, self.echo[32].rate)
        return max(1.0, min(fast / slow for fast, slow in zip(there, here, strict=True)))

    def time_there(self, value: float, waiting: float = 0.0) -> float:
        """Return what a time would be there, of which `waiting` (in the same unit) is the disk's."""
        fixed = min(waiting, value)
        return fixed + (value - fixed) / self.slowness

    def rate_there(self, value: float) -> float:
        """Return what a rate would be there."""
        return value * self.slowness

    def figures(self, size: int) -> list[Figure]:
        """Return the limits beside those of the machine of the bars."""
        there = "there"
        return [
            Figure("machine", "bare hmac.digest", size, self.hmac, "calls/s", there, HMAC_PER_SECOND),
            Figure("machine", "bare rows inserted", size, self.rows, "rows/s", there, ROWS_PER_SECOND),
            Figure(
                "machine", "bare echo, concurrency 32", size, self.echo[32].rate, "calls/s", there, ECHOES_PER_SECOND
            ),
            Figure("machine", "slower than there, at least", size, self.slowness, "times"),
            Figure("machine", "bare durable commit, p50", size, self.commit.p50, "ms"),
            Figure("machine", "bare durable commit, p99", size, self.commit.p99, "ms"),
        ]
