"""`samenloop-node log | review | report | breach | protocol`: the privacy officer's commands."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from samenloop.clock import milliseconds
from samenloop.texts import _
from samenloop_node.cli.base import DEFAULT_SOCKET, FAILED, AsOption, Daemon, JsonOption, SocketOption, write_files
from samenloop_node.cli.options import CaseOption, FolderOption

log_app = typer.Typer(no_args_is_help=True, help="Het eigen logboek van de node, met namen en motiveringen.")
review_app = typer.Typer(
    no_args_is_help=True,
    help="Controleer het eigen logboek: steekproeven door loting, patronen, en wat er bekend werd.",
)
report_app = typer.Typer(no_args_is_help=True, help="Rapporten van deze partner.")
breach_app = typer.Typer(no_args_is_help=True, help="Als er gegevens zijn gelekt.")
protocol_app = typer.Typer(no_args_is_help=True, help="Het protocol van verstrekkingen (art. 20 Wpg).")

Places = Annotated[
    list[int],
    typer.Argument(metavar="REGEL...", min=0, help="Nummers van getrokken regels, zoals `review list` ze toont."),
]
PeriodOption = Annotated[str, typer.Option("--period", help="Een maand of jaar: 2026-11 of 2026.")]


@log_app.command("search")
def log_search(  # noqa: PLR0913 - one option per filter
    *,
    event: Annotated[str, typer.Option(help="Code van de gebeurtenis, zoals case, answer, withhold of protocol.")] = "",
    user: Annotated[str, typer.Option(help="Naam van het account.")] = "",
    case: CaseOption = "",
    holder: Annotated[str, typer.Option(help="Deelnemer die gevraagd is, of die ontving.")] = "",
    answer: Annotated[str, typer.Option(help="Antwoord zoals gegeven: known of no_message.")] = "",
    question: Annotated[str, typer.Option(help="Nummer van een vraag (hex).")] = "",
    purpose: Annotated[str, typer.Option(help="Code van het doel.")] = "",
    rule: Annotated[str, typer.Option(help="Regel die weigerde, zoals R-25.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Vanaf dit moment (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Voor dit moment (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Hoogstens zoveel rijen.")] = 50,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Toon regels van het eigen logboek met namen, zaaknummers en motiveringen, de nieuwste eerst. Het zoeken zelf komt
    ook in het logboek.

    Voorbeeld: samenloop-node log search --user anna --event case
    """
    texts = {"event": event, "user": user, "case": case, "holder": holder, "answer": answer}
    more: dict[str, object] = {"question": question, "purpose": purpose, "rule": rule, "limit": limit}
    times = {name: _ms(at) for name, at in (("from_ms", since), ("until_ms", until)) if at is not None}
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("log", {**texts, **more, **times}), _entries)


