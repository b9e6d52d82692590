"""`samenloop-node audit open`: the own sealed halves of an export of the coordinator's log."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from samenloop.audit import verify
from samenloop.audit.cli_parts import COVENANT_HELP, check_usage, progress
from samenloop.audit.open_cli import RESULTS
from samenloop.audit.own_halves import OwnHalf, own_halves
from samenloop.audit.seal import WrappedKey
from samenloop.clock import from_milliseconds
from samenloop.texts import N_, _, translated
from samenloop_node.cli.base import (
    DEFAULT_SOCKET,
    FAILED,
    AsOption,
    Daemon,
    JsonOption,
    SocketOption,
    one_sentence,
    red,
)

_AT_ONCE: Final = 200
_SHOWN: Final = ("event", "actor", "purpose", "start_ms", "end_ms")
_WHY: Final[Mapping[str, str]] = {
    "purged": N_("gaat niet open: de sleutel is na de bewaartermijn gewist"),
    "other_key": N_("gaat niet open: verzegeld voor een andere verzegelsleutel dan deze node nu heeft"),
    "broken": N_("STUK: gaat niet open met de eigen sleutel"),
}


def open_own(
    export: Annotated[Path, typer.Argument(metavar="MAP", help="Map met een export van de coördinator.")],
    covenant: Annotated[str | None, typer.Option(help=COVENANT_HELP)] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Open de verzegelde delen van de eigen organisatie in een export van de coördinator. Delen van anderen blijven
    dicht. Eerst wordt de export nagerekend. Namen staan er niet in; treffers die niet zijn gemeld wel. Dat u kijkt
    komt in het eigen logboek.

    Exitcode 1: de export klopt niet, of een deel is stuk. Een deel van een oudere sleutel is geen fout.

    Voorbeeld: samenloop-node audit open export-2026-11 --covenant 3f1c...
    """
    check_usage(covenant, export)
    daemon = Daemon(socket, acting, as_json)
    with progress() as advance:
        report = verify.verify_export(export, covenant, advance)
    rows = [] if report.problems else list(_rows(daemon, export))
    problems = list(report.problems)
    result = {"problems": problems, "origin_checked": report.origin_checked, "rows": rows}
    daemon.show(result, _lines)
    if problems or any(row.get("why") == "broken" for row in rows):
        raise typer.Exit(FAILED)


def _rows(daemon: Daemon, export: Path) -> Iterator[dict[str, Any]]:
    """Have the node open what is ours, some at a time; the first call says who we are and logs the look."""
    me = daemon.ask("audit", {"action": "halves", "rows": []})["participant"]
    with one_sentence(as_json=daemon.as_json):
        found = own_halves(export, me)
        while some := list(islice(found, _AT_ONCE)):
            yield from _batch(daemon, some)


def _batch(daemon: Daemon, some: list[OwnHalf]) -> Iterator[dict[str, Any]]:
    asked = [_request(one, one.wrapped) for one in some if one.wrapped is not None]
    answers = iter(daemon.ask("audit", {"action": "halves", "rows": asked})["rows"] if asked else ())
    for one in some:
        opened = {"why": "purged"} if one.wrapped is None else next(answers)
        public = {name: one.entry.public[name] for name in _SHOWN if name in one.entry.public}
        yield {"seq": one.seq, **public, **opened}


def _request(one: OwnHalf, wrapped: WrappedKey) -> dict[str, str]:
    return {
        "day": one.day,
        "key": wrapped.key_id.hex(),
        "wrapped": wrapped.for_holder.hex(),
        "sealed": one.sealed.hex(),
        "salt": one.entry.salt.hex(),
    }


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield from (red(_("STUK: {problem}", problem=problem)) for problem in result["problems"])
    for row in result["rows"]:
        at = f"{from_milliseconds(row['end_ms']):%Y-%m-%d %H:%M}"
        yield f"{row['seq']}  {at}  {row['actor']}  {row.get('purpose', row['event'])}: {_said(row)}"
    for why, count in sorted(Counter(row["why"] for row in result["rows"] if "why" in row).items()):
        yield _("{count} delen: {why}.", count=count, why=translated(_WHY[why]))
    if not result["problems"] and not result["origin_checked"]:
        yield _("De herkomst is niet gecontroleerd: geef met --covenant de vingerafdruk van het convenant.")


def _said(row: Mapping[str, Any]) -> str:
    if "why" in row:
        return translated(_WHY[row["why"]])
    half = row["half"]
    codes = [str(half[name]) for name in ("rule", "reason", "mode") if name in half]
    gone = _("niet meer bekend")
    ids = [f"{one} ({row['registers'].get(one, gone)})" for one in half.get("registrations", ())]
    return ", ".join([translated(RESULTS[half["result"]]), *codes, *ids])
