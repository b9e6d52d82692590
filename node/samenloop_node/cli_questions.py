"""`samenloop-node ask | answers | case close | find-own`: the case worker's and the privacy officer's commands."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node import prompts
from samenloop_node.questions.draft import parse_holder_argument

Call = Callable[[str, Mapping[str, object]], dict[str, Any]]
"""Sends one command to the daemon and returns its result; raises SamenloopError."""
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
StdinOption = Annotated[bool, typer.Option("--stdin", help="Read a JSON object from standard input.")]
_HOLDER_HELP = "One holder: NAME,purpose=CODE,reason=CODE,... Repeat it for each holder that you choose."


def add_commands(app: typer.Typer, call: Call) -> None:
    """Add the commands to the program; `call` reaches the daemon."""
    _add_ask(app, call)
    _add_answers(app, call)
    _add_find_own(app, call)


def _add_ask(app: typer.Typer, call: Call) -> None:
    @app.command()
    def ask(  # noqa: PLR0913 - one argument per option
        *,
        case: Annotated[str, typer.Option(help="Case number in your own system.")] = "",
        holder: Annotated[list[str] | None, typer.Option(help=_HOLDER_HELP)] = None,
        asked_person: Annotated[str, typer.Option(help="Why the person cannot be asked (code).")] = "",
        anonymous_talk: Annotated[str, typer.Option(help="Why an anonymous talk is not enough (code).")] = "",
        phone_call: Annotated[str, typer.Option(help="Why a phone call is not enough (code).")] = "",
        power: Annotated[str, typer.Option(help="Burgemeester: the named power (code).")] = "",
        region_reason: Annotated[str, typer.Option(help="Why a holder in another region is asked (code).")] = "",
        new_fact: Annotated[str, typer.Option(help="What is new since the last question (code).")] = "",
        retry: Annotated[str, typer.Option(help="Number of an open question; type the same person again.")] = "",
        stdin: StdinOption = False,
        as_json: JsonOption = False,
    ) -> None:
        """Ask whether one person is known with the holders that you choose, for one case.

        What is not given is asked for. The person is never an argument: type it, or give JSON on standard input.

        Example: samenloop-node ask --case R-2026-9 --holder politie-midden,purpose=toezicht,reason=genoemd_in_dossier
        """
        given = prompts.read_stdin() if stdin else {}
        flags: dict[str, Any] = {
            "case": case,
            "asked_person": asked_person,
            "anonymous_talk": anonymous_talk,
            "phone_call": phone_call,
            "power": power,
            "region_reason": region_reason,
            "new_fact": new_fact,
            "holders": [parse_holder_argument(one, "--holder") for one in holder or []],
        }
        request = _request(flags, given, retry, stdin=stdin)
        _print_question(call("ask", request), as_json=as_json)


def _request(flags: Mapping[str, Any], given: Mapping[str, Any], retry: str, *, stdin: bool) -> dict[str, Any]:
    request: dict[str, Any] = dict(given)
    if retry:
        request["retry"] = retry
    else:
        question = prompts.merged(flags, request.get("question", {}))
        request["question"] = question if stdin else _completed(question)
    if not stdin:
        request["person"] = prompts.person(prompts.at_terminal)
    return request


def _completed(question: dict[str, Any]) -> dict[str, Any]:
    from samenloop.catalogue import load_catalogue

    catalogue, ask = load_catalogue(), prompts.at_terminal
    question["case"] = question.get("case") or ask(_("Nummer van de casus"))
    for name in ("asked_person", "anonymous_talk", "phone_call"):
        question[name] = question.get(name) or prompts.one_code(ask, catalogue, name)
    question["holders"] = question.get("holders") or prompts.holders(ask, catalogue)
    question["motive"] = ask(_("Motivering (zonder naam of geboortedatum; blijft hier, versleuteld)"))
    return question


def _add_answers(app: typer.Typer, call: Call) -> None:
    @app.command()
    def answers(
        case: Annotated[str, typer.Argument(help="Case number in your own system; leave out for open questions.")] = "",
        as_json: JsonOption = False,
    ) -> None:
        """Show your questions of a case with their answers, or all that are still without an answer.

        Example: samenloop-node answers R-2026-9
        """
        result = call("answers", {"case": case} if case else {})
        if as_json:
            print_json(result)
            return
        for question in result["questions"]:
            _print_question(question, as_json=False)
        if not result["questions"]:
            typer.echo(_("Er zijn geen vragen."))

    cases = typer.Typer(no_args_is_help=True, help="Your own cases.")
    app.add_typer(cases, name="case")

    @cases.callback()
    def _cases() -> None:
        """Your own cases."""

    @cases.command()
    def close(
        case: Annotated[str, typer.Argument(help="Case number in your own system.")], as_json: JsonOption = False
    ) -> None:
        """Close a case: its answers are erased here and at the coordinator.

        Example: samenloop-node case close R-2026-9
        """
        result = call("case", {"action": "close", "case": case})
        if as_json:
            print_json(result)
            return
        later = "" if result["reported"] else " " + _("De coördinator hoort het zodra hij bereikbaar is.")
        typer.echo(_("Casus {case} is gesloten; de antwoorden zijn gewist.", case=case) + later)


def _add_find_own(app: typer.Typer, call: Call) -> None:
    @app.command(name="find-own")
    def find_own(
        purpose: Annotated[str, typer.Option(help="access, correction, erasure or objection.")],
        stdin: StdinOption = False,
        as_json: JsonOption = False,
    ) -> None:
        """Find your own registrations of a person, for a request of that person or a correction.

        Example: samenloop-node find-own --purpose access
        """
        typed = prompts.read_stdin() if stdin else {"person": prompts.person(prompts.at_terminal)}
        result = call("find-own", {**typed, "purpose": purpose})
        if as_json:
            print_json(result)
            return
        for row in result["records"]:
            typer.echo(f"{row['register']}: {row['record_id']}")
        if not result["records"]:
            typer.echo(_("Er is geen eigen registratie van deze persoon gevonden."))


def print_json(value: Mapping[str, Any]) -> None:
    """Print a result as JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _print_question(question: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(question)
        return
    typer.echo(_("Vraag {number} (casus {case})", number=question["question"], case=question["case"]))
    for line in question["answers"]:
        typer.echo(f"  {line['text']}")
    if question["state"] == "open":
        retry = f"samenloop-node ask --retry {question['question']}"
        typer.echo("  " + _("Nog geen antwoord. Typ de persoon opnieuw met: {retry}", retry=retry))
    elif question["state"] == "failed":
        typer.echo("  " + _("Geweigerd: {problem}", problem=question["problem"]))
    elif question["state"] == "erased":
        typer.echo("  " + _("De casus is gesloten; de antwoorden zijn gewist."))
