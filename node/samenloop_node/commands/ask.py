"""`ask`: one question, or an open question once more for the retyped person."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import only
from samenloop_node.process import person_fields
from samenloop_node.questions import asking
from samenloop_node.questions.answers import describe
from samenloop_node.questions.draft import parse_question
from samenloop_node.store import Transaction, questions


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {question, person} or {retry, person}; return the question with its answers."""
    del emit
    only(request, "retry" if "retry" in request else "question", "person")
    person = person_fields(request.get("person"))
    if "retry" in request:
        asked = await asking.retry(app, user, hex_id(request["retry"], "retry"), person)
    else:
        asked = await asking.ask(app, user, parse_question(request.get("question")), person)
    return await app.store.read(lambda db: _described(app, db, asked))


def _described(app: App, db: Transaction, asked: bytes) -> dict[str, object]:
    stored = questions.find_question(db, asked)
    if stored is None:
        raise InvalidInput("retry", _("Deze vraag is er niet meer."))
    return describe(db, app, stored)


def hex_id(value: object, where: str) -> bytes:
    """Return the 16 bytes of an id that was written as 32 hexadecimal digits."""
    text = value if isinstance(value, str) else ""
    if len(text) != 32 or text.strip("0123456789abcdef"):
        raise InvalidInput(where, _("{where} is een nummer van 32 tekens: cijfers en a tot en met f.", where=where))
    return bytes.fromhex(text)
