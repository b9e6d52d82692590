"""`withdraw`: one registration ends (R-18)."""

from collections.abc import Mapping

from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import text
from samenloop_node.registrations.jobs import alone
from samenloop_node.registrations.single import Single, withdraw


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Withdraw one registration. Arguments: register, record_id."""
    del emit
    register = text(request, "register")
    await alone(app, register, withdraw(Single(app, register, user.name), text(request, "record_id")))
    return {"register": register, "text": _("Ingetrokken uit register {name}.", name=register)}
