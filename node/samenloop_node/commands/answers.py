"""`answers`: own questions of a case with their answers, or all that are still open."""

from collections.abc import Mapping

from samenloop.audit.fields import Event
from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.questions.answers import describe, visible_to
from samenloop_node.store import Transaction, questions


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {case} or nothing; return {questions}. Looking at the answers of a case is a line in the own log."""
    del emit
    case = request.get("case", "")
    if not isinstance(case, str):
        raise InvalidInput("case", _("Geef het nummer van de casus."))

    def look(db: Transaction) -> list[dict[str, object]]:
        found = questions.questions_of(db, case) if case else questions.open_questions(db)
        if case:
            public = {"action": "view", "case": app.references.case(case).hex()}
            app.ownlog.append(db, Event.CASE, {**public, "user": app.references.user(user.name).hex()})
        return [describe(db, app, one) for one in found if visible_to(user, one)]

    shown = await (app.store.write(look) if case else app.store.read(look))
    return {"questions": shown}
