"""`samenloop catalogue show|check|diff|sign`: read the law as data; check, compare and sign an override."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from samenloop.catalogue.diff import Difference, differences, tables
from samenloop.catalogue.loader import load_catalogue
from samenloop.catalogue.tighten import parse_override, tightened
from samenloop.covenant import files
from samenloop.covenant.override import read_bytes, sign_override, signers
from samenloop.covenant.signatures import Signature, format_signatures
from samenloop.errors import InvalidInput
from samenloop.keys import SigningKey
from samenloop.reasons import why
from samenloop.texts import _

app = typer.Typer(help="De wettelijke catalogus: soorten partners, modi, paarregels, gronden.", no_args_is_help=True)
JsonFlag = Annotated[bool, typer.Option("--json", help="Toon JSON.")]
Override = Annotated[
    Path, typer.Argument(metavar="BESTAND", help="TOML-bestand met de aanscherping van een deelnemer.")
]


@app.command()
def show(
    table: Annotated[
        str,
        typer.Argument(metavar="TABEL", help="Een tabel zoals registers, pairs of give; leeg toont welke er zijn."),
    ] = "",
    row: Annotated[str, typer.Argument(metavar="RIJ", help="Het id van één rij, zoals politie of P-08.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Toon de tabellen van de catalogus, één tabel of één rij.

    Voorbeeld: samenloop catalogue show registers politie
    """
    found = _found(table, row)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif not table:
        _print_table((_("tabel"), _("rijen")), [(name, str(len(rows))) for name, rows in found.items()])
    elif row:
        _print_table((_("veld"), _("waarde")), [(field, _text(value)) for field, value in found.items()])
    else:
        _print_table((_("id"), _("wat")), [(key, _text(one.get("name") or one["text"])) for key, one in found.items()])


@app.command()
def check(
    override: Annotated[
        Path | None, typer.Argument(metavar="BESTAND", help="TOML-bestand met een aanscherping.")
    ] = None,
    covenant: Annotated[
        Path | None, typer.Option(help="Convenant waarmee de handtekeningen worden gecontroleerd.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Controleer de catalogus, of een aanscherping alleen strenger maakt, en met --covenant wie haar tekende.

    Voorbeeld: samenloop catalogue check strenger.toml --covenant covenant.toml
    """
    catalogue = load_catalogue()
    if override is not None:
        tightened(catalogue, parse_override(_read(override)))
    names: list[str] | None = None
    if override is not None and covenant is not None:
        names = sorted(signers(files.read_covenant(covenant), read_bytes(override), _signatures(override)))
    if as_json:
        typer.echo(json.dumps({"holds": True, "signed_by": names}))
        return
    typer.echo(_("De catalogus klopt."))
    if names is not None:
        typer.echo(_("Getekend door: {names}", names=", ".join(names) or "-"))


@app.command()
def sign(
    override: Override,
    covenant: Annotated[Path, typer.Option(help="Het convenant waar de aanscherping bij hoort.")],
    key: Annotated[Path, typer.Option(help="Bestand met de tekensleutel van deze deelnemer (rechten 0400).")],
    participant: Annotated[str, typer.Option("--as", help="Deelnemer die tekent.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Teken een aanscherping voor één deelnemer en voeg de handtekening toe aan het bestand ernaast.

    Voorbeeld: samenloop catalogue sign strenger.toml --covenant covenant.toml --key signing.key --as politie-midden
    """
    tightened(load_catalogue(), parse_override(_read(override)))
    agreed, data = files.read_covenant(covenant), read_bytes(override)
    made = sign_override(agreed, data, participant, SigningKey.load(key))
    kept = [one for one in _signatures(override) if one.participant != participant]
    signers(agreed, data, [*kept, made])
    files.signatures_path(override).write_bytes(format_signatures([*kept, made]))
    text = _("Getekend voor {name}. Vingerafdruk: {print}", name=participant, print=made.fingerprint)
    typer.echo(json.dumps({"participant": participant, "fingerprint": made.fingerprint}) if as_json else text)


@app.command()
def diff(override: Override, *, as_json: JsonFlag = False) -> None:
    """Toon wat een aanscherping verandert.

    Voorbeeld: samenloop catalogue diff strenger.toml
    """
    catalogue = load_catalogue()
    found = differences(catalogue, tightened(catalogue, parse_override(_read(override))))
    if as_json:
        typer.echo(json.dumps([_as_dict(one) for one in found], ensure_ascii=False, indent=2))
        return
    _print_table(
        (_("waar"), _("eerst"), _("straks")), [(one.where, one.before or "", one.after or "") for one in found]
    )


def _found(table: str, row: str) -> dict[str, Any]:
    everything = tables(load_catalogue())
    if not table:
        return dict(everything)
    if table not in everything or (row and row not in everything[table]):
        raise InvalidInput("catalogue", _("Dit staat niet in de catalogus: {name}.", name=f"{table} {row}".strip()))
    found = everything[table]
    return dict(found[row]) if row else dict(found)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            "override", _("{path} kan niet worden gelezen: {why}.", path=path, why=why(error))
        ) from error


def _signatures(override: Path) -> tuple[Signature, ...]:
    return files.read_signatures(files.signatures_path(override))


def _as_dict(one: Difference) -> dict[str, str | None]:
    return {"where": one.where, "before": one.before, "after": one.after}


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_text(one)}" for name, one in value.items())
    if isinstance(value, bool):
        return _("ja") if value else _("nee")
    if value is None:
        return "-"
    return _(value) if isinstance(value, str) and value else str(value)


def _print_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(*head, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
