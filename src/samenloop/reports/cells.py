"""Numbers that say nothing about single persons (T10, R-75): threshold 10, rounding to 5, fixed periods.

1. A count below 10 is not shown, 0 included: whether there was anybody at all is not shown either.
2. A shown count is rounded down to a multiple of 5. So a reader knows of each cell a range of at least five values, and
   two reports that differ by 1 to 9 persons leave at least four values for the difference (rounding to the nearest
   would not: 10 would stand for three values only).
3. Ranges of cells that belong together (parts and their total, months and their year) narrow each other. `narrow` is
   what a reader can work out; a total that would pin a hidden part to fewer than `LEAST_WIDTH` values is not shown.
4. Shares are computed from shown counts only. A period is a calendar month or year that has ended, and its numbers are
   the same whenever they are asked for: no two reports differ by a handful of persons that somebody chose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samenloop.errors import ErrorCode, SamenloopError

THRESHOLD = 10
ROUNDING = 5
LEAST_WIDTH = 5


@dataclass(frozen=True, slots=True)
class Range:
    """What a reader knows of a count: it is between `low` and `high`, both included."""

    low: int
    high: int

    @property
    def width(self) -> int:
        """Return how many values are possible."""
        return self.high - self.low + 1


UNKNOWN = Range(0, 1 << 53)


@dataclass(frozen=True, slots=True)
class Cell:
    """A count as shown: a multiple of 5 from 10 up, `small` (below 10, hidden), or `withheld` (a total not shown)."""

    shown: int | None
    withheld: bool = False

    @property
    def small(self) -> bool:
        """Tell whether this stands for a count below the threshold."""
        return self.shown is None and not self.withheld

    def known(self) -> Range:
        """Return what this cell alone tells."""
        if self.withheld:
            return UNKNOWN
        if self.shown is None:
            return Range(0, THRESHOLD - 1)
        return Range(self.shown, self.shown + ROUNDING - 1)


WITHHELD = Cell(None, withheld=True)


@dataclass(frozen=True, slots=True)
class Block:
    """Parts that add up to a total, as shown."""

    parts: Mapping[str, Cell]
    total: Cell


def publish(count: int) -> Cell:
    """Return the shown form of a count. Raises SamenloopError(INTERNAL) for a negative one."""
    if count < 0:
        raise SamenloopError(ErrorCode.INTERNAL, "a count is never negative")
    if count < THRESHOLD:
        return Cell(None)
    return Cell(count - count % ROUNDING)


def block(counts: Mapping[str, int], total: int | None = None) -> Block:
    """Return parts and total as shown; the total (default: the sum) is withheld when it would give a part away."""
    parts = {name: publish(count) for name, count in counts.items()}
    whole = publish(sum(counts.values()) if total is None else total)
    return Block(parts, whole if is_safe(list(parts.values()), whole) else WITHHELD)


def is_safe(parts: Sequence[Cell], total: Cell) -> bool:
    """Tell whether the total leaves every small part at least `LEAST_WIDTH` possible values."""
    left = narrow([part.known() for part in parts], total.known())
    return all(one.width >= LEAST_WIDTH for part, one in zip(parts, left, strict=True) if part.small)


def narrow(parts: Sequence[Range], total: Range) -> list[Range]:
    """Return what is known of each part once their sum is known to lie in `total`: all that can be deduced from it."""
    low, high = sum(one.low for one in parts), sum(one.high for one in parts)
    return [
        Range(max(one.low, total.low - (high - one.high)), min(one.high, total.high - (low - one.low))) for one in parts
    ]


def share(part: Cell, whole: Cell) -> int | None:
    """Return a percentage in steps of 5 from shown counts, None when either is not shown."""
    if part.shown is None or whole.shown is None:
        return None
    return ROUNDING * round(100 * part.shown / whole.shown / ROUNDING)
