"""`samenloop-node consent ...` and `beforehand ...`: consent of the person, and decisions taken in advance."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from samenloop.texts import N_, _
from samenloop_node.cli import papers, prompts
from samenloop_node.cli.base import DEFAULT_SOCKET, AsOption, Daemon, JsonOption, SocketOption, one_sentence
from samenloop_node.cli.options import BreachOption, ConsentOption, GiveBasisOption
from samenloop_node.cli.papers import FormatOption, OutOption

ConsentArgument = Annotated[str, typer.Argument(metavar="TOESTEMMING", help="Nummer van de toestemming.")]
RecordArgument = Annotated[str, typer.Argument(metavar="DOSSIER", help="Dossiernummer in uw eigen systeem.")]
RegisterArgument = Annotated[str, typer.Argument(metavar="REGISTER", help="Uw eigen register.")]
ReferenceOption = Annotated[str, typer.Option(help="Nummer van het besluit in uw eigen systeem; één per registratie.")]
_STATES = {
    "drafted": N_("opgesteld"),
    "given": N_("gegeven"),
    "used": N_("gebruikt"),
    "withdrawn": N_("ingetrokken"),
    "expired": N_("verlopen"),
}
_FORM = {
    "receiver": N_("Ontvanger"),
    "purpose": N_("Doel"),
    "paper": N_("Papier"),
    "signed_on": N_("Getekend op"),
    "valid_until": N_("Geldig tot en met"),
}
consent_app = typer.Typer(
    no_args_is_help=True,
    help="Toestemming van de persoon (R-46..R-52). Codes en wat ze betekenen: `samenloop catalogue show TABEL`.",
)
beforehand_app = typer.Typer(
    no_args_is_help=True,
    help="Beslis vooraf over één registratie (R-76). Codes en wat ze betekenen: `samenloop catalogue show TABEL`.",
)


@consent_app.command()
def form(form: FormatOption = "html", out: OutOption = None) -> None:
    """Maak het toestemmingsformulier om te printen, uit velden op de standaardinvoer (JSON, alles mag leeg blijven). Er
    wordt niets bewaard.

    Voorbeeld: samenloop-node consent form --format pdf --out form.pdf
    """
    from samenloop_node.documents import consent_form
    from samenloop_node.documents.render import render

    with one_sentence():
        typed = consent_form.parse_fields(prompts.optional())
        papers.write(render(consent_form.consent_form(typed), form), out)
    papers.said(out)


@consent_app.command()
def record(
    question: Annotated[str, typer.Option(help="Nummer van de treffer, zoals de inbox het toont.")] = "",
    register: Annotated[str, typer.Option(help="Of: uw eigen register ...")] = "",
    record_id: Annotated[str, typer.Option("--record", help="... en uw eigen dossiernummer.")] = "",
    holder: Annotated[str, typer.Option(help="Als vrager: de houder aan wie uw vraag ging (een arts).")] = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Leg een getekende toestemming vast: vinkjes, codes, data en het nummer van het papier. Leest {"form": {...}} van
    de standaardinvoer.

    Bij een arts vragen beide kanten toestemming. Bent u de vrager, noem dan uw vraag en --holder: de node van die
    houder hoort het nummer en de data, en dat de toestemming stopt als u haar intrekt.

    Voorbeeld: samenloop-node consent record --question 0123456789abcdef0123456789abcdef < ticks.json
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
    """Trek een toestemming in: dat kan altijd. Wat erop rustte, wordt weer verborgen.

    Voorbeeld: samenloop-node consent withdraw 0123456789abcdef
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
    """Toon wat er van een toestemming is vastgelegd.

    Voorbeeld: samenloop-node consent show 0123456789abcdef
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("consent", {"action": "show", "consent": consent_number}), _consent_lines)


@consent_app.command(name="list")
def list_consents(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon de toestemmingen die u vastlegde of die over uw vragen en casussen gaan; beslisser en privacyfunctionaris
    zien ze alle.

    Voorbeeld: samenloop-node consent list
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("consent", {"action": "list"}), _list_lines)


@beforehand_app.command(name="decide")
def decide_beforehand(  # noqa: PLR0913 - one argument per option
    register: RegisterArgument,
    record_id: RecordArgument,
    *,
    reference: ReferenceOption,
    valid_until: Annotated[str, typer.Option(help="Laatste dag (JJJJ-MM-DD), niet later dan de toetsdatum.")],
    receiver: Annotated[list[str] | None, typer.Option(help="Ontvanger. Herhaal dit voor elke ontvanger.")] = None,
    purpose: Annotated[str, typer.Option(help="Eén doel (code uit purposes).")] = "",
    give_basis: GiveBasisOption = "",
    breach_ground: BreachOption = "",
    step: Annotated[
        list[str] | None,
        typer.Option(help="Stap van een paarregel die u deed (code uit profiles). Herhaal dit voor elke stap."),
    ] = None,
    consent_number: ConsentOption = "",
    socket: SocketOption = DEFAULT_SOCKET,
    acting: AsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Beslis over één registratie voor ontvangers die u noemt. Leest {"motive": "...", "person": {...}} van de
    standaardinvoer.

    Voorbeeld: samenloop-node beforehand decide politie 2026-17 --reference B-9 --valid-until 2026-12-31 --receiver ...
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
    """Neem een besluit over één registratie terug: treffers erop zijn vanaf dan weer verborgen.

    Voorbeeld: samenloop-node beforehand withdraw politie 2026-17 --reference B-9
    """
    daemon = Daemon(socket, acting, as_json)
    request = {"action": "withdraw", "register": register, "record": record_id, "reference": reference}
    daemon.show(daemon.ask("beforehand", request), _beforehand_lines)


@beforehand_app.command(name="list")
def list_beforehand(socket: SocketOption = DEFAULT_SOCKET, acting: AsOption = "", as_json: JsonOption = False) -> None:
    """Toon de besluiten vooraf die nu gelden: over welke registratie, voor wie, en tot wanneer.

    Voorbeeld: samenloop-node beforehand list
    """
    daemon = Daemon(socket, acting, as_json)
    daemon.show(daemon.ask("beforehand", {"action": "list"}), _decision_lines)


def _consent_lines(result: Mapping[str, Any]) -> Iterator[str]:
    state = _STATES[result["state"]]
    yield _("Toestemming {consent}: {state}", consent=result["consent"], state=_(state))
    for name, label in _FORM.items():
        yield f"  {_(label)}: {result['form'][name]}"


def _withdrawn_lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield _("De toestemming is ingetrokken.")
    for effect in result["effects"]:
        if effect["done"]:
            yield _("Wat erop rustte, is niet meer te zien.")
        else:
            yield _("Wat erop rustte, wordt verborgen zodra de coördinator bereikbaar is.")


def _list_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for one in result["consents"]:
        state = _STATES[one["state"]]
        yield f"{one['consent']}  {one['recorded_on']}  {_(state)}  {one['form']['receiver']}"
    if not result["consents"]:
        yield _("Er zijn geen toestemmingen vastgelegd.")


def _decision_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for one in result["decisions"]:
        yield _(
            "{register}/{record}: voor {receiver}, besloten op {decided_on}, geldig tot en met {valid_until}", **one
        )
    if not result["decisions"]:
        yield _("Er gelden geen besluiten vooraf.")


def _beforehand_lines(result: Mapping[str, Any]) -> Iterator[str]:
    if result["state"] == "decided":
        yield _("Besluit {reference} geldt voor {register}/{record}.", **result)
    else:
        yield _("Besluit {reference} over {register}/{record} is teruggenomen.", **result)
