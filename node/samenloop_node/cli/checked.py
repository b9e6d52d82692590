"""An answer at the terminal is checked when it is typed: a wrong one is said and asked again, and no other is lost.

What a check cannot know here (rights, rules, partners of the covenant) the node judges when all is there.
"""

from collections.abc import Callable, Iterable
from functools import partial

import typer

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.columns import FACT_COLUMNS
from samenloop_node.identity.person import NAME_COLUMNS, PERSON_COLUMNS, check_field

Ask = Callable[[str], str]
"""Shows a question and returns the answer, empty when nothing was typed."""
Check = Callable[[str], object]
"""Raises InvalidInput, with a sentence for who typed, when an answer cannot be right."""
_DATES = ("toetsdatum", "besloten_op", "geldig_tot")


def checked(ask: Ask, question: str, check: Check) -> str:
    """Ask until the answer passes the check."""
    while True:
        try:
            check(typed := ask(question))
        except InvalidInput as wrong:
            typer.echo(wrong.text, err=True)
        except UnicodeDecodeError:
            typer.echo(_("Dit is geen UTF-8. Typ het opnieuw."), err=True)
        else:
            return typed


def person(ask: Ask, label: Callable[[str], str]) -> dict[str, str]:
    """Ask for the fields of a person, at least one name and a date of birth; what is left empty is left out."""
    typed = _asked(ask, NAME_COLUMNS, label)
    while not any(check_field(column, value) for column, value in typed.items() if column in _NAMES):
        typer.echo(_("Er is nog geen naam. Typ een voornaam, roepnaam of achternaam."), err=True)
        typed = _asked(ask, NAME_COLUMNS, label)
    return typed | _asked(ask, [column for column in PERSON_COLUMNS if column not in NAME_COLUMNS], label)


def facts(ask: Ask) -> dict[str, str]:
    """Ask for what is said of a registration besides the person; what is left empty is left out."""
    return _asked(ask, FACT_COLUMNS, lambda column: column)


def _asked(ask: Ask, columns: Iterable[str], label: Callable[[str], str]) -> dict[str, str]:
    typed = {column: checked(ask, label(column), partial(_check, column)) for column in columns}
    return {column: value for column, value in typed.items() if value}


def _check(column: str, text: str) -> None:
    if column in PERSON_COLUMNS:
        check_field(column, text)
    elif text:
        _check_fact(column, text)


def _check_fact(column: str, text: str) -> None:
    from samenloop.decisions.modes import FRAMEWORKS, ORIGINS  # with the law, which would slow every command down
    from samenloop_node.registrations.facts import iso_date, reference

    known = {"kader": FRAMEWORKS, "herkomst": ORIGINS, "bescherming": ("ja", "nee")}.get(column)
    if known is not None and text not in known:
        said = _("De kolom {column} is een van: {known}.", column=column, known=", ".join(known))
        raise InvalidInput(column, said)
    if column in _DATES:
        iso_date(column, text)
    reference(column, text)


_NAMES = frozenset(NAME_COLUMNS) - {"voorvoegsel", "partner_voorvoegsel"}
