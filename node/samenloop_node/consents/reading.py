"""Who may look at which consent. Pure reads.

1. The decision-maker rests releases and decisions on them, the privacy officer answers the person: both see all.
2. A case worker sees what he recorded himself, and what is about a question or a case that he asked, reported or is
   responsible for (R-35). For the rest there is no such consent.
"""

from samenloop_node.accounts import Role, User
from samenloop_node.consents.records import no_consent, read_form, stored_consent
from samenloop_node.questions.answers import visible_to
from samenloop_node.store import Transaction, cases, consents, questions, registrations
from samenloop_node.store.consents import StoredConsent

_ALL = frozenset({Role.DECISION_MAKER, Role.PRIVACY_OFFICER})


def listed(db: Transaction, user: User) -> list[StoredConsent]:
    """Return the consents that this user may see, newest first."""
    return [one for one in consents.listed(db) if _may_see(db, user, one)]


def find(db: Transaction, user: User, number: str) -> StoredConsent:
    """Return one consent; raises SamenloopError(NOT_FOUND), also for one that this user may not see."""
    stored = stored_consent(db, number)
    if not _may_see(db, user, stored):
        raise no_consent()
    return stored


def _may_see(db: Transaction, user: User, stored: StoredConsent) -> bool:
    if user.roles & _ALL or stored.recorded_by == user.name:
        return True
    subject = bytes.fromhex(read_form(stored).case)
    asked, row = questions.find_question(db, subject), registrations.by_id(db, subject)
    if asked is not None:
        return visible_to(user, asked)
    case = cases.find(db, row.case_number) if row is not None else None
    return case is not None and user.name in (case.reported_by, case.responsible)
