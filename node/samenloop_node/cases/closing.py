"""Closing a case: its answers are erased here at once and lapse at the coordinator; holders are told (R-37, R-70)."""

from dataclasses import replace

from samenloop.audit.fields import Event
from samenloop.decisions.case import CaseEvent
from samenloop.wire.declare import CaseClosed
from samenloop_node import hearing, telling
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.cases.facts import own_case, read_parts
from samenloop_node.cases.life import Step, take_in
from samenloop_node.declaring import prepare, sent_now
from samenloop_node.process import refusals_logged
from samenloop_node.question_letters import CLOSED
from samenloop_node.store import Transaction, inbox, questions


async def close_case(app: App, user: User, case_number: str, reason: str, *, reject: bool = False) -> bool:
    """Close (or reject) a case of this user; returns False when the coordinator will hear of it later.

    Raises SamenloopError(NOT_FOUND) for a case that is not his, Refused (R-63, R-70) when something is still open.
    """
    case_ref = app.references.case(case_number)
    declaration = prepare(app, CaseClosed(case_ref), case_number)
    action, event = ("reject", CaseEvent.REJECT) if reject else ("close", CaseEvent.CLOSE)

    def work(db: Transaction) -> bool:
        parts = replace(read_parts(own_case(db, user, case_number).data), closing_reason=reason)
        take_in(app, db, user, Step(case_number, action, event, parts))
        telling.case(app, db, case_number, CLOSED)
        for question in questions.questions_of(db, case_number):
            hearing.expire_for(app, db, question.question_id)
        inbox.erase_letters(db, case_number)
        if not questions.erase_case(db, case_number):
            return False
        inbox.add_declaration(db, declaration)
        return True

    async with refusals_logged(app, user, Event.CASE, {"case": case_ref.hex(), "action": action}):
        asked = await app.store.write(work)
    return await sent_now(app, declaration) if asked else True
