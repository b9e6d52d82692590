"""A person as the fields of one record, checked and cleaned, on the way to tokens. Lives in memory only."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from samenloop_node.identity.address import parse_house_number, parse_postcode
from samenloop_node.identity.bsn import refuse_bsn
from samenloop_node.identity.clean import clean
from samenloop_node.identity.dates import BirthDate, parse_birth_date
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.remembered import NAMES

NAME_COLUMNS = ("voornamen", "roepnaam", "voorvoegsel", "geslachtsnaam", "partner_voorvoegsel", "partner_geslachtsnaam")
OPTIONAL_COLUMNS = ("geboorteplaats", "geslacht", "postcode", "huisnummer")
PERSON_COLUMNS = (*NAME_COLUMNS, "geboortedatum", *OPTIONAL_COLUMNS)
"""The columns of a person in the order of the CSV file."""

_SEXES = {"M": "M", "V": "V", "O": "", "X": "", "": ""}
_DIGIT = re.compile(r"\d")
_DATE = PERSON_COLUMNS.index("geboortedatum")
_LONG_NUMBER = re.compile(r"\d{5}")


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Fields of one person after cleaning. `geslacht` is M, V or empty for unknown. The repr hides all values."""

    voornamen: str
    roepnaam: str
    voorvoegsel: str
    geslachtsnaam: str
    partner_voorvoegsel: str
    partner_geslachtsnaam: str
    geboortedatum: BirthDate
    geboorteplaats: str
    geslacht: str
    postcode: str
    huisnummer: str

    def __repr__(self) -> str:
        return "Person(...)"

    def row(self) -> tuple[str, ...]:
        """Return the cleaned values in the order of PERSON_COLUMNS, for a keyed digest that shows changes."""
        names = tuple(getattr(self, column) for column in NAME_COLUMNS)
        return (*names, self.geboortedatum.iso(), *(getattr(self, column) for column in OPTIONAL_COLUMNS))


def parse_person(fields: Mapping[str, str], optional_errors: list[FieldError] | None = None) -> Person:
    """Check and clean the fields of one person; raises FieldError for the first that is refused.

    With `optional_errors` (evaluation only) a refused optional field is left empty and its error appended instead.
    Needs a first name, call name or surname, and a date of birth of which parts may be unknown.
    """
    return parse_row([fields.get(column, "") for column in PERSON_COLUMNS], optional_errors)


def parse_row(row: Sequence[str], optional_errors: list[FieldError] | None = None) -> Person:
    """Do the same as `parse_person` with all fields in the order of PERSON_COLUMNS."""
    voornamen, roepnaam, prefix, surname, partner_prefix, partner = _values(NAME_COLUMNS, row[:_DATE], optional_errors)
    if not (voornamen or roepnaam or surname or partner):
        raise FieldError("geslachtsnaam", "empty")
    date = parse_birth_date("geboortedatum", row[_DATE].strip())
    place, sex, postcode, house = _values(OPTIONAL_COLUMNS, row[_DATE + 1 :], optional_errors)
    return Person(voornamen, roepnaam, prefix, surname, partner_prefix, partner, date, place, sex, postcode, house)


def check_field(column: str, text: str) -> str:
    """Check one field on its own and return it cleaned; raises FieldError. Only the date of birth must be there."""
    if column == "geboortedatum":
        return parse_birth_date(column, text.strip()).iso()
    return _PARSERS[column](column, text) if text else ""


def person_values(person: Person) -> tuple[str, ...]:
    """Return the values of the name fields that are not empty, so that free text can be checked for them."""
    return tuple(value for column in NAME_COLUMNS if (value := getattr(person, column)))


def _values(columns: Sequence[str], texts: Sequence[str], errors: list[FieldError] | None) -> list[str]:
    if errors is None:
        return [_PARSERS[column](column, text) if text else "" for column, text in zip(columns, texts, strict=True)]
    return [_value(column, text, errors) if text else "" for column, text in zip(columns, texts, strict=True)]


def _value(column: str, text: str, errors: list[FieldError]) -> str:
    try:
        return _PARSERS[column](column, text)
    except FieldError as error:
        if column in _NEEDED:
            raise
        errors.append(error)
        return ""


@lru_cache(maxsize=NAMES)
def _checked_name(column: str, text: str) -> str:
    value = clean(column, text)
    if not value.isascii() or _DIGIT.search(value):
        refuse_bsn(column, value)
        if _LONG_NUMBER.search(value):
            raise FieldError(column, "digits_in_name")
    return value if any(map(str.isalpha, value)) else ""


@lru_cache(maxsize=64)
def _sex(column: str, text: str) -> str:
    try:
        return _SEXES[clean(column, text).upper()]
    except KeyError:
        raise FieldError(column, "not_a_sex") from None


def _postcode(column: str, text: str) -> str:
    return parse_postcode(column, clean(column, text))


@lru_cache(maxsize=4096)
def _house_number(column: str, text: str) -> str:
    return parse_house_number(column, clean(column, text))


_PARSERS: Mapping[str, Callable[[str, str], str]] = {
    **dict.fromkeys(NAME_COLUMNS, _checked_name),
    "geboorteplaats": _checked_name,
    "geslacht": _sex,
    "postcode": _postcode,
    "huisnummer": _house_number,
}
_NEEDED = frozenset({"geslachtsnaam", "voornamen"})
