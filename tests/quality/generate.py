"""Write a synthetic data set of four organisations with truth: python -m tests.quality.generate DIR --records 20000
--seed 1."""

import argparse
import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.quality.damage import COLUMNS, ORGANISATIONS, Clerk
from tests.quality.population import Human, Population, Society

OVERLAP = 0.084
"""Share of persons known at two or more organisations, as in the developer set."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A society and how often its clerks err: `scale` multiplies all error rates, `factors` single kinds."""

    society: Society = field(default_factory=Society)
    scale: float = 1.0
    factors: Mapping[str, float] = field(default_factory=dict)


AS_COUNTED = Mix()
CONCENTRATED = Mix(Society(concentration=5))
MORE_ERRORS = Mix(Society(concentration=5), scale=1.6)

Row = tuple[dict[str, str], str, tuple[str, ...], str]


def registers(records: int, seed: int, mix: Mix = AS_COUNTED) -> Iterator[Row]:
    """Yield (row, person id, error kinds, situation) of about `records` records over four organisations."""
    rng = random.Random(seed)
    clerks = {organisation: Clerk(organisation, seed, mix.scale, mix.factors) for organisation in ORGANISATIONS}
    number = 0
    for human in Population(seed, mix.society).people(int(records / 1.128)):
        for organisation in _known_at(rng):
            number += 1
            row, kinds = clerks[organisation].record(human, f"{organisation[:3]}-{number:07}")
            yield row, human.person_id, kinds, human.situation


def strangers(size: int, seed: int, organisation: str = "gemeente") -> Iterator[tuple[dict[str, str], Human]]:
    """Yield a register of `size` persons of whom nobody is in another seed's population."""
    clerk = Clerk(organisation, seed)
    for number, human in enumerate(Population(seed).people(size)):
        yield clerk.record(human, f"{organisation[:3]}-{number:07}")[0], human


def _known_at(rng: random.Random) -> list[str]:
    count = 1 if rng.random() > OVERLAP else rng.choices((2, 3, 4), (63, 27, 10))[0]
    return rng.sample(ORGANISATIONS, count)


def write(directory: Path, rows: Iterator[Row]) -> None:
    """Write people-*.csv per organisation and truth-generated.csv."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {name: (directory / f"people-{name}.csv").open("w", encoding="utf-8", newline="") for name in ORGANISATIONS}
    writers = {name: csv.DictWriter(file, COLUMNS) for name, file in files.items()}
    with (directory / "truth-generated.csv").open("w", encoding="utf-8", newline="") as file:
        truth = csv.writer(file)
        truth.writerow(("record_id", "person_id", "organisation", "error_kinds", "situation"))
        for writer in writers.values():
            writer.writeheader()
        for row, person_id, kinds, situation in rows:
            writers[row["organisation"]].writerow(row)
            truth.writerow((row["record_id"], person_id, row["organisation"], ";".join(kinds), situation))
    for opened in files.values():
        opened.close()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--concentration", type=int, default=1)
    chosen = parser.parse_args()
    write(chosen.directory, registers(chosen.records, chosen.seed, Mix(Society(chosen.concentration), chosen.scale)))


if __name__ == "__main__":
    main()
