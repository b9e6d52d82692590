"""What a bench run finds: figures, each beside its limit in the same run; the table and the pictures of them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

MORE, LESS = ">=", "<="
_VERDICT = {None: "", True: "[green]yes", False: "[red]no"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `ratio` is value / limit; `bar` is what the ratio must meet, or the value where no limit is.

    `size` is the number of registered or handled persons (or entries), `better` is MORE or LESS. `there` is what the
    value would be on the machine that a bar in milliseconds or per second was set on (see `tests.bench.machine`).
    """

    group: str
    name: str
    size: int
    value: float
    unit: str
    limit_name: str = ""
    limit: float | None = None
    bar: float | None = None
    better: str = MORE
    there: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return the value as a part of its limit."""
        return self.value / self.limit if self.limit else None

    @property
    def judged(self) -> float:
        """Return what the bar is about."""
        return self.value if self.ratio is None else self.ratio

    @property
    def met(self) -> bool | None:
        """Say whether the bar is met; None where there is none."""
        return self._meets(self.judged)

    @property
    def met_there(self) -> bool | None:
        """Say whether the bar is met at the speed of the machine it was set on; None where nothing says so."""
        return None if self.there is None else self._meets(self.there)

    def _meets(self, value: float) -> bool | None:
        if self.bar is None:
            return None
        return value >= self.bar if self.better == MORE else value <= self.bar


def write(path: Path, about: dict[str, Any], figures: Sequence[Figure]) -> None:
    """Write everything as one JSON file."""
    rows = [{**asdict(one), "ratio": one.ratio, "met": one.met, "met_there": one.met_there} for one in figures]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"about": about, "figures": rows}, indent=2) + "\n", encoding="utf-8")


def show(console: Console, figures: Sequence[Figure]) -> None:
    """Print the table."""
    table = Table("what", "size", "figure", "beside", "ratio", "bar", "met", "there", "met there")
    group = ""
    for one in figures:
        if one.group != group:
            table.add_section()
            table.add_row(f"[bold]{one.group}")
            group = one.group
        ratio = "" if one.ratio is None else _ratio(one.ratio)
        beside = "" if one.limit is None else f"{one.limit_name} {_number(one.limit)}"
        bar = "" if one.bar is None else f"{one.better} {_number(one.bar) if one.ratio is None else _ratio(one.bar)}"
        there = "" if one.there is None else _number(one.there)
        figure = f"{_number(one.value)} {one.unit}"
        verdicts = (_VERDICT[one.met], there, _VERDICT[one.met_there])
        table.add_row(f"  {one.name}", f"{one.size:,}", figure, beside, ratio, bar, *verdicts)
    console.print(table)


def draw(folder: Path, figures: Sequence[Figure]) -> None:
    """Draw how each figure grows with the size, and each ratio beside its bar."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "samenloop"
    folder.mkdir(parents=True, exist_ok=True)
    _ratios(folder / "ratios.svg", [one for one in figures if one.ratio is not None and one.bar is not None])
    for group in dict.fromkeys(one.group for one in figures):
        _growth(folder / f"{group}.svg", group, [one for one in figures if one.group == group])


def _ratios(path: Path, figures: Sequence[Figure]) -> None:
    from matplotlib import pyplot

    if not figures:
        return
    labels = [f"{one.group}: {one.name} ({one.size:,})" for one in figures]
    plot, axes = pyplot.subplots(figsize=(9, 1 + 0.35 * len(figures)))
    axes.barh(labels, [one.judged / (one.bar or 1) for one in figures])
    axes.axvline(1, color="black", linestyle="--")
    axes.set_xlabel("part of the bar (1 = exactly the bar)")
    axes.invert_yaxis()
    plot.tight_layout()
    plot.savefig(path, metadata={"Date": None})
    pyplot.close(plot)


def _growth(path: Path, group: str, figures: Sequence[Figure]) -> None:
    from matplotlib import pyplot

    units = list(dict.fromkeys(one.unit for one in figures))
    plot, grid = pyplot.subplots(1, len(units), figsize=(5 * len(units), 3.5), squeeze=False)
    for unit, axes in zip(units, grid[0], strict=True):
        for name in dict.fromkeys(one.name for one in figures if one.unit == unit):
            points = sorted((one.size, one.value) for one in figures if (one.unit, one.name) == (unit, name))
            axes.plot(*zip(*points, strict=True), marker="o", label=name)
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_ylabel(unit)
        axes.legend(fontsize="x-small")
    plot.suptitle(group)
    plot.tight_layout()
    plot.savefig(path, metadata={"Date": None})
    pyplot.close(plot)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _ratio(value: float) -> str:
    return f"{value:.0%}" if value < 10 else f"{value:.1f}x"
