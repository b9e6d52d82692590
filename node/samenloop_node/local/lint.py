"""`profile lint`: what an attacker without any key would learn from how often tokens occur, on a file of people."""

from collections.abc import Iterator
from pathlib import Path

from samenloop.profile import profile
from samenloop_node.csvfile import CsvFile, place_columns
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.person import PERSON_COLUMNS, Person, parse_person
from samenloop_node.tokens.lint import run_lint


def linted(name: str, files: list[Path]) -> dict[str, object]:
    """Measure a profile on the people of these files, which need the columns of a person; raises SamenloopError."""
    report = run_lint(_people(files), profile(name))
    return {"ok": report.exit_status == 0, "lines": report.lines()}


def _people(files: list[Path]) -> Iterator[Person]:
    for path in files:
        with CsvFile(path) as file:
            places = place_columns(file.header, PERSON_COLUMNS, {})
            for record in file.records():
                if len(record.fields) != len(file.header.columns):
                    continue
                try:
                    yield parse_person({column: record.fields[place] for column, place in places.items()}, [])
                except FieldError:
                    continue
