"""What a case worker may see again: own questions per case, and what came of them. Nothing of another's questions."""

from dataclasses import asdict

from samenloop.clock import from_milliseconds
from samenloop.decisions.contact import speakable
from samenloop.model import ParticipantId, QuestionId
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.questions.wording import HolderResult, sentence
from samenloop_node.store import Transaction, inbox, questions
from samenloop_node.store.questions import StoredAnswer, StoredQuestion


def visible_to(user: User, stored: StoredQuestion) -> bool:
    """Tell whether the user asked this question or is responsible for who did (R-35)."""
    return user.name in (stored.asked_by, stored.responsible)


def describe(db: Transaction, app: App, stored: StoredQuestion) -> dict[str, object]:
    """Return a question and its answers as JSON; the shape is the same whatever the answers are."""
    listed = set(inbox.listed_registrations(db, stored.case_number).values())
    rows = questions.answers_of(db, stored.question_id)
    return {
        "question": stored.question_id.hex(),
        "case": stored.case_number,
        "asked": from_milliseconds(stored.sent_ms).isoformat(timespec="seconds"),
        "state": stored.state,
        "problem": stored.problem,
        "answers": [_line(app, stored.question_id, row, listed) for row in rows if row.state in ("answered", "lapsed")],
    }


def _line(app: App, question: QuestionId, row: StoredAnswer, listed: set[str]) -> dict[str, object]:
    """Return one line; `reference` is the code to say on the phone, empty where there is nobody to phone (R-53)."""
    holder = app.agreement.ever_in(row.holder)
    known = row.visible and row.state == "answered"
    result = HolderResult(
        holder=row.holder,
        display_name=app.name_of(row.holder),
        known=row.visible,
        contact=holder.contact if holder and row.visible else "",
        updated_until=row.updated_until,
        other_case=row.visible and row.holder in listed,
        released=row.released_ms > 0,
        lapsed=row.state == "lapsed",
    )
    reference = speakable(question, ParticipantId(row.holder)) if known else ""
    return {**asdict(result), "reference": reference, "text": sentence(result)}
