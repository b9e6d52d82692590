"""`consent`: record, show and withdraw consents (R-46..R-52). The printable form is made by the program itself."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import table_of, text
from samenloop_node.commands.ask import hex_id
from samenloop_node.consents import ending, records
from samenloop_node.consents.records import Recording
from samenloop_node.process import free_text
from samenloop_node.store import consents


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: record | withdraw | show | list, ...}; return the consent, its effects, or all consents."""
    del emit
    match request.get("action"):
        case "record":
            return records.describe(await records.record(app, user, _recording(request)))
        case "withdraw":
            effects = await ending.withdraw(app, user, text(request, "consent"))
            return {"consent": text(request, "consent"), "state": "withdrawn", "effects": effects}
        case "show":
            return records.describe(
                await app.store.read(lambda db: records.stored_consent(db, text(request, "consent")))
            )
        case "list":
            return {"consents": [records.describe(one) for one in await app.store.read(consents.listed)]}
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
