"""`samenloop-node log | review | report | breach | protocol`: the privacy officer's commands."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from samenloop.clock import milliseconds
from samenloop.texts import _
from samenloop_node.cli.base import DEFAULT_SOCKET, FAILED, AsOption, Daemon, JsonOption, SocketOption, write_files

log_app = typer.Typer(no_args_is_help=True, help="The node's own log, with names and motives.")
review_app = typer.Typer(no_args_is_help=True, help="Review the own log: samples by lot, patterns, what was learned.")
report_app = typer.Typer(no_args_is_help=True, help="Reports of this partner.")
breach_app = typer.Typer(no_args_is_help=True, help="When data were leaked.")
protocol_app = typer.Typer(no_args_is_help=True, help="The protocol of provisions (art. 20 Wpg).")

Places = Annotated[list[int], typer.Argument(min=0, help="Numbers of drawn entries, as `review list` shows them.")]
Folder = Annotated[Path, typer.Option("--out", help="Folder for the page, the PDF and the table file.")]
PeriodOption = Annotated[str, typer.Option("--period", help="A month or year: 2026-11 or 2026.")]


@log_app.callback()
def _log() -> None:
    """The node's own log, with names and motives."""


@breach_app.callback()
def _breach() -> None:
    """When data were leaked."""


@protocol_app.callback()
def _protocol() -> None:
    """The protocol of provisions (art. 20 Wpg)."""


