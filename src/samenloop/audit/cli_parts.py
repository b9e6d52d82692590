"""What the commands of `samenloop audit` share: how they are typed, and the bar that shows how far they are."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from samenloop.audit import verify as verifier
from samenloop.texts import _

COVENANT_HELP: Final = (
    "Vingerafdruk van het convenant (64 tekens). Gebruik die van een deelnemer, niet die uit de export."
)
BROKEN: Final = 1
USAGE: Final = 2


def check_usage(covenant: str | None, *folders: Path | None) -> None:
    """Leave with exit code 2 for a folder that is not there and for what is no fingerprint."""
    for folder in folders:
        if folder is not None and not folder.is_dir():
            refuse(_("De map {path} is er niet. Controleer de naam.", path=folder))
    if covenant is not None and (len(covenant) != 64 or covenant.strip("0123456789abcdef")):
        refuse(_("De vingerafdruk van een convenant heeft 64 tekens: cijfers en a tot en met f."))


def refuse(text: str) -> NoReturn:
    """Say what cannot be used, and leave with exit code 2."""
    typer.echo(text, err=True)
    raise typer.Exit(USAGE)


@contextmanager
def progress() -> Iterator[verifier.Progress]:
    """Show a bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn(_("Controleren")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("verify", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
