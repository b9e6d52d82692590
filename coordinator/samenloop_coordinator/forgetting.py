"""What the coordinator forgets: handled requests after a day, questions after the covenant's term, mail of who left.

A question of a case that was never closed goes a term after it was asked. What was counted for a case (R-28) also
has its reference in it, yet outlives its closing, or closing would make room for more questions: it goes a term later.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from samenloop.clock import milliseconds
from samenloop.covenant import Covenant
from samenloop_coordinator import budgets
from samenloop_coordinator.desk import Desk
from samenloop_coordinator.purging import term_days
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import AskedQuestion

_KEPT = timedelta(hours=24)
_KEYS_KEPT = timedelta(days=400)
_REQUESTS = 2_000
_QUESTIONS = 200


def steps(desk: Desk) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return, by name, what deletes one kind of what is past its time, wholly; each may fail without the others."""
    return {
        "requests": lambda: _wholly(desk, _old_requests, _REQUESTS),
        "questions": lambda: _wholly(desk, _old_questions, _QUESTIONS),
        "counters": lambda: desk.store.write(
            lambda parts: parts.requests.forget_counters(desk.clock.now().date().isoformat())
        ),
        "mail": lambda: desk.store.write(lambda parts: _mail_of_leavers(parts, desk)),
        "old_keys": lambda: desk.store.write(lambda parts: parts.mail.forget_keys(_before(desk, _KEYS_KEPT))),
    }


def forget_question(parts: Parts, question: AskedQuestion, until: datetime) -> None:
    """Delete a question and what was shown for it; what was counted for its case goes after the day of `until`."""
    parts.questions.forget(question.question_id)
    holders = [one.holder for one in question.holders]
    scopes = budgets.of_case(question.asker, question.case_ref, holders)
    parts.requests.end_lasting(scopes, until.date().isoformat())


def after_term(covenant: Covenant, moment: datetime) -> datetime:
    """Return when the covenant's term is over of what ended at a moment."""
    return moment + timedelta(days=term_days(covenant))


async def _wholly(desk: Desk, some: Callable[[Parts, Desk], int], most: int) -> None:
    while await desk.store.write(lambda parts: some(parts, desk)) == most:
        pass


def _before(desk: Desk, kept: timedelta) -> int:
    return milliseconds(desk.clock.now() - kept)


def _old_requests(parts: Parts, desk: Desk) -> int:
    return parts.requests.forget_before(_before(desk, _KEPT), _REQUESTS)


def _old_questions(parts: Parts, desk: Desk) -> int:
    ended = _before(desk, timedelta(days=term_days(desk.agreement.covenant)))
    found = parts.questions.asked_before(ended, _QUESTIONS)
    for question in found:
        forget_question(parts, question, desk.clock.now())
    return len(found)


def _mail_of_leavers(parts: Parts, desk: Desk) -> int:
    return parts.mail.forget_others([row.id for row in desk.agreement.covenant.participants])
