"""`activate`: the checklist, putting the node into use, and taking it out of use (R-01..R-10)."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node import activation
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.store import activation as store


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: check | activate | suspend}; return {state, lines}. While a line is red nothing is activated."""
    del emit
    lines = [dict(activation.shown(line)) for line in activation.checklist(app)]
    match request.get("action", "activate"):
        case "check":
            pass
        case "activate":
            await activation.activate(app, user)
        case "suspend":
            await activation.suspend(app, user)
        case _other:
            raise InvalidInput("action", _("Kies check, activate of suspend."))
    return {"state": await app.store.read(store.state), "lines": lines}
