"""`register`: one person, typed or from a case system."""

from collections.abc import Mapping

from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import table, text
from samenloop_node.registrations.jobs import alone
from samenloop_node.registrations.reasons import LAPSED_BY_HAND, explain
from samenloop_node.registrations.single import Single, put


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Register or change one person. Arguments: register, fields (columns of a CSV row, `record_id` among them)."""
    del emit
    register, fields = text(request, "register"), table(request, "fields")
    done = await alone(app, register, put(Single(app, register, user.name), fields))
    said = _("Geregistreerd in register {name}.", name=register)
    return {
        "register": register,
        "registration_id": done.registration_id.hex(),
        "decisions_lapsed": done.lapsed,
        "text": f"{said} {explain('', LAPSED_BY_HAND)}" if done.lapsed else said,
    }
