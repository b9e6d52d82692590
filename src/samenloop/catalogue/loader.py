"""Reads the packaged TOML into a checked Catalogue. A catalogue that does not hold together is not used at all."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, TypeVar

from pydantic import ValidationError

from samenloop.catalogue.catalogue import CODE_LISTS, Catalogue, frozen
from samenloop.catalogue.check import problems
from samenloop.catalogue.schema import (
    Basis,
    BreachGround,
    Choice,
    Entry,
    ExcludedTask,
    Limit,
    ListedCode,
    NeverBasis,
    PairRule,
    Partner,
    Profile,
    Register,
    Row,
    Rule,
    Secrecy,
    Term,
)
from samenloop.errors import InvalidInput
from samenloop.reasons import toml_place
from samenloop.texts import _

R = TypeVar("R", bound=Row)
N = TypeVar("N", bound=Entry)
FILES = {
    "partners.toml": ("partners",),
    "registers.toml": ("registers", "excluded_tasks"),
    "pairs.toml": ("pairs",),
    "bases.toml": ("bases", "never"),
    "secrecy.toml": ("secrecy", "breach_grounds"),
    "codes.toml": CODE_LISTS,
    "release.toml": ("profiles",),
    "retention.toml": ("terms",),
    "choices.toml": ("choices", "limits"),
    "rules.toml": ("rules",),
}


@functools.cache
def load_catalogue() -> Catalogue:
    """Return the catalogue of this version of the software. Raises InvalidInput when it does not hold together."""
    folder = resources.files("samenloop.catalogue") / "data"
    return parse_catalogue({name: (folder / name).read_text(encoding="utf-8") for name in FILES})


def parse_catalogue(files: Mapping[str, str]) -> Catalogue:
    """Parse and check the text of all catalogue files. Raises InvalidInput naming file, row and what is wrong."""
    tables = {name: rows for file, text in files.items() for name, rows in _tables(file, text).items()}
    catalogue = _assemble(tables)
    found = problems(catalogue)
    if found:
        raise InvalidInput("catalogue", _("De catalogus klopt niet: {problems}.", problems="; ".join(found)))
    return catalogue


def rows_by_id(model: type[N], rows: Any, where: str) -> Mapping[str, N]:
    """Parse a list of tables with unique ids. Raises InvalidInput naming `where` and the row."""
    parsed = _rows(model, rows, where)
    by_id = {row.id: row for row in parsed}
    if len(by_id) != len(parsed):
        raise InvalidInput(where, _("In {where} staat een id twee keer.", where=where))
    return frozen(by_id)


def _tables(file: str, text: str) -> dict[str, Any]:
    if file not in FILES:
        raise InvalidInput(file, _("{file} hoort niet bij de catalogus.", file=file))
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            file, _("{file} is geen geldig TOML: kijk bij {place}.", file=file, place=toml_place(error))
        ) from error
    expected = set(FILES[file])
    if set(tables) != expected:
        wrong = ", ".join(sorted(set(tables) ^ expected))
        raise InvalidInput(file, _("In {file} ontbreken of horen deze tabellen niet: {wrong}.", file=file, wrong=wrong))
    return tables


def _assemble(tables: dict[str, Any]) -> Catalogue:
    missing = sorted({name for names in FILES.values() for name in names} - set(tables))
    if missing:
        raise InvalidInput("catalogue", _("De catalogus mist: {missing}.", missing=", ".join(missing)))
    bases = rows_by_id(Basis, tables["bases"], "bases")
    return Catalogue(
        partners=rows_by_id(Partner, tables["partners"], "partners"),
        registers=rows_by_id(Register, tables["registers"], "registers"),
        excluded_tasks=rows_by_id(ExcludedTask, tables["excluded_tasks"], "excluded_tasks"),
        pairs=_rows(PairRule, tables["pairs"], "pairs"),
        give=frozen({key: row for key, row in bases.items() if row.direction == "give"}),
        receive=frozen({key: row for key, row in bases.items() if row.direction == "receive"}),
        never=rows_by_id(NeverBasis, tables["never"], "never"),
        secrecy=rows_by_id(Secrecy, tables["secrecy"], "secrecy"),
        breach_grounds=rows_by_id(BreachGround, tables["breach_grounds"], "breach_grounds"),
        codes=frozen({name: _codes(tables[name], name) for name in CODE_LISTS}),
        profiles=rows_by_id(Profile, tables["profiles"], "profiles"),
        terms=rows_by_id(Term, tables["terms"], "terms"),
        choices=rows_by_id(Choice, tables["choices"], "choices"),
        limits=rows_by_id(Limit, tables["limits"], "limits"),
        rules=rows_by_id(Rule, tables["rules"], "rules"),
    )


def _codes(table: Any, where: str) -> Mapping[str, ListedCode]:
    if not isinstance(table, dict):
        raise InvalidInput(where, _("{where} is geen tabel.", where=where))
    return frozen({key: parse_row(ListedCode, row, f"{where}.{key}") for key, row in table.items()})


def _rows(model: type[R], rows: Any, where: str) -> tuple[R, ...]:
    if not isinstance(rows, list):
        raise InvalidInput(where, _("{where} is geen lijst.", where=where))
    return tuple(parse_row(model, row, f"{where}[{number}]") for number, row in enumerate(rows))


def parse_row(model: type[R], row: Any, where: str) -> R:
    """Parse one row. Raises InvalidInput naming `where` and the field."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join([where, *map(str, first["loc"])])
        raise InvalidInput(
            field, _("{field} in de catalogus klopt niet: {why}.", field=field, why=first["type"])
        ) from None
