"""`sync`: compare a full export of the case system with what is registered, and send the difference."""

from collections.abc import Mapping
from pathlib import Path

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import number, text
from samenloop_node.registrations.jobs import synchronise
from samenloop_node.registrations.sync import Order, Progress


async def run(app: App, user: User, request: Mapping[str, object], emit: Progress) -> dict[str, object]:
    """Do one synchronisation. Arguments: file (absolute path), register, confirm_withdrawals (a number, default 0)."""
    path = Path(text(request, "file"))
    if not path.is_absolute():
        raise InvalidInput("file", _("Geef het volledige pad van het bestand."))
    confirmed = number(request, "confirm_withdrawals", 0)
    return await synchronise(app, Order(text(request, "register"), path, confirmed, user.name), emit)
