"""Commands about registrations: sync, register, withdraw, reconcile."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.cli.base import (
    DEFAULT_SOCKET,
    PARTLY,
    AsOption,
    Daemon,
    JsonOption,
    SocketOption,
    on_terminal,
    one_sentence,
)
from samenloop_node.cli.fields import one_person
from samenloop_node.cli.options import RecordIdOption, RegisterOption
from samenloop_node.csvfile import open_regular


def sync(
    file: Annotated[
        Path,
        typer.Argument(metavar="BESTAND", help="Volledige export van het zaaksysteem: alle personen, CSV in UTF-8."),
    ],
    register: RegisterOption,
    confirm_withdrawals: Annotated[
        int, typer.Option("--confirm-withdrawals", min=0, help="Akkoord dat zoveel registraties worden ingetrokken.")
    ] = 0,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Vergelijk een volledige export met wat geregistreerd is, en stuur wat nieuw, veranderd of weg is.

    Voorbeeld: samenloop-node sync export.csv --register basisvoorziening
    """
    _readable(file)
    arguments = {"file": str(file.absolute()), "register": register, "confirm_withdrawals": confirm_withdrawals}
    daemon = Daemon(socket, acting, as_json)
    with _Bar() as bar:
        result = daemon.ask("sync", arguments, bar.update)
    if as_json or on_terminal() or result["problems"]:
        daemon.show(result, _sync_lines)
    if result["problems"]:
        raise typer.Exit(PARTLY)


def register(
    register: RegisterOption,
    record_id: RecordIdOption,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Registreer of wijzig één persoon. Vraagt in een terminal om de velden; leest ze anders als JSON van de
    standaardinvoer.

    Velden zijn nooit opties: andere gebruikers van deze computer kunnen opties zien.

    Voorbeeld: samenloop-node register --register basisvoorziening --record-id 2026-17 < person.json
    """
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        fields = one_person()
    arguments = {"register": register, "fields": {**fields, "record_id": record_id}}
    daemon.show(daemon.ask("register", arguments), _single_lines)


def withdraw(
    register: RegisterOption,
    record_id: RecordIdOption,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Trek de registratie van één dossier in.

    Voorbeeld: samenloop-node withdraw --register basisvoorziening --record-id 2026-17
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("withdraw", {"register": register, "record_id": record_id}), _single_lines)


def reconcile(
    register: RegisterOption,
    confirm_withdrawals: Annotated[
        int, typer.Option("--confirm-withdrawals", min=0, help="Akkoord dat zoveel registraties worden ingetrokken.")
    ] = 0,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Vergelijk een register met wat de coördinator ervan heeft, en trek in wat deze node niet kent.

    Nodig als deze node uit een oudere kopie is teruggezet. Zonder --confirm-withdrawals verandert er niets als er
    onbekende registraties zijn: u ziet dan eerst hoeveel het er zijn.

    Voorbeeld: samenloop-node reconcile --register basisvoorziening --confirm-withdrawals 1
    """
    daemon = Daemon(socket, acting, as_json)
    arguments = {"register": register, "confirm_withdrawals": confirm_withdrawals}
    daemon.show(daemon.ask("reconcile", arguments), _single_lines)


class _Bar:
    """A progress bar with rate and time left on a terminal; nothing in cron."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not on_terminal(),
            transient=True,
        )
        self._stages: dict[str, Any] = {}

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._bar.stop()

    def update(self, message: Mapping[str, Any]) -> None:
        """Show one progress message of the daemon."""
        stage = str(message["stage"])
        names = {"plan": _("Vergelijken"), "send": _("Versturen")}
        if stage not in self._stages:
            self._stages[stage] = self._bar.add_task(names.get(stage, stage), total=message["total"], rate="")
        task = self._stages[stage]
        speed = self._bar.tasks[task].speed
        rate = _("{speed} per seconde", speed=round(speed)) if speed else ""
        self._bar.update(task, completed=message["done"], total=message["total"], rate=rate)


def _readable(file: Path) -> None:
    try:
        open_regular(file).close()
    except InvalidInput as error:
        typer.echo(error.text, err=True)
        raise typer.Exit(2) from error


def _sync_lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield str(result["text"])
    if result["duplicates"]:
        yield _("{duplicates} rijen stonden er dubbel in.", **result)
    if result["decisions_not_applied"]:
        yield _("{decisions_not_applied} besluiten vooraf zijn niet toegepast.", **result)
    if result["decisions_lapsed"]:
        yield _("{decisions_lapsed} besluiten vooraf die met de hand waren genomen, zijn vervallen.", **result)
    for problem in result["problems"]:
        yield _("Rij {row}, kolom {column}: {reason}. {text}", **{**problem, "column": problem["column"] or "-"})


def _single_lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield str(result["text"])
