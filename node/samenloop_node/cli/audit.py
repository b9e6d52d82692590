"""`samenloop-node audit`: the own log as evidence, for the privacy officer and his auditor."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli.audit_open import open_own
from samenloop_node.cli.base import (
    DEFAULT_SOCKET,
    FAILED,
    AsOption,
    Daemon,
    JsonOption,
    SocketOption,
    one_sentence,
    red,
)

audit_app = typer.Typer(no_args_is_help=True, help="Exporteer en controleer het eigen logboek van de node.")
audit_app.command("open")(open_own)


@audit_app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="MAP", help="Een nieuwe map.")],
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Schrijf het eigen logboek als een map die `samenloop audit verify` controleert. Er staan geen namen en geen
    motiveringen in. De export zelf komt ook in het logboek.

    Voorbeeld: samenloop-node audit export own-log-2026-11
    """
    from samenloop.audit.export import ExportFolder

    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        written = ExportFolder(folder)

    def add(piece: Mapping[str, Any]) -> None:
        written.add(piece["path"], base64.b64decode(piece["data"]))

    result = daemon.ask("audit", {"action": "export"}, add)
    daemon.show({**result, "folder": str(folder)}, _exported)


@audit_app.command()
def fsck(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Reken het hele eigen logboek na, vanaf de eerste regel. Exitcode 1 als er iets niet klopt. De controle komt ook
    in het logboek.

    Voorbeeld: samenloop-node audit fsck
    """
    daemon = Daemon(socket, acting, as_json)
    result = daemon.ask("audit", {"action": "fsck"})
    daemon.show(result, _checked)
    if result["problems"]:
        raise typer.Exit(FAILED)


def _exported(result: Mapping[str, Any]) -> Iterator[str]:
    yield _("{size} regels geschreven naar {folder}.", **result)


def _checked(result: Mapping[str, Any]) -> Iterator[str]:
    yield from (red(_("STUK: {problem}", problem=problem)) for problem in result["problems"])
    for first, last in result["purged"]:
        yield _("Gewist na de bewaartermijn: regels {first} tot en met {last}.", first=first, last=last)
    if not result["problems"]:
        yield _("Het logboek klopt: {size} regels.", **result)
