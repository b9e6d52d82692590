"""`samenloop-node notice ...`: telling the person, or writing down why not yet (R-61..R-64)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli import papers, prompts
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption, one_sentence
from samenloop_node.cli.papers import FormatOption, OutOption

NoticeArgument = Annotated[int, typer.Argument(metavar="BERICHT", help="Nummer van het bericht.")]
notice_app = typer.Typer(
    no_args_is_help=True,
    help="De persoon informeren (R-61..R-64). Codes en wat ze betekenen: `samenloop catalogue show TABEL`.",
)


@notice_app.command(name="list")
def list_notices(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon wie nog geïnformeerd moet worden of waar dat is uitgesteld, het dringendste eerst.

    Voorbeeld: samenloop-node notice list
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("notice", {"action": "list"}), _list_lines)


@notice_app.command()
def give(  # noqa: PLR0913 - one argument per option
    number: NoticeArgument,
    *,
    given_on: Annotated[str, typer.Option(help="Dag (JJJJ-MM-DD).")],
    way: Annotated[str, typer.Option(help="Hoe (code uit notice_ways).")],
    given_by: Annotated[str, typer.Option(help="Partner die de persoon informeerde.")],
    content: Annotated[
        list[str] | None,
        typer.Option(
            help="Waarover de persoon is geïnformeerd (code uit notice_contents). Herhaal dit voor elke code."
        ),
    ] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Leg vast dat de persoon is geïnformeerd: wanneer, hoe, door wie en waarover.

    Voorbeeld: samenloop-node notice give 3 --given-on 2026-11-20 --way brief --given-by reclassering-midden
    """
    said = {"given_on": given_on, "way": way, "given_by": given_by, "contents": content or []}
    _step(Daemon(socket, acting, as_json), "give", number, said)


@notice_app.command()
def defer(  # noqa: PLR0913 - one argument per option
    number: NoticeArgument,
    *,
    ground: Annotated[str, typer.Option(help="Grond (code uit deferral_grounds).")],
    review_on: Annotated[str, typer.Option(help="Dag waarop dit opnieuw wordt bekeken (JJJJ-MM-DD).")],
    decision: Annotated[str, typer.Option(help="Nummer van het besluit, zodat het later te controleren is.")] = "",
    condition: Annotated[str, typer.Option(help="Waar u opschreef wat er eerst moet gebeuren (verwijzing).")] = "",
    expected_on: Annotated[str, typer.Option(help="Wanneer u verwacht te informeren (JJJJ-MM-DD).")] = "",
    informer: Annotated[str, typer.Option(help="Partner die zal informeren.")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Leg vast waarom de persoon nog niet wordt geïnformeerd, tot wanneer, en wie het zal doen.

    Voorbeeld: samenloop-node notice defer 3 --ground bescherming --review-on 2026-12-20 --informer reclassering-midden
    """
    said = {"ground": ground, "review_on": review_on, "decision": decision, "condition": condition}
    said |= {name: value for name, value in (("expected_on", expected_on), ("informer", informer)) if value}
    _step(Daemon(socket, acting, as_json), "defer", number, said)


@notice_app.command()
def resume(
    number: NoticeArgument, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Beëindig een uitstel: de grond is weg, dus de persoon moet worden geïnformeerd.

    Voorbeeld: samenloop-node notice resume 3
    """
    _step(Daemon(socket, acting, as_json), "resume", number, {"ground_gone": True})


@notice_app.command()
def letter(
    number: NoticeArgument,
    form: FormatOption = "html",
    out: OutOption = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
) -> None:
    """Maak een conceptbrief in gewoon Nederlands, uit velden op de standaardinvoer (JSON, alles mag leeg blijven). Een
    mens maakt hem af.

    Voorbeeld: samenloop-node notice letter 3 --format pdf --out letter.pdf
    """
    from samenloop_node.documents import notice_letter
    from samenloop_node.documents.render import render

    with one_sentence():
        typed = notice_letter.parse_fields(prompts.optional())
        facts = Daemon(socket, acting).ask("notice", {"action": "letter", "notice": number})["letter"]
        papers.write(render(notice_letter.notice_letter(facts, typed), form), out)
    papers.said(out)


@notice_app.command()
def calendar(out: OutOption = None, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "") -> None:
    """Maak een iCalendar-bestand met de dagen waarop iemand geïnformeerd moet worden of een uitstel opnieuw bekeken.
    Zonder namen.

    Voorbeeld: samenloop-node notice calendar --out informing.ics
    """
    with one_sentence():
        papers.write(Daemon(socket, acting).ask("notice", {"action": "calendar"})["calendar"].encode(), out)


def _step(daemon: Daemon, action: str, number: int, said: Mapping[str, Any]) -> None:
    with one_sentence(as_json=daemon.as_json):
        typed = prompts.optional()
    result = daemon.ask("notice", {**typed, "action": action, "notice": number, "said": dict(said)})
    daemon.show(result, lambda row: iter([_line(row)]))


def _list_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for row in result["notices"]:
        yield _line(row)
    if not result["notices"]:
        yield _("Er hoeft nu niemand te worden geïnformeerd.")


def _line(row: Mapping[str, Any]) -> str:
    about = row["case"] or row["record"] or "-"
    match row["state"]:
        case "due":
            text = _("Bericht {notice} ({about}): informeren uiterlijk {due_on}.", **row, about=about)
        case "deferred":
            text = _("Bericht {notice} ({about}): uitgesteld, bekijk het op {review_on}.", **row, about=about)
        case _other:
            text = _("Bericht {notice} ({about}): de persoon is geïnformeerd.", **row, about=about)
    return text + " " + _("Te laat.") if row["overdue"] and row["state"] != "given" else text
