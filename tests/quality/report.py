"""Regenerate the tables and pictures of docs/explanation/quality.md: python -m tests.quality.report.

Measures the developer set and synthetic sets on the fast path. Figures that take long (a million strangers, the linter
at 200,000 people, FEBRL and the peers) have commands of their own, named in that page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib as mpl

from tests.quality.generate import registers, write
from tests.quality.linkage import NL_1, Hit, link, read
from tests.quality.score import Score, Truth, read_truth, score

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "samenloop"
ROOT = Path(__file__).parents[2]
DEV, PAGE = ROOT / "tests" / "quality" / "data" / "dev", ROOT / "docs" / "explanation" / "quality.md"
PICTURES = PAGE.parent / "img"
PEER_CURVE = (
    (0.386, 0.9983),
    (0.486, 0.9977),
    (0.553, 0.9922),
    (0.626, 0.9790),
    (0.712, 0.9598),
    (0.759, 0.9133),
    (0.816, 0.8589),
)
"""clkhash + anonlink, as `python -m tests.quality.peers` printed it: (recall, precision)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One combination: alone, and added to those before it."""

    name: str
    alone: Score
    together: Score


def waterfall(truth: Truth, hits: Iterable[Hit]) -> list[Step]:
    """Return recall and false hits as the combinations of the rule are added in order."""
    found: dict[str, set[tuple[str, str]]] = {}
    for hit in hits:
        found.setdefault(hit.combination, set()).add((hit.asked, hit.organisation))
    steps: list[Step] = []
    so_far: set[tuple[str, str]] = set()
    for line in NL_1.rule:
        mine = found.get(line.name, set())
        so_far |= mine
        steps.append(Step(line.name, score(truth, mine), score(truth, so_far)))
    return steps


def table(steps: list[Step]) -> list[str]:
    """Return the waterfall as a Markdown table; a question counts for the first combination that hits."""
    lines = ["| combination | first to find | recall so far | false per 10,000 queries so far |", "|---|---|---|---|"]
    lines += [f"| {s.name} | {s.alone.found} | {s.together.recall:.4f} | {s.together.per_queries:.2f} |" for s in steps]
    return lines


def kinds(result: Score) -> list[str]:
    """Return recall per error kind as a Markdown table."""
    rows = [f"| {kind} | {hit / n:.2f} | {n} |" for kind, (hit, n) in sorted(result.by_kind.items())]
    return ["| error kind on either side | recall | should hit |", "|---|---|---|", *rows]


def sets() -> list[str]:
    """Return the figures of the developer set and of synthetic sets of other people."""
    lines = [
        "| set | records | recall | precision | F1 | false per 10,000 queries | per 10,000 questions |",
        "|---|---|---|---|---|---|---|",
    ]
    lines.append(_line("developer set", score(read_truth(DEV), _questions(DEV))))
    cases = (
        ("synthetic, seed 1", 20_000, 1, 1.0, 1),
        ("synthetic, seed 33, 1.6 times the errors, surnames 5 times as concentrated", 60_000, 33, 1.6, 5),
        ("synthetic, seed 7, large, surnames 5 times as concentrated", 160_000, 7, 1.0, 5),
    )
    for name, size, seed, scale, concentration in cases:
        with TemporaryDirectory() as folder:
            directory = Path(folder)
            write(directory, registers(size, seed, scale, concentration))
            lines.append(_line(name, score(read_truth(directory), _questions(directory))))
    return lines


def _questions(directory: Path) -> set[tuple[str, str]]:
    return {(hit.asked, hit.organisation) for hit in link(read(directory))}


def _line(name: str, s: Score) -> str:
    found = f"| {name} | {s.records} | {s.recall:.4f} | {s.precision:.4f} | {s.f1:.4f} |"
    return f"{found} {s.per_queries:.2f} | {s.per_questions:.2f} |"


def pictures(steps: list[Step]) -> None:
    """Draw the waterfall of recall and the precision-recall plane with the peers."""
    from matplotlib import pyplot as plt

    PICTURES.mkdir(exist_ok=True)
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    before = [0.0, *(step.together.recall for step in steps[:-1])]
    axes.barh([s.name for s in steps], [s.together.recall - b for s, b in zip(steps, before, strict=True)], left=before)
    axes.invert_yaxis()
    axes.set_xlabel("recall on the developer set")
    figure.savefig(PICTURES / "quality-waterfall.svg", metadata={"Date": None})
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axes.plot(*zip(*PEER_CURVE, strict=True), "o-", label="clkhash + anonlink")
    axes.plot(
        [s.together.recall for s in steps],
        [s.together.precision for s in steps],
        "s-",
        label="nl-1, combinations added",
    )
    axes.plot([0.452], [1.0], "^", label="exact equality")
    axes.set(xlabel="recall", ylabel="precision", ylim=(0.85, 1.005))
    axes.legend(loc="lower left")
    figure.savefig(PICTURES / "quality-precision-recall.svg", metadata={"Date": None})


def main() -> None:
    """Measure and put tables and pictures in place."""
    truth, hits = read_truth(DEV), link(read(DEV))
    steps = waterfall(truth, hits)
    pictures(steps)
    whole = score(truth, {(hit.asked, hit.organisation) for hit in hits})
    parts = {"sets": sets(), "waterfall": table(steps), "kinds": kinds(whole)}
    text = PAGE.read_text("utf-8")
    for name, lines in parts.items():
        filled = f"<!-- {name} -->\n" + "\n".join(lines) + f"\n<!-- end {name} -->"
        before, _old, rest = text.partition(f"<!-- {name} -->")
        text = before + filled + rest.partition(f"<!-- end {name} -->")[2]
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