@review_app.command("list")
def review_list(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon de regels die door loting zijn getrokken en op een oordeel wachten. Het kijken zelf komt in het logboek.

    Voorbeeld: samenloop-node review list
    """
    _review(Daemon(socket, acting, as_json), {"action": "list"})


@review_app.command("sign-off")
def sign_off(
    entries: Places, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Zeg van getrokken regels dat ze in orde zijn; elk oordeel is een regel in het logboek. Niet voor wat u zelf deed.

    Voorbeeld: samenloop-node review sign-off 118 240
    """
    _review(Daemon(socket, acting, as_json), {"action": "sign-off", "entries": entries})


@review_app.command()
def escalate(
    entries: Places,
    reason: Annotated[
        str, typer.Option(help="Waarom: no-task, wrong-purpose, too-many, odd-hour, own-circle of other.")
    ],
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Geef getrokken regels door voor onderzoek; elk is een regel in het logboek.

    Voorbeeld: samenloop-node review escalate 118 --reason wrong-purpose
    """
    _review(Daemon(socket, acting, as_json), {"action": "escalate", "entries": entries, "reason": reason})


@review_app.command()
def draw(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Trek nu een extra steekproef; de node trekt zelf op de tijden van het convenant.

    Voorbeeld: samenloop-node review draw
    """
    _review(Daemon(socket, acting, as_json), {"action": "draw"})


@review_app.command()
def check(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Trek elke steekproef opnieuw uit het logboek en zeg of niemand zelf koos. Exitcode 1 als iemand dat wel deed.

    Voorbeeld: samenloop-node review check
    """
    result = _review(Daemon(socket, acting, as_json), {"action": "check"})
    if result["unfair"]:
        raise typer.Exit(FAILED)


@review_app.command()
def patterns(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon patronen in de eigen vragen waar een mens naar moet kijken: aflopen van lijsten, vreemde uren, varianten,
    geen vervolg.

    Voorbeeld: samenloop-node review patterns
    """
    _review(Daemon(socket, acting, as_json), {"action": "patterns"})


@review_app.command()
def leakage(
    period: PeriodOption, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Toon per houder wat deze partner in een maand vroeg en te weten kwam.

    Voorbeeld: samenloop-node review leakage --period 2026-11
    """
    _review(Daemon(socket, acting, as_json), {"action": "leakage", "period": period})


@report_app.command()
def accountability(
    period: PeriodOption,
    out: FolderOption,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Schrijf het verantwoordingsrapport van deze partner over een maand of jaar dat voorbij is, zonder kleine
    aantallen. Niet openbaar: dat is alleen het rapport van de coördinator.

    Voorbeeld: samenloop-node report accountability --period 2026 --out reports
    """
    write_files(Daemon(socket, acting, as_json), "report", {"kind": "accountability", "period": period}, out)


@report_app.command()
def council(
    out: FolderOption, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Schrijf de pagina voor de gemeenteraad: wie doet mee, wie is verantwoordelijk, hoe horen burgers het (R-74).

    Voorbeeld: samenloop-node report council --out reports
    """
    write_files(Daemon(socket, acting, as_json), "report", {"kind": "council"}, out)


@report_app.command()
def register(
    out: FolderOption, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Schrijf de regel van deze partner voor het register van verwerkingen (art. 30 AVG).

    Voorbeeld: samenloop-node report register --out reports
    """
    write_files(Daemon(socket, acting, as_json), "report", {"kind": "register"}, out)


@protocol_app.command()
def extract(
    period: PeriodOption,
    out: FolderOption,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Schrijf elke verstrekking van een maand of jaar op, met grond, besluit en wie besloot. Intern: het noemt
    dossiers.

    Voorbeeld: samenloop-node protocol extract --period 2026-11 --out protocol
    """
    write_files(Daemon(socket, acting, as_json), "protocol", {"period": period}, out)


@breach_app.command("report")
def breach_report(  # noqa: PLR0913 - one option per fact
    *,
    kind: Annotated[
        str,
        typer.Option(
            help="wrong-hit-shown, wrong-registration, account-misused, node-stolen, key-leaked of coordinator-stolen."
        ),
    ],
    discovered: Annotated[
        str, typer.Option(help="Wanneer het werd ontdekt: 2026-11-21T10:00+01:00. De klok begint dan.")
    ],
    since: Annotated[
        str, typer.Option(help="Wanneer het begon. Weet u het niet, geef dan het vroegste moment dat kan.")
    ],
    out: FolderOption,
    until: Annotated[str, typer.Option(help="Wanneer het ophield, als dat voor de ontdekking was.")] = "",
    question: Annotated[
        str, typer.Option(help="Alleen de registraties die deze vraag raakte (nummer van de vraag).")
    ] = "",
    register: Annotated[str, typer.Option(help="Alleen dit register.")] = "",
    account: Annotated[str, typer.Option(help="Alleen wat dit account deed; nodig bij account-misused.")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Schrijf de feiten van een datalek op: wat, wiens tokens, wanneer, wie het moet horen, en de klok van 72 uur.
    Meldt niets aan anderen.

    Voorbeeld: samenloop-node breach report --kind node-stolen --since 2026-11-20T18:00+01:00
    --discovered 2026-11-21T10:00+01:00 --out breach
    """
    about = {"kind": kind, "question": question, "register": register, "account": account}
    times = {"discovered": discovered, "since": since, **({"until": until} if until else {})}
    write_files(Daemon(socket, acting, as_json), "breach", {**about, **times}, out)


def _review(daemon: Daemon, request: Mapping[str, object]) -> dict[str, Any]:
    result = daemon.ask("review", request)
    daemon.show(result, _lines)
    return result


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    if "draws" in result:
        yield _checked(result)
    elif "drawn" in result:
        yield _("Aantal getrokken regels: {drawn}. Zie: review list.", **result)
    elif "findings" in result:
        yield from (_finding(row) for row in result["findings"])
        yield _("Aantal patronen: {count}.", count=len(result["findings"]))
    elif "pairs" in result:
        yield from (_pair(row) for row in result["pairs"])
    elif "reason" in result:
        yield _("Doorgezet voor onderzoek.")
    elif result["entries"] and isinstance(result["entries"][0], int):
        yield _("Beoordeeld: akkoord.")
    else:
        yield from _entries(result)


def _checked(result: Mapping[str, Any]) -> str:
    if result["unfair"]:
        places = ", ".join(map(str, result["unfair"]))
        return _("Niet door het lot getrokken: de steekproeven in regel {places}.", places=places)
    return _("Aantal steekproeven: {draws}. Niemand koos zelf.", **result)


def _entries(result: Mapping[str, Any]) -> Iterator[str]:
    for row in result["entries"]:
        names = ("user", "action", "case", "rule", "reason", "purpose", "receiver", "question", "motive", "due")
        facts = [f"{name}={row[name]}" for name in names if row.get(name)]
        answers = [f"{one['holder']}={one['answer']}" for one in row["holders"]]
        late = [_("TE LAAT")] if row.get("overdue") else []
        yield " ".join([str(row["entry"]), row["at"], row["event"], *facts, *answers, *late])
    if not result["entries"]:
        yield _("Geen regels.")


def _finding(row: Mapping[str, Any]) -> str:
    mark = _("ALARM") if row["alarm"] else _("let op")
    who = " ".join(row[name] for name in ("user", "detail") if row[name])
    return f"{mark} {row['pattern']} {who} {row['count']}x {row['first']} - {row['last']}"


def _pair(row: Mapping[str, Any]) -> str:
    return _(
        "{holder}: {questions} vragen over {cases} casussen; bekend {shown}, later vrijgegeven {released}, samen "
        "geleerd {learned}; drukste dag {budget_share}% van het dagbudget",
        **row,
    )


def _ms(moment: datetime) -> int:
    return milliseconds(moment.replace(tzinfo=UTC))
