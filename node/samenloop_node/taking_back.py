"""Taking back what was released: by the decision-maker himself, or because a consent ended."""

from samenloop.clock import milliseconds
from samenloop.decisions.release import HIT, HitEvent, HitInput, HitState
from samenloop.model import ParticipantId, QuestionId
from samenloop.wire.declare import Release
from samenloop_node.app import App
from samenloop_node.declaring import prepare
from samenloop_node.store import Transaction, consents, inbox
from samenloop_node.store.inbox import StoredDeclaration, StoredHit


def take_back(app: App, db: Transaction, hit: StoredHit, decided_by: str) -> StoredDeclaration:
    """Hide a released hit and store the signed taking back, which is returned to be sent.

    A release that is still on its way is dropped: it may have arrived, so it is taken back at the coordinator too.
    """
    HIT.step(app.catalogue, HitState.RELEASED, HitEvent.TAKE_BACK, HitInput())
    act = Release(QuestionId(hit.question_id), ParticipantId(hit.asker), withdrawn=True)
    declaration = prepare(app, act, hit.question_id.hex())
    inbox.drop_release(db, hit.question_id)
    inbox.decide_hit(db, hit.question_id, "hidden", decided_by, milliseconds(app.clock.now()))
    inbox.add_declaration(db, declaration)
    for one in consents.uses_of(db, consents.RELEASE, hit.question_id):
        consents.undone(db, one)
    return declaration
