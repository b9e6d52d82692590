"""`find-own`: which of our own records are about a person, for a rights request or a correction."""

from collections.abc import Mapping

from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import only
from samenloop_node.own_records import find_own
from samenloop_node.process import person_fields


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {purpose, person}; return {records: [{register, record_id, registration}]}."""
    del emit
    only(request, "purpose", "person")
    found = await find_own(app, user, str(request.get("purpose", "")), person_fields(request.get("person")))
    rows = [
        {"register": one.register, "record_id": one.record_id, "registration": one.registration_id.hex()}
        for one in found
    ]
    return {"records": rows}
