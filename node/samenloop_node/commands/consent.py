"""`consent`: record, show and withdraw consents (R-46..R-52). The printable form is made by the program itself."""

from collections.abc import Mapping

from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.texts import _
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.commands.arguments import table_of, text
from samenloop_node.commands.ask import hex_id
from samenloop_node.consents import ending, reading, records
from samenloop_node.consents.records import Recording
from samenloop_node.process import free_text

_KEEPERS = frozenset({Role.CASE_WORKER, Role.DECISION_MAKER})


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: record | withdraw | show | list, ...}; return the consent, its effects, or those that the user may
    see. The privacy officer only looks.
    """
    del emit
    match request.get("action"):
        case "record" | "withdraw" if not user.roles & _KEEPERS:
            raise SamenloopError(
                ErrorCode.NOT_PERMITTED,
                _("Wie met de casus werkt, legt een toestemming vast of trekt haar in."),
            )
        case "record":
            return records.describe(await records.record(app, user, _recording(request)))
        case "withdraw":
            effects = await ending.withdraw(app, user, text(request, "consent"))
            return {"consent": text(request, "consent"), "state": "withdrawn", "effects": effects}
        case "show":
            number = text(request, "consent")
            return records.describe(await app.store.read(lambda db: reading.find(db, user, number)))
        case "list":
            found = await app.store.read(lambda db: reading.listed(db, user))
            return {"consents": [records.describe(one) for one in found]}
        case _other:
            raise InvalidInput("action", _("Kies record, withdraw, show of list."))


def _recording(request: Mapping[str, object]) -> Recording:
    question = request.get("question", "")
    return Recording(
        form=table_of(request, "form"),
        question=hex_id(question, "question") if question else b"",
        register=text(request, "register", ""),
        record_id=text(request, "record", ""),
        holder=text(request, "holder", ""),
        text=free_text(request),
    )
