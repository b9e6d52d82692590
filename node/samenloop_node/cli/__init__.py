"""`samenloop-node`: the program of a partner. Each command asks the running node; only `run` is the node itself."""

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.errors import SamenloopError
from samenloop.loop import run as run_loop
from samenloop.texts import _
from samenloop.usage import Program
from samenloop_node.cli.activation import activate, suspend
from samenloop_node.cli.audit import audit_app
from samenloop_node.cli.base import (
    DEFAULT_CONFIG,
    DEFAULT_SOCKET,
    AsOption,
    ConfigOption,
    Daemon,
    JsonOption,
    SocketOption,
    exit_code,
    one_sentence,
    red,
    show,
)
from samenloop_node.cli.cases import case_app
from samenloop_node.cli.consents import beforehand_app, consent_app
from samenloop_node.cli.decisions import decide_app, inbox, witness_app
from samenloop_node.cli.fields import one_or_two
from samenloop_node.cli.keys import epoch_app, key_app
from samenloop_node.cli.local import config_app, profile_app
from samenloop_node.cli.notices import notice_app
from samenloop_node.cli.questions import answers, ask, find_own
from samenloop_node.cli.records import reconcile, register, sync, withdraw
from samenloop_node.cli.review import breach_app, log_app, protocol_app, report_app, review_app
from samenloop_node.cli.rights import retention_app, rights_app
from samenloop_node.join_cli import app as join_app

app = typer.Typer(
    cls=Program,
    no_args_is_help=True,
    help=(
        "Samenloop bij een partner: personen registreren, vragen en beslissen. Exitcodes: 0 gelukt; 1 mislukt; "
        "2 verkeerde invoer; 3 gelukt, maar er zijn rijen geweigerd; 4 geweigerd door een regel of een recht; "
        "5 nu niet, probeer het later opnieuw."
    ),
    pretty_exceptions_show_locals=False,
)
app.command()(sync)
app.command()(register)
app.command()(withdraw)
app.command()(reconcile)
app.command()(ask)
app.command()(answers)
app.command(name="find-own")(find_own)
app.command()(inbox)
app.command()(activate)
app.command()(suspend)
app.add_typer(case_app, name="case")
app.add_typer(consent_app, name="consent")
app.add_typer(beforehand_app, name="beforehand")
app.add_typer(notice_app, name="notice")
app.add_typer(rights_app, name="rights")
app.add_typer(retention_app, name="retention")
app.add_typer(decide_app, name="decide")
app.add_typer(witness_app, name="witness")
app.add_typer(key_app, name="key")
app.add_typer(epoch_app, name="epoch")
app.add_typer(config_app, name="config")
app.add_typer(profile_app, name="profile")
app.add_typer(join_app, name="join")
app.add_typer(log_app, name="log")
app.add_typer(audit_app, name="audit")
app.add_typer(review_app, name="review")
app.add_typer(report_app, name="report")
app.add_typer(protocol_app, name="protocol")
app.add_typer(breach_app, name="breach")


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    demo: Annotated[bool, typer.Option("--demo", help="Sta --as toe, als ook het convenant een demo is.")] = False,
    evaluation: Annotated[
        bool, typer.Option("--evaluation", help="Hef budgetten en modi op, als ook het convenant dat zegt.")
    ] = False,
) -> None:
    """Laat de node draaien tot hij SIGTERM krijgt.

    Voorbeeld: samenloop-node run --config /etc/samenloop/node.toml
    """
    from samenloop_node import daemon
    from samenloop_node.config import load_config

    with one_sentence():
        run_loop(daemon.run(load_config(config), demo=demo, evaluation=evaluation))


@app.command()
def status(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon hoe deze node ervoor staat: registraties, tijdvakken, certificaat, open werk.

    Voorbeeld: samenloop-node status --json
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("status", {}), _status_lines)


@app.command()
def explain(
    profile: Annotated[str, typer.Option("--profile", help="Tokenprofiel.")] = "nl-1", as_json: JsonOption = False
) -> None:
    """Toon wat er van velden wordt voordat ze een sleutel krijgen, of waarom twee personen elkaar raken. Er wordt niets
    verstuurd; een node is niet nodig.

    Vraagt in een terminal om de velden; leest ze anders als JSON van de standaardinvoer: de velden van één persoon, of
    {"one": {...}, "other": {...}}.

    Voorbeeld: samenloop-node explain < person.json
    """
    from samenloop_node.local import explain as explaining

    with one_sentence(as_json=as_json):
        result = explaining.of(one_or_two(), profile)
    show(result, explaining.lines, as_json=as_json)


def main() -> None:
    """Start the program; an expected error is one sentence on standard error and an exit code."""
    try:
        app()
    except SamenloopError as error:
        typer.echo(error.text, err=True)
        sys.exit(exit_code(error))


def _status_lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield _("Deelnemer {participant}, convenant {covenant} versie {version}", **result)
    for register_row in result["registers"]:
        yield _(
            "Register {register}: {registered} registraties, laatste synchronisatie {synced}. {outcome}", **register_row
        )
    for row in result["coverage"]:
        yield _("Tijdvak {epoch}, register {register}: {with_epoch} van {registered} registraties", **row)
    yield _("Tijdvakken om te lezen: {read}; om te schrijven: {write}", **result["epochs"])
    said = {row["outcome"] for row in result["registers"]}
    yield from (red(text) for text in result["messages"] if text not in said)
