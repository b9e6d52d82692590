"""`samenloop-node consent ...` and `beforehand ...`: consent of the person, and decisions taken in advance."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import _
from samenloop_node.cli import papers, prompts
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption, one_sentence
from samenloop_node.cli.papers import FormatOption, OutOption

ConsentArgument = Annotated[str, typer.Argument(metavar="CONSENT", help="Number of the consent.")]
RecordArgument = Annotated[str, typer.Argument(metavar="RECORD", help="Record id in your own system.")]
RegisterArgument = Annotated[str, typer.Argument(metavar="REGISTER", help="Your own register.")]
ReferenceOption = Annotated[str, typer.Option(help="Number of the decision in your own system; one per record.")]
consent_app = typer.Typer(
    no_args_is_help=True,
    help="Consent of the person (R-46..R-52). Codes and what they mean: `samenloop catalogue show`.",
)
beforehand_app = typer.Typer(
    no_args_is_help=True,
    help="Decide over one record in advance (R-76). Codes and what they mean: `samenloop catalogue show`.",
)


@consent_app.callback()
def consent() -> None:
    """Consent of the person (R-46..R-52).

    Codes and what they mean: samenloop catalogue show
    """


@beforehand_app.callback()
def beforehand() -> None:
    """Decide over one record in advance (R-76).

    Codes and what they mean: samenloop catalogue show
    """


@consent_app.command()
def form(form: FormatOption = "html", out: OutOption = None) -> None:
    """Make the printable consent form from fields on standard input (JSON, all optional). Nothing is kept.

    Example: samenloop-node consent form --format pdf --out form.pdf
    """
    from samenloop_node.documents import consent_form
    from samenloop_node.documents.render import render

    with one_sentence():
        typed = consent_form.parse_fields(prompts.optional())
        papers.write(render(consent_form.consent_form(typed), form), out)
    papers.said(out)


@consent_app.command()
def record(
    question: Annotated[str, typer.Option(help="Number of the hit, as the inbox shows it.")] = "",
    register: Annotated[str, typer.Option(help="Or: your own register ...")] = "",
    record_id: Annotated[str, typer.Option("--record", help="... and your own record.")] = "",
    holder: Annotated[str, typer.Option(help="As the asker: the holder that your question asked (a physician).")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Record a signed consent: ticks, codes, dates, number of the paper. Reads {"form": {...}} on standard input.

    With a physician both sides ask consent. As the asker name your question and --holder: that holder's node is told
    the number and the dates, and that the consent ended when you withdraw it.

    Example: samenloop-node consent record --question 0123456789abcdef0123456789abcdef < ticks.json
    """
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        typed = prompts.optional()
    request = {**typed, "action": "record", "question": question, "register": register, "record": record_id}
    daemon.show(daemon.ask("consent", {**request, "holder": holder}), _consent_lines)


@consent_app.command()
def withdraw(
    consent_number: ConsentArgument,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Withdraw a consent: always possible. What was shown on it is hidden again.

    Example: samenloop-node consent withdraw 0123456789abcdef
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("consent", {"action": "withdraw", "consent": consent_number}), _withdrawn_lines)


@consent_app.command()
def show(
    consent_number: ConsentArgument,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show what was recorded of a consent.

    Example: samenloop-node consent show 0123456789abcdef
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("consent", {"action": "show", "consent": consent_number}), _consent_lines)


@consent_app.command(name="list")
def list_consents(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Show all consents that were recorded here.

    Example: samenloop-node consent list
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("consent", {"action": "list"}), _list_lines)


@beforehand_app.command(name="decide")
def decide_beforehand(  # noqa: PLR0913 - one argument per option
    register: RegisterArgument,
    record_id: RecordArgument,
    *,
    reference: ReferenceOption,
    valid_until: Annotated[str, typer.Option(help="Last day (YYYY-MM-DD), at most the review date.")],
    receiver: Annotated[list[str] | None, typer.Option(help="Receiver. Repeat it for each.")] = None,
    purpose: Annotated[str, typer.Option(help="One purpose (code).")] = "",
    give_basis: Annotated[str, typer.Option(help="Your ground to give (code).")] = "",
    breach_ground: Annotated[str, typer.Option(help="The ground that breaks your secrecy (code).")] = "",
    step: Annotated[list[str] | None, typer.Option(help="Steps of a pair rule that you took (code).")] = None,
    consent_number: Annotated[str, typer.Option("--consent", help="Number of the consent that it rests on.")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Decide over one record for named receivers. Reads {"motive": "...", "person": {...}} on standard input.

    Example: samenloop-node beforehand decide politie 2026-17 --reference B-9 --valid-until 2026-12-31 --receiver ...
    """
    daemon = Daemon(socket, acting, as_json)
    with one_sentence(as_json=as_json):
        typed = prompts.optional()
    request: dict[str, Any] = {
        **typed,
        "action": "decide",
        "register": register,
        "record": record_id,
        "reference": reference,
        "receivers": receiver or [],
        "purpose": purpose,
        "give_basis": give_basis,
        "breach_ground": breach_ground,
        "valid_until": valid_until,
        "steps": step or [],
        "consent": consent_number,
    }
    daemon.show(daemon.ask("beforehand", request), _beforehand_lines)


@beforehand_app.command(name="withdraw")
def withdraw_beforehand(
    register: RegisterArgument,
    record_id: RecordArgument,
    reference: ReferenceOption,
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take back a decision over one record: hits on it are hidden again from then on.

    Example: samenloop-node beforehand withdraw politie 2026-17 --reference B-9
    """
    daemon = Daemon(socket, acting, as_json)
    request = {"action": "withdraw", "register": register, "record": record_id, "reference": reference}
    daemon.show(daemon.ask("beforehand", request), _beforehand_lines)


def _consent_lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield _("Toestemming {consent}: {state}", consent=result["consent"], state=result["state"])
    for name in ("receiver", "purpose", "paper", "signed_on", "valid_until"):
        yield f"  {name}: {result['form'][name]}"


def _withdrawn_lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield _("De toestemming is ingetrokken.")
    for effect in result["effects"]:
        if effect["done"]:
            yield _("Wat erop rustte, is niet meer te zien.")
        else:
            yield _("Wat erop rustte, wordt verborgen zodra de coördinator bereikbaar is.")


def _list_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for one in result["consents"]:
        yield f"{one['consent']}  {one['recorded_on']}  {one['state']}  {one['form']['receiver']}"
    if not result["consents"]:
        yield _("Er zijn geen toestemmingen vastgelegd.")


def _beforehand_lines(result: Mapping[str, Any]) -> Iterator[str]:
    if result["state"] == "decided":
        yield _("Besluit {reference} geldt voor {register}/{record}.", **result)
    else:
        yield _("Besluit {reference} over {register}/{record} is teruggenomen.", **result)
