"""Synthetic persons for measuring, as rows of an export and as parsed values."""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from samenloop_node.identity.person import Person, parse_person
from tests.quality.damage import COLUMNS
from tests.quality.generate import strangers

Row = dict[str, str]
_LETTER = re.compile("[a-gi-zA-GI-Z]")
_NAME = re.compile("[a-gi-zA-GI-Z][A-Za-z][a-gi-zA-GI-Z]")


def rows(size: int, seed: int = 1) -> Iterator[Row]:
    """Yield `size` rows of one organisation's export, all of people of whom enough is known to be found."""
    made = (row for row, _human in strangers(size + size // 20 + 20, seed))
    return islice(filter(_is_findable, made), size)


def _is_findable(row: Row) -> bool:
    """Judge the texts as they stand: parsing them here would leave names remembered for what is measured next."""
    year, _dash, day = row["geboortedatum"].partition("-")
    full = year.isdigit() and "00" not in day.split("-") and day != "01-01"
    return full and bool(_LETTER.search(row["voornamen"])) and bool(_NAME.search(row["geslachtsnaam"]))


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
