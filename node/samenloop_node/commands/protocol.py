"""`protocol extract`: every provision by this holder in a month or year (art. 20 Wpg). Returns files in base64."""

from collections.abc import Mapping

from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands import arguments
from samenloop_node.review import reporting


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {period}; return {files}."""
    del emit
    made = await reporting.protocol_extract(app, arguments.text(request, "period"))
    return await reporting.as_files(app, user, "protocol", made)
