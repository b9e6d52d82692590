"""Measure matching and rewrite the tables and pictures of docs/explanation/quality.md: `make quality`.

python -m tests.quality.report [SECTION ...]; without a section all of them, about fifteen minutes on two cores. A
section that needs a package which is not installed is left as it is, and that is said.
"""

import argparse
import sys
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib as mpl

from tests.quality import candidates, mixes, report_tables
from tests.quality.febrl import write as write_febrl
from tests.quality.peers import run as peers
from tests.quality.peers.rows import Point
from tests.quality.report_tables import DEV, Step, Table, steps

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "samenloop"
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "quality.md"
PICTURES = PAGE.parent / "img"
MIX_RECORDS = 40_000


def tried() -> list[str]:
    """Recipes that were left out."""
    with TemporaryDirectory() as folder:
        write_febrl(Path(folder), 3)
        return candidates.table(Path(folder))


def waterfall() -> list[str]:
    """The combinations of the rule, as table and as picture."""
    draw_waterfall(steps())
    return report_tables.waterfall()


def peers_dutch() -> list[str]:
    """The peers on the developer set, as table and as picture."""
    curves = peers.curves(DEV)
    draw_curves(steps(), curves)
    return peers.table(curves)


def peers_foreign() -> list[str]:
    """The peers on FEBRL3."""
    with TemporaryDirectory() as folder:
        write_febrl(Path(folder), 3)
        return peers.table(peers.curves(Path(folder)))


SECTIONS: Mapping[str, tuple[Table, tuple[str, ...]]] = {
    "sets": (report_tables.sets, ()),
    "mixes": (partial(mixes.table, MIX_RECORDS), ()),
    "blanks": (report_tables.blanks, ()),
    "waterfall": (waterfall, ()),
    "kinds": (report_tables.kinds, ()),
    "strangers": (report_tables.strangers, ()),
    "recipes": (report_tables.recipes, ("recordlinkage",)),
    "frequencies": (report_tables.frequencies, ()),
    "candidates": (tried, ("recordlinkage",)),
    "peers": (peers_dutch, tuple(module for peer in peers.PEERS for module in peer.needs)),
    "febrl": (report_tables.febrl, ("recordlinkage",)),
    "peers-febrl": (peers_foreign, ("recordlinkage", *(module for peer in peers.PEERS for module in peer.needs))),
}
"""Per mark in the page what measures it, and the modules that this needs."""


def draw_waterfall(found: list[Step]) -> None:
    """Draw recall as the combinations are added."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    before = [0.0, *(step.together.recall for step in found[:-1])]
    axes.barh([s.name for s in found], [s.together.recall - b for s, b in zip(found, before, strict=True)], left=before)
    axes.invert_yaxis()
    axes.set_xlabel("recall on the developer set")
    figure.savefig(PICTURES / "quality-waterfall.svg", metadata={"Date": None})


def draw_curves(found: list[Step], curves: Mapping[str, list[Point]]) -> None:
    """Draw the precision-recall plane: nl-1 as its combinations are added, beside the curves of the peers."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.5, 4), layout="constrained")
    for (name, points), sign in zip(curves.items(), "^ox+", strict=True):
        figures = [(point.score.recall, point.score.precision) for point in points]
        axes.plot(*zip(*figures, strict=True), f"{sign}-", markersize=4, linewidth=1, label=name)
    own = [(step.together.recall, step.together.precision) for step in found]
    axes.plot(*zip(*own, strict=True), "ks-", markersize=4, label="nl-1, combinations added")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0.2, 1), ylim=(0.7, 1.01))
    axes.legend(loc="lower left", fontsize="small")
    figure.savefig(PICTURES / "quality-precision-recall.svg", metadata={"Date": None})


def put(section: str, lines: list[str]) -> None:
    """Put a table between its marks in the page."""
    text = PAGE.read_text("utf-8")
    before, begin, rest = text.partition(f"<!-- {section} -->")
    _old, end, after = rest.partition(f"<!-- end {section} -->")
    if not begin or not end:
        raise SystemExit(f"{PAGE.name} has no marks for section {section}.")
    PAGE.write_text("\n".join([before + begin, *lines, end + after]), "utf-8")


def main() -> None:
    """Measure and put tables and pictures in place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("section", nargs="*", choices=[*SECTIONS, []])
    for name in parser.parse_args().section or SECTIONS:
        table, needs = SECTIONS[name]
        missing = [module for module in needs if find_spec(module) is None]
        if missing:
            print(f"{name}: left as it was; {', '.join(missing)} not installed (make quality)", file=sys.stderr)
            continue
        put(name, table())
        print(f"{name}: done", file=sys.stderr)


if __name__ == "__main__":
    main()
