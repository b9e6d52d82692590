"""Telling the other side of a question by sealed letter: signed and stored with the act, sent by the daemon."""

from collections.abc import Sequence
from secrets import token_hex

from samenloop.model import ID_BYTES, ParticipantId
from samenloop_node import question_letters
from samenloop_node.app import App
from samenloop_node.declaring import prepare
from samenloop_node.question_letters import DEFERRED, INFORMED, CaseTold, ConsentTold, ContactTold, QuestionLetter
from samenloop_node.store import Transaction, inbox, notices, questions
from samenloop_node.store.cases import Contact


def contact(app: App, db: Transaction, one: Contact) -> None:
    """Tell the other side what came of a talk about a hit that both know of (R-53)."""
    me = ParticipantId(app.config.participant)
    hit = inbox.find_hit(db, one.question_id) if one.holder == me else None
    receiver = hit.asker if hit is not None else one.holder
    letter = ContactTold(me, token_hex(ID_BYTES), one.question_id.hex(), one.holder, one.outcome, one.useful, one.day)
    _send(app, db, receiver, letter)


def consent(app: App, db: Transaction, holder: str, letter: ConsentTold) -> None:
    """Tell the holder that the person consented here too, or that this ended (R-50, R-52)."""
    _send(app, db, holder, letter)


def case(app: App, db: Transaction, case_number: str, event: str) -> None:
    """Tell every holder that was asked in a case how it stands; whom we asked decides, never what was found."""
    for question in questions.questions_of(db, case_number):
        if question.state in ("open", "answered"):
            _about(app, db, question.question_id, question.holders, event)


def asked(app: App, db: Transaction, case_number: str, question_id: bytes, holders: Sequence[str]) -> None:
    """Tell the holders of a new question whether the person of its case was informed, or that this is deferred."""
    states = {one.state for one in notices.of_case(db, case_number)}
    if "deferred" in states:
        _about(app, db, question_id, holders, DEFERRED)
    elif states == {"given"}:
        _about(app, db, question_id, holders, INFORMED)


def _about(app: App, db: Transaction, question_id: bytes, holders: Sequence[str], event: str) -> None:
    for holder in holders:
        _send(app, db, holder, CaseTold(ParticipantId(app.config.participant), question_id.hex(), event))


def _send(app: App, db: Transaction, receiver: str, letter: QuestionLetter) -> None:
    if app.covenant().find(receiver) is not None:
        act = question_letters.seal(app.covenant(), receiver, letter)
        inbox.add_declaration(db, prepare(app, act, letter.question))
