"""Commands of the decision-maker (inbox, decide ...) and of who looks after the log (witness ...)."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.errors import InvalidInput
from samenloop.texts import N_, _
from samenloop_node.cli import papers, prompts
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption, one_sentence, red
from samenloop_node.cli.options import BreachOption, ConsentOption, GiveBasisOption

Question = Annotated[str, typer.Argument(metavar="VRAAG", help="Nummer van de vraag, zoals de inbox het toont.")]
RecordOption = Annotated[str, typer.Option(help="Eigen dossiernummer, als de vraag er meer dan één raakte.")]
decide_app = typer.Typer(
    no_args_is_help=True,
    help="Beslis over één treffer, voor één ontvanger. Codes en wat ze betekenen: `samenloop catalogue show TABEL`.",
)
witness_app = typer.Typer(no_args_is_help=True, help="Deze node als getuige van het logboek van de coördinator.")


def inbox(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon de vragen die uw eigen registraties raakten, getoond en verborgen. Elke blik komt in het eigen logboek.

    Voorbeeld: samenloop-node inbox
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("inbox", {}), _inbox_lines)


@decide_app.command()
def release(  # noqa: PLR0913 - one argument per option
    question: Question,
    *,
    record: RecordOption = "",
    give_basis: GiveBasisOption = "",
    breach_ground: BreachOption = "",
    answer: Annotated[
        list[str] | None, typer.Option(help="STAP=ANTWOORD; zie `decide steps`. Herhaal dit voor elke stap.")
    ] = None,
    protocol_entry: Annotated[str, typer.Option(help="Politie: verwijzing naar de regel in het protocol.")] = "",
    wpg20_decision: Annotated[str, typer.Option(help="Politie: nummer van het besluit volgens art. 20 Wpg.")] = "",
    consent: ConsentOption = "",
    consulted_colleague: Annotated[bool, typer.Option(help="Een collega is geraadpleegd.")] = False,
    decided_by_professional: Annotated[bool, typer.Option(help="De professional beslist zelf.")] = False,
    person_informed: Annotated[bool, typer.Option(help="De persoon is over deze registratie geïnformeerd.")] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Toon een verborgen treffer aan de vrager. De motivering blijft versleuteld op uw eigen node.

    Vraagt in een terminal om de motivering; leest anders {"motive": "..."} en al het andere als JSON van de
    standaardinvoer.

    Voorbeeld: samenloop-node decide release 0123456789abcdef0123456789abcdef --give-basis wpg20
    """
    flags: dict[str, Any] = {
        "record": record,
        "give_basis": give_basis,
        "breach_ground": breach_ground,
        "protocol_entry": protocol_entry,
        "wpg20_decision": wpg20_decision,
        "consent": consent,
        "consulted_colleague": consulted_colleague,
        "decided_by_professional": decided_by_professional,
        "person_informed": person_informed,
    }
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        flags["answers"] = dict(_pair(one) for one in answer or [])
        decision = prompts.merged(flags, _motive())
    result = daemon.ask("decide", {"action": "release", "decision": {**decision, "question": question}})
    daemon.show(result, _decided_lines)


