"""`samenloop audit ...`: what an auditor runs, with only this distribution installed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from samenloop.audit import verify as verifier
from samenloop.audit.cli_parts import BROKEN, COVENANT_HELP, check_usage, progress
from samenloop.audit.open_cli import open_sealed
from samenloop.audit.times import shown
from samenloop.audit.verify import Report
from samenloop.texts import _

app = typer.Typer(no_args_is_help=True, help="Controleer een export van het logboek.")
_ANCHORED_HELP = (
    "Export van het logboek van de coördinator: controleer of de dagelijkse ankers van een eigen logboek daar staan."
)
app.command("open")(open_sealed)


@app.command()
def verify(
    export: Annotated[
        Path, typer.Argument(metavar="MAP", help="Map die `audit export` van coördinator of node schreef.")
    ],
    covenant: Annotated[str | None, typer.Option(help=COVENANT_HELP)] = None,
    anchored_in: Annotated[Path | None, typer.Option(metavar="MAP", help=_ANCHORED_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Toon het rapport als JSON.")] = False,
) -> None:
    """Reken het hele logboek na uit een export: elke hash, handtekening, teller, tijd en wisactie.

    Exitcode 0: alles klopt (lees of de herkomst is gecontroleerd); 1: er is iets stuk; 2: zo'n map of vingerafdruk
    bestaat niet.

    Voorbeeld: samenloop audit verify export-2026-11 --covenant 3f1c...
    """
    check_usage(covenant, export, anchored_in)
    with progress() as advance:
        if anchored_in is None:
            report = verifier.verify_export(export, covenant, advance)
        else:
            report = verifier.verify_anchored(export, anchored_in, covenant, advance)
    typer.echo(_as_json(report) if as_json else "\n".join(_as_text(report, anchored=anchored_in is not None)))
    raise typer.Exit(0 if report.holds else BROKEN)


def _as_json(report: Report) -> str:
    return json.dumps(
        {
            "holds": report.holds,
            "origin_checked": report.origin_checked,
            "origin": report.origin,
            "participant": report.participant,
            "size": report.size,
            "covenant": report.covenant,
            "purged": [list(span) for span in report.purged],
            "witnesses": dict(report.witnesses),
            "covered": dict(report.covered),
            "created_ms": report.created_ms,
            "newest_ms": report.newest_ms,
            "problems": list(report.problems),
            "warnings": list(report.warnings),
        },
        indent=2,
        ensure_ascii=False,
    )


def _as_text(report: Report, *, anchored: bool) -> Iterator[str]:
    named = {"origin": report.origin, "size": report.size}
    for problem in report.problems:
        yield _("STUK: {problem}", problem=problem)
    for warning in report.warnings:
        yield _("Let op: {warning}", warning=warning)
    for first, last in report.purged:
        if report.participant and not anchored:
            yield _(
                "Gewist, zegt dit logboek zelf, na de bewaartermijn: regels {first} tot en met {last}.",
                first=first,
                last=last,
            )
        else:
            yield _("Gewist na de bewaartermijn: regels {first} tot en met {last}.", first=first, last=last)
    yield from _seen(report)
    if report.participant and not anchored:
        yield _("De ankers zijn niet gecontroleerd: geef met --anchored-in een export van de coördinator.")
    if not report.holds:
        yield _("Dit logboek klopt niet.")
    elif report.origin_checked:
        yield _("Het logboek {origin} klopt: {size} regels, herkomst gecontroleerd.", **named)
    else:
        yield _(
            "Het logboek {origin} klopt in zichzelf: {size} regels. De herkomst is niet gecontroleerd: geef met "
            "--covenant de vingerafdruk van het convenant.",
            **named,
        )


def _seen(report: Report) -> Iterator[str]:
    """Say who looked how far, and from when all this is: an auditor must see it when that is long ago."""
    for name, seconds in sorted(report.witnesses.items()):
        yield _(
            "Medeondertekend door {name}: {covered} van {size} regels, het laatst op {when}.",
            name=name,
            covered=report.covered[name],
            size=report.size,
            when=shown(seconds * 1000),
        )
    if report.newest_ms:
        yield _(
            "Export gemaakt op {created}; de nieuwste regel is van {newest}.",
            created=shown(report.created_ms),
            newest=shown(report.newest_ms),
        )
