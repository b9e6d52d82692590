"""The entry in the register of processing activities (art. 30 AVG, art. 31d Wpg) of one participant, from the covenant
and the legal catalogue. Pure.
"""

from samenloop.catalogue import Catalogue
from samenloop.catalogue.schema import Term
from samenloop.covenant import Covenant, Participant
from samenloop.covenant.permissions import retention_months
from samenloop.reports.model import Report, Row, Section, Table
from samenloop.texts import N_, _


def build(covenant: Covenant, catalogue: Catalogue, participant: str) -> Report:
    """Return the entry of a participant; raises SamenloopError(NOT_PERMITTED) for an unknown one."""
    me = covenant.participant(participant)
    facts = (
        (_("Nummer in het eigen register"), me.processing_entry),
        (_("Verwerkingsverantwoordelijke"), me.controller.name),
        (_("Contact"), me.controller.contact),
        (_("Effectbeoordeling (DPIA)"), me.impact_assessed_on.isoformat()),
        (_("Gezamenlijk verantwoordelijk"), _joint(covenant, me)),
        (_("Verwerker"), _processor(covenant)),
    )
    sections = (
        _what(covenant, me),
        _held(covenant, catalogue, me),
        _received(covenant, me),
        _security(),
    )
    return Report(f"verwerkingsregister-{participant}", _("Register van verwerkingen: samenloop"), facts, sections)


def _joint(covenant: Covenant, me: Participant) -> str:
    if not me.controller.joint:
        return _("nee")
    others = [
        row.controller.name
        for row in covenant.participants
        if row.controller.joint and not row.network and row.id != me.id
    ]
    return _(
        "ja, met {others}; regeling: {place}", others=", ".join(others), place=covenant.agreement.joint_arrangement
    )


def _processor(covenant: Covenant) -> str:
    given = covenant.processor
    return _("{operator} (overeenkomst van {day})", operator=given.operator, day=given.date)


def _what(covenant: Covenant, me: Participant) -> Section:
    rows: tuple[Row, ...] = (
        (_("Doel"), covenant.purpose.legal_text),
        (_("Betrokkenen"), _("Personen in een casus of maatregel van een deelnemer")),
        (
            _("Gegevens bij deze deelnemer"),
            _("Nummer in het eigen systeem, feiten over de registratie, besluiten en data"),
        ),
        (
            _("Gegevens bij de coördinator"),
            _("Versleutelde kenmerken (tokens), zonder naam; een los nummer per registratie"),
        ),
        (_("Niet verwerkt"), _("Burgerservicenummer, inhoud van dossiers, delicten, diagnoses")),
        (_("Bewaartermijn van het logboek"), _("{months} maanden", months=retention_months(covenant, me.id))),
        (_("Doorgifte buiten de EU"), _("niet voorzien in dit convenant")),
    )
    return Section(_("Verwerking"), (), Table(_("Kenmerken"), (_("Onderdeel"), _("Omschrijving")), rows))


def _held(covenant: Covenant, catalogue: Catalogue, me: Participant) -> Section:
    askers = [row.display_name for row in covenant.participants if me.id in row.may_ask]
    rows = []
    for one in me.registers:
        kind = catalogue.registers.get(one.kind)
        term = catalogue.terms.get(kind.retention) if kind else None
        source = kind.source if kind else "-"
        rows.append((_(kind.name) if kind else one.kind, source, _kept(term)))
    table = Table(_("Eigen lijsten"), (_("Lijst"), _("Bron"), _("Bewaren")), tuple(rows)) if rows else None
    return Section(
        _("Verstrekken: dat een persoon bekend is"),
        (_("Ontvangers: {names}.", names=", ".join(askers) or _("geen")),),
        table,
        note=_("Een treffer wordt alleen getoond na een besluit van deze deelnemer: per wet, vooraf of achteraf."),
    )


_UNITS = {
    "days": N_("{text} Termijn: {amount} dagen."),
    "weeks": N_("{text} Termijn: {amount} weken."),
    "months": N_("{text} Termijn: {amount} maanden."),
    "years": N_("{text} Termijn: {amount} jaar."),
}


def _kept(term: Term | None) -> str:
    """Return how long a list is kept; a deployer may have shortened the number."""
    if term is None:
        return "-"
    return _(_UNITS[term.unit], text=_(term.text), amount=term.amount) if term.amount else _(term.text)


def _received(covenant: Covenant, me: Participant) -> Section:
    holders = [covenant.participant(one).display_name for one in me.may_ask if covenant.find(one)]
    return Section(
        _("Ontvangen: dat een persoon elders bekend is"),
        (_("Gevraagd aan: {names}.", names=", ".join(holders) or _("niemand")),),
    )


def _security() -> Section:
    return Section(
        _("Beveiliging (art. 32 AVG)"),
        (
            _("Namen verlaten de eigen computer niet; de sleutels zijn verdeeld over deelnemers en coördinator."),
            _("Verbindingen zijn wederzijds beveiligd (TLS 1.3). Elke vraag is ondertekend."),
            _("Elke handeling staat in een logboek dat andere deelnemers bewaken. Een steekproef wordt beoordeeld."),
            _("Vrije tekst en motiveringen zijn versleuteld opgeslagen bij de deelnemer die ze schreef."),
        ),
    )
