"""The product's own recipes and hit rule over CSV files in one process, without keys and network: for measuring in
seconds.

Keyed tokens of equal messages are equal and of different ones differ, so the hits are those of `make evaluate`; a test
compares the two.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from samenloop.profile import Profile, Side, profile
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.person import Person, parse_person
from samenloop_node.tokens.recipes import messages_of
from samenloop_node.tokens.tokenise import fitting

NL_1 = profile("nl-1")


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is asked and registered; `values` are (recipe number, message)."""

    record_id: str
    organisation: str
    mask: int
    values: tuple[tuple[int, str], ...]


Maker = Callable[[Person, str, str], Record]


@dataclass(frozen=True, slots=True)
class Hit:
    """One question that hit one registration, and the combination that made it."""

    asked: str
    organisation: str
    registered: str
    combination: str


def record_of(person: Person, record_id: str, organisation: str, chosen: Profile = NL_1) -> Record:
    """Return what the coordinator would see of a person, unkeyed."""
    return record_from(messages_of(person, chosen), record_id, organisation)


def record_from(made: Sequence[Sequence[str]], record_id: str, organisation: str) -> Record:
    """Return the record that the messages of all recipes give."""
    mask = 0
    values: list[tuple[int, str]] = []
    for number, messages, _size in fitting(made):
        mask |= 1 << number
        values += [(number, message) for message in messages]
    return Record(record_id, organisation, mask, tuple(values))


def read(directory: Path, make: Maker = record_of) -> dict[str, list[Record]]:
    """Read people-*.csv of a directory; optional fields that are refused are dropped, as in `make evaluate`."""
    found: dict[str, list[Record]] = defaultdict(list)
    for path in sorted(directory.glob("people-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                person = parsed(row)
                if person:
                    found[row["organisation"]].append(make(person, row["record_id"], row["organisation"]))
    return dict(found)


def parsed(row: Mapping[str, str]) -> Person | None:
    """Parse a row as evaluation does; None for a row that is refused."""
    try:
        return parse_person(row, [])
    except FieldError:
        return None


class Index:
    """Registrations of one organisation, looked up as the coordinator does: any equal token makes a candidate."""

    def __init__(self, records: Iterable[Record], chosen: Profile = NL_1) -> None:
        self.profile = chosen
        self.records: list[Record] = []
        self._places: dict[tuple[int, str], list[int]] = defaultdict(list)
        for record in records:
            for value in record.values:
                self._places[value].append(len(self.records))
            self.records.append(record)

    def candidates(self, question: Record) -> Mapping[int, int]:
        """Return per candidate (its number) the bit mask of agreeing recipes."""
        agreeing: dict[int, int] = defaultdict(int)
        for value in question.values:
            for place in self._places.get(value, ()):
                agreeing[place] |= 1 << value[0]
        return agreeing

    def hits(self, question: Record) -> Iterator[Hit]:
        """Yield every registration that the rule calls a hit."""
        side = Side(question.mask, 0)
        for place, agreeing in self.candidates(question).items():
            found = self.records[place]
            name = self.profile.judge(side, Side(found.mask, 0), agreeing)
            if name:
                yield Hit(question.record_id, found.organisation, found.record_id, name)


def link(registers: Mapping[str, Sequence[Record]], chosen: Profile = NL_1) -> list[Hit]:
    """Ask every record of each organisation at each other organisation."""
    indexes = {name: Index(records, chosen) for name, records in registers.items()}
    return [
        hit
        for name, records in registers.items()
        for record in records
        for other, index in indexes.items()
        if other != name
        for hit in index.hits(record)
    ]
