"""Commands that need no running node: config check, profile lint."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli.base import DEFAULT_CONFIG, FAILED, ConfigOption, JsonOption, one_sentence, show

profile_app = typer.Typer(no_args_is_help=True, help="Tokenprofielen.")
config_app = typer.Typer(no_args_is_help=True, help="De configuratie van deze node.")


@config_app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Controleer configuratie, accounts, sleutels en certificaat zonder de node te starten.

    Voorbeeld: samenloop-node config check --config /etc/samenloop/node.toml
    """
    from samenloop_node.local.check import checked

    with one_sentence(as_json=as_json):
        result = checked(config)
    show(result, _lines, as_json=as_json)


@profile_app.command()
def lint(
    file: Annotated[
        list[Path], typer.Argument(metavar="BESTAND...", help="CSV-bestanden met personen, samen 200.000 of meer.")
    ],
    profile: Annotated[str, typer.Option("--profile", help="Tokenprofiel.")] = "nl-1",
    as_json: JsonOption = False,
) -> None:
    """Meet elk recept van een tokenprofiel op een bevolking; faalt boven de grenzen van het dreigingsmodel.

    Voorbeeld: samenloop-node profile lint population.csv
    """
    from samenloop_node.local.lint import linted

    with one_sentence(as_json=as_json):
        result = linted(profile, file)
    show(result, _lines, as_json=as_json)
    if not result["ok"]:
        raise typer.Exit(FAILED)


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield from result["lines"]
    yield _("In orde.") if result["ok"] else _("Niet in orde.")
