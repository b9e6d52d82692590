"""Names behind references, for the privacy officer of this node alone: accounts, case numbers, sealed notes."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from samenloop.audit.entry import Entry
from samenloop.errors import IntegrityError
from samenloop.texts import _
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


def note(app: App, db: Transaction, known: Names, entry: Entry) -> dict[str, Any]:
    """Return what somebody wrote beside an entry, empty when there is nothing that can be opened from the entry alone.

    A motive by itself comes as {"motive"}. Raises IntegrityError when the stored note is not what the entry names.
    """
    document = entry.text("document")
    sealed = notes.find(db, bytes.fromhex(document)) if document else None
    if sealed is None:
        return {}
    if hashlib.sha256(sealed).hexdigest() != document:
        raise IntegrityError(_("De versleutelde tekst bij deze regel is veranderd."))
    key = app.references.seed("text", b"")
    for context in _contexts(known, entry):
        try:
            return _parsed(open_text(key, sealed, context))
        except IntegrityError:
            continue
    return {}


def motive_of(app: App, db: Transaction, known: Names, entry: Entry) -> str:
    """Return the motive beside an entry, empty when there is none."""
    try:
        return str(note(app, db, known, entry).get("motive", ""))
    except IntegrityError as error:
        return error.text


def _contexts(known: Names, entry: Entry) -> list[bytes]:
    """Return what a text beside this entry may be bound to: its question, decision, request or case."""
    ids = [bytes.fromhex(entry.text(name)) for name in ("question", "decision") if entry.text(name)]
    return [*ids, entry.text("request").encode(), known.case(entry.text("case")).encode()]


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {"motive": text}
    return value if isinstance(value, dict) else {"motive": text}
