"""A release that the coordinator refused for good, now or long after it was decided: nothing was shown."""

from samenloop.audit.fields import Event
from samenloop_node.app import App
from samenloop_node.process import log
from samenloop_node.review.provisions import REFUSED
from samenloop_node.store import Transaction, consents, inbox


def undo_release(app: App, db: Transaction, question_id: bytes) -> None:
    """Hide the hit again, give back the consent that was used, and correct the protocol by a line of its own."""
    hit = inbox.find_hit(db, question_id)
    if hit is None:
        return
    inbox.undo_release(db, question_id)
    for one in consents.uses_of(db, consents.RELEASE, question_id):
        consents.unuse(db, one.number, one.kind, one.subject)
    public = {"action": REFUSED, "receiver": hit.asker, "question": question_id.hex()}
    log(app, db, None, Event.PROTOCOL, public)
