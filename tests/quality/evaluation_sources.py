"""The files of an evaluation: which organisation each belongs to, and its records as they will be asked about."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from samenloop.errors import InvalidInput
from samenloop_node.columns import FACT_COLUMNS
from samenloop_node.csvfile import CsvFile
from samenloop_node.identity.person import PERSON_COLUMNS

PREFIX, SUFFIX = "people-", ".csv"
_KNOWN = {"record_id", *PERSON_COLUMNS, *FACT_COLUMNS, "organisation"}


@dataclass(frozen=True, slots=True)
class Source:
    """One organisation: its name as it is written in the result, its id in the covenant, and its file.

    `absent` are person columns that the file does not have, `extra` columns that nobody knows.
    """

    name: str
    participant: str
    path: Path
    absent: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One record to ask about."""

    record_id: str
    person: dict[str, str]


def find_sources(folder: Path) -> list[Source]:
    """Return the organisations of a folder by name; raises InvalidInput with one sentence when it cannot be used."""
    paths = sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))
    found: dict[str, Path] = {}
    for path in paths:
        name = _organisation(path)
        if name in found:
            raise InvalidInput("data", f"{found[name].name} and {path.name} are both of organisation {name}: keep one.")
        found[name] = path
    if len(found) < 2:
        raise InvalidInput("data", f"{folder} has no two files {PREFIX}*ORGANISATION{SUFFIX}: there is nobody to ask.")
    return [_source(number, name, found[name]) for number, name in enumerate(sorted(found), 1)]


def records(source: Source) -> Iterator[Asked]:
    """Yield every record of an organisation with the fields of its person."""
    with CsvFile(source.path) as file:
        columns = file.header.columns
        for record in file.records():
            row = dict(zip(columns, record.fields, strict=False))
            person = {name: row[name] for name in PERSON_COLUMNS if row.get(name)}
            yield Asked(row.get("record_id", "").strip(), person)


def _organisation(path: Path) -> str:
    """Return the one value of column `organisation` if the file's name ends in it, else what follows the last dash."""
    stem = path.name[len(PREFIX) : -len(SUFFIX)]
    with CsvFile(path) as file:
        columns = file.header.columns
        place = columns.index("organisation") if "organisation" in columns else None
        first = next(iter(file.records()), None)
    said = first.fields[place].strip() if first and place is not None and place < len(first.fields) else ""
    if said and (stem == said or stem.endswith(f"-{said}")):
        return said
    name = stem.rpartition("-")[2]
    if not name:
        raise InvalidInput("data", f"{path.name} does not end in the name of an organisation.")
    return name


def _source(number: int, name: str, path: Path) -> Source:
    with CsvFile(path) as file:
        columns = file.header.columns
    absent = tuple(column for column in PERSON_COLUMNS if column not in columns)
    return Source(name, f"organisation-{number}", path, absent, tuple(one for one in columns if one not in _KNOWN))
