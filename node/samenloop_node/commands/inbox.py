"""`inbox`: real hits of others' questions on own registrations, for the decision-maker only."""

from collections.abc import Mapping

from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.inbox import list_inbox


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Return {hits}; each look is a line in this node's own log and nowhere else."""
    del request, emit
    return {"hits": await list_inbox(app, user)}
