"""`samenloop-node notice ...`: telling the person, or writing down why not yet (R-61..R-64)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli import papers, prompts
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption, one_sentence
from samenloop_node.cli.papers import FormatOption, OutOption

NoticeArgument = Annotated[int, typer.Argument(metavar="NOTICE", help="Number of the notice.")]
notice_app = typer.Typer(
    no_args_is_help=True, help="Telling the person (R-61..R-64). Codes and what they mean: `samenloop catalogue show`."
)


@notice_app.callback()
def notice() -> None:
    """Telling the person (R-61..R-64).

    Codes and what they mean: samenloop catalogue show
    """


@notice_app.command(name="list")
def list_notices(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Show what is due or deferred, the most urgent first.

    Example: samenloop-node notice list
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("notice", {"action": "list"}), _list_lines)


@notice_app.command()
def give(  # noqa: PLR0913 - one argument per option
    number: NoticeArgument,
    *,
    given_on: Annotated[str, typer.Option(help="Day (YYYY-MM-DD).")],
    way: Annotated[str, typer.Option(help="How (code).")],
    given_by: Annotated[str, typer.Option(help="Partner that told the person.")],
    content: Annotated[list[str] | None, typer.Option(help="What the person was told (code). Repeat it.")] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write down that the person was told, when, how, by whom, and what.

    Example: samenloop-node notice give 3 --given-on 2026-11-20 --way brief --given-by reclassering-midden
    """
    said = {"given_on": given_on, "way": way, "given_by": given_by, "contents": content or []}
    _step(Daemon(socket, acting, as_json), "give", number, said)


@notice_app.command()
def defer(  # noqa: PLR0913 - one argument per option
    number: NoticeArgument,
    *,
    ground: Annotated[str, typer.Option(help="Ground (code).")],
    review_on: Annotated[str, typer.Option(help="Day on which it is looked at again (YYYY-MM-DD).")],
    decision: Annotated[str, typer.Option(help="Number of the decision, so that it can be checked later.")] = "",
    condition: Annotated[str, typer.Option(help="Where you wrote what must happen first (reference).")] = "",
    expected_on: Annotated[str, typer.Option(help="When you expect to tell (YYYY-MM-DD).")] = "",
    informer: Annotated[str, typer.Option(help="Partner that will tell.")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write down why the person is not told yet, until when, and who will.

    Example: samenloop-node notice defer 3 --ground bescherming --review-on 2026-12-20 --informer reclassering-midden
    """
    said = {"ground": ground, "review_on": review_on, "decision": decision, "condition": condition}
    said |= {name: value for name, value in (("expected_on", expected_on), ("informer", informer)) if value}
    _step(Daemon(socket, acting, as_json), "defer", number, said)


@notice_app.command()
def resume(
    number: NoticeArgument, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """End a deferral: its ground is gone, so the person is to be told.

    Example: samenloop-node notice resume 3
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
    """Make a draft letter in plain Dutch, from fields on standard input (JSON, all optional). A person completes it.

    Example: samenloop-node notice letter 3 --format pdf --out letter.pdf
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
    """Make an iCalendar file with the days on which something must be told or looked at again. No names.

    Example: samenloop-node notice calendar --out informing.ics
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
    return f"{text} {_('Te laat.')}" if row["overdue"] and row["state"] != "given" else text
