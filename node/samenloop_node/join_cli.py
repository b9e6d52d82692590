"""`samenloop-node join ...`: make keys and a request, say what to send to whom, install what comes back."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samenloop.texts import _

if TYPE_CHECKING:  # certificates bring grpc and the covenant with them, which would slow every command down
    from samenloop_node import join

app = typer.Typer(no_args_is_help=True, help="Join a consortium: keys, certificate request, certificate.")
Folder = Annotated[Path, typer.Argument(help="Folder for keys and certificates of this node.")]
Participant = Annotated[str, typer.Option(help="Id of this participant in the covenant.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def joining() -> None:
    """Join a consortium: keys, certificate request, certificate."""


@app.command()
def prepare(folder: Folder, participant: Participant, as_json: JsonOption = False) -> None:
    """Make the keys (mode 0400) and the certificate request; keys that are there stay.

    Example: samenloop-node join prepare keys --participant politie-midden
    """
    from samenloop_node import join

    _print_joining(join.prepare(folder, participant), as_json=as_json)


@app.command()
def renew(folder: Folder, participant: Participant, as_json: JsonOption = False) -> None:
    """Make a new certificate request under the same keys; the pin in the covenant stays.

    Example: samenloop-node join renew keys --participant politie-midden
    """
    from samenloop_node import join

    _print_joining(join.renew(folder, participant), as_json=as_json)


@app.command()
def install(
    folder: Folder,
    certificate: Annotated[Path, typer.Argument(help="Certificate that the operator sent back (PEM).")],
    ca: Annotated[Path, typer.Argument(help="Certificate of the CA (`ca.pem`).")],
    participant: Participant,
    trust_domain: Annotated[str, typer.Option(help="Trust domain, as in the covenant.")],
    as_json: JsonOption = False,
) -> None:
    """Check the certificate against our key, our name and the CA, and put it in place.

    Example: samenloop-node join install keys politie.pem ca.pem --participant politie-midden
    --trust-domain zvh-midden.example
    """
    from samenloop_node import join

    made = join.install(folder, participant, trust_domain, (certificate, ca), datetime.now(UTC))
    facts = {
        "certificate": str(made.certificate),
        "name": made.name,
        "tls_pin": made.tls_pin,
        "not_after": made.not_after.isoformat(),
    }
    day = f"{made.not_after:%d-%m-%Y}"
    text = _(
        "Certificaat voor {name} staat in {path}, geldig tot {day}.", name=made.name, path=made.certificate, day=day
    )
    _print(facts, text, as_json=as_json)


def _print_joining(made: "join.Joining", *, as_json: bool) -> None:
    facts = {
        "participant": made.participant,
        "request": str(made.request),
        "signing_key": made.signing_key,
        "sealing_key": made.sealing_key,
        "tls_pin": made.tls_pin,
    }
    text = _(
        "Stuur aan de beheerder van de coördinator: {request}\n"
        "Stuur aan wie het convenant schrijft, en lees het elkaar voor:\n"
        '  signing_key = "{signing}"\n'
        '  sealing_key = "{sealing}"\n'
        '  tls_pin = "{pin}"\n'
        "De andere bestanden in deze map zijn geheim en blijven hier.",
        request=made.request,
        signing=made.signing_key,
        sealing=made.sealing_key,
        pin=made.tls_pin,
    )
    _print(facts, text, as_json=as_json)


def _print(facts: dict[str, Any], text: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else text)
