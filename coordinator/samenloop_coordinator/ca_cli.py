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

app = typer.Typer(no_args_is_help=True, help="Certify names for mutual TLS.")
Folder = Annotated[Path, typer.Option("--ca", help="Folder of the CA.")]
Request = Annotated[Path, typer.Argument(help="Certificate request (PEM), as `samenloop-node join` makes it.")]
Out = Annotated[Path, typer.Option(help="Where to write the certificate.")]
Days = Annotated[int, typer.Option(min=1, max=ca.MAX_DAYS, help="Days until it expires.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_CA = Path("ca")


@app.callback()
def authority() -> None:
    """Certify names for mutual TLS."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="New folder for the CA.")],
    trust_domain: Annotated[str, typer.Option(help="Name below which all names are made, as in the covenant.")],
    as_json: JsonOption = False,
) -> None:
    """Make a new CA: key (mode 0400), certificate and an empty denylist.

    Example: samenloop-coordinator ca init ca --trust-domain zvh-midden.example
    """
    made = ca.init(folder, trust_domain, datetime.now(UTC))
    text = _("De CA staat in {folder}. Geef ca.pem aan elke deelnemer; ca.key blijft hier.", folder=folder)
    _print({"folder": str(folder), "trust_domain": made.trust_domain}, text, as_json=as_json)


@app.command()
def prepare(
    folder: Annotated[Path, typer.Argument(help="Folder for the coordinator's keys.")], as_json: JsonOption = False
) -> None:
    """Make the coordinator's own TLS key, audit key (mode 0400) and certificate request; keys that are there stay.

    Example: samenloop-coordinator ca prepare keys
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
    participant: Annotated[str, typer.Option(help="Participant id in the covenant.")],
    out: Out,
    days: Days = ca.MAX_DAYS,
    folder: Folder = _CA,
    as_json: JsonOption = False,
) -> None:
    """Certify the TLS key of one participant; prints the pin of the key.

    Hold the pin against the covenant before you hand the certificate out.

    Example: samenloop-coordinator ca sign politie.csr --participant politie-midden --out politie.pem
    """
    made = ca.sign_participant(ca.load(folder), _read(request), participant, days, datetime.now(UTC))
    _hand_out(out, made, as_json=as_json)


@app.command()
def sign_coordinator(
    request: Request,
    host: Annotated[list[str], typer.Option(help="Host name or address on which nodes reach it; may be repeated.")],
    out: Out,
    days: Days = ca.MAX_DAYS,
    folder: Folder = _CA,
    as_json: JsonOption = False,
) -> None:
    """Certify the TLS key of the coordinator for its addresses; prints the pin of the key.

    Example: samenloop-coordinator ca sign-coordinator tls.csr --host coordinator.example --out tls.pem
    """
    made = ca.sign_coordinator(ca.load(folder), _read(request), host, days, datetime.now(UTC))
    _hand_out(out, made, as_json=as_json)


@app.command()
def revoke(
    serial: Annotated[str, typer.Argument(help="Serial number (hexadecimal) that `ca sign` printed.")],
    folder: Folder = _CA,
    as_json: JsonOption = False,
) -> None:
    """Put a certificate on the signed denylist; the coordinator refuses it from the next call on.

    Example: samenloop-coordinator ca revoke 5f0c31aa
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
