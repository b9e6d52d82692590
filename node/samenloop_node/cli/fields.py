"""The fields of one person, typed on a terminal or as JSON. In memory only, and never in an option."""

import json
import sys
from typing import Final

import typer

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.columns import FACT_COLUMNS
from samenloop_node.identity.person import PERSON_COLUMNS

MAX_FIELDS: Final = 1 << 16
"""Characters of JSON that are read at most."""


def piped() -> str:
    """Read the JSON on standard input; raises InvalidInput when it is longer than any person."""
    text = sys.stdin.read(MAX_FIELDS + 1)
    if len(text) > MAX_FIELDS:
        raise InvalidInput(
            "fields", _("De gegevens van de persoon zijn te lang: hoogstens {most} tekens.", most=MAX_FIELDS)
        )
    return text


def parse_fields(text: str) -> dict[str, str]:
    """Parse one JSON object of texts; raises InvalidInput."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("fields", _("De gegevens van de persoon zijn geen geldige JSON.")) from error
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise InvalidInput("fields", _("Geef de gegevens als een JSON-object met alleen teksten."))
    return fields


def parse_people(text: str) -> list[dict[str, str]]:
    """Parse the fields of one person, or of two as {"one": ..., "other": ...}; raises InvalidInput."""
    try:
        both = json.loads(text)
    except (ValueError, RecursionError):
        both = None
    if isinstance(both, dict) and both.keys() == {"one", "other"}:
        return [parse_fields(json.dumps(both[name])) for name in ("one", "other")]
    return [parse_fields(text)]


def prompted() -> dict[str, str]:
    """Ask for each field on the terminal; what is left empty is left out."""
    typer.echo(_("Laat leeg wat onbekend is. Geboortedatum: JJJJ-MM-DD, met 00 voor een onbekend deel."), err=True)
    answers = {column: typer.prompt(column, default="", show_default=False, err=True) for column in _ASKED}
    return {column: value for column, value in answers.items() if value}


_ASKED = (*PERSON_COLUMNS, *FACT_COLUMNS)
