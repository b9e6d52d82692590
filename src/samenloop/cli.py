"""`samenloop`: the program of everybody who reads, signs or verifies. It holds no token and no consortium key."""

import sys

import typer

from samenloop.audit.cli import app as audit_app
from samenloop.catalogue.cli import app as catalogue_app
from samenloop.covenant.cli import app as covenant_app
from samenloop.errors import InvalidInput, SamenloopError
from samenloop.usage import Program

FAILED = 1
USAGE = 2

app = typer.Typer(
    cls=Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Teken en controleer convenanten, controleer logboeken, lees de wettelijke catalogus.",
)
app.add_typer(audit_app, name="audit")
app.add_typer(covenant_app, name="covenant")
app.add_typer(catalogue_app, name="catalogue")


def main() -> None:
    """Run the program; an expected error is one line on standard error and exit code 1, wrong input 2."""
    try:
        app()
    except SamenloopError as error:
        typer.echo(error.text, err=True)
        sys.exit(USAGE if isinstance(error, InvalidInput) else FAILED)
