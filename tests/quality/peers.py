"""Peers on the same data, for comparison: python -m tests.quality.peers DIR (extra `quality`, no part of the products).

Exact equality of names and date, and clkhash + anonlink (Bloom filters with a Dice threshold).
Prints per threshold: recall, precision, false hits per 10,000 queries.
"""

import argparse
import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

from tests.quality.score import Question, Truth, read_truth, score

Row = dict[str, str]


def rows_of(directory: Path) -> dict[str, list[Row]]:
    """Read people-*.csv per organisation, with plain lower-case letters: what a user of a peer does first."""
    found: dict[str, list[Row]] = {}
    for path in sorted(directory.glob("people-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["organisation"], []).append(plain(row))
    return found


def plain(row: Row) -> Row:
    """Return the fields that a peer compares."""
    first = (row["voornamen"] or row["roepnaam"]).split(" ")[0]
    if len(first.replace(".", "")) <= 1 and row["roepnaam"]:
        first = row["roepnaam"]
    return {
        "id": row["record_id"],
        "first": _letters(first),
        "surname": _letters(row["geslachtsnaam"]),
        "born": row["geboortedatum"].replace("-", ""),
        "sex": row["geslacht"],
        "postcode": row["postcode"].replace(" ", "").upper(),
    }


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalpha() and letter.isascii())


def exact(registers: dict[str, list[Row]]) -> Iterator[Question]:
    """First name, surname and date of birth equal, letter by letter."""
    where: dict[tuple[str, str, str], set[str]] = {}
    for name, rows in registers.items():
        for row in rows:
            where.setdefault((row["first"], row["surname"], row["born"]), set()).add(name)
    for name, rows in registers.items():
        for row in rows:
            yield from ((row["id"], other) for other in where[row["first"], row["surname"], row["born"]] - {name})


def bloom(registers: dict[str, list[Row]], threshold: float) -> list[tuple[float, str, str, str, str]]:
    """Return (similarity, record, organisation, record, organisation) of clkhash + anonlink from a threshold on."""
    import anonlink
    from clkhash import clk
    from clkhash.comparators import NgramComparison
    from clkhash.field_formats import FieldHashingProperties, StringSpec
    from clkhash.schema import Schema

    def spec(name: str, bits: int, size: int) -> StringSpec:
        from clkhash.field_formats import BitsPerFeatureStrategy

        strategy = BitsPerFeatureStrategy(bits_per_feature=bits)
        return StringSpec(name, FieldHashingProperties(NgramComparison(size), strategy=strategy), regex=".*")

    fields = [
        spec("first", 150, 2),
        spec("surname", 200, 2),
        spec("born", 200, 1),
        spec("sex", 30, 1),
        spec("postcode", 100, 2),
    ]
    fields[2] = spec("born", 200, 2)
    schema = Schema(fields, 1024)
    filters = {}
    for name, rows in registers.items():
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([field.identifier for field in fields])
        writer.writerows([row[field.identifier] for field in fields] for row in rows)
        text.seek(0)
        encoded = clk.generate_clk_from_csv(text, "test-only-secret", schema, progress_bar=False)
        filters[name] = anonlink.serialization.load_filters(encoded) if isinstance(encoded, bytes) else encoded
    found = []
    for one, other in combinations(registers, 2):
        pairs = anonlink.candidate_generation.find_candidate_pairs(
            [filters[one], filters[other]], anonlink.similarities.dice_coefficient, threshold
        )
        for similarity, mine, theirs in zip(pairs[0], pairs[2][0], pairs[2][1], strict=True):
            found.append((similarity, registers[one][mine]["id"], one, registers[other][theirs]["id"], other))
    return found


def curve(
    truth: Truth, pairs: list[tuple[float, str, str, str, str]], steps: Iterable[float]
) -> Iterator[tuple[float, float, float, float]]:
    """Yield (threshold, recall, precision, false hits per 10,000 queries)."""
    for step in steps:
        hits = [q for s, a, at, b, bt in pairs if s >= step for q in ((a, bt), (b, at))]
        result = score(truth, hits)
        yield step, result.recall, result.precision, result.per_queries


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    chosen = parser.parse_args()
    registers, truth = rows_of(chosen.directory), read_truth(chosen.directory)
    result = score(truth, exact(registers))
    print(
        f"exact equality            recall {result.recall:.3f} precision {result.precision:.4f} "
        f"false {result.per_queries:.1f}"
    )
    steps = [step / 100 for step in range(76, 100, 2)]
    for step, recall, precision, false in curve(truth, bloom(registers, steps[0]), steps):
        print(f"clkhash + anonlink {step:.2f}   recall {recall:.3f} precision {precision:.4f} false {false:.1f}")


if __name__ == "__main__":
    main()
