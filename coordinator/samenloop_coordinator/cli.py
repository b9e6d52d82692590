"""`samenloop-coordinator`: the operator's program."""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from samenloop import __version__
from samenloop.audit import checkpoint as checkpoints
from samenloop.audit.anchor import from_covenant
from samenloop.audit.verify import Progress as Advance
from samenloop.clock import SystemClock, milliseconds
from samenloop.covenant import fingerprint
from samenloop.errors import IntegrityError, InvalidInput, SamenloopError
from samenloop.logs import open_log
from samenloop.loop import run
from samenloop.texts import _
from samenloop.usage import Program
from samenloop_coordinator.ca_cli import app as ca_app
from samenloop_coordinator.config import CoordinatorConfig, load_config
from samenloop_coordinator.migrate_cli import migrate
from samenloop_coordinator.review_cli import audit_search, report_app, review_app

BROKEN = 6
FAILED = 1
USAGE = 2

app = typer.Typer(
    cls=Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Laat de coördinator van een samenwerkingsverband draaien en houd hem bij.",
)
audit_app = typer.Typer(no_args_is_help=True, help="Doorzoek, exporteer en controleer het logboek.")
covenant_app = typer.Typer(no_args_is_help=True, help="De versies van het convenant bij deze coördinator.")
config_app = typer.Typer(no_args_is_help=True, help="Het configuratiebestand.")
app.add_typer(audit_app, name="audit")
app.add_typer(covenant_app, name="covenant")
app.add_typer(config_app, name="config")
app.add_typer(ca_app, name="ca")
app.add_typer(review_app, name="review")
app.add_typer(report_app, name="report")
app.command()(migrate)
audit_app.command("search")(audit_search)

Config = Annotated[Path, typer.Option("--config", envvar="SAMENLOOP_COORDINATOR_CONFIG", help="Het TOML-bestand.")]
Json = Annotated[bool, typer.Option("--json", help="Toon JSON.")]
DEFAULT = Path("coordinator.toml")


def main() -> None:
    """Run the program; an expected error is one line on standard error and exit code 1, wrong input 2, a log that does
    not hold 6.
    """
    try:
        app()
    except SamenloopError as error:
        typer.echo(error.text, err=True)
        sys.exit(_exit_code(error))


def _exit_code(error: SamenloopError) -> int:
    if isinstance(error, InvalidInput):
        return USAGE
    return BROKEN if isinstance(error, IntegrityError) else FAILED


@app.command()
def serve(
    config: Config = DEFAULT,
    evaluation: Annotated[
        bool, typer.Option("--evaluation", help="Hef budgetten en modi op, voor een evaluatieconvenant.")
    ] = False,
) -> None:
    """Bedien de nodes tot SIGTERM of Ctrl-C; verzoeken die al lopen, worden eerst afgemaakt.

    Voorbeeld: samenloop-coordinator serve --config /etc/samenloop/coordinator.toml
    """
    run(_serve(load_config(config), evaluation=evaluation))


