"""The draft of a letter that tells a person (R-61, R-62), in plain Dutch (B1). A person completes and sends it.

Its language is that of the citizen, not of who prints it: it is Dutch whatever the language of the program is.
"""

from collections.abc import Mapping
from typing import Any

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.documents.model import Block, Paper
from samenloop_node.identity.bsn import refuse_bsn

FIELDS = ("naam", "adres", "plaats", "afzender", "telefoon", "afweging")
MAX_FIELD = 400
FILL_IN = "[vul zelf in]"


def parse_fields(value: Mapping[str, object]) -> dict[str, str]:
    """Return the typed fields; raises InvalidInput naming the field."""
    for name, text in value.items():
        if name not in FIELDS or not isinstance(text, str) or len(text) > MAX_FIELD or not text.isprintable():
            raise InvalidInput("letter", _("De brief heeft alleen deze velden: {known}.", known=", ".join(FIELDS)))
        refuse_bsn(name, text)
    return {name: str(text) for name, text in value.items()}


def notice_letter(facts: Mapping[str, Any], typed: Mapping[str, str]) -> Paper:
    """Return the draft: every part of the checklist has its own heading; what only a person knows is left open."""
    return Paper(
        title="Wij gebruiken gegevens over u",
        blocks=(
            Block(paragraphs=tuple(typed.get(name) or FILL_IN for name in ("naam", "adres", "plaats"))),
            Block(paragraphs=(f"Beste {typed.get('naam') or FILL_IN},", _opening(facts))),
            Block("Wie is verantwoordelijk?", (f"{facts['controller']} is verantwoordelijk voor deze gegevens.",)),
            Block("Welke gegevens, en waarvoor?", _data(facts)),
            Block("Wie krijgt de gegevens?", (_receivers(facts),)),
            Block("Welke afweging is gemaakt?", (typed.get("afweging") or f"{FILL_IN}: waarom dit nodig was.",)),
            Block("Moet u meewerken?", (f"{FILL_IN}: wat verplicht is, en wat er gebeurt als u niet meewerkt.",)),
            Block("Hoe lang bewaren wij dit?", (_term(facts),)),
            Block(
                "Hoe zijn de gegevens beveiligd?",
                (
                    (
                        "Uw naam en geboortedatum blijven bij ons. Andere partners zien alleen dat u bij ons bekend "
                        "bent. Wie dat mag zien en wie dat heeft gezien, wordt bijgehouden."
                    ),
                ),
            ),
            Block("Welke rechten hebt u?", _rights(facts)),
            Block(paragraphs=("Met vriendelijke groet,", typed.get("afzender") or FILL_IN, _phone(typed))),
        ),
        note="Dit is een concept. Lees het na, vul het aan en bespreek het zo mogelijk eerst met de persoon.",
    )


def _opening(facts: Mapping[str, Any]) -> str:
    if facts["asked"]:
        return (
            "Wij werken aan een aanpak voor uw situatie. Daarom hebben wij aan andere organisaties gevraagd of zij u "
            "kennen. In deze brief leest u wat dat voor u betekent."
        )
    return (
        "Een andere organisatie heeft gevraagd of wij u kennen. Wij hebben verteld dat u bij ons bekend bent. In deze "
        "brief leest u wat dat voor u betekent."
    )


def _data(facts: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        "Het gaat alleen om de vraag of u bij een organisatie bekend bent. Het gaat niet om de inhoud van uw dossier.",
        f"Dit is het doel: {facts['purpose']}",
    )


def _receivers(facts: Mapping[str, Any]) -> str:
    names = ", ".join(facts["receivers"]) or FILL_IN
    if facts["asked"]:
        return f"Wij hebben de vraag gesteld aan: {names}. Zij kunnen daardoor weten dat u bij ons bekend bent."
    return f"Deze organisatie weet nu dat u bij ons bekend bent: {names}."


def _term(facts: Mapping[str, Any]) -> str:
    return (
        "De antwoorden verdwijnen als de zaak wordt gesloten. Wat wij over de stappen bijhouden, bewaren wij daarna "
        f"hoogstens {facts['months']} maanden."
    )


def _rights(facts: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        (
            "U mag de gegevens bekijken. U mag vragen om ze te verbeteren, te wissen of minder te gebruiken. U mag ook "
            "bezwaar maken."
        ),
        f"Daarvoor is er een aanspreekpunt: {facts['contact']}.",
        (
            "Bent u het niet eens met hoe wij met uw gegevens omgaan? Vertel het ons. U kunt ook een klacht indienen "
            "bij de Autoriteit Persoonsgegevens of naar de rechter gaan."
        ),
    )


def _phone(typed: Mapping[str, str]) -> str:
    return f"Telefoon: {typed.get('telefoon') or FILL_IN}"
