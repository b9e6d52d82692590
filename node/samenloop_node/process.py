"""What the steps of cases, consents, notices and requests share: lines in the own log, sealed texts, facts as JSON,
and doing one thing after the other.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import date
from secrets import token_bytes
from typing import Any, TypeVar

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.errors import InvalidInput, Refused, SamenloopError
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.identity.bsn import refuse_bsn
from samenloop_node.identity.person import PERSON_COLUMNS, parse_person
from samenloop_node.questions.motives import SALT_BYTES, Opened, refuse_person, seal_text
from samenloop_node.store import Transaction, notes

MAX_TEXT = 2_000
_T = TypeVar("_T")


def today(app: App) -> date:
    """Return the day by this node's clock (UTC)."""
    return app.clock.now().date()


async def one_by_one(items: Iterable[_T], act: Callable[[_T], Awaitable[object]]) -> None:
    """Do something with each item. One that fails holds up no other: its SamenloopError is raised when all were tried,
    the first if there are more.
    """
    problems = []
    for item in items:
        try:
            await act(item)
        except SamenloopError as problem:
            problems.append(problem)
    if problems:
        raise problems[0]


def log(app: App, db: Transaction, user: User | None, event: Event, public: Mapping[str, object]) -> None:
    """Append a line to the own log in the transaction of the act: who did it, and for which partner (R-01, R-72)."""
    who = {"user": app.references.user(user.name).hex()} if user else {}
    fields = {**public, **who, "acting": app.config.participant}
    app.ownlog.append(db, event, {name: value for name, value in fields.items() if value != ""})


@asynccontextmanager
async def refusals_logged(app: App, user: User, event: Event, public: Mapping[str, object]) -> AsyncIterator[None]:
    """Store a refusal with its rule, and nothing of what was said, in the own log; then raise it on."""
    try:
        yield
    except Refused as refusal:
        await log_refusal(app, user, event, {**public, "status": "refused"}, refusal)
        raise


async def log_refusal(
    app: App, user: User | None, event: Event, public: Mapping[str, object], refusal: SamenloopError
) -> None:
    """Store what was refused, by which rule if it was one, and nothing of what was said."""
    rule = refusal.rule if isinstance(refusal, Refused) else ""
    await app.store.write(lambda db: log(app, db, user, event, {**public, "rule": rule}))


_REFERENCES = ("case", "reference")
"""Arguments that hold a number of somebody's own system and are stored as they are."""


def free_text(request: Mapping[str, object], name: str = "motive") -> str:
    """Return a free text of the request, empty when there is none; the person at hand is retyped to check it, and the
    references of own systems that are stored beside it.

    Raises InvalidInput when one of them names the person, the text holds a BSN, or comes without the person's fields.
    """
    text = request.get(name, "")
    if not isinstance(text, str) or len(text) > MAX_TEXT or not text.isprintable():
        raise InvalidInput(
            name, _("{name} moet gewone tekst zijn van hoogstens {most} tekens.", name=name, most=MAX_TEXT)
        )
    if not text:
        return ""
    fields = request.get("person")
    if not isinstance(fields, dict) or not fields:
        raise InvalidInput(
            "person", _("Typ bij vrije tekst ook de persoon, zodat deze node kan zien dat zijn naam er niet in staat.")
        )
    refuse_bsn(name, text)
    person = parse_person(person_fields(fields))
    for where in (name, *_REFERENCES):
        refuse_person(str(request.get(where, "")), person, where)
    return text


def person_fields(value: object) -> dict[str, str]:
    """Return the fields of a person; an unknown field is refused without repeating what it holds."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise InvalidInput("person", _("Geef de persoon als velden met tekst."))
    if not value.keys() <= set(PERSON_COLUMNS):
        known = ", ".join(PERSON_COLUMNS)
        raise InvalidInput("person", _("De persoon heeft een onbekend veld. Bekend zijn: {known}.", known=known))
    return value


def keep_text(app: App, db: Transaction, text: str) -> dict[str, str]:
    """Keep a text sealed; return the field that commits its line in the own log to it (empty without a text)."""
    if not text:
        return {}
    opened = Opened(token_bytes(SALT_BYTES), text)
    sealed = seal_text(app.references.seed("text", b""), opened, token_bytes)
    notes.keep(db, opened.commitment, sealed, milliseconds(app.clock.now()))
    return {"document": opened.commitment.hex()}


def dumped(parts: Mapping[str, Any]) -> str:
    """Return frozen values of the decision rules as JSON: what `samenloop.decisions.parse` reads back."""
    shown = {name: value if isinstance(value, tuple | str) else asdict(value) for name, value in parts.items()}
    return json.dumps(shown, default=_iso, sort_keys=True)


def _iso(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError
