"""The tables of docs/explanation/quality.md, as lines of Markdown, each measured anew."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from samenloop.profile import Profile
from samenloop_node.tokens.lint import LintReport
from samenloop_node.tokens.recipes import RECIPES
from tests.quality.febrl import write as write_febrl
from tests.quality.generate import AS_COUNTED, CONCENTRATED, MORE_ERRORS, Mix, registers, write
from tests.quality.linkage import NL_1, Hit, Record, link, read
from tests.quality.lint import BARE, lint
from tests.quality.score import Score, Truth, read_truth, score
from tests.quality.strangers import measure

DEV = Path(__file__).parent / "data" / "dev"
STRANGERS, QUESTIONS = 1_000_000, 30_000
LINT_PEOPLE, LINT_SEED = 201_000, 21
FORMS = (("gemeente", "municipality"), ("mixed", "all four forms mixed"), ("bare", "only names, date and postcode"))
BLANKS = {
    "sex": ("geslacht",),
    "sex, place of birth and house number": BARE,
}
SYNTHETIC: tuple[tuple[str, int, int, Mix], ...] = (
    ("synthetic, seed 1", 20_000, 1, AS_COUNTED),
    ("synthetic, seed 33, 1.6 times the errors, surnames 5 times as concentrated", 60_000, 33, MORE_ERRORS),
    ("synthetic, seed 7, large, surnames 5 times as concentrated", 160_000, 7, CONCENTRATED),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One combination: what it is the first to find, and all combinations up to it."""

    name: str
    alone: Score
    together: Score


@cache
def developer() -> tuple[Truth, dict[str, list[Record]]]:
    """Return the developer set: truth and records."""
    return read_truth(DEV), read(DEV)


def scored(truth: Truth, hits: Iterable[Hit]) -> Score:
    """Score hits."""
    return score(truth, {(hit.asked, hit.organisation) for hit in hits})


def of_directory(directory: Path) -> Score:
    """Return the figures of nl-1 on a data set."""
    return scored(read_truth(directory), link(read(directory)))


def sets() -> list[str]:
    """Figures of the developer set and of synthetic sets of other people."""
    lines = [
        "| set | records | recall | precision | F1 | false per 10,000 queries | per 10,000 questions |",
        "|---|---|---|---|---|---|---|",
        _set_line("developer set", of_directory(DEV)),
    ]
    for name, size, seed, mix in SYNTHETIC:
        with TemporaryDirectory() as folder:
            write(Path(folder), registers(size, seed, mix))
            lines.append(_set_line(name, of_directory(Path(folder))))
    return lines


def _set_line(name: str, s: Score) -> str:
    found = f"| {name} | {s.records} | {s.recall:.4f} | {s.precision:.4f} | {s.f1:.4f} |"
    return f"{found} {s.per_queries:.2f} | {s.per_questions:.2f} |"


def steps() -> list[Step]:
    """Return recall and false hits on the developer set as the combinations of the rule are added in order."""
    truth, records = developer()
    found: dict[str, set[tuple[str, str]]] = {}
    for hit in link(records):
        found.setdefault(hit.combination, set()).add((hit.asked, hit.organisation))
    made: list[Step] = []
    so_far: set[tuple[str, str]] = set()
    for line in NL_1.rule:
        mine = found.get(line.name, set()) - so_far
        so_far |= mine
        made.append(Step(line.name, score(truth, mine), score(truth, so_far)))
    return made


def waterfall() -> list[str]:
    """The combinations of the rule, added in order."""
    lines = ["| combination | first to find | recall so far | false per 10,000 queries so far |", "|---|---|---|---|"]
    return lines + [
        f"| {s.name} | {s.alone.found} | {s.together.recall:.4f} | {s.together.per_queries:.2f} |" for s in steps()
    ]


def kinds() -> list[str]:
    """Recall per error kind on the developer set."""
    truth, records = developer()
    rows = sorted(scored(truth, link(records)).by_kind.items())
    lines = ["| error kind on either side | recall | should hit |", "|---|---|---|"]
    return lines + [f"| {kind} | {hit / n:.2f} | {n} |" for kind, (hit, n) in rows]


def strangers() -> list[str]:
    """False hits among a million strangers, measured: each combination as if it were alone, and the whole profile."""
    found = measure(STRANGERS, QUESTIONS, 11)
    lines = [f"| combination | false per 10,000 questions at {STRANGERS:,} strangers |", "|---|---|"]
    return lines + [f"| {name} | {rate:.2f} |" for name, rate in found.items()]


