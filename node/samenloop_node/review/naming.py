"""Names behind references, for the privacy officer of this node alone: accounts, case numbers, sealed notes."""

import json
from dataclasses import dataclass
from typing import Any

from samenloop.errors import IntegrityError
from samenloop_node.app import App
from samenloop_node.questions.motives import open_text
from samenloop_node.store import Transaction, notes, review


@dataclass(frozen=True, slots=True)
class Names:
    """Reference (hex) -> account name and case number, as far as this node still has them."""

    users: dict[str, str]
    cases: dict[str, str]

    def user(self, reference: str) -> str:
        """Return an account name; an account that left the document stays its reference."""
        return self.users.get(reference, reference)

    def case(self, reference: str) -> str:
        """Return a case number, or the reference of a case that this node no longer has."""
        return self.cases.get(reference, reference)


def names(app: App, db: Transaction) -> Names:
    """Return the names of all accounts, also of those that left, and of all cases in which this node asked."""
    accounts = {*app.authorisations.users, *review.account_names(db)}
    users = {app.references.user(name).hex(): name for name in accounts}
    cases = {app.references.case(number).hex(): number for number in review.case_numbers(db)}
    return Names(users, cases)


def note(app: App, db: Transaction, document: str, question: str) -> dict[str, Any]:
    """Return what somebody wrote beside an entry, empty when there is nothing. A motive alone comes as {"motive"}.

    Raises IntegrityError when the stored note is not the one that the entry names.
    """
    sealed = notes.find(db, bytes.fromhex(document)) if document else None
    if sealed is None:
        return {}
    text = open_text(app.references.seed("text", b""), sealed, bytes.fromhex(question))
    return _parsed(text)


def motive_of(app: App, db: Transaction, document: str, question: str) -> str:
    """Return the motive beside an entry, empty when there is none or it cannot be opened."""
    try:
        return str(note(app, db, document, question).get("motive", ""))
    except IntegrityError:
        return ""


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {"motive": text}
    return value if isinstance(value, dict) else {"motive": text}
