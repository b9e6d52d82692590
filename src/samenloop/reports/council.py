"""The page for the council (R-74): which partnership, who is responsible for what, was it checked beforehand, how are
citizens told. Made from the covenant alone, so there is no personal data in it. Pure.
"""

from collections.abc import Sequence

from samenloop.catalogue import Catalogue
from samenloop.covenant import Covenant, Participant
from samenloop.reports.model import Report, Row, Section, Table
from samenloop.texts import _


def build(covenant: Covenant, catalogue: Catalogue) -> Report:
    """Return the page."""
    facts = (
        (_("Samenwerkingsverband"), covenant.name),
        (_("Regio's"), ", ".join(covenant.regions)),
        (
            _("Convenant"),
            _("versie {version}, te herzien voor {day}", version=covenant.version, day=covenant.review_date),
        ),
        (_("Op papier"), _("convenant {text} van {day}", text=_paper(covenant), day=covenant.agreement.convenant_date)),
        (_("Getekend door"), ", ".join(covenant.agreement.signing_bodies)),
    )
    sections = (
        Section(_("Waarvoor"), (covenant.purpose.legal_text, _retention(covenant), *_workings())),
        _parties(covenant),
        _registers(covenant, catalogue),
        _checked(covenant),
        _processor(covenant),
        _told(covenant),
    )
    return Report(f"raad-{covenant.id}", _("Samenloop: uitleg voor de raad"), facts, sections)


def _paper(covenant: Covenant) -> str:
    return covenant.agreement.convenant_version


def _retention(covenant: Covenant) -> str:
    return _(
        "Gegevens in het logboek blijven hoogstens {months} maanden bewaard.", months=covenant.purpose.retention_months
    )


def _workings() -> Sequence[str]:
    return (
        _(
            "Een medewerker van een deelnemer vraagt voor een casus of een persoon ook bij een andere deelnemer "
            "bekend is. Hij kiest één voor één aan wie hij dat vraagt, en noemt doel, grondslag en noodzaak. Het "
            "antwoord is 'bekend bij' of 'geen bericht'. Geen bericht betekent niet dat iemand onbekend is."
        ),
        _(
            "Namen verlaten de eigen organisatie niet. Het burgerservicenummer wordt nooit gebruikt. De wet of de "
            "deelnemer die de persoon kent, bepaalt of dat te zien is. Elke vraag staat in een logboek dat alle "
            "deelnemers bewaken."
        ),
    )


def _parties(covenant: Covenant) -> Section:
    rows = tuple(_party(covenant, row) for row in covenant.participants)
    columns = (_("Deelnemer"), _("Verantwoordelijke"), _("Samen verantwoordelijk"), _("Contact"))
    note = _("Onderlinge regeling: {place}.", place=covenant.agreement.joint_arrangement or _("geen"))
    return Section(_("Wie is waarvoor verantwoordelijk"), (), Table(_("Deelnemers"), columns, rows), note=note)


def _party(covenant: Covenant, row: Participant) -> Row:
    if row.network:
        partners = ", ".join(covenant.participant(one).display_name for one in row.acting_partners)
        return row.display_name, partners, _("namens deze partners"), row.contact
    return row.display_name, row.controller.name, _("ja") if row.controller.joint else _("nee"), row.controller.contact


def _registers(covenant: Covenant, catalogue: Catalogue) -> Section:
    rows = []
    for row in covenant.participants:
        kinds = [_(catalogue.registers[one.kind].name) for one in row.registers if one.kind in catalogue.registers]
        barred = any(catalogue.partners[kind].ask_rule for kind in row.asks_as if kind in catalogue.partners)
        asked = [covenant.participant(one).display_name for one in row.may_ask if covenant.find(one) and not barred]
        rows.append((row.display_name, ", ".join(kinds) or "-", ", ".join(asked) or "-"))
    columns = (_("Deelnemer"), _("Houdt deze lijst"), _("Mag vragen aan"))
    return Section(_("Wie mag wat vragen"), (), Table(_("Lijsten en vragen"), columns, tuple(rows)))


def _checked(covenant: Covenant) -> Section:
    rows = tuple(
        (row.display_name, row.impact_assessed_on.isoformat(), row.processing_entry) for row in covenant.participants
    )
    columns = (_("Deelnemer"), _("Effectbeoordeling (DPIA)"), _("Register van verwerkingen"))
    decisions = tuple(
        _("Politie: {reference}, geldig tot en met {day}.", reference=one.reference, day=one.valid_until)
        for one in covenant.wpg20
    )
    return Section(_("Vooraf getoetst"), decisions, Table(_("Toetsing"), columns, rows))


def _processor(covenant: Covenant) -> Section:
    given = covenant.processor
    text = _(
        "{operator} beheert de coördinator, met een verwerkersovereenkomst van {day}.",
        operator=given.operator,
        day=given.date,
    )
    return Section(
        _("Beheer en toezicht"), (text, _("De controleur van het logboek is {name}.", name=covenant.auditor.name))
    )


def _told(covenant: Covenant) -> Section:
    places = (
        (_("Hoe burgers het horen"), covenant.checklist.informing),
        (_("Rechten: inzien, verbeteren, bezwaar"), covenant.checklist.rights),
        (_("Aanspreekpunt"), covenant.checklist.contact_point),
        (_("Geheimhouding en beveiliging"), covenant.checklist.security_secrecy),
        (_("Bewaren en wissen"), covenant.checklist.retention),
        (_("Controle"), covenant.checklist.audits),
    )
    rows = tuple((label, place or _("nog niet geregeld")) for label, place in places)
    table = Table(_("Waar het geregeld is"), (_("Onderwerp"), _("Plaats")), rows)
    text = _("Wilt u weten of er over u is gevraagd? Vraag het aan een van de deelnemers hierboven.")
    return Section(_("Zo horen burgers ervan"), (text,), table)
