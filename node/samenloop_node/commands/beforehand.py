"""`beforehand`: decide over one record in advance for named receivers, take that back, or see what stands (R-76)."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.model import participant_id
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import codes, day, text
from samenloop_node.consents import beforehand
from samenloop_node.consents.beforehand import Deciding
from samenloop_node.process import free_text


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: decide | withdraw, register, record, reference, ...} or {action: list}; return what was decided."""
    del emit
    if request.get("action") == "list":
        return {"decisions": await app.store.read(lambda db: beforehand.in_force(app, db))}
    register, record, reference = (text(request, name) for name in ("register", "record", "reference"))
    match request.get("action"):
        case "decide":
            await beforehand.decide(app, user, _deciding(request), free_text(request))
            state = "decided"
        case "withdraw":
            await beforehand.withdraw(app, user, register, record, reference)
            state = "withdrawn"
        case _other:
            raise InvalidInput("action", _("Kies decide, withdraw of list."))
    return {"register": register, "record": record, "reference": reference, "state": state}


def _deciding(request: Mapping[str, object]) -> Deciding:
    return Deciding(
        register=text(request, "register"),
        record_id=text(request, "record"),
        receivers=tuple(participant_id(one, "receivers") for one in codes(request, "receivers")),
        reference=text(request, "reference"),
        purpose=text(request, "purpose", ""),
        give_basis=text(request, "give_basis", ""),
        breach_ground=text(request, "breach_ground", ""),
        valid_until=day(request, "valid_until"),
        steps=codes(request, "steps"),
        consent=text(request, "consent", ""),
    )
