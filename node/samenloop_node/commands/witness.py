"""`witness`: how this node stands as a witness of the log, and going on after a person has looked."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node import witness
from samenloop_node.accounts import User
from samenloop_node.app import App


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: show | resume}; return {may_ask, stops, warnings} as Dutch sentences."""
    del emit
    match request.get("action", "show"):
        case "show":
            standing = await witness.stand(app)
        case "resume":
            standing = await witness.resume(app, user)
        case _other:
            raise InvalidInput("action", _("Kies show of resume."))
    return {
        "may_ask": standing.may_ask,
        "stops": [reason.text for reason in standing.stops],
        "warnings": [reason.text for reason in standing.warnings],
    }