@log_app.command("search")
def log_search(  # noqa: PLR0913 - one option per filter
    *,
    event: Annotated[str, typer.Option(help="Event code, such as case, answer, withhold or protocol.")] = "",
    user: Annotated[str, typer.Option(help="Account name.")] = "",
    case: Annotated[str, typer.Option(help="Case number in your own system.")] = "",
    holder: Annotated[str, typer.Option(help="Participant that was asked, or that received.")] = "",
    answer: Annotated[str, typer.Option(help="Answer as given: known or no_message.")] = "",
    question: Annotated[str, typer.Option(help="Number of a question (hex).")] = "",
    purpose: Annotated[str, typer.Option(help="Purpose code.")] = "",
    rule: Annotated[str, typer.Option(help="Rule that refused, such as R-25.")] = "",
    since: Annotated[datetime | None, typer.Option(help="From this moment (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this moment (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many rows.")] = 50,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show entries of the own log with names, case numbers and motives, newest first. The search itself is logged.

    Example: samenloop-node log search --user anna --event case
    """
    texts = {"event": event, "user": user, "case": case, "holder": holder, "answer": answer}
    more: dict[str, object] = {"question": question, "purpose": purpose, "rule": rule, "limit": limit}
    times = {name: _ms(at) for name, at in (("from_ms", since), ("until_ms", until)) if at is not None}
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("log", {**texts, **more, **times}), _entries)


@review_app.command("list")
def review_list(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Show the entries that were drawn by lot and wait for a verdict. The look itself is logged.

    Example: samenloop-node review list
    """
    _review(Daemon(socket, acting, as_json), {"action": "list"})


@review_app.command("sign-off")
def sign_off(
    entries: Places, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Say of drawn entries that they are in order; each sign-off is an entry in the log. Not for your own acts.

    Example: samenloop-node review sign-off 118 240
    """
    _review(Daemon(socket, acting, as_json), {"action": "sign-off", "entries": entries})


@review_app.command()
def escalate(
    entries: Places,
    reason: Annotated[str, typer.Option(help="Why: no-task, wrong-purpose, too-many, odd-hour, own-circle or other.")],
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Pass drawn entries on for investigation; each is an entry in the log.

    Example: samenloop-node review escalate 118 --reason wrong-purpose
    """
    _review(Daemon(socket, acting, as_json), {"action": "escalate", "entries": entries, "reason": reason})


@review_app.command()
def draw(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Draw an extra sample now; the node draws by itself at the times of the covenant.

    Example: samenloop-node review draw
    """
    _review(Daemon(socket, acting, as_json), {"action": "draw"})


@review_app.command()
def check(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Draw every sample again from the log and say whether nobody picked. Exit code 1 when somebody did.

    Example: samenloop-node review check
    """
    result = _review(Daemon(socket, acting, as_json), {"action": "check"})
    if result["unfair"]:
        raise typer.Exit(FAILED)


@review_app.command()
def patterns(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Show patterns in own questions that a person should look at: enumeration, odd hours, variants, no follow-up.

    Example: samenloop-node review patterns
    """
    _review(Daemon(socket, acting, as_json), {"action": "patterns"})


@review_app.command()
def leakage(
    period: PeriodOption, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Show per holder what this partner asked and learned in a month.

    Example: samenloop-node review leakage --period 2026-11
    """
    _review(Daemon(socket, acting, as_json), {"action": "leakage", "period": period})


@report_app.command()
def accountability(
    period: PeriodOption,
    out: Folder,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write this partner's accountability report of an ended month or year, without small numbers.

    Example: samenloop-node report accountability --period 2026 --out reports
    """
    write_files(Daemon(socket, acting, as_json), "report", {"kind": "accountability", "period": period}, out)


@report_app.command()
def council(
    out: Folder, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Write the page for the council: who takes part, who is responsible, how citizens are told (R-74).

    Example: samenloop-node report council --out reports
    """
    write_files(Daemon(socket, acting, as_json), "report", {"kind": "council"}, out)


@report_app.command()
def register(
    out: Folder, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Write this partner's entry in the register of processing activities (art. 30 AVG).

    Example: samenloop-node report register --out reports
    """
    write_files(Daemon(socket, acting, as_json), "report", {"kind": "register"}, out)


@protocol_app.command()
def extract(
    period: PeriodOption,
    out: Folder,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write every provision of a month or year, with ground, decision and who decided. Internal: it names records.

    Example: samenloop-node protocol extract --period 2026-11 --out protocol
    """
    write_files(Daemon(socket, acting, as_json), "protocol", {"period": period}, out)


@breach_app.command("report")
def breach_report(  # noqa: PLR0913 - one option per fact
    *,
    kind: Annotated[
        str,
        typer.Option(
            help="wrong-hit-shown, wrong-registration, account-misused, node-stolen, key-leaked or coordinator-stolen."
        ),
    ],
    discovered: Annotated[
        str, typer.Option(help="When it was noticed: 2026-11-21T10:00+01:00. The clock starts here.")
    ],
    out: Folder,
    since: Annotated[str, typer.Option(help="When it began, if that was earlier.")] = "",
    until: Annotated[str, typer.Option(help="When it ended, if that was before it was noticed.")] = "",
    question: Annotated[str, typer.Option(help="Only the registrations that this question hit (hex).")] = "",
    register: Annotated[str, typer.Option(help="Only this register.")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write the facts of a data breach: what, whose tokens, when, whom to tell, and the 72-hour clock. Tells nobody.

    Example: samenloop-node breach report --kind node-stolen --discovered 2026-11-21T10:00+01:00 --out breach
    """
    given = {"kind": kind, "discovered": discovered, "question": question, "register": register}
    times = {name: text for name, text in (("since", since), ("until", until)) if text}
    write_files(Daemon(socket, acting, as_json), "breach", {**given, **times}, out)


def _review(daemon: Daemon, request: Mapping[str, object]) -> dict[str, Any]:
    result = daemon.ask("review", request)
    daemon.show(result, _lines)
    return result


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    if "draws" in result:
        yield _checked(result)
    elif "drawn" in result:
        yield _("{drawn} regels getrokken. Zie: review list.", **result)
    elif "findings" in result:
        yield from (_finding(row) for row in result["findings"])
        yield _("{count} patronen.", count=len(result["findings"]))
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
    return _("{draws} steekproeven, alle door het lot getrokken.", **result)


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
