"""Commands of the decision-maker (inbox, decide ...) and of who looks after the log (witness ...)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.errors import InvalidInput
from samenloop.texts import N_, _
from samenloop_node.cli import prompts
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption, one_sentence, red

Question = Annotated[str, typer.Argument(help="Number of the question, as the inbox shows it.")]
RecordOption = Annotated[str, typer.Option(help="Own record id, when the question hit more than one.")]
BreachOption = Annotated[str, typer.Option(help="The ground that breaks your secrecy (code).")]
decide_app = typer.Typer(
    no_args_is_help=True,
    help="Decide about one hit, for one receiver. Codes and what they mean: `samenloop catalogue show`.",
)
witness_app = typer.Typer(no_args_is_help=True, help="This node as witness of the coordinator's log.")


@decide_app.callback()
def decide() -> None:
    """Decide about one hit, for one receiver.

    Codes and what they mean: samenloop catalogue show
    """


@witness_app.callback()
def witness() -> None:
    """This node as witness of the coordinator's log."""


def inbox(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Show the questions that hit registrations of your own, shown and hidden. Each look is logged here.

    Example: samenloop-node inbox
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("inbox", {}), _inbox_lines)


@decide_app.command()
def release(  # noqa: PLR0913 - one argument per option
    question: Question,
    *,
    record: RecordOption = "",
    give_basis: Annotated[str, typer.Option(help="Your ground to give (code).")] = "",
    breach_ground: BreachOption = "",
    answer: Annotated[list[str] | None, typer.Option(help="STEP=ANSWER; see `decide steps`. Repeat it.")] = None,
    protocol_entry: Annotated[str, typer.Option(help="Police: reference of the protocol entry.")] = "",
    wpg20_decision: Annotated[str, typer.Option(help="Police: number of the art. 20 decision.")] = "",
    consent: Annotated[str, typer.Option(help="Number of the consent that the release rests on.")] = "",
    consulted_colleague: Annotated[bool, typer.Option(help="A colleague was consulted.")] = False,
    decided_by_professional: Annotated[bool, typer.Option(help="The professional himself decides.")] = False,
    person_informed: Annotated[bool, typer.Option(help="The person was told of this record.")] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show a hidden hit to its asker. The motive stays at your own node, encrypted.

    Asks on a terminal for the motive; else reads {"motive": "..."} and whatever else as JSON on standard input.

    Example: samenloop-node decide release 0123456789abcdef0123456789abcdef --give-basis wpg20
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
    """Show which questions you must answer before this hit can be released.

    Example: samenloop-node decide steps 0123456789abcdef0123456789abcdef
    """
    decision = {"question": question, "record": record, "breach_ground": breach_ground}
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("decide", {"action": "steps", "decision": decision}), _step_lines)


@decide_app.command()
def withhold(
    question: Question, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Keep a hit hidden. The asker and the coordinator never learn that this was decided.

    Example: samenloop-node decide withhold 0123456789abcdef0123456789abcdef
    """
    _hide(Daemon(socket, acting, as_json), "withhold", question)


@decide_app.command(name="take-back")
def take_back(
    question: Question, socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False
) -> None:
    """Hide a hit again that you released before.

    Example: samenloop-node decide take-back 0123456789abcdef0123456789abcdef
    """
    _hide(Daemon(socket, acting, as_json), "take-back", question)


@witness_app.command(name="show")
def show_standing(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Show whether this node may ask, and what is wrong with the log.

    Example: samenloop-node witness show
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("witness", {"action": "show"}), _standing_lines)


@witness_app.command()
def resume(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Ask again after a person has looked into a stop; the decision is logged.

    Example: samenloop-node witness resume
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("witness", {"action": "resume"}), _standing_lines)


@witness_app.command("accept-loss")
def accept_loss(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Accept that the coordinator lost part of its log for good; for the privacy officer, after all partners agreed.

    The last checkpoint is kept as evidence. See docs/how-to/mend-the-log.md before you do this.

    Example: samenloop-node witness accept-loss
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("witness", {"action": "accept-loss"}), _standing_lines)


def _hide(daemon: Daemon, action: str, question: str) -> None:
    with one_sentence(as_json=daemon.as_json):
        decision = {**_motive(), "question": question}
    daemon.show(daemon.ask("decide", {"action": action, "decision": decision}), _decided_lines)


def _motive() -> dict[str, Any]:
    given = prompts.given()
    if given is not None:
        return given
    return {"motive": prompts.at_terminal(_("Motivering (zonder naam; blijft hier, versleuteld)"))}


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


_STATES = {
    "shown": N_("getoond, volgens de wet of een besluit vooraf"),
    "hidden": N_("verborgen, nog niet besloten"),
    "released": N_("vrijgegeven"),
    "withheld": N_("verborgen, niet vrijgegeven"),
    "lapsed": N_("vervallen"),
}
