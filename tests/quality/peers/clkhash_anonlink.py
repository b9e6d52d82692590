"""clkhash + anonlink: one Bloom filter of 1,024 bits per record, compared by the Dice coefficient."""

import csv
import io
from itertools import combinations
from typing import Any

from tests.quality.peers.rows import FIELDS, Pair, Registers, Row

STEPS = tuple(step / 100 for step in range(70, 100))
BITS = {"first": 150, "surname": 150, "born": 400, "sex": 60, "postcode": 40}
"""Bits set per field: the division with the best F1 of four that were tried on the developer set."""


def pairs(registers: Registers) -> list[Pair]:
    """Return all pairs from the lowest threshold on."""
    from anonlink.candidate_generation import find_candidate_pairs
    from anonlink.similarities import dice_coefficient

    filters = {name: encoded(rows) for name, rows in registers.items()}
    found: list[Pair] = []
    for one, other in combinations(registers, 2):
        similar, _sets, (mine, theirs) = find_candidate_pairs(
            [filters[one], filters[other]], dice_coefficient, STEPS[0]
        )
        found += [
            Pair(value, registers[one][a]["id"], one, registers[other][b]["id"], other)
            for value, a, b in zip(similar, mine, theirs, strict=True)
        ]
    return found


def encoded(rows: list[Row]) -> Any:
    from clkhash import clk

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    writer.writerows([row[field] for field in FIELDS] for row in rows)
    text.seek(0)
    return clk.generate_clk_from_csv(text, "test-only-secret", _schema(), progress_bar=False)


def _schema() -> Any:
    from clkhash.comparators import NgramComparison
    from clkhash.field_formats import BitsPerFeatureStrategy, FieldHashingProperties, StringSpec
    from clkhash.schema import Schema

    def spec(name: str) -> StringSpec:
        strategy = BitsPerFeatureStrategy(bits_per_feature=BITS[name])
        letters = 1 if name == "sex" else 2
        return StringSpec(name, FieldHashingProperties(NgramComparison(letters), strategy=strategy), regex=".*")

    return Schema([spec(name) for name in FIELDS], 1024)
