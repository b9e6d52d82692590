"""The consent form (R-46..R-52; GGZ25 part IV), in plain Dutch. Filled in memory, signed on paper.

Its language is that of the citizen, not of who prints it: it is Dutch whatever the language of the program is.
"""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.documents.model import Block, Paper
from samenloop_node.identity.bsn import refuse_bsn

FIELDS = {
    "zorgverlener": "Naam",
    "zorgverlener_adres": "Adres",
    "zorgverlener_plaats": "Postcode en plaats",
    "client": "Naam",
    "client_geboortedatum": "Geboortedatum",
    "client_adres": "Adres",
    "client_plaats": "Plaats",
    "vertegenwoordiger": "Naam",
    "vertegenwoordiger_adres": "Adres",
    "vertegenwoordiger_plaats": "Plaats",
    "vertegenwoordiger_telefoon": "Telefoon",
    "welke_gegevens": "Welke gegevens",
    "van_wie": "Van wie",
    "aan_wie": "Aan wie: naam en adres",
    "doel": "Voor welk doel",
    "uitleg": "Uitleg van het doel",
    "geldig_tot": "Geldig tot en met",
}
"""The fields of the form with their labels; each may be left empty and filled in by hand."""
MAX_FIELD = 400
_REPRESENTATIVES = (
    "ouder of voogd (bij een kind onder de 16)",
    "curator of mentor, door de rechter benoemd",
    "schriftelijk gemachtigd",
    "echtgenoot of partner",
    "ouder, kind, broer of zus van wie zelf niet kan beslissen",
)
_TOLD = (
    "wat er met mijn gegevens gebeurt",
    "welke gegevens het zijn",
    "waarvoor ze nodig zijn",
    "wie ze krijgt",
    "wie verantwoordelijk is",
    "wat de gevolgen voor mij kunnen zijn",
)


def parse_fields(value: Mapping[str, object]) -> dict[str, str]:
    """Return the typed fields; raises InvalidInput naming the field for one that is unknown, too long, or a BSN."""
    known = ", ".join(FIELDS)
    for name, text in value.items():
        if name not in FIELDS:
            raise InvalidInput("form", _("Dit veld staat niet op het formulier. Bekend zijn: {known}.", known=known))
        if not isinstance(text, str) or len(text) > MAX_FIELD or not text.isprintable():
            raise InvalidInput(
                name, _("{name} moet gewone tekst zijn van hoogstens {most} tekens.", name=name, most=MAX_FIELD)
            )
        refuse_bsn(name, text)
    return {name: str(text) for name, text in value.items()}


def consent_form(typed: Mapping[str, str]) -> Paper:
    """Return the form with what was typed; nothing is ticked and nobody has signed."""
    return Paper(
        title="Toestemming om gegevens te delen",
        blocks=(
            Block(
                paragraphs=(
                    (
                        "Met dit formulier geeft u toestemming om bepaalde gegevens over u te delen. U mag ook nee "
                        "zeggen. Nee zeggen heeft geen nadelige gevolgen voor uw hulp of behandeling."
                    ),
                )
            ),
            _rows("Wie deelt de gegevens (zorgverlener)", typed, "zorgverlener"),
            _rows("Over wie gaat het", typed, "client"),
            _exchange(typed),
            Block("Dit is mij vooraf verteld", ("Kruis aan wat u is verteld.",), boxes=_TOLD),
            Block(
                "Wat u moet weten",
                (
                    "Er worden niet meer gegevens gedeeld dan nodig is voor dit doel.",
                    (
                        "Deze toestemming geldt voor één keer, voor deze ontvanger en voor dit doel. Zij stopt na de "
                        "dag die hierboven staat, of eerder als de zaak wordt gesloten."
                    ),
                    (
                        "U kunt uw toestemming altijd intrekken. Dat is net zo makkelijk als toestemming geven. Vanaf "
                        "dat moment worden er geen gegevens meer gedeeld."
                    ),
                ),
            ),
            _representative(typed),
            Block("Handtekening", ("Ik geef toestemming.",), lines=("Datum:", "Handtekening:")),
            Block("Handtekening van de vertegenwoordiger (als die nodig is)", lines=("Datum:", "Handtekening:")),
        ),
        note="Onder 12 jaar tekent de ouder of voogd. Van 12 tot en met 15 jaar tekenen kind en ouder of voogd beiden. "
        "Vanaf 16 jaar tekent de persoon zelf. De zorgverlener bewaart dit formulier.",
    )


def _rows(heading: str, typed: Mapping[str, str], owner: str) -> Block:
    names = [name for name in FIELDS if name == owner or name.startswith(f"{owner}_")]
    return Block(heading, rows=tuple((FIELDS[name], typed.get(name, "")) for name in names))


def _exchange(typed: Mapping[str, str]) -> Block:
    names = ("welke_gegevens", "van_wie", "aan_wie", "doel", "uitleg", "geldig_tot")
    return Block("Wat wordt er gedeeld", rows=tuple((FIELDS[name], typed.get(name, "")) for name in names))


def _representative(typed: Mapping[str, str]) -> Block:
    rows = _rows("", typed, "vertegenwoordiger").rows
    text = "Alleen invullen als een ander voor of met de persoon tekent. Deze persoon is:"
    return Block("Vertegenwoordiger", (text,), rows, _REPRESENTATIVES)
