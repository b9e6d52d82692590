"""Commands about keys: the ceremony of a consortium secret, and the life of its epoch."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption

key_app = typer.Typer(no_args_is_help=True, help="De sleutelceremonie: twee partners maken het geheim van een tijdvak.")
epoch_app = typer.Typer(
    no_args_is_help=True, help="Het leven van een tijdvak: aankondigen, vullen, beëindigen, vernietigen."
)
Epoch = Annotated[str, typer.Argument(metavar="TIJDVAK", help="Tijdvak, zoals 2026-1.")]


@key_app.command()
def contribute(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Doe de volgende stap als een van de twee die bijdragen: vastleggen, dan verzegelen, dan bevestigen. Herhaal tot
    er staat dat het klaar is.

    Voorbeeld: samenloop-node key contribute 2026-1
    """
    _do(Daemon(socket, acting, as_json), "key", {"action": "contribute", "epoch": epoch})


@key_app.command()
def accept(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Open beide pakketten, vergelijk ze met wat beide partners tekenden, en bewaar het geheim.

    Voorbeeld: samenloop-node key accept 2026-1
    """
    _do(Daemon(socket, acting, as_json), "key", {"action": "accept", "epoch": epoch})


@key_app.command("show")
def show_key(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Toon hoe ver de ceremonie is, en de cijfers die u elkaar aan de telefoon voorleest.

    Voorbeeld: samenloop-node key show 2026-1
    """
    _do(Daemon(socket, acting, as_json), "key", {"action": "show", "epoch": epoch})


@epoch_app.command()
def announce(
    epoch: Epoch,
    partner: Annotated[
        list[str], typer.Option("--contributor", help="De twee partners die bijdragen. Geef deze optie twee keer.")
    ],
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Kondig een nieuw tijdvak aan met de twee partners die bijdragen; het telt als beide hetzelfde aankondigen.

    Voorbeeld: samenloop-node epoch announce 2026-2 --contributor politie-midden --contributor ggz-midden
    """
    arguments = {"action": "announce", "epoch": epoch, "contributors": list(partner)}
    _do(Daemon(socket, acting, as_json), "epoch", arguments)


@epoch_app.command()
def retire(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Beëindig een tijdvak: het telt als twee partners dat doen. Is het al beëindigd, dan nog eens: vernietig het
    geheim van deze node.

    Voorbeeld: samenloop-node epoch retire 2026-1
    """
    _do(Daemon(socket, acting, as_json), "epoch", {"action": "retire", "epoch": epoch})


@epoch_app.command()
def todo(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Toon de dossiernummers die nog geen tokens voor een tijdvak hebben; synchroniseer ze of registreer ze nog eens.

    Voorbeeld: samenloop-node epoch todo 2026-2
    """
    _do(Daemon(socket, acting, as_json), "epoch", {"action": "todo", "epoch": epoch})


def _do(daemon: Daemon, command: str, arguments: Mapping[str, object]) -> None:
    daemon.show(daemon.ask(command, arguments), _lines)


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield from result["lines"]
    if not result["lines"]:
        yield _("Niets te doen.")
