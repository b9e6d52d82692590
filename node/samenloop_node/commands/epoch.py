"""`epoch`: announce, see what is still to be registered, retire."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.model import epoch_id
from samenloop.texts import _
from samenloop_node import ceremonies
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import text


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Do one act. Arguments: action (announce, retire or todo), epoch; for announce also contributors (two ids)."""
    del emit
    epoch, action = epoch_id(text(request, "epoch")), text(request, "action")
    if action == "announce":
        pair = _pair(request.get("contributors"))
        return {"epoch": epoch, "lines": await ceremonies.announce_epoch(app, epoch, pair, user.name)}
    if action == "retire":
        return {"epoch": epoch, "lines": await ceremonies.retire_epoch(app, epoch, user.name)}
    if action == "todo":
        return {"epoch": epoch, "lines": await ceremonies.todo(app, epoch)}
    raise InvalidInput("action", _("Deze handeling bestaat niet."))


def _pair(value: object) -> tuple[str, str]:
    match value:
        case [str(first), str(second)]:
            return first, second
        case _other:
            raise InvalidInput("contributors", _("Noem twee partners die de sleutel samen maken."))