@app.command()
def init(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Maak één keer de peper, de auditsleutel, de database en het begin van het logboek. Toont de auditsleutel voor het
    convenant.

    Voorbeeld: samenloop-coordinator init --config coordinator.toml
    """
    from samenloop_coordinator import operating

    key = operating.initialise(load_config(config))
    _say(key, {"audit_key": key}, as_json=as_json)


@app.command()
def status(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Toon het convenant, de grootte van het logboek, hoe oud het laatste ijkpunt is en wie het medeondertekende.

    Voorbeeld: samenloop-coordinator status --json
    """
    table = _status(load_config(config))
    typer.echo(json.dumps(table, indent=2, ensure_ascii=False) if as_json else _lines(table))


@config_app.command("check")
def config_check(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Lees de configuratie en zeg wat er niet aan klopt.

    Voorbeeld: samenloop-coordinator config check --config coordinator.toml
    """
    load_config(config)
    _say(_("De configuratie klopt."), {"holds": True}, as_json=as_json)


@covenant_app.command("activate")
def covenant_activate(
    document: Annotated[
        Path, typer.Argument(metavar="CONVENANT", help="Het convenant; de handtekeningen staan ernaast.")
    ],
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Laat een volledig getekende versie van het convenant gelden; ook terwijl de coördinator draait.

    Voorbeeld: samenloop-coordinator covenant activate covenant.toml
    """
    from samenloop_coordinator import operating

    covenant = operating.activate(load_config(config), document, SystemClock())
    found = {"version": covenant.version, "id": covenant.id}
    _say(_("Versie {version} van convenant {id} geldt nu.", **found), found, as_json=as_json)


@audit_app.command("export")
def audit_export(
    folder: Annotated[Path, typer.Argument(metavar="MAP", help="Een nieuwe map.")],
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Schrijf het logboek als een map die `samenloop audit verify` controleert. De export zelf komt in het logboek.

    Voorbeeld: samenloop-coordinator audit export export-2026-11
    """
    from samenloop_coordinator import operating

    size = operating.export(load_config(config), folder, SystemClock())
    found = {"size": size, "folder": str(folder)}
    _say(_("{size} regels geschreven naar {folder}.", **found), found, as_json=as_json)


@audit_app.command("fsck")
def audit_fsck(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Reken het hele logboek na, vanaf de eerste regel. Exitcode 1 als er iets niet klopt.

    Voorbeeld: samenloop-coordinator audit fsck
    """
    from samenloop_coordinator import operating

    with _progress() as advance:
        report = operating.check_log(load_config(config), advance)
    bad = bool(report.problems)
    lines = [_("STUK: {problem}", problem=problem) for problem in report.problems]
    lines += [_("Let op: {warning}", warning=warning) for warning in report.warnings]
    lines += [] if bad else [_("Het logboek klopt: {size} regels.", size=report.size)]
    found = {
        "holds": not bad,
        "size": report.size,
        "problems": list(report.problems),
        "warnings": list(report.warnings),
    }
    _say("\n".join(lines), found, as_json=as_json, failed=bad)
    if bad:
        raise typer.Exit(FAILED)


@audit_app.command("purge")
def audit_purge(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Wis regels van het logboek die over de termijn van het convenant zijn; de hashes blijven, en het wissen is zelf
    een regel. Voor de eigenaar van een PostgreSQL-database: met eigen bestanden doet de draaiende coördinator het zelf.

    Voorbeeld: samenloop-coordinator audit purge --config owner.toml
    """
    from samenloop_coordinator import operating

    count = operating.purge_log(load_config(config), SystemClock())
    _say(_("Gewist na de bewaartermijn: {count} regels.", count=count), {"count": count}, as_json=as_json)


def _say(text: str, found: Mapping[str, object], *, as_json: bool, failed: bool = False) -> None:
    """Print what was done: as JSON, or as text that goes to standard error when it failed."""
    typer.echo(json.dumps(dict(found), ensure_ascii=False) if as_json else text, err=failed and not as_json)


async def _serve(config: CoordinatorConfig, *, evaluation: bool) -> None:
    from samenloop_coordinator import server

    log = open_log("samenloop-coordinator", sys.stderr)
    coordinator = await server.prepare(config, SystemClock(), log, evaluation=evaluation)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, coordinator.stopping.set)

    def ready(port: int) -> None:
        host = config.listen.rpartition(":")[0]
        log.info("ready", version=__version__, address=f"{host}:{port}")

    await coordinator.serve(ready)
    log.info("stopped")


def _status(config: CoordinatorConfig) -> dict[str, object]:
    from samenloop_coordinator import expiry, operating
    from samenloop_coordinator.review import desk

    now = SystemClock().now()
    now_ms = milliseconds(now)
    with operating.log_files(config) as files:
        head, covenant = files.head(), files.covenant
        kept = files.tree.recent_checkpoints(1)
        witnesses = from_covenant(covenant).witnesses
        seen = checkpoints.cosignatures(checkpoints.parse(kept[0]), witnesses) if kept else {}
        return {
            "covenant": covenant.id,
            "version": covenant.version,
            "fingerprint": fingerprint(covenant),
            "origin": files.signer.name,
            "entries": files.entries.count(),
            "signed": head.size,
            "last_entry_seconds_ago": round((now_ms - files.last_end_ms()) / 1000),
            "cosigned_by": sorted(seen),
            "review": desk.warnings(config, now_ms),
            "certificate": expiry.warnings(config.tls.certificate, now),
        }


def _lines(table: dict[str, object]) -> str:
    labels = {
        "covenant": _("Convenant"),
        "version": _("Versie"),
        "fingerprint": _("Vingerafdruk van het convenant"),
        "origin": _("Naam van het logboek"),
        "entries": _("Regels in het logboek"),
        "signed": _("Waarvan ondertekend in een ijkpunt"),
        "last_entry_seconds_ago": _("Seconden sinds de laatste regel"),
        "cosigned_by": _("Laatste ijkpunt medeondertekend door"),
        "review": _("Te doen bij de controle van het logboek"),
        "certificate": _("Te doen voor het certificaat"),
    }
    return "\n".join(f"{labels[name]}: {_shown(value)}" for name, value in table.items())


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or _("geen") if isinstance(value, list) else str(value)


@contextmanager
def _progress() -> Iterator[Advance]:
    """Show a bar on a terminal, nothing elsewhere."""
    columns = (TextColumn(_("Controleren")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("fsck", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
