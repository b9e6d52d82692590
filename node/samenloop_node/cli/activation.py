"""`samenloop-node activate` and `suspend`: putting the node into use, with its checklist (R-01..R-10)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli.base import DEFAULT_SOCKET, REFUSED, AsOption, Daemon, JsonOption, SocketOption, red


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
    refused = not all(line["met"] for line in found["lines"])
    if not (check or refused):
        found = daemon.ask("activate", {"action": "activate"})
    daemon.show(found, _lines)
    if refused:
        raise typer.Exit(REFUSED)


def suspend(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Neem deze node uit gebruik: hij registreert niemand en vraagt niets tot `activate`.

    Voorbeeld: samenloop-node suspend
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("activate", {"action": "suspend"}), _lines)


def _green(text: str) -> str:
    return typer.style(text, fg=typer.colors.GREEN)


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    from samenloop.catalogue import load_catalogue

    rules = load_catalogue().rules
    for rule in dict.fromkeys(line["rule"] for line in result["lines"]):
        unmet = [line for line in result["lines"] if line["rule"] == rule and not line["met"]]
        text = _(rules[rule].text)
        mark = red(_("rood")) if unmet else _green(_("groen"))
        yield f"{rule} {mark}  {text}"
        for line in unmet:
            yield f"     - {line['text']} {', '.join(line['missing'])}".rstrip()
    if result["state"] == "active":
        yield _("Deze node is in gebruik.")
    else:
        yield _("Deze node is niet in gebruik.")
