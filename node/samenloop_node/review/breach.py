"""The data-breach aid (R-71, AVG 33 and 34, Wpg 33a): what happened, whose tokens, when, and the 72-hour clock. Pure.

It fills in what the node knows and lists what people must decide. It reports nothing to anybody by itself.
"""

import enum
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from samenloop.covenant import Covenant, Participant
from samenloop.errors import InvalidInput
from samenloop.reports.model import Report, Row, Section, Table, numbered
from samenloop.texts import _

HOURS = 72
_ZONE = ZoneInfo("Europe/Amsterdam")


class Kind(enum.Enum):
    """What happened. Closed."""

    WRONG_HIT = "wrong-hit-shown"
    WRONG_REGISTRATION = "wrong-registration"
    ACCOUNT_MISUSED = "account-misused"
    NODE_STOLEN = "node-stolen"
    KEY_LEAKED = "key-leaked"
    COORDINATOR_STOLEN = "coordinator-stolen"


@dataclass(frozen=True, slots=True)
class Breach:
    """What the reporter knows: times with a zone, `discovered` starts the clock. The rest narrows it."""

    kind: Kind
    discovered: datetime
    since: datetime
    until: datetime
    question: str = ""
    register: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """One registration of somebody concerned; `epochs` are those it had tokens for, `gone` when it was withdrawn."""

    register: str
    record_id: str
    epochs: tuple[str, ...]
    gone: datetime | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question that was asked in the time, by its own case number."""

    at: datetime
    account: str
    case_number: str
    question: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the node knows about it: registrations, accounts that acted in the time, questions asked in it."""

    registrations: tuple[Touched, ...]
    users: tuple[tuple[str, int], ...]
    questions: tuple[Question, ...]


def check(breach: Breach, now: datetime) -> None:
    """Refuse what cannot be or is not said; raises InvalidInput."""
    if breach.kind is Kind.ACCOUNT_MISUSED and not breach.account:
        raise InvalidInput("account", _("Noem het account dat is misbruikt: --account NAAM."))
    if breach.discovered > now:
        raise InvalidInput("discovered", _("De ontdekking ligt in de toekomst. Geef het moment waarop u het merkte."))
    if not breach.since <= breach.until <= breach.discovered:
        raise InvalidInput("since", _("Geef het begin voor het einde, en het einde niet na de ontdekking."))


def deadline(breach: Breach) -> datetime:
    """Return until when the AP can be told in time."""
    return breach.discovered + timedelta(hours=HOURS)


