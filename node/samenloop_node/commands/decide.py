"""`decide`: release, withhold or take back one hit, for one receiver and one case."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.release_form import parse_decision
from samenloop_node.releases import release, steps, take_back, withhold


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: steps | release | withhold | take-back, decision}; return {question, state, reported} or steps."""
    del emit
    given = request.get("decision")
    if not isinstance(given, dict):
        raise InvalidInput("decision", _("Geef het besluit als JSON-object."))
    decision = parse_decision(given)
    number = decision.question_id.hex()
    match request.get("action"):
        case "steps":
            return {"question": number, "steps": await steps(app, decision)}
        case "release":
            return {"question": number, "state": "released", "reported": await release(app, user, decision)}
        case "withhold":
            await withhold(app, user, decision)
            return {"question": number, "state": "withheld", "reported": False}
        case "take-back":
            return {"question": number, "state": "hidden", "reported": await take_back(app, user, decision)}
        case _other:
            raise InvalidInput("action", _("Kies steps, release, withhold of take-back."))
