"""`samenloop-coordinator audit search | review ... | report ...`: what the operator looks at and signs off."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from samenloop.clock import SystemClock, milliseconds
from samenloop.errors import InvalidInput
from samenloop.reports.model import Report
from samenloop.reports.periods import period
from samenloop.review.filters import FOREVER_MS, Filters
from samenloop.texts import _
from samenloop_coordinator.config import load_config
from samenloop_coordinator.review import lines

MOST_ROWS = 1_000
UNFAIR = 1

review_app = typer.Typer(
    no_args_is_help=True, help="Controleer het logboek: steekproeven door loting, patronen, en wat er bekend werd."
)
report_app = typer.Typer(no_args_is_help=True, help="Rapporten zonder persoonsgegevens of kleine aantallen.")

Config = Annotated[Path, typer.Option("--config", envvar="SAMENLOOP_COORDINATOR_CONFIG", help="Het TOML-bestand.")]
Json = Annotated[bool, typer.Option("--json", help="Toon JSON.")]
Folder = Annotated[Path, typer.Option("--out", help="Map voor de pagina, de PDF en het tabelbestand.")]
Places = Annotated[
    list[int],
    typer.Argument(metavar="REGEL...", min=0, help="Nummers van getrokken regels, zoals `review list` ze toont."),
]
PeriodOption = Annotated[str, typer.Option("--period", help="Een maand of jaar dat voorbij is: 2026-11 of 2026.")]
DEFAULT = Path("coordinator.toml")


def _reference(value: str) -> str:
    """Refuse what can be no reference in the log: it would find nothing, and that looks like an answer."""
    if value and not re.fullmatch(r"(?:[0-9a-f]{2}){8,32}", value):
        text = _(
            "Een verwijzing in het logboek heeft 16 tot 64 tekens: cijfers en a tot en met f. Het is geen zaaknummer "
            "en geen naam: de node van de vrager toont haar bij de vraag."
        )
        raise InvalidInput("reference", text)
    return value


def audit_search(  # noqa: PLR0913 - one option per filter
    *,
    config: Config = DEFAULT,
    event: Annotated[str, typer.Option(help="Code van de gebeurtenis, zoals question of refuse.")] = "",
    asker: Annotated[str, typer.Option(help="Deelnemer die handelde.")] = "",
    holder: Annotated[str, typer.Option(help="Deelnemer die gevraagd is, of die een handeling aangaat.")] = "",
    answer: Annotated[str, typer.Option(help="Zichtbaar antwoord zoals gegeven: known of no_message.")] = "",
    case: Annotated[
        str,
        typer.Option(
            callback=_reference, help="Verwijzing naar de casus (hex), zoals de node van de vrager haar toont."
        ),
    ] = "",
    user: Annotated[str, typer.Option(callback=_reference, help="Verwijzing naar de gebruiker (hex).")] = "",
    question: Annotated[str, typer.Option(callback=_reference, help="Nummer van een vraag (hex).")] = "",
    purpose: Annotated[
        str, typer.Option(help="Code van het doel, van het convenant of van één gevraagde houder.")
    ] = "",
    rule: Annotated[str, typer.Option(help="Regel die weigerde, zoals R-25.")] = "",
    budget_left: Annotated[
        int | None, typer.Option(min=0, help="Vragen waarna er hoogstens zoveel over waren.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Vanaf dit moment (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Voor dit moment (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="Hoogstens zoveel rijen.")] = 50,
    as_json: Json = False,
) -> None:
    """Toon regels van het logboek met zichtbare antwoorden zoals gegeven, de nieuwste eerst; nooit een verborgen
    treffer. Het zoeken zelf komt ook in het logboek.

    Voorbeeld: samenloop-coordinator audit search --event question --asker politie-midden
    """
    from samenloop_coordinator.review import desk

    from_ms, until_ms = _ms(since, 0), _ms(until, FOREVER_MS)
    filters = Filters(event, asker, user, case, purpose, rule, holder, answer, question, budget_left, from_ms, until_ms)
    found = desk.search(load_config(config), SystemClock(), filters, limit)
    _print((lines.as_row(*pair) for pair in found), lines.line, as_json=as_json)


@review_app.command("list")
def review_list(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Toon de regels die door loting zijn getrokken en op een oordeel wachten. Het kijken zelf komt in het logboek.

    Voorbeeld: samenloop-coordinator review list
    """
    from samenloop_coordinator.review import desk

    todo, found = desk.waiting(load_config(config), SystemClock())
    due = dict(todo)
    now_ms = milliseconds(SystemClock().now())
    rows = [lines.waiting_row(*pair, due[pair[0]], now_ms) for pair in found]
    _print(rows, lines.waiting_line, as_json=as_json, nothing=_("Er wacht niets op een beoordeling."))


@review_app.command("sign-off")
def review_sign_off(places: Places, config: Config = DEFAULT, as_json: Json = False) -> None:
    """Zeg van getrokken regels dat ze in orde zijn; elk oordeel is een regel in het logboek.

    Voorbeeld: samenloop-coordinator review sign-off 118 240
    """
    _judge(places, "", config, _("Beoordeeld: akkoord."), as_json=as_json)


