"""Is this reply the answer to exactly our question, and is it in the log entry that we shall find back?

1. One answer per asked holder, in the order of asking; a contact exactly when the holder is known.
2. The entry is rebuilt from our own request: every public field that we can know must be what we know.
3. One sealed half per asked holder, whatever the answers are.
What does not hold is an IntegrityError: the answer is not shown and the node stops asking.
"""

from collections.abc import Mapping, Sequence

from samenloop.audit import entry as entries
from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.errors import IntegrityError, InvalidInput
from samenloop.model import Answer
from samenloop.texts import _
from samenloop.wire import fields
from samenloop.wire.ask import Part, Question
from samenloop.wire.v1 import overlap_pb2
from samenloop_node.store.questions import StoredAnswer


def verify_reply(
    reply: overlap_pb2.AskReply, question: Question, parts: Sequence[Part], signature: bytes, origin: str
) -> list[StoredAnswer]:
    """Return the answers in the order of `parts`; raises IntegrityError.

    `origin` is the coordinator's log origin as the covenant names it.
    """
    if [one.holder for one in reply.answers] != [part.holder for part in parts]:
        raise _does_not_fit()
    answers = [_answer(one) for one in reply.answers]
    try:
        entry = entries.parse(reply.receipt.entry)
    except InvalidInput as problem:
        raise _does_not_fit() from problem
    known = _expected(question, signature, origin)
    if entry.event is not Event.QUESTION or any(entry.public.get(name, "") != value for name, value in known.items()):
        raise _does_not_fit()
    if len(entry.sealed) != len(parts):
        raise _does_not_fit()
    _check_rows(entry, question, parts, answers)
    return answers


def _answer(message: overlap_pb2.HolderAnswer) -> StoredAnswer:
    if message.known != bool(message.contact):
        raise _does_not_fit()
    try:
        updated = fields.iso_date(message.updated_until, "updated_until").isoformat() if message.updated_until else ""
    except InvalidInput as problem:
        raise _does_not_fit() from problem
    return StoredAnswer(message.holder, "answered", message.known, message.contact, updated, 0)


def _expected(question: Question, signature: bytes, origin: str) -> Mapping[str, object]:
    return {
        "origin": origin,
        "request": question.question_id.hex(),
        "covenant": question.covenant.id,
        "version": question.covenant.version,
        "purpose": question.purpose,
        "case": question.case_ref.hex(),
        "actor": question.asker,
        "user": question.user_ref.hex(),
        "responsible": question.responsible_ref.hex(),
        "epochs": list(question.epochs),
        "commitment": question.digest.hex(),
        "signature": signature.hex(),
        "new_fact": question.new_fact,
    }


def _check_rows(entry: Entry, question: Question, parts: Sequence[Part], answers: Sequence[StoredAnswer]) -> None:
    rows = entry.public["holders"]
    if not isinstance(rows, list) or len(rows) != len(parts):
        raise _does_not_fit()
    for row, part, answer in zip(rows, parts, answers, strict=True):
        if not isinstance(row, dict) or row != _expected_row(question, part, answer):
            raise _does_not_fit()


def _expected_row(question: Question, part: Part, answer: StoredAnswer) -> dict[str, object]:
    told = Answer.KNOWN if answer.known else Answer.NO_MESSAGE
    row = {
        "holder": part.holder,
        "answer": told.value,
        "purpose": part.purpose,
        "necessity": part.proportionality,
        "give": part.give_basis,
        "receive": part.receive_basis,
        "inform": part.inform_basis,
        "acting_as": part.acting_as,
        "region_reason": question.region_reason,
        "updated": answer.updated_until,
    }
    return {name: value for name, value in row.items() if value}


def _does_not_fit() -> IntegrityError:
    return IntegrityError(
        _("Het antwoord van de coördinator past niet bij uw vraag of bij het logboek. Deze node vraagt niets meer.")
    )
