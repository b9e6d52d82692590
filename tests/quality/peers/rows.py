"""What a peer compares: a record's fields as plain letters, and pairs of records with a similarity."""

import csv
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.quality.score import Score, Truth, score

FIELDS = ("first", "surname", "born", "sex", "postcode")
Row = dict[str, str]
Registers = dict[str, list[Row]]


class Pair(NamedTuple):
    """Two records of two organisations that resemble each other; `similarity` is on the peer's own scale."""

    similarity: float
    record: str
    organisation: str
    other_record: str
    other_organisation: str


@dataclass(frozen=True, slots=True)
class Point:
    """The figures of a peer at one threshold."""

    threshold: float
    score: Score


def rows_of(directory: Path) -> Registers:
    """Read people-*.csv per organisation."""
    found: Registers = {}
    for path in sorted(directory.glob("people-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["organisation"], []).append(plain(row))
    return found


def plain(row: Row) -> Row:
    """Return the fields that a peer compares."""
    first, call = (row.get("voornamen", "") or row.get("roepnaam", "")).split(" ")[0], row.get("roepnaam", "")
    if len(first.replace(".", "")) <= 1 and call:
        first = call
    return {
        "id": row["record_id"],
        "first": _letters(first),
        "surname": _letters(row.get("geslachtsnaam", "")),
        "born": row.get("geboortedatum", "").replace("-", ""),
        "sex": row.get("geslacht", ""),
        "postcode": row.get("postcode", "").replace(" ", "").upper(),
    }


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalpha() and letter.isascii())


def curve(truth: Truth, pairs: Sequence[Pair], steps: Sequence[float]) -> list[Point]:
    """Return the figures when pairs from each threshold on are hits, in both directions."""
    found = []
    for step in steps:
        kept = [pair for pair in pairs if pair.similarity >= step]
        hits = [(pair.record, pair.other_organisation) for pair in kept]
        hits += [(pair.other_record, pair.organisation) for pair in kept]
        found.append(Point(step, score(truth, hits)))
    return found


def best(points: Sequence[Point]) -> Point:
    """Return the point with the highest F1."""
    return max(points, key=lambda point: point.score.f1)


def strict(points: Sequence[Point], most_false: float = 3.0) -> Point | None:
    """Return the point with the highest recall at no more than `most_false` false hits per 10,000 queries, if any."""
    allowed = [point for point in points if point.score.per_queries <= most_false]
    return max(allowed, key=lambda point: point.score.recall, default=None)
