"""A report as values, before it becomes a page, a PDF or a table file. Texts are for people, in their language."""

from collections.abc import Iterable
from dataclasses import dataclass

from samenloop.reports.cells import THRESHOLD, Cell
from samenloop.texts import _

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a plot: `value` is a shown count or percentage, None when it is not shown; `text` stands beside it."""

    label: str
    value: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column names the row, all others are numbers or short texts."""

    caption: str
    columns: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One heading with what is below it, each part optional."""

    title: str
    paragraphs: tuple[str, ...] = ()
    table: Table | None = None
    bars: tuple[Bar, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. `name` is the file name without an ending; `facts` are (label, text) lines below the title."""

    name: str
    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


def numbered(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows named by a number each, for a table in which nothing else keeps two of them apart."""
    return tuple((str(number), *row) for number, row in enumerate(rows, start=1))


def text_of(cell: Cell) -> str:
    """Return a count as people read it."""
    if cell.withheld:
        return _("niet getoond")
    if cell.shown is None:
        return _("minder dan {threshold}", threshold=THRESHOLD)
    return str(cell.shown)


def bar_of(label: str, cell: Cell) -> Bar:
    """Return the bar of a count."""
    return Bar(label, cell.shown, text_of(cell))


def percent(value: int | None) -> str:
    """Return a share as people read it."""
    return _("niet getoond") if value is None else f"{value}%"
