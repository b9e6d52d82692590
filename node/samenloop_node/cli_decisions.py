"""`samenloop-node inbox | decide ... | witness ...`: the decision-maker's commands, and the state of the log."""

from typing import Annotated, Any

import typer

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node import prompts
from samenloop_node.cli_questions import Call, JsonOption, StdinOption, print_json

Question = Annotated[str, typer.Argument(help="Number of the question, as the inbox shows it.")]


def add_commands(app: typer.Typer, call: Call) -> None:
    """Add the commands to the program; `call` reaches the daemon."""
    _add_inbox(app, call)
    decide = typer.Typer(no_args_is_help=True, help="Decide about one hit, for one receiver.")
    app.add_typer(decide, name="decide")

    @decide.callback()
    def _decide() -> None:
        """Decide about one hit, for one receiver."""

    _add_release(decide, call)
    _add_hide(decide, call)
    _add_witness(app, call)


def _add_inbox(app: typer.Typer, call: Call) -> None:
    @app.command()
    def inbox(as_json: JsonOption = False) -> None:
        """Show the questions that hit registrations of your own, shown and hidden. Each look is logged here.

        Example: samenloop-node inbox
        """
        result = call("inbox", {})
        if as_json:
            print_json(result)
            return
        for hit in result["hits"]:
            records = ", ".join(f"{row['register']}/{row['record_id']}" for row in hit["records"])
            typer.echo(f"{hit['question']}  {hit['asked']}  {hit['asker_name']}  {hit['state']}  {records}")
        if not result["hits"]:
            typer.echo(_("De inbox is leeg."))


def _add_release(decide: typer.Typer, call: Call) -> None:
    @decide.command()
    def release(  # noqa: PLR0913 - one argument per option
        question: Question,
        *,
        record: Annotated[str, typer.Option(help="Own record id, when the question hit more than one.")] = "",
        give_basis: Annotated[str, typer.Option(help="Your ground to give (code).")] = "",
        breach_ground: Annotated[str, typer.Option(help="The ground that breaks your secrecy (code).")] = "",
        answer: Annotated[list[str] | None, typer.Option(help="STEP=ANSWER; see `decide steps`. Repeat it.")] = None,
        protocol_entry: Annotated[str, typer.Option(help="Police: reference of the protocol entry.")] = "",
        wpg20_decision: Annotated[str, typer.Option(help="Police: number of the art. 20 decision.")] = "",
        consulted_colleague: Annotated[bool, typer.Option(help="A colleague was consulted.")] = False,
        decided_by_professional: Annotated[bool, typer.Option(help="The professional himself decides.")] = False,
        person_informed: Annotated[bool, typer.Option(help="The person was told of this record.")] = False,
        stdin: StdinOption = False,
        as_json: JsonOption = False,
    ) -> None:
        """Show a hidden hit to its asker. The motive is asked for; it stays at your own node, encrypted.

        Example: samenloop-node decide release 0123456789abcdef0123456789abcdef --give-basis wpg20
        """
        flags: dict[str, Any] = {
            "record": record,
            "give_basis": give_basis,
            "breach_ground": breach_ground,
            "answers": dict(_pair(one) for one in answer or []),
            "protocol_entry": protocol_entry,
            "wpg20_decision": wpg20_decision,
            "consulted_colleague": consulted_colleague,
            "decided_by_professional": decided_by_professional,
            "person_informed": person_informed,
        }
        decision = prompts.merged(flags, prompts.read_stdin() if stdin else {"motive": _motive()})
        result = call("decide", {"action": "release", "decision": {**decision, "question": question}})
        _print_decided(result, _("De treffer is vrijgegeven aan deze vrager."), as_json=as_json)

    @decide.command()
    def steps(
        question: Question,
        record: Annotated[str, typer.Option(help="Own record id, when the question hit more than one.")] = "",
        breach_ground: Annotated[str, typer.Option(help="The ground that breaks your secrecy (code).")] = "",
        as_json: JsonOption = False,
    ) -> None:
        """Show which questions you must answer before this hit can be released.

        Example: samenloop-node decide steps 0123456789abcdef0123456789abcdef
        """
        decision = {"question": question, "record": record, "breach_ground": breach_ground}
        result = call("decide", {"action": "steps", "decision": decision})
        if as_json:
            print_json(result)
            return
        for step in result["steps"]:
            typer.echo(f"{step['step']} ({step['rule']}): {step['text']}\n  {' | '.join(step['answers'])}")


def _add_hide(decide: typer.Typer, call: Call) -> None:
    @decide.command()
    def withhold(question: Question, stdin: StdinOption = False, as_json: JsonOption = False) -> None:
        """Keep a hit hidden. The asker and the coordinator never learn that this was decided.

        Example: samenloop-node decide withhold 0123456789abcdef0123456789abcdef
        """
        given = prompts.read_stdin() if stdin else {"motive": _motive()}
        result = call("decide", {"action": "withhold", "decision": {**given, "question": question}})
        _print_decided({**result, "reported": True}, _("De treffer blijft verborgen."), as_json=as_json)

    @decide.command(name="take-back")
    def take_back(question: Question, stdin: StdinOption = False, as_json: JsonOption = False) -> None:
        """Hide a hit again that you released before.

        Example: samenloop-node decide take-back 0123456789abcdef0123456789abcdef
        """
        given = prompts.read_stdin() if stdin else {"motive": _motive()}
        result = call("decide", {"action": "take-back", "decision": {**given, "question": question}})
        _print_decided(result, _("De vrijgave is teruggenomen."), as_json=as_json)


def _add_witness(app: typer.Typer, call: Call) -> None:
    witness = typer.Typer(no_args_is_help=True, help="This node as witness of the coordinator's log.")
    app.add_typer(witness, name="witness")

    @witness.callback()
    def _witness() -> None:
        """This node as witness of the coordinator's log."""

    @witness.command()
    def show(as_json: JsonOption = False) -> None:
        """Show whether this node may ask, and what is wrong with the log.

        Example: samenloop-node witness show
        """
        _print_standing(call("witness", {"action": "show"}), as_json=as_json)

    @witness.command()
    def resume(as_json: JsonOption = False) -> None:
        """Ask again after a person has looked into a stop; the decision is logged.

        Example: samenloop-node witness resume
        """
        _print_standing(call("witness", {"action": "resume"}), as_json=as_json)


def _print_standing(standing: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(standing)
        return
    typer.echo(_("Deze node mag vragen stellen.") if standing["may_ask"] else _("Deze node stelt geen vragen."))
    for text in (*standing["stops"], *standing["warnings"]):
        typer.echo(f"  {text}")


def _print_decided(result: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    later = "" if result["reported"] else " " + _("De coördinator hoort het zodra hij bereikbaar is.")
    typer.echo(text + later)


def _motive() -> str:
    return prompts.at_terminal(_("Motivering (zonder naam; blijft hier, versleuteld)"))


def _pair(text: str) -> tuple[str, str]:
    step, equals, answer = text.partition("=")
    if not equals:
        raise InvalidInput("--answer", _("Schrijf een antwoord als stap=antwoord."))
    return step.strip(), answer.strip()
