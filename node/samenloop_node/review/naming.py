"""Names behind references, for the privacy officer of this node alone: accounts, case numbers, sealed notes."""

import json
from dataclasses import dataclass
from typing import Any

from samenloop.audit.entry import Entry
from samenloop.errors import IntegrityError
from samenloop_node.app import App
from samenloop_node.questions.motives import Opened, open_text
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


def opened(app: App, db: Transaction, entry: Entry) -> Opened | None:
    """Return the text that an entry is committed to, with its salt; None when there is none, or it was purged.

    Raises IntegrityError when what is kept is not what the entry is committed to.
    """
    document = bytes.fromhex(entry.text("document"))
    sealed = notes.find(db, document) if document else None
    return None if sealed is None else open_text(app.references.seed("text", b""), sealed, document)


def note(app: App, db: Transaction, entry: Entry) -> dict[str, Any]:
    """Return what somebody wrote beside an entry; a motive by itself comes as {"motive"}."""
    found = opened(app, db, entry)
    return {} if found is None else _parsed(found.text)


def motive_of(app: App, db: Transaction, entry: Entry) -> str:
    """Return the motive beside an entry, empty when there is none."""
    try:
        return str(note(app, db, entry).get("motive", ""))
    except IntegrityError as error:
        return error.text


def opening_of(app: App, db: Transaction, entry: Entry) -> dict[str, str]:
    """Return salt (hex) and text, with which anybody can check field `document`: SHA-256(salt || text)."""
    try:
        found = opened(app, db, entry)
    except IntegrityError:
        found = None
    return {} if found is None else {"salt": found.salt.hex(), "text": found.text}


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {"motive": text}
    return value if isinstance(value, dict) else {"motive": text}
