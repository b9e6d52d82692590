"""`samenloop-node join ...`: make keys and a request, say what to send to whom, install what comes back."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samenloop.texts import _

if TYPE_CHECKING:  # certificates bring grpc and the covenant with them, which would slow every command down
    from samenloop_node import join

app = typer.Typer(
    no_args_is_help=True, help="Sluit aan bij een samenwerkingsverband: sleutels, certificaataanvraag, certificaat."
)
Folder = Annotated[Path, typer.Argument(metavar="MAP", help="Map voor sleutels en certificaten van deze node.")]
Participant = Annotated[str, typer.Option(help="Id van deze deelnemer in het convenant.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Toon JSON.")]


@app.command()
def prepare(folder: Folder, participant: Participant, as_json: JsonOption = False) -> None:
    """Maak de sleutels (rechten 0400) en de certificaataanvraag; sleutels die er al zijn, blijven.

    Voorbeeld: samenloop-node join prepare keys --participant politie-midden
    """
    from samenloop_node import join

    _print_joining(join.prepare(folder, participant), as_json=as_json)


@app.command()
def renew(folder: Folder, participant: Participant, as_json: JsonOption = False) -> None:
    """Maak een nieuwe certificaataanvraag met dezelfde sleutels; de pin in het convenant blijft.

    Voorbeeld: samenloop-node join renew keys --participant politie-midden
    """
    from samenloop_node import join

    _print_joining(join.renew(folder, participant), as_json=as_json)


@app.command()
def install(
    folder: Folder,
    certificate: Annotated[
        Path, typer.Argument(metavar="CERTIFICAAT", help="Certificaat dat de beheerder terugstuurde (PEM).")
    ],
    ca: Annotated[Path, typer.Argument(metavar="CA", help="Certificaat van de CA (`ca.pem`).")],
    participant: Participant,
    trust_domain: Annotated[str, typer.Option(help="Vertrouwensdomein, zoals in het convenant.")],
    as_json: JsonOption = False,
) -> None:
    """Controleer het certificaat op onze sleutel, onze naam en de CA, en zet het op zijn plaats.

    Voorbeeld: samenloop-node join install keys politie.pem ca.pem --participant politie-midden
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
