"""`samenloop-node activate` and `suspend`: putting the node into use, with its checklist (R-01..R-10)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from samenloop.texts import _
from samenloop_node.cli.base import DEFAULT_SOCKET, REFUSED, AsOption, Daemon, JsonOption, SocketOption


def activate(
    check: Annotated[bool, typer.Option("--check", help="Toon alleen de checklist.")] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Neem deze node in gebruik. Toont de checklist, groen of rood per regel; is er een regel rood, dan gebeurt er
    niets.

    Voorbeeld: samenloop-node activate --check
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
    """Neem deze node uit gebruik: hij registreert niemand en vraagt niets tot `activate`.

    Voorbeeld: samenloop-node suspend
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
