"""What the node itself knows for a letter: organisations, purpose, term. Nothing about the person, nothing hidden."""

from samenloop.covenant.permissions import retention_months
from samenloop.model import ParticipantId
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.cases.facts import own_case
from samenloop_node.store import Transaction, inbox, questions
from samenloop_node.store.notices import StoredNotice


def letter_facts(app: App, db: Transaction, user: User, row: StoredNotice) -> dict[str, object]:
    """Return the facts of a letter. `asked`: it is about a case of ours; else about a registration that was shown.

    Raises SamenloopError(NOT_FOUND) for a case of somebody else.
    """
    covenant, own = app.covenant(), app.participant()
    names = _asked(db, user, row.case_number) if row.case_number else _shown(db, row.registration_id)
    return {
        "asked": bool(row.case_number),
        "controller": own.controller.name,
        "contact": own.controller.contact,
        "purpose": covenant.purpose.legal_text,
        "months": retention_months(covenant, ParticipantId(own.id)),
        "receivers": [app.name_of(name) for name in names],
    }


def _asked(db: Transaction, user: User, case_number: str) -> list[str]:
    own_case(db, user, case_number)
    asked = questions.questions_of(db, case_number)
    return sorted({holder for question in asked if question.state != "failed" for holder in question.holders})


def _shown(db: Transaction, registration_id: bytes) -> list[str]:
    hits = inbox.disclosed_hits(db)
    return sorted({hit.asker for hit in hits if registration_id in hit.registrations})
