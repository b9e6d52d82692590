"""Commands about keys: the ceremony of a consortium secret, and the life of its epoch."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption

key_app = typer.Typer(no_args_is_help=True, help="The key ceremony: two partners make the secret of an epoch.")
epoch_app = typer.Typer(no_args_is_help=True, help="The life of an epoch: announce, fill, retire, destroy.")
Epoch = Annotated[str, typer.Argument(help="Epoch, such as 2026-1.")]


@key_app.command()
def contribute(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Do the next step as one of the two contributors: commit, then seal, then confirm. Repeat until it says done.

    Example: samenloop-node key contribute 2026-1
    """
    _do(Daemon(socket, acting, as_json), "key", {"action": "contribute", "epoch": epoch})


@key_app.command()
def accept(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Open both packages, compare them with what both contributors signed, and keep the secret.

    Example: samenloop-node key accept 2026-1
    """
    _do(Daemon(socket, acting, as_json), "key", {"action": "accept", "epoch": epoch})


@key_app.command("show")
def show_key(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Show how far the ceremony is, and the digits to read to each other on the phone.

    Example: samenloop-node key show 2026-1
    """
    _do(Daemon(socket, acting, as_json), "key", {"action": "show", "epoch": epoch})


@epoch_app.command()
def announce(
    epoch: Epoch,
    partner: Annotated[list[str], typer.Option("--contributor", help="The two contributors. Give it twice.")],
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Announce a new epoch with its two contributors; it counts when both have announced the same.

    Example: samenloop-node epoch announce 2026-2 --contributor politie-midden --contributor ggz-midden
    """
    arguments = {"action": "announce", "epoch": epoch, "contributors": list(partner)}
    _do(Daemon(socket, acting, as_json), "epoch", arguments)


@epoch_app.command()
def retire(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """End an epoch: it counts when two partners do. Once it has ended, again: destroy this node's secret of it.

    Example: samenloop-node epoch retire 2026-1
    """
    _do(Daemon(socket, acting, as_json), "epoch", {"action": "retire", "epoch": epoch})


@epoch_app.command()
def todo(
    epoch: Epoch, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """List the record ids that have no tokens for an epoch yet; sync them or register them once more.

    Example: samenloop-node epoch todo 2026-2
    """
    _do(Daemon(socket, acting, as_json), "epoch", {"action": "todo", "epoch": epoch})


def _do(daemon: Daemon, command: str, arguments: Mapping[str, object]) -> None:
    daemon.show(daemon.ask(command, arguments), _lines)


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield from result["lines"]
    if not result["lines"]:
        yield _("Niets te doen.")
