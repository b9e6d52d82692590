"""`reconcile`: withdraw what the coordinator has of a register and this node does not know."""

from collections.abc import Mapping

from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import number, only, text
from samenloop_node.registrations.jobs import alone
from samenloop_node.registrations.reconcile import reconcile
from samenloop_node.registrations.single import Single


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Compare and withdraw. Arguments: register, confirm_withdrawals (a number, default 0)."""
    del emit
    only(request, "register", "confirm_withdrawals")
    register, confirmed = text(request, "register"), number(request, "confirm_withdrawals", 0)
    return await alone(app, register, reconcile(Single(app, register, user.name), confirmed))
