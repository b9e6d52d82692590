"""Writing a paper where the user says, and nowhere else: a path that he names, or standard output."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.reasons import why
from samenloop.texts import _

OutOption = Annotated[Path | None, typer.Option("--out", help="Waar het bestand komt; weggelaten: standaarduitvoer.")]
FormatOption = Annotated[str, typer.Option("--format", help="html of pdf.")]


def write(data: bytes, out: Path | None) -> None:
    """Write a paper; a file is new and only its owner can read it. Raises SamenloopError when it cannot be written."""
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        with open(out, "xb", opener=_private) as file:
            file.write(data)
    except OSError as problem:
        text = _("{path} kan niet worden geschreven: {why}.", path=out, why=why(problem))
        raise SamenloopError(ErrorCode.INVALID_INPUT, text) from problem


def said(out: Path | None) -> None:
    """Tell where the paper is, on standard error."""
    if out is not None:
        typer.echo(_("Geschreven: {path}. Verwijder het na het afdrukken.", path=out), err=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
