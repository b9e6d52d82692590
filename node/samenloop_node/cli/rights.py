"""`samenloop-node rights ...`: requests of persons about their data; `retention ...`: what goes when."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli import prompts
from samenloop_node.cli.base import (
    DEFAULT_SOCKET,
    AsOption,
    Daemon,
    JsonOption,
    SocketOption,
    one_sentence,
    write_files,
)
from samenloop_node.cli.options import FolderOption

RequestArgument = Annotated[str, typer.Argument(metavar="VERZOEK", help="Nummer van het verzoek.")]
IdentityOption = Annotated[bool, typer.Option("--identity-checked", help="U hebt vastgesteld wie het vraagt.")]
BasisOption = Annotated[
    str, typer.Option(help="Bezwaar: de grond waarop de gegevens rusten (code uit objection_bases).")
]
rights_app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Verzoeken van personen over hun gegevens (R-65..R-68). "
        "Codes en wat ze betekenen: `samenloop catalogue show TABEL`."
    ),
)
retention_app = typer.Typer(no_args_is_help=True, help="Wat wordt gewist, en wanneer (R-18, R-69, R-70).")


@rights_app.command()
def receive(  # noqa: PLR0913 - one argument per option
    *,
    kind: Annotated[str, typer.Option(help="inzage, correctie, verwijdering, beperking of bezwaar.")],
    received_on: Annotated[str, typer.Option(help="Dag van ontvangst (JJJJ-MM-DD).")],
    identity_checked: IdentityOption = False,
    holder: Annotated[str, typer.Option(help="Verantwoordelijke die de gegevens heeft; weggelaten: deze.")] = "",
    basis: BasisOption = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Neem een verzoek aan en stuur het naar de juiste plek. Voor eigen gegevens: geef {"person": {...}} op de
    standaardinvoer; daarmee wordt alleen gezocht.

    Voorbeeld: samenloop-node rights receive --kind inzage --received-on 2026-11-20 --identity-checked
    """
    daemon = Daemon(socket, acting, as_json)
    request: dict[str, Any] = {"action": "receive", "kind": kind, "received_on": received_on, "holder": holder}
    request |= {"basis": basis, "identity_checked": identity_checked}
    if not holder:
        request |= _person(as_json=as_json)
    daemon.show(daemon.ask("rights", request), _request_lines)


@rights_app.command()
def take(
    request: RequestArgument,
    basis: BasisOption = "",
    identity_checked: IdentityOption = False,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Neem een verzoek over dat een andere balie u doorgaf; de persoon laat bij u opnieuw zien wie hij is.

    Voorbeeld: samenloop-node rights take 0123456789abcdef0123456789abcdef --identity-checked
    """
    daemon = Daemon(socket, acting, as_json)
    said = {"action": "take", "request": request, "basis": basis, "identity_checked": identity_checked}
    daemon.show(daemon.ask("rights", {**said, **_person(as_json=as_json)}), _request_lines)


@rights_app.command()
def answer(
    request: RequestArgument,
    *,
    outcome: Annotated[str, typer.Option(help="toegewezen, deels_toegewezen, afgewezen of geen_gegevens.")],
    complaint_route: Annotated[
        bool, typer.Option("--complaint-route", help="In het antwoord staat waar men kan klagen.")
    ] = False,
    case: Annotated[
        list[str] | None, typer.Option(help="Inzage: eigen casus van de persoon. Herhaal dit voor elke casus.")
    ] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Beantwoord een verzoek, met het gevolg voor uw eigen registraties. Leest {"motive": "...", "person": {...}}.

    Voorbeeld: samenloop-node rights answer 0123456789abcdef0123456789abcdef --outcome toegewezen --complaint-route
    """
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        typed = prompts.optional()
    said = {"action": "answer", "request": request, "outcome": outcome, "complaint_route": complaint_route}
    daemon.show(daemon.ask("rights", {**typed, **said, "cases": case or []}), _request_lines)


@rights_app.command()
def extract(
    request: RequestArgument,
    out: FolderOption,
    case: Annotated[
        list[str] | None, typer.Option(help="Eigen casus van de persoon. Herhaal dit voor elke casus.")
    ] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Schrijf op wat het logboek over de persoon zegt, voor hemzelf: wanneer, welke organisatie en rol, wat, en op
    welke grond.

    Voorbeeld: samenloop-node rights extract 0123456789abcdef0123456789abcdef --case R-2026-9 --out extract
    """
    said = {"action": "extract", "request": request, "cases": case or []}
    write_files(Daemon(socket, acting, as_json), "rights", said, out)


@rights_app.command(name="list")
def list_requests(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon alle verzoeken, het dringendste eerst.

    Voorbeeld: samenloop-node rights list
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("rights", {"action": "list"}), _list_lines)


@retention_app.command(name="show")
def show_retention(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon de laatste dag van wat wordt bewaard, en hoeveel registraties te laat zijn met hun toets.

    Voorbeeld: samenloop-node retention show
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("retention", {"action": "show"}), _due_lines)


@retention_app.command()
def purge(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Wis nu wat over zijn termijn is; de node doet dat zelf elk uur.

    Voorbeeld: samenloop-node retention purge
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("retention", {"action": "purge"}), _purged_lines)


def _person(*, as_json: bool) -> dict[str, Any]:
    with one_sentence(as_json=as_json):
        return prompts.given_or_person()


def _request_lines(row: Mapping[str, Any]) -> Iterator[str]:
    yield _line(row)
    report = row.get("report")
    if report is not None and not (report["held"] or report["asked"]):
        yield _("Er is niets geregistreerd of gevraagd dat in het antwoord hoort.")
    for held in row.get("report", {}).get("held", ()):
        yield _("Geregistreerd in register {register}, nummer {record_id}.", **held)
        for shown in held["shown_to"]:
            yield "  " + _("Op {day} verteld aan {partner}.", **shown)
        for asked in held["asked_by"]:
            yield "  " + _("Op {day} gevraagd door {partner}.", **asked)
    for asked in row.get("report", {}).get("asked", ()):
        yield _("Op {day} is gevraagd aan: {names}.", day=asked["day"], names=", ".join(asked["holders"]))


def _list_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for row in result["requests"]:
        yield _line(row)
    if not result["requests"]:
        yield _("Er zijn geen verzoeken.")


def _line(row: Mapping[str, Any]) -> str:
    if row["state"] == "answered":
        return _("Verzoek {request} ({kind}) bij {holder}: beantwoord, {outcome}.", **row)
    return _("Verzoek {request} ({kind}) bij {holder}: beantwoorden voor {answer_before}.", **row)


def _due_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for row in result["cases"]:
        yield _("Casus {case}: tot en met {last_day}.", **row)
    for row in result["requests"]:
        yield _("Verzoek {request}: tot en met {last_day}.", **row)
    for register, count in result["overdue_reviews"].items():
        yield _("Register {register}: {count} registraties zijn te laat getoetst.", register=register, count=count)
    if not any(result.values()):
        yield _("Er is niets gesloten of beantwoord, en geen registratie is te laat getoetst.")


def _purged_lines(result: Mapping[str, Any]) -> Iterator[str]:
    purged = result["purged"]
    yield _(
        "Verwijderd: {cases} casussen, {consents} toestemmingen, {requests} verzoeken, {hits} treffers, {notices} "
        "berichten, {texts} teksten, {receipts} bevestigingen, {entries} regels van het eigen logboek.",
        **purged,
    )
