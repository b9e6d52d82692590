"""Options and arguments that more than one command of `samenloop-node` takes; those of every command are in `base`."""

from pathlib import Path
from typing import Annotated

import typer

_CASE_HELP = "Zaaknummer in uw eigen systeem."
CaseArgument = Annotated[str, typer.Argument(metavar="CASUS", help=_CASE_HELP)]
CaseOption = Annotated[str, typer.Option("--case", help=_CASE_HELP)]
RegisterOption = Annotated[str, typer.Option("--register", help="Register van deze deelnemer.")]
RecordIdOption = Annotated[str, typer.Option("--record-id", help="Nummer van het dossier in uw eigen systeem.")]
GiveBasisOption = Annotated[str, typer.Option("--give-basis", help="Uw grondslag om te geven (code uit give).")]
BreachOption = Annotated[
    str, typer.Option("--breach-ground", help="De grond die uw geheimhouding doorbreekt (code uit breach_grounds).")
]
ConsentOption = Annotated[str, typer.Option("--consent", help="Nummer van de toestemming waarop dit rust.")]
FolderOption = Annotated[Path, typer.Option("--out", help="Map voor de pagina, de PDF en het tabelbestand.")]
TargetOption = Annotated[
    list[str] | None,
    typer.Option("--target-group", help="Doelgroep (code uit target_group). Herhaal dit voor elke code."),
]
