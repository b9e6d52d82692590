"""`samenloop-node rights ...`: requests of persons about their data; `retention ...`: what goes when."""

from collections.abc import Iterator, Mapping
from pathlib import Path
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

RequestArgument = Annotated[str, typer.Argument(metavar="REQUEST", help="Number of the request.")]
IdentityOption = Annotated[bool, typer.Option("--identity-checked", help="You established who is asking.")]
BasisOption = Annotated[str, typer.Option(help="Objection: the ground that the data rest on (code).")]
rights_app = typer.Typer(
    no_args_is_help=True,
    help="Requests of persons about their data (R-65..R-68). Codes and what they mean: `samenloop catalogue show`.",
)
retention_app = typer.Typer(no_args_is_help=True, help="What is purged, and when (R-18, R-69, R-70).")


@rights_app.callback()
def rights() -> None:
    """Requests of persons about their data (R-65..R-68).

    Codes and what they mean: samenloop catalogue show
    """


@retention_app.callback()
def retention() -> None:
    """What is purged, and when (R-18, R-69, R-70)."""


@rights_app.command()
def receive(  # noqa: PLR0913 - one argument per option
    *,
    kind: Annotated[str, typer.Option(help="inzage, correctie, verwijdering, beperking or bezwaar.")],
    received_on: Annotated[str, typer.Option(help="Day of receipt (YYYY-MM-DD).")],
    identity_checked: IdentityOption = False,
    holder: Annotated[str, typer.Option(help="Controller that holds the data; left out: this one.")] = "",
    basis: BasisOption = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take in a request and route it. Own data: give {"person": {...}} on standard input; it is only searched with.

    Example: samenloop-node rights receive --kind inzage --received-on 2026-11-20 --identity-checked
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
    """Take on a request that another desk passed to you; the person identifies himself to you anew.

    Example: samenloop-node rights take 0123456789abcdef0123456789abcdef --identity-checked
    """
    daemon = Daemon(socket, acting, as_json)
    said = {"action": "take", "request": request, "basis": basis, "identity_checked": identity_checked}
    daemon.show(daemon.ask("rights", {**said, **_person(as_json=as_json)}), _request_lines)


@rights_app.command()
def answer(
    request: RequestArgument,
    *,
    outcome: Annotated[str, typer.Option(help="toegewezen, deels_toegewezen, afgewezen or geen_gegevens.")],
    complaint_route: Annotated[
        bool, typer.Option("--complaint-route", help="The reply names where to complain.")
    ] = False,
    case: Annotated[list[str] | None, typer.Option(help="Access: own case of the person. Repeat it.")] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Answer a request, with its effect on your own records. Reads {"motive": "...", "person": {...}}.

    Example: samenloop-node rights answer 0123456789abcdef0123456789abcdef --outcome toegewezen --complaint-route
    """
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        typed = prompts.optional()
    said = {"action": "answer", "request": request, "outcome": outcome, "complaint_route": complaint_route}
    daemon.show(daemon.ask("rights", {**typed, **said, "cases": case or []}), _request_lines)


@rights_app.command()
def extract(
    request: RequestArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder for the page, the PDF and the table file.")],
    case: Annotated[list[str] | None, typer.Option(help="Own case of the person. Repeat it.")] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write what the log says about the person, for himself: when, which organisation and role, what, on what basis.

    Example: samenloop-node rights extract 0123456789abcdef0123456789abcdef --case R-2026-9 --out extract
    """
    said = {"action": "extract", "request": request, "cases": case or []}
    write_files(Daemon(socket, acting, as_json), "rights", said, out)


@rights_app.command(name="list")
def list_requests(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Show all requests, the most urgent first.

    Example: samenloop-node rights list
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("rights", {"action": "list"}), _list_lines)


@retention_app.command(name="show")
def show_retention(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Show the last day of what is kept, and how many registrations are overdue for review.

    Example: samenloop-node retention show
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("retention", {"action": "show"}), _due_lines)


@retention_app.command()
def purge(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Remove now what is past its term; the node does so by itself every hour.

    Example: samenloop-node retention purge
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("retention", {"action": "purge"}), _purged_lines)


def _person(*, as_json: bool) -> dict[str, Any]:
    with one_sentence(as_json=as_json):
        return prompts.given() or {"person": prompts.person(prompts.at_terminal)}


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
