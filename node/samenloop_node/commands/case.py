"""`case`: close a case; its answers are gone from then on."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.questions.closing import close_case


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: close, case}; return {case, closed, reported}."""
    del emit
    case = request.get("case")
    if request.get("action") != "close" or not isinstance(case, str) or not case:
        raise InvalidInput("case", _("Geef het nummer van de casus die u sluit."))
    return {"case": case, "closed": True, "reported": await close_case(app, user, case)}
