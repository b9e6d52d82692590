"""Score hits against a truth file: python -m tests.quality.score DIR HITS.csv (columns record_id, organisation).

A *query* is one record asked of all other organisations; a *question* is one record asked of one organisation.
Recall counts questions about a person whom the asked organisation knows; a false hit is a question that hit where
it does not.
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

Question = tuple[str, str]
NEEDS_ADDRESS = ("dob_digit", "dob_year_off", "dob_partly_unknown", "name_swap")


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a data set: who is who, where they are known, and which errors each record has."""

    person: dict[str, str]
    organisation: dict[str, str]
    kinds: dict[str, frozenset[str]]
    postcode: dict[str, str]

    def wanted(self) -> dict[Question, frozenset[str]]:
        """Return every question that should hit, with the error kinds of both sides (`+address` with one postcode)."""
        at: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for record, person in self.person.items():
            at[person][self.organisation[record]].append(record)
        return {
            (record, other): self._kinds_of(record, there)
            for by_organisation in at.values()
            for name, records in by_organisation.items()
            for record in records
            for other, there in by_organisation.items()
            if other != name
        }

    def _kinds_of(self, record: str, others: list[str]) -> frozenset[str]:
        kinds = self.kinds[record].union(*(self.kinds[other] for other in others)) or {"none"}
        own = self.postcode[record]
        if own and any(self.postcode[other] == own for other in others):
            kinds = kinds | {f"{kind}+address" for kind in kinds if kind in NEEDS_ADDRESS}
        return frozenset(kinds)


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one linkage."""

    found: int
    wanted: int
    false: int
    records: int
    organisations: int
    by_kind: dict[str, tuple[int, int]]

    @property
    def recall(self) -> float:
        """Share of questions that should hit and did."""
        return self.found / max(1, self.wanted)

    @property
    def precision(self) -> float:
        """Share of hits that are right."""
        return self.found / max(1, self.found + self.false)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    @property
    def per_queries(self) -> float:
        """False hits per 10,000 queries."""
        return 1e4 * self.false / self.records

    @property
    def per_questions(self) -> float:
        """False hits per 10,000 questions."""
        return self.per_queries / max(1, self.organisations - 1)

    def lines(self) -> list[str]:
        """Return the figures as text."""
        shown = [
            f"recall {self.recall:.4f}   precision {self.precision:.4f}   F1 {self.f1:.4f}",
            f"false hits {self.false}",
            f"per 10,000 queries {self.per_queries:.2f}   per 10,000 questions {self.per_questions:.2f}",
            f"{self.records} queries to {self.organisations} organisations, {self.wanted} questions should hit",
            "",
            "error kind on either side      recall   should hit",
        ]
        return shown + [f"{kind:28s} {hit / n:8.3f} {n:12d}" for kind, (hit, n) in sorted(self.by_kind.items())]


def read_truth(directory: Path) -> Truth:
    """Read the truth-*.csv and the postcodes of a data directory."""
    person, organisation, kinds = {}, {}, {}
    for path in directory.glob("truth-*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                person[row["record_id"]] = row["person_id"]
                organisation[row["record_id"]] = row["organisation"]
                kinds[row["record_id"]] = frozenset(filter(None, row["error_kinds"].split(";")))
    postcode = dict.fromkeys(person, "")
    for path in directory.glob("people-*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            postcode |= {row["record_id"]: row["postcode"].replace(" ", "").upper() for row in csv.DictReader(file)}
    return Truth(person, organisation, kinds, postcode)


def score(truth: Truth, hits: Iterable[Question]) -> Score:
    """Compare questions that hit with the truth."""
    wanted = truth.wanted()
    got = set(hits)
    found = got & wanted.keys()
    total, right = Counter[str](), Counter[str]()
    for question, kinds in wanted.items():
        total.update(kinds)
        if question in found:
            right.update(kinds)
    by_kind = {kind: (right[kind], n) for kind, n in total.items()}
    organisations = len(set(truth.organisation.values()))
    return Score(len(found), len(wanted), len(got - wanted.keys()), len(truth.person), organisations, by_kind)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="people-*.csv and truth-*.csv")
    parser.add_argument(
        "hits", type=Path, nargs="?", help="hits as `make evaluate` writes them; without it: the fast path"
    )
    chosen = parser.parse_args()
    print("\n".join(score(read_truth(chosen.directory), _hits(chosen.directory, chosen.hits)).lines()))


def _hits(directory: Path, path: Path | None) -> set[Question]:
    if path is None:
        from tests.quality.linkage import link, read

        return {(hit.asked, hit.organisation) for hit in link(read(directory))}
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["record_id"], row["organisation"]) for row in csv.DictReader(file)}


if __name__ == "__main__":
    main()
