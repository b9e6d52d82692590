"""Numbers that say nothing about single persons (T10, R-75): threshold 10, rounding to 5, fixed periods.

1. A count below 10 is not shown, 0 included: whether there was anybody at all is not shown either.
2. A shown count is rounded down to a multiple of 5. So a reader knows of each cell a range of at least five values, and
   two reports that differ by 1 to 9 persons leave at least four values for the difference (rounding to the nearest
   would not: 10 would stand for three values only).
3. What is derived is derived from shown counts only: a total adds up what stands above it, a share divides it. So a
   total says nothing that the cells do not, and that it is there or not says nothing either.
4. What is hidden in one table counts in no other table of the report and in no year (`samenloop.reports.numbers`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from samenloop.errors import ErrorCode, SamenloopError

THRESHOLD = 10
ROUNDING = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """A count as shown: a multiple of 5 from 10 up, `small` (below 10, hidden), or `withheld` (nothing to add up)."""

    shown: int | None
    withheld: bool = False

    @property
    def small(self) -> bool:
        """Tell whether this stands for a count below the threshold."""
        return self.shown is None and not self.withheld


WITHHELD = Cell(None, withheld=True)


@dataclass(frozen=True, slots=True)
class Block:
    """Parts and their total, as shown."""

    parts: Mapping[str, Cell]
    total: Cell


def publish(count: int) -> Cell:
    """Return the shown form of a count. Raises SamenloopError(INTERNAL) for a negative one."""
    if count < 0:
        raise SamenloopError(ErrorCode.INTERNAL, "a count is never negative")
    if count < THRESHOLD:
        return Cell(None)
    return Cell(count - count % ROUNDING)


def total(parts: Iterable[Cell]) -> Cell:
    """Return the sum of what is shown, `WITHHELD` when nothing is: a hidden part is not in it."""
    shown = [part.shown for part in parts if part.shown is not None]
    return Cell(sum(shown)) if shown else WITHHELD


def share(part: Cell, whole: Cell) -> int | None:
    """Return a percentage in steps of 5 from shown counts, None when either is not shown."""
    if part.shown is None or whole.shown is None:
        return None
    return ROUNDING * round(100 * part.shown / whole.shown / ROUNDING)
