"""`samenloop-node case ...`: the life of your own cases, step by step. Codes and dates are options; text is not."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.cli import prompts
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption, one_sentence
from samenloop_node.cli.case_lines import case_lines, closed_lines, contact_lines, contradiction_lines, list_lines
from samenloop_node.cli.options import CaseArgument, TargetOption

NEEDED_HELP = "Een partner die nodig is: NAAM,purpose=CODE,reason=CODE,... Herhaal dit voor elke partner."
NEEDED = ("purpose", "proportionality", "subsidiarity", "give_basis", "receive_basis", "reason")
case_app = typer.Typer(
    no_args_is_help=True,
    help="Uw eigen casussen: alleen procesinformatie. Codes en wat ze betekenen: `samenloop catalogue show TABEL`.",
)


@case_app.command()
def report(
    case_number: CaseArgument,
    target_group: TargetOption = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Meld een casus aan; hoort hij bij de doelgroep, dan gaat hij meteen in intake.

    Op de standaardinvoer mag {"motive": "...", "person": {...}} staan: de persoon is er alleen om de tekst te
    controleren.

    Voorbeeld: samenloop-node case report R-2026-9 --target-group gebiedsprobleem
    """
    _step(Daemon(socket, acting, as_json), "report", case_number, {"target_group": target_group or []})


