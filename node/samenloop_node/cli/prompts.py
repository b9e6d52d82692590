"""Asking at the terminal for what a case worker must fill in, and reading JSON from standard input.

A person's fields and free text are never command line arguments: those stand in the process list and in the shell's
history. They come from prompts or from standard input, go over the socket, and are forgotten.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.prompt import Prompt

from samenloop.errors import InvalidInput
from samenloop.model import participant_id
from samenloop.texts import N_, _
from samenloop_node import strict_json
from samenloop_node.cli import checked
from samenloop_node.cli.checked import Ask
from samenloop_node.identity.bsn import refuse_bsn
from samenloop_node.identity.person import parse_person
from samenloop_node.questions.draft import HOLDER_FIELDS, MAX_CASE, MAX_HOLDERS, MAX_MOTIVE

if TYPE_CHECKING:  # parsing the catalogue's schema would slow every command down
    from samenloop.catalogue import Catalogue
    from samenloop.catalogue.schema import Ground

MAX_STDIN = 64 * 1024
_LISTS = {
    "purpose": "purposes",
    "proportionality": "proportionality",
    "subsidiarity": "subsidiarity",
    "reason": "reasons",
    "acting_as": "acting_as",
    "asked_person": "asked_person",
    "anonymous_talk": "anonymous_talk",
    "phone_call": "phone_call",
    "target_group": "target_group",
    "region_reason": "region_reasons",
    "power": "powers",
}


def at_terminal(question: str) -> str:
    """Ask with rich at the terminal."""
    return Prompt.ask(escape(question), default="", show_default=False).strip()


def given(*, may_be_empty: bool = False) -> dict[str, Any] | None:
    """Return the JSON object on standard input, or None on a terminal, where prompts ask for it.

    Raises InvalidInput, never repeating what it holds.
    """
    if sys.stdin.isatty():
        return None
    data = sys.stdin.buffer.read(MAX_STDIN + 1)
    return {} if may_be_empty and not data.strip() else _parsed(data)


def optional() -> dict[str, Any]:
    """Return what stands on standard input, which may be nothing: then, or on a terminal, an empty object."""
    return given(may_be_empty=True) or {}


def given_or_person() -> dict[str, Any]:
    """Return the JSON object on standard input; on a terminal ask for a person instead."""
    typed = given()
    return {"person": person(at_terminal)} if typed is None else typed


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        value = strict_json.parse(data) if len(data) <= MAX_STDIN else None
    except ValueError as problem:
        raise InvalidInput("stdin", _("Op de standaardinvoer staat geen JSON in UTF-8.")) from problem
    if not isinstance(value, dict):
        raise InvalidInput("stdin", _("Op de standaardinvoer moet één JSON-object staan van hoogstens 64 KiB."))
    return value


def person(ask: Ask) -> dict[str, str]:
    """Ask for the fields of a person; empty ones are left out."""
    return checked.person(ask, lambda column: _(_LABELS[column]))


def case_number(ask: Ask) -> str:
    """Ask for the number of a case in the asker's own system."""
    return checked.checked(ask, _("Nummer van de casus"), lambda text: _plain(text, MAX_CASE, required=True))


def motive(ask: Ask, about: Mapping[str, str] | None = None) -> str:
    """Ask for a motive, which may be empty; with the fields of a person, none of them may stand in it."""

    def check(text: str) -> None:
        _plain(text, MAX_MOTIVE)
        if about is not None:
            from samenloop_node.questions.motives import refuse_person  # with the ciphers: slow to import

            refuse_bsn("motive", text)
            refuse_person(text, parse_person(about), _("De motivering"))

    return checked.checked(ask, _("Motivering (zonder naam of geboortedatum; blijft hier, versleuteld)"), check)


def holders(ask: Ask, catalogue: "Catalogue") -> list[dict[str, str]]:
    """Ask for holders one by one, until an empty answer; nothing is filled in beforehand (R-24)."""
    found: list[dict[str, str]] = []
    while holder := checked.checked(
        ask, _("Houder (leeg = klaar)"), lambda text: _holder(text, [row["holder"] for row in found])
    ):
        row = {"holder": holder}
        row |= {name: one_code(ask, catalogue, name) for name in HOLDER_FIELDS if name != "holder"}
        found.append(row)
    return found


def one_code(ask: Ask, catalogue: "Catalogue", name: str) -> str:
    """Show the codes that exist with their meaning and ask for one, by its number in the list or as it is."""
    known = choices(catalogue, name)
    lines = [f"  {place} {code}: {_(text)}" for place, (code, text) in enumerate(known.items(), start=1)]
    return _one_of(ask, "\n".join([*lines, _(_LABELS[name])]), tuple(known), required=name not in _MAY_BE_EMPTY)


def codes(ask: Ask, catalogue: "Catalogue", name: str) -> list[str]:
    """Ask for codes one by one, until an empty answer."""
    known = tuple(choices(catalogue, name))
    found = []
    question = one_code(ask, catalogue, name)
    while question:
        found.append(question)
        question = _one_of(ask, _("Nog een (leeg = klaar)"), known, required=False)
    return found


