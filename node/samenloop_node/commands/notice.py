"""`notice`: what must still be told to whom, and recording that it was told or why not yet (R-61..R-64)."""

from collections.abc import Mapping

from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import number, table_of
from samenloop_node.documents.facts import letter_facts
from samenloop_node.notices import steps
from samenloop_node.notices.calendar import calendar
from samenloop_node.notices.steps import Act
from samenloop_node.process import free_text
from samenloop_node.store import notices


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: list | give | defer | resume | letter | calendar, notice, said}; return the list or the notice."""
    del emit
    action = request.get("action")
    if action in ("give", "defer", "resume"):
        said = table_of(request, "said") if "said" in request else {}
        row = await steps.step(app, user, Act(number(request, "notice"), str(action), said, free_text(request)))
        return await app.store.read(lambda db: steps.describe(app, db, user, row))
    match action:
        case "list":
            return {"notices": await steps.due(app, user)}
        case "letter":
            return {"letter": await _letter(app, user, number(request, "notice"))}
        case "calendar":
            rows = await steps.due(app, user)
            return {"calendar": calendar(rows, app.config.participant, app.clock.now())}
        case _other:
            raise InvalidInput("action", _("Kies list, give, defer, resume, letter of calendar."))


async def _letter(app: App, user: User, wanted: int) -> dict[str, object]:
    row = await app.store.read(lambda db: notices.find(db, wanted))
    if row is None:
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("Er is geen bericht met dit nummer. Kijk met: samenloop-node notice list.")
        )
    return await app.store.read(lambda db: letter_facts(app, db, user, row))
