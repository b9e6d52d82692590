"""Which peers there are, which of them are installed here, and their figures on a data set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.quality.peers import clkhash_anonlink, exact, pprl_core_filters, splink_weights
from tests.quality.peers.rows import Pair, Point, Registers, best, curve, rows_of, strict
from tests.quality.score import read_truth

HOW = "not installed here: `make quality` installs the extra `quality` in a folder of its own"


@dataclass(frozen=True, slots=True)
class Peer:
    """One method: the modules that it imports, how it finds pairs and the thresholds to try."""

    name: str
    needs: tuple[str, ...]
    pairs: Callable[[Registers], list[Pair]]
    steps: tuple[float, ...]

    def missing(self) -> list[str]:
        """Return the modules that are not installed."""
        return [module for module in self.needs if find_spec(module) is None]


PEERS = (
    Peer("exact equality of first name, surname and date", (), exact.pairs, exact.STEPS),
    Peer("clkhash + anonlink", ("clkhash", "anonlink"), clkhash_anonlink.pairs, clkhash_anonlink.STEPS),
    Peer("pprl-core", ("pprl_core",), pprl_core_filters.pairs, pprl_core_filters.STEPS),
    Peer("splink, clear text", ("splink", "pandas"), splink_weights.pairs, splink_weights.STEPS),
)


def curves(directory: Path, peers: Sequence[Peer] = PEERS) -> dict[str, list[Point]]:
    """Return the points of every peer; none for a peer that is not installed."""
    truth, registers = read_truth(directory), rows_of(directory)
    return {peer.name: [] if peer.missing() else curve(truth, peer.pairs(registers), peer.steps) for peer in peers}


def table(found: dict[str, list[Point]]) -> list[str]:
    """Return a Markdown table: of each peer its best F1, and its best recall within 3 false hits per 10,000 queries."""
    lines = [
        "| method | threshold | recall | precision | F1 | false per 10,000 queries |",
        "|---|---|---|---|---|---|",
    ]
    for name, points in found.items():
        if not points:
            lines.append(f"| {name} | {HOW} | | | | |")
            continue
        lines.append(_line(f"{name}, best F1", best(points)))
        careful = strict(points)
        if careful and careful is not best(points):
            lines.append(_line(f"{name}, at most 3 false", careful))
    return lines


def _line(name: str, point: Point) -> str:
    s = point.score
    figures = f"{s.recall:.3f} | {s.precision:.4f} | {s.f1:.3f} | {s.per_queries:.1f}"
    return f"| {name} | {point.threshold:g} | {figures} |"