@case_app.command()
def accept(
    case_number: CaseArgument,
    target_group: TargetOption = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Neem een aangemelde casus in intake, na de toets aan de doelgroep.

    Voorbeeld: samenloop-node case accept R-2026-9 --target-group gebiedsprobleem
    """
    _step(Daemon(socket, acting, as_json), "accept", case_number, {"target_group": target_group or []})


@case_app.command()
def intake(  # noqa: PLR0913 - one argument per option
    case_number: CaseArgument,
    *,
    task: Annotated[
        list[str] | None, typer.Option(help="Uw wettelijke taak (code uit tasks). Herhaal dit voor elke taak.")
    ] = None,
    basis: Annotated[str, typer.Option(help="Wettelijke grondslag (code uit receive of give).")] = "",
    consent: Annotated[str, typer.Option(help="Of toestemming nodig en gegeven is (code uit intake_consent).")] = "",
    informing: Annotated[str, typer.Option(help="Of informeren is uitgesteld (code uit informing_exception).")] = "",
    needed: Annotated[list[str] | None, typer.Option(help=NEEDED_HELP)] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Leg velden van de intake vast; wat u weglaat, blijft. Zegt wat er nog ontbreekt voor de triage.

    Voorbeeld: samenloop-node case intake R-2026-9 --task toezicht --basis rr8 --consent niet_nodig --informing geen
    """
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        rows = [_needed(one) for one in needed or []]
    said = {"tasks": task or [], "basis": basis, "consent": consent, "informing": informing, "needed": rows}
    _step(daemon, "intake", case_number, {"intake": said})


@case_app.command()
def triage(
    case_number: CaseArgument, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Breng een casus van intake naar triage.

    Voorbeeld: samenloop-node case triage R-2026-9
    """
    _step(Daemon(socket, acting, as_json), "triage", case_number, {})


@case_app.command()
def decide(  # noqa: PLR0913 - one argument per option
    case_number: CaseArgument,
    *,
    part: Annotated[
        list[str] | None,
        typer.Option(help="Een deel dat is besloten (code uit triage_parts). Herhaal dit voor elk deel."),
    ] = None,
    outcome: Annotated[str, typer.Option(help="Uitkomst (code uit triage_outcomes).")] = "",
    moment: Annotated[str, typer.Option(help="Op welk moment (code uit triage_moments).")] = "",
    decided_on: Annotated[str, typer.Option(help="Dag van het besluit (JJJJ-MM-DD).")] = "",
    superior_consulted: Annotated[
        bool, typer.Option(help="De leidinggevende is geraadpleegd (bij opschalen).")
    ] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Leg het triagebesluit met zijn vier delen vast; de motivering mag op de standaardinvoer staan.

    Voorbeeld: samenloop-node case decide R-2026-9 --part weging --outcome casusoverleg --moment toeleiden
    """
    said: dict[str, Any] = {"parts": part or [], "outcome": outcome, "moment": moment}
    said |= {"decided_on": decided_on or None, "superior_consulted": superior_consulted}
    _step(Daemon(socket, acting, as_json), "decide", case_number, {"triage": said})


@case_app.command()
def meet(  # noqa: PLR0913 - one argument per option
    case_number: CaseArgument,
    *,
    invite: Annotated[
        list[str] | None, typer.Option(help="PARTNER=REDEN (code uit reasons). Herhaal dit voor elke partner.")
    ] = None,
    person_invited: Annotated[bool, typer.Option(help="De persoon is uitgenodigd.")] = False,
    not_invited_because: Annotated[
        str, typer.Option(help="Waarom de persoon niet is uitgenodigd (code uit not_invited).")
    ] = "",
    care_steps_done: Annotated[bool, typer.Option(help="De zorgaanbieder deed zijn zes stappen.")] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Breng een casus van triage naar het overleg: wie is uitgenodigd, en waarom.

    Voorbeeld: samenloop-node case meet R-2026-9 --invite politie-midden=genoemd_in_dossier --person-invited
    """
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        rows = [{"partner": partner, "reason": reason} for partner, reason in map(_pair, invite or [])]
    said = {"invitations": rows, "person_invited": person_invited}
    said |= {"not_invited_because": not_invited_because, "care_steps_done": care_steps_done}
    _step(daemon, "meet", case_number, {"meeting": said})


@case_app.command()
def plan(  # noqa: PLR0913 - one argument per option
    case_number: CaseArgument,
    *,
    made: Annotated[bool, typer.Option("--made/--not-made", help="Of er een plan is gemaakt.")] = True,
    made_on: Annotated[str, typer.Option(help="Dag van het plan (JJJJ-MM-DD).")] = "",
    case_lead: Annotated[str, typer.Option(help="Partner die de casus leidt.")] = "",
    own_log: Annotated[str, typer.Option(help="Waar het plan in uw eigen systeem staat.")] = "",
    case_lead_is_bureau: Annotated[bool, typer.Option(help="De casusregisseur werkt voor het bureau.")] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Leg vast of er een plan is gemaakt en wanneer: nooit wat erin staat.

    Voorbeeld: samenloop-node case plan R-2026-9 --made-on 2026-11-20 --case-lead ggz-midden --own-log dossier-12
    """
    said = {"made": made, "made_on": made_on or None, "case_lead": case_lead or None}
    said |= {"own_log": own_log, "case_lead_is_bureau": case_lead_is_bureau}
    _step(Daemon(socket, acting, as_json), "plan", case_number, {"plan": said})


@case_app.command()
def close(
    case_number: CaseArgument,
    reason: Annotated[str, typer.Option(help="Waarom de casus sluit (code uit closing_reasons).")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Sluit een casus: de antwoorden worden hier en bij de coördinator gewist.

    Voorbeeld: samenloop-node case close R-2026-9 --reason doel_bereikt
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("case", {"action": "close", "case": case_number, "reason": reason}), closed_lines)


@case_app.command()
def reject(
    case_number: CaseArgument, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Wijs een casus af, bij elke stap: de aanmelder krijgt advies of een verwijzing. De antwoorden worden gewist.

    Voorbeeld: samenloop-node case reject R-2026-9
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("case", {"action": "reject", "case": case_number}), closed_lines)


@case_app.command()
def contact(
    question: Annotated[str, typer.Argument(metavar="VRAAG", help="Nummer van de vraag.")],
    outcome: Annotated[str, typer.Option(help="juiste_persoon, verkeerde_persoon of geen_contact.")],
    holder: Annotated[str, typer.Option(help="De houder die u sprak; laat dit weg als u zelf de houder bent.")] = "",
    useful: Annotated[bool, typer.Option("--useful/--not-useful", help="Of het gesprek nuttig was.")] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Leg vast wat het gesprek na een treffer opleverde: een code, nooit wat er is gezegd.

    Voorbeeld: samenloop-node case contact 0123456789abcdef0123456789abcdef --outcome juiste_persoon --holder ggz-midden
    """
    daemon = Daemon(socket, acting, as_json)
    request = {"action": "contact", "question": question, "holder": holder, "outcome": outcome, "useful": useful}
    daemon.show(daemon.ask("case", request), contact_lines)


@case_app.command()
def contradictions(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon de treffers met uitkomsten die elkaar tegenspreken: wat hier is vastgelegd en wat de andere kant meldde.

    Voorbeeld: samenloop-node case contradictions
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("case", {"action": "contradictions"}), contradiction_lines)


@case_app.command()
def show(
    case_number: CaseArgument, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Toon waar een casus staat, wat de volgende stap nodig heeft, en van elke treffer de code voor aan de telefoon.

    Voorbeeld: samenloop-node case show R-2026-9
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("case", {"action": "show", "case": case_number}), case_lines)


@case_app.command(name="list")
def list_cases(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon uw eigen casussen.

    Voorbeeld: samenloop-node case list
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("case", {"action": "list"}), list_lines)


def _step(daemon: Daemon, action: str, case_number: str, said: Mapping[str, Any]) -> None:
    with one_sentence(as_json=daemon.as_json):
        typed = prompts.optional()
    daemon.show(daemon.ask("case", {**typed, **said, "action": action, "case": case_number}), case_lines)


def _needed(text: str) -> dict[str, str]:
    partner, *pairs = text.split(",")
    found = {"partner": partner.strip(), **dict.fromkeys(NEEDED, "")}
    for name, content in map(_pair, pairs):
        if name not in NEEDED:
            raise InvalidInput("--needed", _("Bekend zijn: {known}.", known=", ".join(NEEDED)))
        found[name] = content
    return found


def _pair(text: str) -> tuple[str, str]:
    name, equals, content = text.partition("=")
    if not equals:
        raise InvalidInput("option", _("Schrijf dit als naam=code."))
    return name.strip(), content.strip()