def _one_of(ask: Ask, question: str, known: Sequence[str], *, required: bool) -> str:
    def check(typed: str) -> None:
        if _chosen(typed, known) not in known and (typed or required):
            text = _("Kies een nummer van 1 tot en met {most}, of typ een code uit de lijst.", most=len(known))
            raise InvalidInput("choice", text)

    return _chosen(checked.checked(ask, question, check), known)


def _holder(typed: str, before: Sequence[str]) -> None:
    if not typed and not before:
        raise InvalidInput("holder", _("Kies minstens één houder."))
    if typed in before:
        raise InvalidInput("holder", _("U noemt dezelfde houder twee keer. Vul elke houder één keer in."))
    if typed and len(before) >= MAX_HOLDERS:
        raise InvalidInput("holder", _("Kies 1 tot en met {most} houders, één voor één.", most=MAX_HOLDERS))
    if typed:
        participant_id(typed, _("De houder"))


def _plain(text: str, most: int, *, required: bool = False) -> None:
    if required and not text:
        raise InvalidInput("prompt", _("Dit mag niet leeg zijn. Typ een antwoord."))
    if len(text) > most or not text.isprintable():
        raise InvalidInput("prompt", _("Typ gewone tekst van hoogstens {most} tekens.", most=most))


def choices(catalogue: "Catalogue", name: str) -> dict[str, str]:
    """Return the codes that may be filled in for `name` with their meaning, in order."""
    if name in ("give_basis", "inform_basis"):
        return {code: _article(row) for code, row in sorted(catalogue.give.items())}
    if name == "receive_basis":
        return {code: _article(row) for code, row in sorted(catalogue.receive.items())}
    rows = catalogue.codes[_LISTS[name]]
    return {code: row.text for code, row in sorted(rows.items()) if row.refused_by is None}


def _article(ground: "Ground") -> str:
    return _("{law}, artikel {article}: {text}", law=ground.law, article=ground.article, text=_(ground.text))


def _chosen(typed: str, known: Sequence[str]) -> str:
    place = int(typed) if typed.isascii() and typed.isdigit() else 0
    return known[place - 1] if 1 <= place <= len(known) else typed


def merged(flags: Mapping[str, Any], given: object) -> dict[str, Any]:
    """Return what flags and standard input say together; naming something twice is an error."""
    if not isinstance(given, dict):
        raise InvalidInput("question", _("Geef de vraag (question) als JSON-object met velden."))
    said = {name: value for name, value in flags.items() if value not in ("", None, [], {}, False)}
    twice = sorted(said.keys() & given.keys())
    if twice:
        names_of = ", ".join(twice)
        raise InvalidInput(twice[0], _("{names} staat in de opdracht en in de invoer. Kies één.", names=names_of))
    return {**given, **said}


_MAY_BE_EMPTY = frozenset({"acting_as", "target_group", "region_reason", "power"})
_LABELS = {
    "voornamen": N_("Voornamen"),
    "roepnaam": N_("Roepnaam"),
    "voorvoegsel": N_("Voorvoegsel (van, de, el ...)"),
    "geslachtsnaam": N_("Achternaam bij geboorte"),
    "partner_voorvoegsel": N_("Voorvoegsel van de partner"),
    "partner_geslachtsnaam": N_("Achternaam van de partner"),
    "geboortedatum": N_("Geboortedatum (JJJJ-MM-DD, onbekend deel 00)"),
    "geboorteplaats": N_("Geboorteplaats"),
    "geslacht": N_("Geslacht (M, V, O of leeg)"),
    "postcode": N_("Postcode"),
    "huisnummer": N_("Huisnummer"),
    "purpose": N_("Waarvoor vraagt u dit"),
    "proportionality": N_("Waarom weegt de vraag op tegen de inbreuk"),
    "subsidiarity": N_("Waarom kan het niet lichter"),
    "reason": N_("Waarom juist deze partner"),
    "acting_as": N_("Namens wie of vanuit welke taak vraagt u"),
    "give_basis": N_("Grondslag waarop deze partner aan u mag geven"),
    "receive_basis": N_("Grondslag waarop u van deze partner mag ontvangen"),
    "inform_basis": N_("Grondslag waarop u deze partner mag laten weten dat u de persoon kent"),
    "asked_person": N_("Waarom kunt u het de persoon niet zelf vragen"),
    "anonymous_talk": N_("Waarom is overleg zonder naam niet genoeg"),
    "phone_call": N_("Waarom is een telefoontje niet genoeg"),
    "target_group": N_("Waarom hoort de casus bij de doelgroep (alleen bij een nieuwe casus; leeg = klaar)"),
    "region_reason": N_("Reden om een andere regio te vragen (leeg = niet nodig)"),
    "power": N_("Bevoegdheid, alleen voor de burgemeester (leeg = niet nodig)"),
}
