"""`log search`: the node's own log with names, case numbers and motives, for the privacy officer. A look is logged."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.review.filters import FOREVER_MS, Filters
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands import arguments
from samenloop_node.review import search

MOST_ROWS = 1_000
_TEXTS = ("event", "user", "case", "purpose", "rule", "holder", "answer", "question")


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {event, user, case, purpose, rule, holder, answer, question, from_ms, until_ms, limit}, each optional.

    Return {entries}, newest first.
    """
    del emit
    limit = arguments.number(request, "limit", 50)
    if not 1 <= limit <= MOST_ROWS:
        raise InvalidInput("limit", _("Vraag 1 tot {most} regels.", most=MOST_ROWS))
    event, account, case, purpose, rule, holder, answer, question = (
        arguments.text(request, name, "") for name in _TEXTS
    )
    filters = Filters(
        event=event,
        user=account,
        case=case,
        purpose=purpose,
        rule=rule,
        holder=holder,
        answer=answer,
        question=question,
        from_ms=arguments.number(request, "from_ms", 0),
        until_ms=arguments.number(request, "until_ms", FOREVER_MS),
    )
    return {"entries": await search.search(app, user, filters, limit)}
