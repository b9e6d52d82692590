"""`samenloop-coordinator migrate`: from SQLite files to PostgreSQL."""

from pathlib import Path
from typing import Annotated

import typer

from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.config import DataFiles, load_config

SQLITE = "sqlite:"


def migrate(
    source: Annotated[str, typer.Option("--from", help="De database uit de configuratie, als sqlite:PAD.")],
    target: Annotated[
        str, typer.Option("--to", help="Het adres, als postgresql://GEBRUIKER@HOST/NAAM, zonder wachtwoord.")
    ],
    config: Annotated[
        Path,
        typer.Option("--config", envvar="SAMENLOOP_COORDINATOR_CONFIG", help="Het TOML-bestand, nog zoals het was."),
    ] = Path("coordinator.toml"),
) -> None:
    """Zet een gestopte coördinator over van SQLite naar PostgreSQL, controleer alles wat aankwam, en reken het
    logboek na.

    Een wachtwoord komt uit een wachtwoordbestand van PostgreSQL (PGPASSFILE). Schrijf daarna het adres in de
    configuratie. Brak het af, geef dan dezelfde opdracht nog een keer: die gaat verder waar het bleef.

    Voorbeeld: samenloop-coordinator migrate --from sqlite:coordinator.db --to postgresql://samenloop@db/samenloop
    """
    database, log_head = _files(load_config(config).data, source)
    try:
        from samenloop_coordinator.store.postgres_address import reach, without_password
        from samenloop_coordinator.store.postgres_move import move
    except ImportError as error:
        raise SamenloopError(
            ErrorCode.NOT_FOUND,
            _("Voor PostgreSQL is extra software nodig: installeer samenloop-coordinator[postgres]."),
        ) from error
    address = without_password("--to", target)
    reach(address)
    moved = move(database, log_head, address)
    for table, rows in moved.rows.items():
        typer.echo(f"{table}: {rows}")
    typer.echo(_("Alles is aangekomen en het logboek klopt: {size} regels.", size=moved.log_size))
    typer.echo(_("Zet het adres nu in de configuratie: [data] database en log_head."))


def _files(data: DataFiles, given: str) -> tuple[Path, Path]:
    """Return the files that the configuration names. `--from` must be that database, and no copy: only that one's lock
    tells whether a coordinator runs, and only that one goes with the head of the log.
    """
    if not isinstance(data.database, Path) or not isinstance(data.log_head, Path):
        raise InvalidInput("data.log_head", _("De configuratie moet nog de bestanden van SQLite noemen."))
    path = Path(given.removeprefix(SQLITE))
    if not given.startswith(SQLITE) or not path.is_file():
        raise InvalidInput("--from", _("Noem een bestaand bestand, zoals sqlite:coordinator.db."))
    if not data.database.is_file() or not path.samefile(data.database):
        raise InvalidInput("--from", _("Noem de database uit de configuratie: sqlite:{path}.", path=data.database))
    return data.database, data.log_head
