"""Commands of the case worker and the privacy officer: ask, answers, find-own.

A person and free text are never options: other users of this machine can see options, and a shell keeps them.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli import prompts
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption, one_sentence
from samenloop_node.cli.cases import TargetOption
from samenloop_node.questions.draft import parse_holder_argument

HOLDER_HELP = "One holder: NAME,purpose=CODE,reason=CODE,... Repeat it for each holder that you choose."


def ask(  # noqa: PLR0913 - one argument per option
    *,
    case_number: Annotated[str, typer.Option("--case", help="Case number in your own system.")] = "",
    holder: Annotated[list[str] | None, typer.Option(help=HOLDER_HELP)] = None,
    asked_person: Annotated[str, typer.Option(help="Why the person cannot be asked (code).")] = "",
    anonymous_talk: Annotated[str, typer.Option(help="Why an anonymous talk is not enough (code).")] = "",
    phone_call: Annotated[str, typer.Option(help="Why a phone call is not enough (code).")] = "",
    power: Annotated[str, typer.Option(help="Burgemeester: the named power (code).")] = "",
    region_reason: Annotated[str, typer.Option(help="Why a holder in another region is asked (code).")] = "",
    new_fact: Annotated[str, typer.Option(help="What is new since the last question (code).")] = "",
    target_group: TargetOption = None,
    retry: Annotated[str, typer.Option(help="Number of an open question; give the same person again.")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ask whether one person is known with the holders that you choose, for one case.

    Asks on a terminal for what is not given; else reads JSON on standard input: {"person": {...}, "question": {...}}.

    Example: samenloop-node ask --case R-2026-9 --holder politie-midden,purpose=toezicht,reason=genoemd_in_dossier
    """
    flags: dict[str, Any] = {
        "case": case_number,
        "asked_person": asked_person,
        "anonymous_talk": anonymous_talk,
        "phone_call": phone_call,
        "power": power,
        "region_reason": region_reason,
        "new_fact": new_fact,
        "target_group": target_group or [],
    }
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        flags["holders"] = [parse_holder_argument(one, "--holder") for one in holder or []]
        request = _request(flags, prompts.given(), retry)
    daemon.show(daemon.ask("ask", request), question_lines)


def answers(
    case_number: Annotated[str, typer.Argument(metavar="CASE", help="Leave out for open questions.")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show your questions of a case with their answers, or all that are still without an answer.

    Example: samenloop-node answers R-2026-9
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("answers", {"case": case_number} if case_number else {}), _answer_lines)


def find_own(
    purpose: Annotated[str, typer.Option(help="access, correction, erasure or objection.")],
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Find your own registrations of a person, for a request of that person or a correction.

    Asks on a terminal for the person; else reads {"person": {...}} as JSON on standard input.

    Example: samenloop-node find-own --purpose access
    """
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        typed = prompts.given() or {"person": prompts.person(prompts.at_terminal)}
    daemon.show(daemon.ask("find-own", {**typed, "purpose": purpose}), _record_lines)


def question_lines(question: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a case worker reads about one question."""
    yield _("Vraag {number} (casus {case})", number=question["question"], case=question["case"])
    for line in question["answers"]:
        yield f"  {line['text']}"
    match question["state"]:
        case "open":
            retry = f"samenloop-node ask --retry {question['question']}"
            yield "  " + _("Nog geen antwoord. Typ de persoon opnieuw met: {retry}", retry=retry)
        case "failed":
            yield "  " + _("Geweigerd: {problem}", problem=question["problem"])
        case "erased":
            yield "  " + _("De casus is gesloten; de antwoorden zijn gewist.")


def _request(flags: Mapping[str, Any], given: dict[str, Any] | None, retry: str) -> dict[str, Any]:
    request: dict[str, Any] = dict(given or {})
    if retry:
        request["retry"] = retry
    else:
        question = prompts.merged(flags, request.get("question", {}))
        request["question"] = _completed(question) if given is None else question
    if given is None:
        request["person"] = prompts.person(prompts.at_terminal)
    return request


def _completed(question: dict[str, Any]) -> dict[str, Any]:
    from samenloop.catalogue import load_catalogue

    catalogue, asked = load_catalogue(), prompts.at_terminal
    question["case"] = question.get("case") or asked(_("Nummer van de casus"))
    question["target_group"] = question.get("target_group") or prompts.codes(asked, catalogue, "target_group")
    for name in ("asked_person", "anonymous_talk", "phone_call", "region_reason", "power"):
        question[name] = question.get(name) or prompts.one_code(asked, catalogue, name)
    question["holders"] = question.get("holders") or prompts.holders(asked, catalogue)
    question["motive"] = asked(_("Motivering (zonder naam of geboortedatum; blijft hier, versleuteld)"))
    return question


def _answer_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for question in result["questions"]:
        yield from question_lines(question)
    if not result["questions"]:
        yield _("Er zijn geen vragen.")


def _record_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for row in result["records"]:
        yield f"{row['register']}: {row['record_id']}"
    if not result["records"]:
        yield _("Er is geen eigen registratie van deze persoon gevonden.")
