"""`samenloop covenant ...`: read, compare, sign and verify. Exit code 0: fine; 1: not complete; 2: wrong input."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from samenloop.covenant import files
from samenloop.covenant.parse import canonical, fingerprint
from samenloop.covenant.signatures import Signature, check_signer, format_signatures, missing, sign
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.keys import SealingKey, SigningKey
from samenloop.texts import _

app = typer.Typer(no_args_is_help=True, help="Lees, vergelijk, teken en controleer een convenant.")
INCOMPLETE = 1
CovenantFile = Annotated[Path, typer.Argument(metavar="CONVENANT", help="Convenant: TOML, of de canonieke JSON ervan.")]
SignaturesOption = Annotated[
    Path | None, typer.Option("--signatures", help="Bestand met handtekeningen (anders: naast het convenant).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Toon JSON.")]


@app.command()
def show(
    document: CovenantFile,
    as_json: JsonOption = False,
    as_canonical: Annotated[
        bool, typer.Option("--canonical", help="Toon precies de bytes die worden getekend.")
    ] = False,
) -> None:
    """Toon wat een convenant zegt, met zijn vingerafdruk.

    Voorbeeld: samenloop covenant show covenant.toml
    """
    read = files.read_covenant(document)
    if as_canonical:
        typer.echo(canonical(read), nl=False)
    elif as_json:
        _print_json({"fingerprint": fingerprint(read), "covenant": json.loads(canonical(read))})
    else:
        typer.echo("\n".join(files.describe(read)))


@app.command()
def diff(old: CovenantFile, new: CovenantFile, as_json: JsonOption = False) -> None:
    """Toon wat er tussen twee versies verandert en wie daarvoor moet tekenen.

    Voorbeeld: samenloop covenant diff covenant-1.toml covenant-2.toml
    """
    before, after = files.read_covenant(old), files.read_covenant(new)
    if before.version > after.version:
        raise InvalidInput("new", _("Het eerste convenant is nieuwer dan het tweede. Noem eerst de oude versie."))
    found = files.difference(before, after)
    if as_json:
        _print_json(found)
        return
    typer.echo(_("Veranderd:"))
    for path in found["changes"]:
        typer.echo(f"  {path}")
    typer.echo(_("Te tekenen door:"))
    for line in found["signers"]:
        typer.echo(f"  {line}")
    if found["tightens"]:
        typer.echo(_("Deze versie laat minder toe: de vorige vervalt meteen."))


@app.command(name="sign")
def sign_command(
    document: CovenantFile,
    key: Annotated[Path, typer.Option(help="Bestand met de tekensleutel van deze deelnemer (rechten 0400).")],
    participant: Annotated[str, typer.Option("--as", help="Deelnemer die tekent.")],
    previous: Annotated[
        Path | None, typer.Option(help="De vorige versie; alleen nodig als u vertrekt of uw tekensleutel vervangt.")
    ] = None,
    signatures: SignaturesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Teken een convenant voor één deelnemer en zet de handtekening in het bestand ernaast; een eerdere van deze
    deelnemer wordt vervangen.

    Voorbeeld: samenloop covenant sign covenant.toml --key signing.key --as politie-midden
    """
    read, path, signing = files.read_covenant(document), _beside(document, signatures), SigningKey.load(key)
    check_signer(files.read_covenant(previous) if previous else None, read, participant, signing.public)
    kept, made = _others(path, participant), sign(read, participant, signing)
    _replace(path, format_signatures([*kept, made]))
    if as_json:
        _print_json({"fingerprint": made.fingerprint, "participant": participant, "signatures": str(path)})
    else:
        typer.echo(_("Getekend voor {name}. Vingerafdruk: {print}", name=participant, print=made.fingerprint))


@app.command()
def unsign(
    document: CovenantFile,
    participant: Annotated[str, typer.Option("--as", help="Deelnemer van wie de handtekening weg moet.")],
    signatures: SignaturesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Haal de handtekening van één deelnemer weg, bijvoorbeeld omdat zij niet klopt; de andere blijven staan.

    Voorbeeld: samenloop covenant unsign covenant.toml --as politie-midden
    """
    path = _beside(document, signatures)
    kept = _others(path, participant)
    if len(kept) == len(files.read_signatures(path)):
        text = _("In {path} staat geen handtekening van {name}.", path=path, name=participant)
        raise SamenloopError(ErrorCode.NOT_FOUND, text)
    _replace(path, format_signatures(kept))
    if as_json:
        _print_json({"participant": participant, "signatures": str(path)})
    else:
        typer.echo(_("De handtekening van {name} is weggehaald.", name=participant))


@app.command()
def verify(
    document: CovenantFile,
    previous: Annotated[Path | None, typer.Option(help="De vorige versie; laat dit weg bij versie 1.")] = None,
    signatures: SignaturesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Controleer of een convenant op de vorige versie volgt en elke handtekening heeft die nodig is.

    Exitcode 0: volledig; 1: handtekeningen ontbreken of kloppen niet; 2: een bestand klopt niet.

    Voorbeeld: samenloop covenant verify covenant-2.toml --previous covenant-1.toml
    """
    new = files.read_covenant(document)
    old = files.read_covenant(previous) if previous else None
    if old is None and new.version > 1:
        text = _("Versie {version} volgt op een eerdere. Noem die ook: --previous CONVENANT.", version=new.version)
        raise InvalidInput("previous", text)
    signed = files.read_signatures(_beside(document, signatures))
    demands = [files.demand_text(demand) for demand in missing(old, new, signed)]
    if as_json:
        _print_json({"fingerprint": fingerprint(new), "complete": not demands, "missing": demands})
    elif demands:
        typer.echo(_("Nog niet compleet. Er ontbreken handtekeningen:"))
        for line in demands:
            typer.echo(f"  {line}")
    else:
        typer.echo(_("Compleet getekend. Vingerafdruk: {print}", print=fingerprint(new)))
    raise typer.Exit(INCOMPLETE if demands else 0)


@app.command()
def auditor_key(
    key: Annotated[
        Path,
        typer.Argument(metavar="SLEUTEL", help="Nieuw bestand voor de privésleutel van de controleur (rechten 0400)."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Maak de sleutel waarmee voor een controleur wordt verzegeld, en toon de openbare helft voor het convenant.

    Voorbeeld: samenloop covenant auditor-key auditor.key
    """
    public = SealingKey.generate(key).public.hex
    if as_json:
        _print_json({"sealing_key": public})
    else:
        typer.echo(_('Voor het convenant, onder [auditor]:\n  sealing_key = "{key}"', key=public))


def _beside(document: Path, signatures: Path | None) -> Path:
    return signatures or files.signatures_path(document)


def _others(path: Path, participant: str) -> list[Signature]:
    return [one for one in files.read_signatures(path) if one.participant != participant]


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(data)
    fresh.replace(path)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