def hours_left(breach: Breach, now: datetime) -> int:
    """Return the whole hours that are left, negative when it is too late."""
    return int((deadline(breach) - now).total_seconds() // 3600)


def build(covenant: Covenant, me: Participant, breach: Breach, known: Known, now: datetime) -> Report:
    """Return the report: internal, because it names own record ids and accounts."""
    facts = (
        (_("Deelnemer"), me.display_name),
        (_("Wat er gebeurde"), _what(breach.kind)),
        (_("Ontdekt"), _moment(breach.discovered)),
        (_("Melden aan de AP voor"), _moment(deadline(breach))),
        (_("Nog"), clock(hours_left(breach, now))),
        (_("Van en tot"), f"{_moment(breach.since)} - {_moment(breach.until)}"),
        *(((_("Account"), breach.account),) if breach.account else ()),
    )
    sections = (
        _data(breach, known),
        _persons(known),
        _acts(breach, known),
        _tell(covenant, me),
        _steps(breach.kind),
    )
    name = f"datalek-{me.id}-{breach.discovered:%Y%m%dT%H%M}"
    return Report(name, _("Datalek: feiten voor de melding"), facts, sections)


def clock(hours: int) -> str:
    """Return how the 72 hours stand, for people."""
    if hours < 0:
        return _("{hours} uur te laat: meld nu, met de reden van het uitstel", hours=-hours)
    return _("{hours} uur van de {all}", hours=hours, all=HOURS)


def _what(kind: Kind) -> str:
    return {
        Kind.WRONG_HIT: _("Een treffer is ten onrechte getoond"),
        Kind.WRONG_REGISTRATION: _("Een persoon stond ten onrechte in de lijst"),
        Kind.ACCOUNT_MISUSED: _("Een account is misbruikt"),
        Kind.NODE_STOLEN: _("De computer of reservekopie van deze node is gestolen"),
        Kind.KEY_LEAKED: _("Een sleutel van deze node is uitgelekt"),
        Kind.COORDINATOR_STOLEN: _("De database van de coördinator is gestolen"),
    }[kind]


def _data(breach: Breach, known: Known) -> Section:
    per_register = Counter(row.register for row in known.registrations)
    epochs = sorted({epoch for row in known.registrations for epoch in row.epochs})
    rows = tuple((register, str(number)) for register, number in sorted(per_register.items()))
    table = Table(_("Registraties per lijst"), (_("Lijst"), _("Aantal")), rows)
    return Section(
        _("Welke gegevens"),
        (_exposed(breach.kind), _("Tijdvakken van de sleutel: {epochs}.", epochs=", ".join(epochs) or "-")),
        table if rows else None,
    )


def _exposed(kind: Kind) -> str:
    return {
        Kind.WRONG_HIT: _("De vrager weet dat de persoon bij deze houder bekend is. Meer is niet getoond."),
        Kind.WRONG_REGISTRATION: _("Vragers konden 'bekend' zien voor een persoon die niet in de lijst hoort."),
        Kind.ACCOUNT_MISUSED: _(
            "Wat dit account vroeg en te zien kreeg: de registraties hieronder, en de personen van de zaken waarin het "
            "vroeg."
        ),
        Kind.NODE_STOLEN: _(
            "Eigen nummers, registratienummers, feiten en besluiten; versleutelde motiveringen. Geen namen en geen "
            "tokens. Sleutels staan in losse bestanden: zijn die ook weg, kies dan ook 'key-leaked'."
        ),
        Kind.KEY_LEAKED: _(
            "Met alleen de sleutel is niets te vinden. Met de sleutel, de database en de peper van de coördinator "
            "samen kan iemand namen raden en controleren."
        ),
        Kind.COORDINATOR_STOLEN: _(
            "Losse nummers en versleutelde kenmerken, zonder namen. Zonder de sleutel van de deelnemers is er geen "
            "persoon in te vinden en geen samenloop te zien."
        ),
    }[kind]


def _persons(known: Known) -> Section:
    rows: tuple[Row, ...] = tuple(
        (f"{row.register}/{row.record_id}", ", ".join(row.epochs) or "-", _moment(row.gone) if row.gone else "-")
        for row in known.registrations
    )
    text = _(
        "{count} registraties, ook die sindsdien zijn gewijzigd of ingetrokken. Zoek namen en adressen op in het "
        "eigen systeem; deze node heeft ze niet.",
        count=len(rows),
    )
    columns = (_("Eigen nummer"), _("Tokens in tijdvak"), _("Ingetrokken op"))
    return Section(_("Om wie het gaat"), (text,), Table(_("Registraties"), columns, rows) if rows else None)


def _acts(breach: Breach, known: Known) -> Section:
    if breach.account:
        return _asked(breach, known)
    rows = tuple((name, str(number)) for name, number in known.users)
    table = Table(_("Handelingen in het eigen logboek"), (_("Account"), _("Aantal")), rows) if rows else None
    text = _("In deze tijd stelde deze node {count} vragen.", count=len(known.questions))
    return Section(_("Wie er werkte in deze tijd"), (text,), table)


def _asked(breach: Breach, known: Known) -> Section:
    rows = numbered((_moment(one.at), one.case_number, one.question) for one in known.questions)
    columns = (_("Nr"), _("Tijd"), _("Zaaknummer"), _("Nummer van de vraag"))
    text = _(
        "{account} deed in deze tijd {acts} handelingen en stelde {count} vragen.",
        account=breach.account,
        acts=sum(number for _name, number in known.users),
        count=len(rows),
    )
    return Section(_("Wat dit account deed in deze tijd"), (text,), Table(_("Vragen"), columns, rows) if rows else None)


def _tell(covenant: Covenant, me: Participant) -> Section:
    joint = [row for row in covenant.participants if row.controller.joint and not row.network and row.id != me.id]
    rows: list[Row] = [
        (_("Autoriteit Persoonsgegevens"), _("altijd, tenzij een risico voor personen onwaarschijnlijk is")),
        (_("De personen zelf"), _("als het waarschijnlijk een hoog risico voor hen geeft (AVG 34)")),
        (covenant.processor.operator, _("als beheerder van de coördinator")),
        *((row.controller.name, row.controller.contact) for row in joint),
    ]
    return Section(_("Wie het moet horen"), (), Table(_("Meldingen"), (_("Aan"), _("Wanneer of via wie")), tuple(rows)))


def _steps(kind: Kind) -> Section:
    steps: Sequence[str] = {
        Kind.WRONG_HIT: (
            _("Neem de vrijgave of het besluit vooraf terug: de node wist het antwoord dan ook bij de vrager."),
        ),
        Kind.WRONG_REGISTRATION: (_("Trek de registratie in: samenloop-node withdraw."),),
        Kind.ACCOUNT_MISUSED: (
            _("Blokkeer het account in het autorisatiedocument en zoek in het logboek op de naam."),
        ),
        Kind.NODE_STOLEN: (
            _("Laat de CA het certificaat intrekken en laat twee deelnemers deze deelnemer schorsen."),
            _("Maak een nieuw tijdvak: ook de sleutel kan weg zijn."),
        ),
        Kind.KEY_LEAKED: (_("Maak een nieuw tijdvak, vul het, en vernietig het oude: samenloop-node epoch."),),
        Kind.COORDINATOR_STOLEN: (_("Maak een nieuw tijdvak, zodat de gestolen kenmerken waardeloos worden."),),
    }[kind]
    always = (
        _("Leg vast wat u besloot en waarom, ook als u niet meldt."),
        _("Bewaar een export van het logboek van nu."),
    )
    return Section(_("Wat nu te doen"), (*steps, *always))


def _moment(at: datetime) -> str:
    return at.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M")
