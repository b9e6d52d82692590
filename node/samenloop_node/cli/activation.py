"""`samenloop-node activate` and `suspend`: putting the node into use, with its checklist (R-01..R-10)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from samenloop.texts import _
from samenloop_node.cli.base import DEFAULT_SOCKET, REFUSED, AsOption, Daemon, JsonOption, SocketOption


def activate(
    check: Annotated[bool, typer.Option("--check", help="Only show the checklist.")] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Put this node into use. Prints the checklist, green or red per rule; while a line is red, nothing happens.

    Example: samenloop-node activate --check
    """
    daemon = Daemon(socket, acting, as_json)
    found = daemon.ask("activate", {"action": "check"})
    red = not all(line["met"] for line in found["lines"])
    if not (check or red):
        found = daemon.ask("activate", {"action": "activate"})
    daemon.show(found, _lines)
    if red:
        raise typer.Exit(REFUSED)


def suspend(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Take this node out of use: it registers nobody and asks nothing until `activate`.

    Example: samenloop-node suspend
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("activate", {"action": "suspend"}), _lines)


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    colours = Console().is_terminal
    for line in result["lines"]:
        mark = _("groen") if line["met"] else _("rood")
        if colours:
            mark = f"\033[{32 if line['met'] else 31}m{mark}\033[0m"
        yield f"{mark:<6} {line['rule']}  {', '.join(line['missing']) if not line['met'] else ''}".rstrip()
        if not line["met"]:
            yield f"       {line['text']}"
    if result["state"] == "active":
        yield _("Deze node is in gebruik.")
    else:
        yield _("Deze node is niet in gebruik.")
