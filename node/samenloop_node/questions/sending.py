"""Sending one question: with patience when the coordinator is away, never under two request ids at once.

1. Only UNAVAILABLE (no connection, or no answer in time) is tried again, always with the same bytes.
2. A refusal closes the question; after anything else nobody knows whether it was answered, so it stays open.
3. A reply is stored with its own entry before it is shown; a reply that does not hold stops this node.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from samenloop.audit.fields import Event
from samenloop.audit.tree import leaf_hash
from samenloop.audit.witness import Reason
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, IntegrityError, Refused, SamenloopError
from samenloop.wire.ask import Question
from samenloop.wire.v1 import overlap_pb2
from samenloop_node import telling, witness
from samenloop_node.app import App
from samenloop_node.declaring import UNSURE
from samenloop_node.questions.compose import Composed
from samenloop_node.questions.replies import verify_reply
from samenloop_node.store import Transaction, questions, receipts
from samenloop_node.store.questions import StoredAnswer

PAUSES: Final = (0.25, 1.0)
"""Seconds before the second and the third attempt."""


async def send(app: App, made: Composed) -> list[StoredAnswer]:
    """Send a stored question and store the answer; raises SamenloopError: then the question is open or closed."""
    request, question = made.request, made.question
    try:
        reply = await patiently(lambda: app.connection.ask(request), asyncio.sleep)
    except SamenloopError as problem:
        if problem.code not in UNSURE:
            await _close(app, question, problem)
        raise
    try:
        origin = app.covenant().coordinator.log_origin
        answers = verify_reply(reply, question, made.parts, request.signature, origin)
    except IntegrityError:
        await witness.stop(app, Reason.OWN_DIFFERENT)
        raise
    await app.store.write(lambda db: _store(app, db, question, answers, reply.receipt.entry))
    return answers


async def patiently(
    call: Callable[[], Awaitable[overlap_pb2.AskReply]], sleep: Callable[[float], Awaitable[None]]
) -> overlap_pb2.AskReply:
    """Call up to three times while the coordinator is unavailable; raises the last error."""
    for pause in PAUSES:
        try:
            return await call()
        except SamenloopError as problem:
            if problem.code is not ErrorCode.UNAVAILABLE:
                raise
        await sleep(pause)
    return await call()


def _store(app: App, db: Transaction, question: Question, answers: list[StoredAnswer], entry: bytes) -> None:
    now = milliseconds(app.clock.now())
    receipts.add(db, entry, Event.QUESTION.value, now)
    questions.store_answer(db, question.question_id, answers, leaf_hash(entry), now)
    rows = [{"holder": one.holder, "answer": "known" if one.known else "no_message"} for one in answers]
    public = {"question": question.question_id.hex(), "case": question.case_ref.hex(), "holders": rows}
    app.ownlog.append(db, Event.ANSWER, {**public, "user": question.user_ref.hex()})
    case_number = questions.case_of(db, question.question_id)
    if case_number is not None:
        telling.asked(app, db, case_number, question.question_id, [one.holder for one in answers])


async def _close(app: App, question: Question, problem: SamenloopError) -> None:
    rule = problem.rule if isinstance(problem, Refused) else ""

    def work(db: Transaction) -> None:
        questions.close_failed(db, question.question_id, rule or problem.code.value)
        public = {"question": question.question_id.hex(), "action": "question-refused", "case": question.case_ref.hex()}
        why = {"rule": rule} if rule else {"reason": problem.code.value}
        app.ownlog.append(db, Event.CASE, {**public, **why, "user": question.user_ref.hex()})

    await app.store.write(work)
