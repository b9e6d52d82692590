"""What a letter about a question does here. It counts only for a question of ours or a hit that is here, and only when
it comes from the other side of it; anything else is dropped without a trace, as a dummy is.
"""

from samenloop.audit.fields import Event
from samenloop.decisions.consent import CONSENT, ConsentEvent, ConsentInput
from samenloop.decisions.consent_facts import ConsentState
from samenloop.decisions.release import HIT, HitEvent, HitInput, HitState
from samenloop_node.app import App
from samenloop_node.consents import ending
from samenloop_node.consents.records import read_form
from samenloop_node.process import log, today
from samenloop_node.question_letters import CLOSED, ENDED, CaseTold, ConsentTold, ContactTold, QuestionLetter
from samenloop_node.store import Transaction, consents, inbox, questions, told
from samenloop_node.store.inbox import StoredHit
from samenloop_node.store.told import AskerConsent, ToldContact

SHOWN = ("shown", "released")
"""States of a hit that both sides know of."""


def take(app: App, db: Transaction, letter: QuestionLetter) -> None:
    """Do what a letter says, in the transaction of its receipt."""
    if isinstance(letter, ContactTold):
        _contact(app, db, letter)
        return
    hit = inbox.find_hit(db, bytes.fromhex(letter.question))
    if hit is None or hit.asker != letter.author:
        return
    match letter:
        case ConsentTold():
            _consent(app, db, hit, letter)
        case CaseTold() if letter.event == CLOSED:
            close(app, db, hit)
        case CaseTold():
            told.keep_informing(db, hit.question_id, letter.event)


def close(app: App, db: Transaction, hit: StoredHit) -> None:
    """The asker's case is closed: the hit lapses, and so do the consents for it (R-37, R-52, R-70)."""
    if hit.state == "lapsed":
        return
    HIT.step(app.catalogue, _STATES[hit.state], HitEvent.LAPSE, HitInput())
    inbox.lapse_hit(db, hit.question_id)
    log(app, db, None, Event.LAPSE, {"question": hit.question_id.hex(), "receiver": hit.asker})
    expire_for(app, db, hit.question_id)


def expire_for(app: App, db: Transaction, question_id: bytes) -> None:
    """Let the consents that were recorded for this question expire with its case (R-52)."""
    for stored in consents.listed(db):
        form = read_form(stored)
        if form.case == question_id.hex() and stored.state in ("given", "used"):
            given = ConsentInput(form=form, today=today(app), case_closed=True)
            state = CONSENT.step(app.catalogue, ConsentState(stored.state), ConsentEvent.EXPIRE, given)
            consents.set_state(db, stored.number, state.value, today(app).isoformat())
            log(app, db, None, Event.CONSENT, {"action": "expire", "receiver": form.receiver})


_STATES = {
    "shown": HitState.VISIBLE,
    "hidden": HitState.HIDDEN,
    "released": HitState.RELEASED,
    "withheld": HitState.WITHHELD,
}


def _contact(app: App, db: Transaction, letter: ContactTold) -> None:
    if not app.catalogue.usable("outcomes", letter.outcome) or not _both_know(app, db, letter):
        return
    question_id = bytes.fromhex(letter.question)
    values = (letter.letter, question_id, letter.holder, letter.outcome, letter.useful, letter.day, letter.author)
    if told.add_contact(db, ToldContact(*values)):
        public = {"question": letter.question, "holder": letter.holder, "day": letter.day, "status": letter.outcome}
        log(app, db, None, Event.CONTACT, {**public, "receiver": letter.author})


def _both_know(app: App, db: Transaction, letter: ContactTold) -> bool:
    """Tell whether the letter is about a hit that its author and we both know of."""
    question_id = bytes.fromhex(letter.question)
    if letter.holder == letter.author:
        rows = questions.answers_of(db, question_id)
        return any(one.holder == letter.author and one.visible and one.state == "answered" for one in rows)
    hit = inbox.find_hit(db, question_id)
    ours = letter.holder == app.config.participant
    return ours and hit is not None and hit.asker == letter.author and hit.state in SHOWN


def _consent(app: App, db: Transaction, hit: StoredHit, letter: ConsentTold) -> None:
    values = (letter.number, letter.purpose, letter.signed_on, letter.valid_until, letter.state)
    news = told.keep_consent(db, AskerConsent(hit.question_id, *values))
    if news and letter.state == ENDED:  # heard again, it says nothing about what was released since
        ending.take_back_released(app, db, hit.question_id)
