"""`samenloop audit open`: an auditor opens the sealed halves of an export."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from samenloop.audit import opening as openings
from samenloop.audit import verify as verifier
from samenloop.audit import views
from samenloop.audit.cli_parts import BROKEN, COVENANT_HELP, check_usage, progress, refuse
from samenloop.audit.opening import Opening
from samenloop.audit.verify import Report
from samenloop.errors import SamenloopError
from samenloop.keys import SealingKey
from samenloop.reasons import why
from samenloop.texts import N_, _, translated

RESULTS: Final[Mapping[str, str]] = {
    "none": N_("geen treffer"),
    "shown": N_("treffer, gemeld aan de vrager"),
    "hidden": N_("treffer, niet gemeld"),
    "withheld": N_("treffer, tegengehouden"),
    "excluded": N_("registratie die niet mee mag tellen"),
    "done": N_("gedaan"),
    "refused": N_("geweigerd"),
}


def open_sealed(
    export: Annotated[
        Path, typer.Argument(metavar="MAP", help="Map die `samenloop-coordinator audit export` schreef.")
    ],
    key: Annotated[Path, typer.Option(metavar="SLEUTEL", help="Bestand met de privésleutel van de controleur.")],
    covenant: Annotated[str | None, typer.Option(help=COVENANT_HELP)] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Toon elke regel met zijn geopende delen als JSON, en als laatste het geheel."),
    ] = False,
) -> None:
    """Open de verzegelde delen van een export met de sleutel van de controleur, en tel wat erin staat.

    Eerst wordt het logboek nagerekend, zoals `verify` doet. Dan gaat elk deel open: er moet iets leesbaars in staan, en
    dat moet passen bij wat de regel zegt. Let op: u ziet zo ook treffers die niet aan de vrager zijn gemeld.

    Exitcode 0: alles klopt en ging open; 1: er is iets stuk of er ging iets niet open; 2: de map, de sleutel of de
    vingerafdruk is niet te gebruiken.

    Voorbeeld: samenloop audit open export-2026-11 --key auditor.key --covenant 3f1c...
    """
    check_usage(covenant, export)
    loaded = _loaded(key)
    with progress() as advance:
        report = verifier.verify_export(export, covenant, advance)
    problems = list(report.problems)
    run = _opening(export, loaded) if report.covenant else None
    if run is not None:
        problems += _opened(export, run, as_json=as_json)
    typer.echo(_as_json(report, run, problems) if as_json else "\n".join(_as_text(report, run, problems)))
    raise typer.Exit(BROKEN if problems else 0)


def _loaded(path: Path) -> SealingKey:
    try:
        return SealingKey.load(path)
    except SamenloopError as error:
        refuse(error.text)


def _opening(export: Path, key: SealingKey) -> Opening:
    try:
        return openings.opening(export, key)
    except SamenloopError as error:
        refuse(error.text)


def _opened(export: Path, run: Opening, *, as_json: bool) -> list[str]:
    """Open everything and print it line by line in JSON; return what does not hold."""
    try:
        for opened in openings.open_halves(export, run):
            if as_json:
                line = {"seq": opened.seq, **views.auditor(opened.entry, opened.halves)}
                typer.echo(json.dumps(line, ensure_ascii=False))
    except SamenloopError as error:
        return [*run.problems, error.text]
    except OSError as error:
        return [*run.problems, _("{path} kan niet worden gelezen: {why}.", path=error.filename, why=why(error))]
    return run.problems


def _as_json(report: Report, run: Opening | None, problems: list[str]) -> str:
    results: dict[str, dict[str, int]] = {}
    for (holder, result), count in sorted(run.results.items() if run else ()):
        results.setdefault(holder, {})[result] = count
    whole = {
        "holds": not problems,
        "origin_checked": report.origin_checked,
        "origin": report.origin,
        "size": report.size,
        "opened": results,
        "keys_purged": run.purged if run else 0,
        "other_auditor": run.others if run else 0,
        "problems": problems,
        "warnings": list(report.warnings),
    }
    return json.dumps(whole, ensure_ascii=False)


def _as_text(report: Report, run: Opening | None, problems: list[str]) -> Iterator[str]:
    for problem in problems:
        yield _("STUK: {problem}", problem=problem)
    for warning in report.warnings:
        yield _("Let op: {warning}", warning=warning)
    if run is not None:
        yield from _counts(run)
    if problems:
        yield _("Dit logboek klopt niet.")
    elif report.origin_checked:
        yield _("Alle verzegelde delen passen bij hun regels; herkomst gecontroleerd.")
    else:
        yield _(
            "Alle verzegelde delen passen bij hun regels. De herkomst is niet gecontroleerd: geef met --covenant de "
            "vingerafdruk van het convenant."
        )


def _counts(run: Opening) -> Iterator[str]:
    for (holder, result), count in sorted(run.results.items()):
        yield _("{holder}: {count} keer {result}", holder=holder, count=count, result=translated(RESULTS[result]))
    if run.purged:
        yield _("{count} delen gaan niet meer open: hun sleutel is na de bewaartermijn gewist.", count=run.purged)
    if run.others:
        yield _(
            "{count} delen zijn voor een andere controleur verzegeld, die het convenant toen noemde.", count=run.others
        )