@cache
def _lint(form: str) -> LintReport:
    return lint(LINT_PEOPLE, LINT_SEED, form, controls=True)


def recipes() -> list[str]:
    """What each recipe is for, what goes when it goes, and its risks."""
    with TemporaryDirectory() as folder:
        write_febrl(Path(folder), 3)
        foreign = read_truth(Path(folder)), read(Path(folder))
    lines = [
        (
            "| recipe | for | without it on the developer set: recall, false per 10,000 queries | FEBRL3 recall "
            "| re-identified by frequency | most carriers of one token | alone: false per 10,000 questions "
            "at 1 million, at 17 million |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    bare = {one.name: one for one in _lint("bare").recipes if one.name == "bare"}
    for finding in (bare.get(one.name, one) for one in _lint("gemeente").recipes):
        known = finding.name in RECIPES
        what = _purpose(finding.name) if known else "negative control: must fail"
        gains = _without(finding.name, foreign) if known else "| | |"
        lines.append(
            f"| `{finding.name}` | {what} {gains} {finding.reidentified:.4%} | {finding.most_carriers} "
            f"| {finding.false_at_million:.2f}, {finding.false_at_17_million:.1f} |"
        )
    return lines


def _purpose(name: str) -> str:
    return " ".join((RECIPES[name].__doc__ or "").split()).replace("|", "or")


def _without(name: str, foreign: tuple[Truth, dict[str, list[Record]]]) -> str:
    bit = 1 << NL_1.recipes.index(name)
    rule = tuple(replace(line, no_conflict=line.no_conflict & ~bit) for line in NL_1.rule if not line.agree & bit)
    less = Profile("less", NL_1.recipes, rule)
    (truth, records), (other_truth, others) = developer(), foreign
    s, other = scored(truth, link(records, less)), scored(other_truth, link(others, less))
    return f"| {s.recall:.4f}, {s.per_queries:.2f} | {other.recall:.4f} |"


def frequencies() -> list[str]:
    """Bars of the linter over the whole profile, in three forms of register."""
    lines = ["| register | people | tokens per person | all recipes jointly re-identified | verdict |"]
    lines.append("|---|---|---|---|---|")
    for form, what in FORMS:
        report = _lint(form)
        own = replace(report, recipes=tuple(one for one in report.recipes if one.name in RECIPES))
        controls = [one for one in report.recipes if one.name not in RECIPES]
        verdict = "within the bars" if own.exit_status == 0 else "FAILS"
        verdict += "; both controls fail" if not any(one.passes for one in controls) else "; A CONTROL PASSES"
        lines.append(
            f"| {what} | {report.people} | {report.tokens_per_person:.2f} | {report.jointly:.4%} | {verdict} |"
        )
    return lines


def febrl() -> list[str]:
    """nl-1 on FEBRL1-3."""
    lines = ["| set | recall | precision | false per 10,000 queries |", "|---|---|---|---|"]
    for number in (1, 2, 3):
        with TemporaryDirectory() as folder:
            write_febrl(Path(folder), number)
            s = of_directory(Path(folder))
        lines.append(f"| FEBRL{number} | {s.recall:.4f} | {s.precision:.4f} | {s.per_queries:.2f} |")
    return lines


def blanks() -> list[str]:
    """The developer set with fields taken away in all four registers: with the recipe for bare records, and without."""
    less = Profile("less", NL_1.recipes, tuple(line for line in NL_1.rule if line.name != "bare"))
    lines = ["| nobody holds | recall, false per 10,000 queries | without recipe `bare` |", "|---|---|---|"]
    for name, columns in BLANKS.items():
        with TemporaryDirectory() as folder:
            _blanked(Path(folder), columns)
            records, truth = read(Path(folder)), developer()[0]
        s, without = scored(truth, link(records)), scored(truth, link(records, less))
        lines.append(
            f"| {name} | {s.recall:.4f}, {s.per_queries:.2f} | {without.recall:.4f}, {without.per_queries:.2f} |"
        )
    return lines


def _blanked(directory: Path, columns: Iterable[str]) -> None:
    for path in DEV.glob("people-*.csv"):
        with (
            path.open(encoding="utf-8", newline="") as source,
            (directory / path.name).open("w", encoding="utf-8", newline="") as target,
        ):
            rows = csv.DictReader(source)
            writer = csv.DictWriter(target, rows.fieldnames or ())
            writer.writeheader()
            writer.writerows(row | dict.fromkeys(columns, "") for row in rows)


Table = Callable[[], list[str]]
