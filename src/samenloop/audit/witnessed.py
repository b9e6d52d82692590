"""What witnesses have seen of a log: each cosignature says that so many entries existed at its time.

That is the one date in a log that its own key cannot make up. Two questions rest on it:
1. Since when is it certain that the first n entries were there? (What may be purged, and was.)
2. Up to which entry has a quorum looked? (What the log's own key alone could still have written anew.)

Pure; signatures are checked by whoever adds them.
"""

import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a witness looked: `size` entries; its latest cosignature, on whatever size, at `seconds`."""

    size: int = 0
    seconds: int = 0


@dataclass(slots=True)
class Witnessed:
    """Collects cosignatures. A quorum: how many witnesses make something certain; 0: nothing ever is."""

    latest: dict[str, Looked] = field(default_factory=dict)
    _seen: list[tuple[int, str, int]] = field(default_factory=list)

    def add(self, size: int, seconds: Mapping[str, int]) -> None:
        """Take the cosignatures (witness -> Unix seconds) of the tree of `size` entries.

        Their time counts, whatever time the entries have: those are the log's own word, and its clock can be wrong.
        """
        for name, second in seconds.items():
            before = self.latest.get(name, Looked())
            self.latest[name] = Looked(max(size, before.size), max(second, before.seconds))
            self._seen.append((size, name, second))

    def covered(self, quorum: int) -> int:
        """Return how many entries a quorum looked at, 0 when it never looked."""
        furthest = sorted((one.size for one in self.latest.values()), reverse=True)
        return furthest[quorum - 1] if 0 < quorum <= len(furthest) else 0

    def ages(self, quorum: int) -> "Ages":
        """Return since when what existed."""
        return Ages(tuple(_steps(self._seen, quorum)))


@dataclass(frozen=True, slots=True)
class Ages:
    """Since when the first n entries certainly existed: steps of (size, Unix ms), smallest size first."""

    steps: tuple[tuple[int, int], ...]

    def existed_ms(self, seq: int) -> int | None:
        """Return the earliest moment (Unix ms) at which a quorum vouches for entry `seq`, None when it never does."""
        place = bisect.bisect_right(self.steps, seq, key=lambda step: step[0])
        return self.steps[place][1] if place < len(self.steps) else None

    def size_at(self, moment_ms: int) -> int:
        """Return how many entries certainly existed at a moment."""
        place = bisect.bisect_right(self.steps, moment_ms, key=lambda step: step[1])
        return self.steps[place - 1][0] if place else 0


def _steps(seen: Iterable[tuple[int, str, int]], quorum: int) -> list[tuple[int, int]]:
    """Go from the largest tree to the smallest: who vouches for a large one vouches for all that is in it."""
    earliest: dict[str, int] = {}
    steps: dict[int, int] = {}
    for size, name, second in sorted(seen, reverse=True):
        earliest[name] = min(second, earliest.get(name, second))
        if 0 < quorum <= len(earliest):
            steps[size] = sorted(earliest.values())[quorum - 1] * 1000
    return sorted(steps.items())
