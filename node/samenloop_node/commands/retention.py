"""`retention`: what will be purged when, and purging now instead of within the hour (R-18, R-69, R-70)."""

from collections.abc import Mapping
from dataclasses import asdict

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.retention import purging


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: show | purge}; return what is due, or what was removed."""
    del user, emit
    match request.get("action", "show"):
        case "show":
            return await app.store.read(lambda db: purging.due(app, db))
        case "purge":
            return {"purged": asdict(await purging.purge(app))}
        case _other:
            raise InvalidInput("action", _("Kies show of purge."))
