"""A report as one page: no script, nothing loaded from elsewhere, plots as inline SVG with the numbers beside them."""

from dataclasses import dataclass
from functools import cache

import jinja2

from samenloop.reports.model import Bar, Report
from samenloop.texts import _, language

MOST_UPRIGHT = 6
"""A table with more columns is laid on its side."""
WIDTH, ROW, LABEL, TEXT = 740, 26, 310, 110


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar with its place in the picture, in SVG units."""

    label: str
    text: str
    y: int
    length: int


def render(report: Report) -> str:
    """Return the page."""
    return _template().render(
        report=report,
        wide=is_wide(report),
        drawn=drawn,
        row=ROW,
        width=WIDTH,
        label_width=LABEL,
        language=language(),
        _=_,
    )


def is_wide(report: Report) -> bool:
    """Tell whether a table needs more than the width of a page that is read as text."""
    return any(section.table and len(section.table.columns) > MOST_UPRIGHT for section in report.sections)


def drawn(bars: tuple[Bar, ...]) -> list[Drawn]:
    """Return the bars with their lengths; the longest fills the room between label and number."""
    most = max((bar.value or 0 for bar in bars), default=0)
    room = WIDTH - LABEL - TEXT
    return [
        Drawn(shortened(bar.label), bar.text, place * ROW, room * (bar.value or 0) // most if most else 0)
        for place, bar in enumerate(bars)
    ]


def shortened(label: str, most: int = 38) -> str:
    """Return a label that fits beside its bar; the table has it whole."""
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("samenloop.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