@review_app.command("escalate")
def review_escalate(
    places: Places,
    reason: Annotated[
        str, typer.Option(help="Waarom: no-task, wrong-purpose, too-many, odd-hour, own-circle of other.")
    ],
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Geef getrokken regels door voor onderzoek; elk is een regel in het logboek.

    Voorbeeld: samenloop-coordinator review escalate 118 --reason wrong-purpose
    """
    _judge(places, reason, config, _("Doorgezet voor onderzoek."), as_json=as_json)


@review_app.command("draw")
def review_draw(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Trek nu een extra steekproef; de machine trekt zelf op de tijden van het convenant.

    Voorbeeld: samenloop-coordinator review draw
    """
    from samenloop_coordinator.review import desk

    count = desk.draw(load_config(config), SystemClock())
    _result({"drawn": count}, _("Aantal getrokken regels: {count}. Zie: review list.", count=count), as_json=as_json)


@review_app.command("check")
def review_check(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Trek elke steekproef opnieuw uit het logboek en zeg of niemand zelf koos. Exitcode 1 als iemand dat wel deed.

    Voorbeeld: samenloop-coordinator review check
    """
    from samenloop_coordinator.review import desk

    draws, unfair = desk.unfair(load_config(config), SystemClock())
    text = _("Aantal steekproeven: {draws}. Niemand koos zelf.", draws=draws)
    if unfair:
        text = _("Niet door het lot getrokken: de steekproeven in regel {places}.", places=", ".join(map(str, unfair)))
    _result({"draws": draws, "unfair": list(unfair)}, text, as_json=as_json)
    if unfair:
        raise typer.Exit(UNFAIR)


@review_app.command("patterns")
def review_patterns(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Toon patronen in vragen waar een mens naar moet kijken: aflopen van lijsten, vreemde uren, varianten, geen
    vervolg.

    Voorbeeld: samenloop-coordinator review patterns
    """
    from samenloop_coordinator.review import desk

    found = desk.find_patterns(load_config(config), SystemClock())
    _print((lines.finding_row(one) for one in found), lines.finding_line, as_json=as_json)


@review_app.command("leakage")
def review_leakage(period_name: PeriodOption, config: Config = DEFAULT, as_json: Json = False) -> None:
    """Toon per vrager en houder wat er in een maand is gevraagd en wat de vrager te weten kwam; nooit een verborgen
    treffer.

    Voorbeeld: samenloop-coordinator review leakage --period 2026-11
    """
    from samenloop_coordinator.review import desk

    chosen = period(period_name)
    found = desk.learned(load_config(config), SystemClock(), chosen.from_ms, chosen.until_ms)
    _print((asdict(one) for one in found), lines.pair_line, as_json=as_json)


@report_app.command("accountability")
def report_accountability(
    period_name: PeriodOption, out: Folder, config: Config = DEFAULT, as_json: Json = False
) -> None:
    """Schrijf het verantwoordingsrapport over een maand of jaar dat voorbij is: pagina, PDF en tabelbestand.

    Voorbeeld: samenloop-coordinator report accountability --period 2026 --out reports
    """
    from samenloop_coordinator.review import desk, reporting

    now_ms = milliseconds(SystemClock().now())
    report = desk.report(
        load_config(config),
        SystemClock(),
        "accountability",
        lambda log, law: reporting.accountability_report(log, law, period_name, now_ms),
    )
    _write(report, out, as_json=as_json)


@report_app.command("council")
def report_council(out: Folder, config: Config = DEFAULT, as_json: Json = False) -> None:
    """Schrijf de pagina voor de gemeenteraad: wie doet mee, wie is verantwoordelijk, hoe horen burgers het (R-74).

    Voorbeeld: samenloop-coordinator report council --out reports
    """
    from samenloop_coordinator.review import desk, reporting

    _write(desk.report(load_config(config), SystemClock(), "council", reporting.council_page), out, as_json=as_json)


def _judge(places: list[int], reason: str, config: Path, text: str, *, as_json: bool) -> None:
    from samenloop_coordinator.review import desk

    desk.judge(load_config(config), SystemClock(), places, reason)
    _result({"entries": places, "reason": reason}, text, as_json=as_json)


def _write(report: Report, out: Path, *, as_json: bool) -> None:
    from samenloop.reports import writing

    paths = writing.write(out, writing.files(report, SystemClock().now()))
    _result({"files": [str(path) for path in paths]}, "\n".join(map(str, paths)), as_json=as_json)


def _print(
    found: Iterable[Mapping[str, object]],
    line: Callable[[Mapping[str, object]], str],
    *,
    as_json: bool,
    nothing: str = "",
) -> None:
    shown = list(found)
    for row in shown:
        typer.echo(json.dumps(dict(row), ensure_ascii=False) if as_json else line(row))
    if not shown and not as_json:
        typer.echo(nothing or _("Niets gevonden."))


def _result(table: Mapping[str, object], text: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(dict(table), ensure_ascii=False) if as_json else text)


def _ms(moment: datetime | None, default: int) -> int:
    return milliseconds(moment.replace(tzinfo=UTC)) if moment else default
