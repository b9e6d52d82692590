"""`status`: how this node stands. Never anything about a hidden hit or an asked question of another."""

from collections.abc import Mapping

from samenloop_node.accounts import User
from samenloop_node.app import App


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Return participant and covenant of this node."""
    del user, request, emit
    covenant = app.covenant()
    return {"participant": app.config.participant, "covenant": covenant.id, "version": covenant.version}
