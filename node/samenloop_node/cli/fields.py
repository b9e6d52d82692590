"""The fields of one person, typed on a terminal or as JSON. In memory only, and never in an option."""

import sys
from typing import Final

import typer

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node import strict_json
from samenloop_node.cli import checked

_MAX_FIELDS: Final = 1 << 16
"""Bytes of JSON that are read at most."""


def one_person() -> dict[str, str]:
    """Return the fields of one person, asked at the terminal or read from standard input; raises InvalidInput."""
    return prompted() if sys.stdin.isatty() else _fields(_read())


def one_or_two() -> list[dict[str, str]]:
    """Return one person, or of standard input also two as {"one": ..., "other": ...}; raises InvalidInput."""
    if sys.stdin.isatty():
        return [prompted()]
    value = _read()
    if isinstance(value, dict) and value.keys() == {"one", "other"}:
        return [_fields(value[name]) for name in ("one", "other")]
    return [_fields(value)]


def _read() -> object:
    data = sys.stdin.buffer.read(_MAX_FIELDS + 1)
    if len(data) > _MAX_FIELDS:
        raise InvalidInput(
            "fields", _("De gegevens van de persoon zijn te lang: hoogstens {most} tekens.", most=_MAX_FIELDS)
        )
    try:
        return strict_json.parse(data)
    except ValueError as error:
        raise InvalidInput("fields", _("De gegevens van de persoon zijn geen geldige JSON.")) from error


def _fields(fields: object) -> dict[str, str]:
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise InvalidInput("fields", _("Geef de gegevens als een JSON-object met alleen teksten."))
    return fields


def prompted() -> dict[str, str]:
    """Ask for each field on the terminal; what is left empty is left out."""
    typer.echo(_("Laat leeg wat onbekend is. Geboortedatum: JJJJ-MM-DD, met 00 voor een onbekend deel."), err=True)
    return checked.person(_typed, lambda column: column) | checked.facts(_typed)


def _typed(question: str) -> str:
    """Ask on standard error, so that standard output holds the result only."""
    return str(typer.prompt(question, default="", show_default=False, err=True)).strip()