@decide_app.command()
def steps(
    question: Question,
    record: RecordOption = "",
    breach_ground: BreachOption = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Toon welke vragen u moet beantwoorden voordat deze treffer getoond kan worden.

    Voorbeeld: samenloop-node decide steps 0123456789abcdef0123456789abcdef
    """
    decision = {"question": question, "record": record, "breach_ground": breach_ground}
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("decide", {"action": "steps", "decision": decision}), _step_lines)


@decide_app.command()
def withhold(
    question: Question, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Houd een treffer verborgen. De vrager en de coördinator horen nooit dat dit is beslist.

    Voorbeeld: samenloop-node decide withhold 0123456789abcdef0123456789abcdef
    """
    _hide(Daemon(socket, acting, as_json), "withhold", question)


@decide_app.command(name="take-back")
def take_back(
    question: Question, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Verberg een treffer weer die u eerder toonde.

    Voorbeeld: samenloop-node decide take-back 0123456789abcdef0123456789abcdef
    """
    _hide(Daemon(socket, acting, as_json), "take-back", question)


@witness_app.command(name="show")
def show_standing(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon of deze node mag vragen, en wat er mis is met het logboek.

    Voorbeeld: samenloop-node witness show
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("witness", {"action": "show"}), _standing_lines)


@witness_app.command()
def resume(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Stel weer vragen, nadat iemand naar de stop heeft gekeken. Het besluit komt in het logboek.

    Voorbeeld: samenloop-node witness resume
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("witness", {"action": "resume"}), _standing_lines)


@witness_app.command("accept-loss")
def accept_loss(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Aanvaard dat de coördinator een deel van zijn logboek voorgoed kwijt is. Alleen voor de
    privacyfunctionaris, als alle partners het eens zijn.

    Het laatste ijkpunt blijft bewaard als bewijs. Lees eerst docs/how-to/mend-the-log.md.

    Voorbeeld: samenloop-node witness accept-loss
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("witness", {"action": "accept-loss"}), _standing_lines)


@witness_app.command()
def evidence(
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    out: papers.OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Schrijf het bewijs over het logboek van de coördinator: het laatst aanvaarde ijkpunt, elk ijkpunt dat daarmee
    in strijd is, en wat verloren is verklaard. Voor de andere partners en de controleur.

    Ieder ijkpunt staat er met zijn handtekeningen in. Er staan geen namen in.

    Voorbeeld: samenloop-node witness evidence --out bewijs.json
    """
    found = Daemon(socket, acting, as_json).ask("witness", {"action": "evidence"})
    with one_sentence(as_json=as_json):
        papers.write(json.dumps(found, indent=2, ensure_ascii=False).encode() + b"\n", out)


def _hide(daemon: Daemon, action: str, question: str) -> None:
    with one_sentence(as_json=daemon.as_json):
        decision = {**_motive(), "question": question}
    daemon.show(daemon.ask("decide", {"action": action, "decision": decision}), _decided_lines)


def _motive() -> dict[str, Any]:
    """Ask for a motive at the terminal; elsewhere it may be left out, and the rules say when that is refused."""
    given = prompts.given(may_be_empty=True)
    if given is not None:
        return given
    return {"motive": prompts.motive(prompts.at_terminal)}


def _inbox_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for hit in result["hits"]:
        records = ", ".join(f"{row['register']}/{row['record_id']}" for row in hit["records"])
        asked, state = hit["asked"][:16].replace("T", " "), _STATES[hit["state"]]
        yield _(
            "Vraag {question} van {asker}, {asked} UTC: {state}.",
            question=hit["question"],
            asker=hit["asker_name"],
            asked=asked,
            state=_(state),
        )
        yield "  " + _("Eigen registratie: {records}", records=records)
        if hit["state"] in _SEEN_BY_ASKER:
            yield "  " + _("Code voor aan de telefoon: {reference}", reference=hit["reference"])
    if not result["hits"]:
        yield _("De inbox is leeg.")


def _step_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for step in result["steps"]:
        yield f"{step['step']} ({step['rule']}): {step['text']}"
        yield f"  {' | '.join(step['answers'])}"


def _standing_lines(standing: Mapping[str, Any]) -> Iterator[str]:
    yield _("Deze node mag vragen stellen.") if standing["may_ask"] else _("Deze node stelt geen vragen.")
    for text in (*standing["stops"], *standing["warnings"]):
        yield f"  {red(text)}"


def _decided_lines(result: Mapping[str, Any]) -> Iterator[str]:
    match result["state"]:
        case "released":
            yield _("De treffer is vrijgegeven aan deze vrager.")
        case "withheld":
            yield _("De treffer blijft verborgen.")
        case _other:
            yield _("De vrijgave is teruggenomen.")
    if result["state"] != "withheld" and not result["reported"]:
        yield _("De coördinator hoort het zodra hij bereikbaar is.")


def _pair(text: str) -> tuple[str, str]:
    step, equals, answer = text.partition("=")
    if not equals:
        raise InvalidInput("--answer", _("Schrijf een antwoord als stap=antwoord."))
    return step.strip(), answer.strip()


_SEEN_BY_ASKER = ("shown", "released")
"""Of another hit its asker knows nothing: there is nothing to phone about (R-34)."""
_STATES = {
    "shown": N_("getoond, volgens de wet of een besluit vooraf"),
    "hidden": N_("verborgen, nog niet besloten"),
    "released": N_("vrijgegeven"),
    "withheld": N_("verborgen, niet vrijgegeven"),
    "lapsed": N_("vervallen"),
}
