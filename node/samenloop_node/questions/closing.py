"""Closing a case: its answers are erased here at once and lapse at the coordinator (R-37, R-70)."""

from samenloop.audit.fields import Event
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop.wire.declare import CaseClosed
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.declaring import prepare, sent_now
from samenloop_node.questions.answers import visible_to
from samenloop_node.store import Transaction, inbox, questions


async def close_case(app: App, user: User, case_number: str) -> bool:
    """Close a case in which this user asked; returns False when the coordinator will hear of it later.

    Raises SamenloopError(NOT_FOUND) for a case in which he asked nothing.
    """
    asked = await app.store.read(lambda db: questions.questions_of(db, case_number))
    if not any(visible_to(user, one) for one in asked):
        raise SamenloopError(ErrorCode.NOT_FOUND, _("U heeft in deze casus geen vraag gesteld."))
    case_ref = app.references.case(case_number)
    declaration = prepare(app, CaseClosed(case_ref), case_number)
    public = {"action": "close", "case": case_ref.hex(), "user": app.references.user(user.name).hex()}

    def work(db: Transaction) -> None:
        questions.erase_case(db, case_number)
        inbox.erase_letters(db, case_number)
        inbox.add_declaration(db, declaration)
        app.ownlog.append(db, Event.CASE, public)

    await app.store.write(work)
    return await sent_now(app, declaration)
