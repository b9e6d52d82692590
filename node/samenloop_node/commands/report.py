"""`report`: accountability, the council's page, the register of processing activities. Returns files in base64."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands import arguments
from samenloop_node.review import reporting


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {kind} (accountability with {period}, council, register); return {files}."""
    del emit
    kind = arguments.text(request, "kind")
    if kind == "accountability":
        made = await reporting.accountability_report(app, arguments.text(request, "period"))
    elif kind == "council":
        made = await reporting.council_page(app)
    elif kind == "register":
        made = await reporting.processing_register(app)
    else:
        raise InvalidInput("kind", _("Dit rapport bestaat niet. Kies accountability, council of register."))
    return await reporting.as_files(app, user, kind, made)
