"""`samenloop-coordinator ca ...`: make a consortium's certificates without openssl command lines."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.reasons import why
from samenloop.texts import _
from samenloop.tls.certificates import Certificate
from samenloop_coordinator import ca

app = typer.Typer(no_args_is_help=True, help="Geef certificaten uit voor wederzijds TLS.")
Folder = Annotated[Path, typer.Option("--ca", help="Map van de CA.")]
Request = Annotated[
    Path, typer.Argument(metavar="AANVRAAG", help="Certificaataanvraag (PEM), zoals `samenloop-node join` haar maakt.")
]
Out = Annotated[Path, typer.Option(help="Waar het certificaat komt.")]
Days = Annotated[int, typer.Option(min=1, max=ca.MAX_DAYS, help="Dagen tot het verloopt.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Toon JSON.")]
_CA = Path("ca")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="MAP", help="Nieuwe map voor de CA.")],
    trust_domain: Annotated[
        str, typer.Option(help="Naam waaronder alle namen worden gemaakt, zoals in het convenant.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Maak een nieuwe CA: sleutel (rechten 0400), certificaat en een lege lijst van geweigerde certificaten.

    Voorbeeld: samenloop-coordinator ca init ca --trust-domain zvh-midden.example
    """
    made = ca.init(folder, trust_domain, datetime.now(UTC))
    text = _("De CA staat in {folder}. Geef ca.pem aan elke deelnemer; ca.key blijft hier.", folder=folder)
    _print({"folder": str(folder), "trust_domain": made.trust_domain}, text, as_json=as_json)


@app.command()
def prepare(
    folder: Annotated[Path, typer.Argument(metavar="MAP", help="Map voor de sleutels van de coördinator.")],
    as_json: JsonOption = False,
) -> None:
    """Maak de TLS-sleutel van de coördinator, de auditsleutel (rechten 0400) en de certificaataanvraag; sleutels die er
    al zijn, blijven.

    Voorbeeld: samenloop-coordinator ca prepare keys
    """
    made = ca.prepare_coordinator(folder)
    facts = {"request": str(made.request), "tls_pin": made.tls_pin, "audit_key": made.audit_key}
    text = _(
        'Aanvraag: {path}\nVoor het convenant, onder [coordinator]:\n  tls_pin = "{pin}"\n  audit_key = "{key}"',
        path=made.request,
        pin=made.tls_pin,
        key=made.audit_key,
    )
    _print(facts, text, as_json=as_json)


@app.command()
def sign(
    request: Request,
    participant: Annotated[str, typer.Option(help="Id van de deelnemer in het convenant.")],
    out: Out,
    days: Days = ca.MAX_DAYS,
    folder: Folder = _CA,
    as_json: JsonOption = False,
) -> None:
    """Geef een certificaat uit voor de TLS-sleutel van één deelnemer; toont de pin van de sleutel.

    Leg de pin naast het convenant voordat u het certificaat afgeeft.

    Voorbeeld: samenloop-coordinator ca sign politie.csr --participant politie-midden --out politie.pem
    """
    made = ca.sign_participant(ca.load(folder), _read(request), participant, days, datetime.now(UTC))
    _hand_out(out, made, as_json=as_json)


@app.command()
def sign_coordinator(
    request: Request,
    host: Annotated[list[str], typer.Option(help="Naam of adres waarop nodes hem bereiken; mag vaker.")],
    out: Out,
    days: Days = ca.MAX_DAYS,
    folder: Folder = _CA,
    as_json: JsonOption = False,
) -> None:
    """Geef een certificaat uit voor de TLS-sleutel van de coördinator en zijn adressen; toont de pin van de sleutel.

    Voorbeeld: samenloop-coordinator ca sign-coordinator tls.csr --host coordinator.example --out tls.pem
    """
    made = ca.sign_coordinator(ca.load(folder), _read(request), host, days, datetime.now(UTC))
    _hand_out(out, made, as_json=as_json)


@app.command()
def revoke(
    serial: Annotated[str, typer.Argument(metavar="SERIENUMMER", help="Serienummer dat `ca sign` toonde.")],
    folder: Folder = _CA,
    as_json: JsonOption = False,
) -> None:
    """Zet een certificaat op de getekende lijst van geweigerde certificaten; de coördinator weigert het vanaf de
    volgende oproep.

    Voorbeeld: samenloop-coordinator ca revoke 5f0c31aa
    """
    opened = ca.load(folder)
    made = ca.revoke(opened, serial)
    facts = {"denylist": str(opened.denylist_path), "number": made.number, "revoked": sorted(made.serials)}
    text = _("Ingetrokken. Lijst nummer {number}: {path}", number=made.number, path=opened.denylist_path)
    _print(facts, text, as_json=as_json)


def _hand_out(out: Path, certificate: bytes, *, as_json: bool) -> None:
    _write(out, certificate)
    made = Certificate.from_pem(certificate)
    facts = {
        "certificate": str(out),
        "name": made.uris[0],
        "serial": made.serial,
        "tls_pin": made.pin,
        "not_after": made.not_after.isoformat(),
    }
    text = _(
        "Certificaat voor {name} staat in {path}, geldig tot {day}.\nSerienummer: {serial}\nPin van de sleutel: {pin}",
        name=made.uris[0],
        path=out,
        day=f"{made.not_after:%d-%m-%Y}",
        serial=made.serial,
        pin=made.pin,
    )
    _print(facts, text, as_json=as_json)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1 << 16)
    except OSError as error:
        text = _("{path} kan niet worden gelezen: {why}.", path=path, why=why(error))
        raise SamenloopError(ErrorCode.NOT_FOUND, text) from error


def _write(path: Path, data: bytes) -> None:
    """Write whole or not at all: a running daemon may read this file at any moment."""
    fresh = path.with_suffix(".new")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as error:
        text = _("{path} kan niet worden geschreven: {why}.", path=path, why=why(error))
        raise SamenloopError(ErrorCode.UNAVAILABLE, text) from error


def _print(facts: dict[str, Any], text: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else text)
