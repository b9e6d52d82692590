"""From a record of an export to what must be known of it: person (in memory), facts, and the keyed digests of both."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from samenloop.errors import InvalidInput
from samenloop.profile import profile
from samenloop.texts import _
from samenloop_node.columns import FACT_COLUMNS, FactColumn
from samenloop_node.config import RegisterSettings
from samenloop_node.csvfile import Header, Record, place_columns
from samenloop_node.identity.bsn import is_forbidden_column
from samenloop_node.identity.dates import parse_birth_date, refuse_future
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.mentions import identifies
from samenloop_node.identity.person import NAME_COLUMNS, PERSON_COLUMNS, Person, parse_person, person_values
from samenloop_node.registrations.facts import MAX_REFERENCE, RowDecision, RowFacts, Setting, read_facts
from samenloop_node.registrations.reasons import RowError
from samenloop_node.tokens.findable import is_findable

_MUST_HAVE: Final[tuple[FactColumn, ...]] = ("taak", "kader", "herkomst", "maatregel", "toetsdatum", "bescherming")
OWN_REFERENCES: Final[tuple[FactColumn, ...]] = ("besluit", "zaak")
_UNREAD = ("organisation",)
_CACHE = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row, judged. `row_digest` changes with the person or the token profile.

    `findable` is false when too little is known for anybody to find the person.
    """

    record_id: str
    person: Person
    said: RowFacts
    row_digest: bytes
    findable: bool
    dropped: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a file stand, and the defaults of those that it does not have."""

    places: Mapping[str, int]
    defaults: Mapping[FactColumn, str]
    width: int


@dataclass(slots=True)
class RowReader:
    """Reads rows of one register. Files of one register have few different facts, so those are judged once.

    `codes` are words in references that are no names (`registrations.codes`).
    """

    setting: Setting
    layout: Layout
    profile: str
    drop_optional: bool = False
    codes: frozenset[str] = frozenset()
    _judged: dict[tuple[str, ...], RowFacts | RowError] = field(default_factory=dict)

    def record_id(self, record: Record) -> str:
        """Return the record id of a row; raises RowError when there is none."""
        if len(record.fields) != self.layout.width:
            raise RowError("", "field_count")
        return check_record_id(record.fields[self.layout.places["record_id"]])

    def names_person(self, record: Record) -> bool:
        """Tell whether the record id of a row that is refused says who the person is, and so may not be stored.

        The person may be what is wrong with the row: so the id is held against the texts of the person as they stand.
        """
        *names, born = self.person_fields(record)[: len(NAME_COLUMNS) + 1]
        birth = ""
        with suppress(FieldError):
            birth = parse_birth_date("geboortedatum", born.strip()).iso()
        return identifies(self.record_id(record), names, birth, self.codes)

    def read(self, record: Record) -> Row:
        """Parse and judge a row; raises RowError or FieldError for the first thing that is wrong."""
        record_id = self.record_id(record)
        said = self.said(record)
        fields = dict(zip(PERSON_COLUMNS, self.person_fields(record), strict=True))
        dropped: list[FieldError] = []
        person = parse_person(fields, dropped if self.drop_optional else None)
        if not self.drop_optional:
            refuse_future("geboortedatum", person.geboortedatum, self.setting.today)
        self._refuse_mentions(record, record_id, person)
        digest = self.setting.references.row(self.setting.register, self.profile, person.row())
        return Row(record_id, person, said, digest, is_findable(person, profile(self.profile)), tuple(dropped))

    def _refuse_mentions(self, record: Record, record_id: str, person: Person) -> None:
        names, birth = person_values(person), person.geboortedatum.iso()
        places, fields = self.layout.places, record.fields
        own = [(column, fields[places[column]]) for column in OWN_REFERENCES if column in places]
        for column, text in (("record_id", record_id), *own):
            if identifies(text, names, birth, self.codes):
                raise RowError(column, "names_person")

    def person_fields(self, record: Record) -> tuple[str, ...]:
        """Return the fields of the person in the order of PERSON_COLUMNS, as they stand there."""
        places, fields = self.layout.places, record.fields
        return tuple([fields[places[column]] if column in places else "" for column in PERSON_COLUMNS])

    def said(self, record: Record) -> RowFacts:
        """Judge the facts of a row; raises RowError."""
        places, defaults, fields = self.layout.places, self.layout.defaults, record.fields
        key = tuple(
            fields[places[column]].strip() if column in places else defaults.get(column, "") for column in FACT_COLUMNS
        )
        judged = self._judged.get(key)
        if judged is None:
            if len(self._judged) >= _CACHE:
                self._judged.clear()
            judged = self._judged[key] = self._read_facts(dict(zip(FACT_COLUMNS, key, strict=True)))
        if isinstance(judged, RowError):
            raise RowError(judged.column, judged.reason, judged.text)
        return judged

    def _read_facts(self, values: Mapping[str, str]) -> RowFacts | RowError:
        try:
            return read_facts(values, self.setting)
        except FieldError as error:
            return RowError(error.column, error.reason)
        except RowError as error:
            return error


def layout_of(header: Header, settings: RegisterSettings) -> Layout:
    """Find the columns; raises InvalidInput for a forbidden, missing, double or unknown one."""
    for name in header.columns:
        if is_forbidden_column(name):
            raise InvalidInput(
                name,
                _(
                    "Kolom {name} mag niet in het bestand staan: Samenloop leest nooit een BSN. Haal hem weg.",
                    name=name,
                ),
            )
    absent = [column for column in FACT_COLUMNS if settings.columns.get(column, column) not in header.columns]
    for column in _MUST_HAVE:
        if column in absent and column not in settings.defaults:
            raise InvalidInput(
                column,
                _(
                    "Kolom {name} ontbreekt en heeft geen standaardwaarde. Voeg hem toe of zet hem in de configuratie.",
                    name=column,
                ),
            )
    mapping: dict[str, str] = {**settings.columns, **dict.fromkeys(absent, "")}
    places = place_columns(header, ("record_id", *PERSON_COLUMNS, *FACT_COLUMNS), mapping)
    _refuse_unknown(header, places, settings)
    return Layout(places, settings.defaults, len(header.columns))


def _refuse_unknown(header: Header, places: Mapping[str, int], settings: RegisterSettings) -> None:
    known = {header.columns[place] for place in places.values()} | {*settings.ignore, *_UNREAD}
    for name in header.columns:
        if name not in known:
            raise InvalidInput(
                name,
                _(
                    "Kolom {name} is niet bekend. Haal hem uit de export of noem hem bij ignore in de configuratie.",
                    name=name,
                ),
            )


def check_record_id(text: str) -> str:
    """Check a record id: 1 to 64 printable characters; whether the column holds BSNs is judged as a whole."""
    value = text.strip()
    if not value:
        raise RowError("record_id", "required")
    if len(value) > MAX_REFERENCE:
        raise RowError("record_id", "too_long_reference")
    if not value.isprintable():
        raise RowError("record_id", "control_character")
    return value


def facts_digest(setting: Setting, said: RowFacts, decision: RowDecision | None) -> bytes:
    """Return the keyed digest of facts, case number and applied decision."""
    facts = said.facts
    values = [
        facts.task,
        facts.framework,
        facts.origin,
        facts.measure,
        str(facts.protected),
        facts.review_date.isoformat(),
        facts.acting_for,
        said.case_number,
    ]
    if decision is not None:
        values += [
            *decision.receivers,
            decision.reference.hex(),
            decision.decider.hex(),
            decision.decided_on.isoformat(),
            decision.valid_until.isoformat(),
            decision.give_basis,
            decision.breach_ground,
        ]
    return setting.references.row(setting.register, "facts", values)
