"""Synthetic persons for measuring, as rows of an export and as parsed values."""

import csv
from collections.abc import Iterator
from pathlib import Path

from samenloop_node.identity.person import Person, parse_person
from tests.quality.damage import COLUMNS
from tests.quality.generate import strangers

Row = dict[str, str]


def rows(size: int, seed: int = 1) -> Iterator[Row]:
    """Yield rows of one organisation's export."""
    for row, _human in strangers(size, seed):
        yield row


def person_fields(row: Row) -> Row:
    """Return what a case worker types of a row."""
    return {name: value for name, value in row.items() if value and name not in ("record_id", "organisation")}


def persons(size: int, seed: int = 1) -> list[Person]:
    """Return parsed persons."""
    return [parse_person(person_fields(row)) for row in rows(size, seed)]


def write_export(path: Path, size: int, seed: int = 1) -> None:
    """Write an export of `size` persons."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows(size, seed))
