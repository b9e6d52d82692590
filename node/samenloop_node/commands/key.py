"""`key`: this node's part in the ceremony of a consortium secret."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.model import epoch_id
from samenloop.texts import _
from samenloop_node import ceremonies
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import text


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Do or show one step. Arguments: action (contribute, accept or show), epoch."""
    del emit
    epoch, action = epoch_id(text(request, "epoch")), text(request, "action")
    if action == "contribute":
        return {"epoch": epoch, "lines": await ceremonies.contribute(app, epoch, user.name)}
    if action == "accept":
        return {"epoch": epoch, "lines": await ceremonies.accept(app, epoch, user.name)}
    if action == "show":
        return {"epoch": epoch, "lines": await ceremonies.show(app, epoch)}
    raise InvalidInput("action", _("Deze handeling bestaat niet."))
