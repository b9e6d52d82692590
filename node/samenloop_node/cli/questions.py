"""Commands of the case worker and the privacy officer: ask, answers, find-own.

A person and free text are never options: other users of this machine can see options, and a shell keeps them.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli import prompts
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption, one_sentence
from samenloop_node.cli.options import CaseOption, TargetOption
from samenloop_node.questions.draft import parse_holder_argument

HOLDER_HELP = "Eén houder: NAAM,purpose=CODE,reason=CODE,... Herhaal dit voor elke houder die u kiest."


def ask(  # noqa: PLR0913 - one argument per option
    *,
    case_number: CaseOption = "",
    holder: Annotated[list[str] | None, typer.Option(help=HOLDER_HELP)] = None,
    asked_person: Annotated[
        str, typer.Option(help="Waarom u het de persoon niet zelf kunt vragen (code uit asked_person).")
    ] = "",
    anonymous_talk: Annotated[
        str, typer.Option(help="Waarom overleg zonder naam niet genoeg is (code uit anonymous_talk).")
    ] = "",
    phone_call: Annotated[str, typer.Option(help="Waarom een telefoontje niet genoeg is (code uit phone_call).")] = "",
    power: Annotated[str, typer.Option(help="Burgemeester: de bevoegdheid (code uit powers).")] = "",
    region_reason: Annotated[
        str, typer.Option(help="Waarom een houder in een andere regio wordt gevraagd (code uit region_reasons).")
    ] = "",
    new_fact: Annotated[str, typer.Option(help="Wat er nieuw is sinds de vorige vraag (code uit new_facts).")] = "",
    target_group: TargetOption = None,
    retry: Annotated[str, typer.Option(help="Nummer van een open vraag; geef dezelfde persoon nog eens.")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Vraag of één persoon bekend is bij de houders die u kiest, voor één casus.

    Vraagt in een terminal wat nog niet is gegeven; leest anders JSON van de standaardinvoer: {"person": {...},
    "question": {...}}.

    Voorbeeld: samenloop-node ask --case R-2026-9 --holder politie-midden,purpose=toezicht,reason=genoemd_in_dossier
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
    case_number: Annotated[str, typer.Argument(metavar="CASUS", help="Laat dit weg voor open vragen.")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Toon uw vragen van een casus met de antwoorden, of alle vragen die nog geen antwoord hebben.

    Voorbeeld: samenloop-node answers R-2026-9
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("answers", {"case": case_number} if case_number else {}), _answer_lines)


def find_own(
    purpose: Annotated[
        str,
        typer.Option(help="access (inzage), correction (verbetering), erasure (verwijdering) of objection (bezwaar)."),
    ],
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Zoek uw eigen registraties van een persoon, voor een verzoek van die persoon of een verbetering.

    Vraagt in een terminal om de persoon; leest anders {"person": {...}} als JSON van de standaardinvoer.

    Voorbeeld: samenloop-node find-own --purpose access
    """
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        typed = prompts.given_or_person()
    daemon.show(daemon.ask("find-own", {**typed, "purpose": purpose}), _record_lines)


def question_lines(question: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a case worker reads about one question."""
    yield _("Vraag {number} (casus {case})", number=question["question"], case=question["case"])
    for line in question["answers"]:
        yield f"  {line['text']}"
        if line.get("reference"):
            yield "  " + _("Code voor aan de telefoon: {reference}", reference=line["reference"])
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
        if not retry:
            request["question"]["motive"] = prompts.motive(prompts.at_terminal, request["person"])
    return request


def _completed(question: dict[str, Any]) -> dict[str, Any]:
    from samenloop.catalogue import load_catalogue

    catalogue, asked = load_catalogue(), prompts.at_terminal
    question["case"] = question.get("case") or prompts.case_number(asked)
    question["target_group"] = question.get("target_group") or prompts.codes(asked, catalogue, "target_group")
    for name in ("asked_person", "anonymous_talk", "phone_call", "region_reason", "power"):
        question[name] = question.get(name) or prompts.one_code(asked, catalogue, name)
    question["holders"] = question.get("holders") or prompts.holders(asked, catalogue)
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
