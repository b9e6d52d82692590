"""Recording a consent and finding it for a release or a decision beforehand: one receiver, one purpose, one case."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from secrets import token_hex

from samenloop.audit.fields import Event
from samenloop.decisions.consent import CONSENT, ConsentEvent, ConsentInput, covers
from samenloop.decisions.consent_facts import Consent, ConsentForm, ConsentState
from samenloop.decisions.parse import parse, parse_consent
from samenloop.decisions.releasing import ReleaseFacts
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.model import ID_BYTES, ParticipantId, RegisterId
from samenloop.texts import _
from samenloop_node import telling
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.process import keep_text, log, refusals_logged, today
from samenloop_node.question_letters import ENDED, GIVEN, ConsentTold
from samenloop_node.questions.answers import visible_to
from samenloop_node.store import Transaction, consents, inbox, questions, registrations, told
from samenloop_node.store.consents import StoredConsent
from samenloop_node.store.inbox import StoredHit

SET_HERE = ("holder", "holder_kind", "case")


@dataclass(frozen=True, slots=True)
class Recording:
    """What is recorded: the form's ticks as JSON, and the hit or the own record that it is about; a checked text.

    With `holder` it is the asker's own consent for its question to that holder (R-52, with a physician).
    """

    form: dict[str, object]
    question: bytes = b""
    register: str = ""
    record_id: str = ""
    holder: str = ""
    text: str = ""


async def record(app: App, user: User, said: Recording) -> StoredConsent:
    """Record a consent that was given on paper; raises Refused (R-46..R-52) with all that is missing."""
    async with refusals_logged(app, user, Event.CONSENT, {"action": "give"}):
        return await app.store.write(lambda db: _record(app, db, user, said))


def find(db: Transaction, number: str) -> Consent | None:
    """Return a consent as the decision rules want it, or None for an empty number; raises SamenloopError(NOT_FOUND)."""
    if not number:
        return None
    stored = stored_consent(db, number)
    return Consent(read_form(stored), ConsentState(stored.state))


def of_asker(app: App, db: Transaction, hit: StoredHit, facts: ReleaseFacts) -> Consent | None:
    """Return the consent that the asker told of for this exchange (R-52), or None."""
    for one in told.consents(db, hit.question_id):
        form = ConsentForm(
            holder=ParticipantId(app.config.participant),
            holder_kind=facts.record.kind,
            receiver=ParticipantId(hit.asker),
            purpose=one.purpose,
            case=hit.question_id.hex(),
            paper="",
            signed_on=date.fromisoformat(one.signed_on),
            valid_until=date.fromisoformat(one.valid_until),
        )
        found = Consent(form, ConsentState.GIVEN)
        if covers(found, facts.receiver, facts.purpose, form.case, facts.today):
            return found
    return None


def stored_consent(db: Transaction, number: str) -> StoredConsent:
    """Return a consent as it is kept; raises SamenloopError(NOT_FOUND)."""
    stored = consents.find(db, number)
    if stored is None:
        raise no_consent()
    return stored


def no_consent() -> SamenloopError:
    """Return the error for a number that is no consent's, or not of one that the user may see."""
    return SamenloopError(
        ErrorCode.NOT_FOUND, _("Er is geen toestemming met dit nummer. Kijk met: samenloop-node consent list.")
    )


def read_form(stored: StoredConsent) -> ConsentForm:
    """Return the form of a stored consent; its case is an id of ours, which may look like any number."""
    said = json.loads(stored.form)
    return replace(parse(ConsentForm, {**said, "case": "eigen"}), case=str(said["case"]))


def use(app: App, db: Transaction, user: User, number: str, kind: str, subject: bytes) -> None:
    """Use a consent for its one exchange, in the transaction of that exchange; raises Refused (R-52) otherwise."""
    stored = stored_consent(db, number)
    form = read_form(stored)
    given = ConsentInput(
        form=form, today=today(app), used_receiver=form.receiver, used_purpose=form.purpose, used_case=form.case
    )
    state = CONSENT.step(app.catalogue, ConsentState(stored.state), ConsentEvent.USE, given)
    consents.set_state(db, number, state.value, "")
    consents.add_use(db, number, kind, subject)
    log(app, db, user, Event.CONSENT, {"action": "use", "receiver": form.receiver, "status": state.value})


def describe(stored: StoredConsent) -> dict[str, object]:
    """Return a consent as JSON: codes, dates and numbers."""
    form = read_form(stored)
    shown = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(form).items()}
    return {"consent": stored.number, "state": stored.state, "recorded_on": stored.recorded_on, "form": shown}


def _record(app: App, db: Transaction, user: User, said: Recording) -> StoredConsent:
    kind, subject = _about(app, db, user, said)
    form = _form(app, said, kind, subject)
    if said.holder and form.receiver != app.config.participant:
        raise InvalidInput("form", _("De ontvanger in dit formulier is uw eigen organisatie."))
    given = ConsentInput(form=form, today=today(app))
    state = CONSENT.step(app.catalogue, ConsentState.DRAFTED, ConsentEvent.GIVE, given)
    stored = StoredConsent(
        number=token_hex(consents.NUMBER_BYTES),
        state=state.value,
        form=json.dumps(asdict(form), default=lambda day: day.isoformat(), sort_keys=True),
        recorded_by=user.name,
        recorded_on=today(app).isoformat(),
        ended_on="",
    )
    consents.add(db, stored)
    _tell(app, db, stored, GIVEN)
    public = {"action": "give", "receiver": form.receiver, "status": state.value, "purpose": form.purpose}
    log(app, db, user, Event.CONSENT, {**public, **keep_text(app, db, said.text)})
    return stored


def _form(app: App, said: Recording, kind: str, subject: bytes) -> ConsentForm:
    if said.form.keys() & set(SET_HERE):
        names = ", ".join(SET_HERE)
        raise InvalidInput("form", _("Laat {names} weg: die volgen uit de treffer of de registratie.", names=names))
    holder = said.holder or app.config.participant
    filled = {**said.form, "holder": holder, "holder_kind": kind, "case": "eigen"}
    return replace(parse_consent(filled), case=subject.hex())


def _about(app: App, db: Transaction, user: User, said: Recording) -> tuple[str, bytes]:
    """Return the register kind and the id of what the consent is about: one hit, or one own record (R-52)."""
    if said.holder:
        return _kind_of_holder(app, db, user, said), said.question
    if said.question and not said.record_id:
        return _kind_of_hit(app, db, said.question), said.question
    row = registrations.find(db, said.register, said.record_id)
    if said.question or row is None:
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("Noem een treffer uit de inbox, of een eigen register en dossiernummer.")
        )
    return app.participant().register(RegisterId(row.register)).kind, row.registration_id


def _kind_of_hit(app: App, db: Transaction, question: bytes) -> str:
    hit = inbox.find_hit(db, question) if len(question) == ID_BYTES else None
    rows = [registrations.by_id(db, one) for one in hit.registrations] if hit else []
    kinds = {app.participant().register(RegisterId(row.register)).kind for row in rows if row is not None}
    if len(kinds) != 1:
        raise SamenloopError(
            ErrorCode.NOT_FOUND,
            _("Deze vraag staat niet in de inbox, of raakt meer registers. Kijk met: samenloop-node inbox."),
        )
    return kinds.pop()


def _kind_of_holder(app: App, db: Transaction, user: User, said: Recording) -> str:
    """Return a register kind of a holder that an own question asked; raises SamenloopError(NOT_FOUND)."""
    asked = questions.find_question(db, said.question)
    if asked is None or not visible_to(user, asked) or said.holder not in asked.holders:
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("U hebt deze partner in deze vraag niet gevraagd. Noem een houder van deze vraag.")
        )
    return min(row.kind for row in app.covenant().participant(said.holder).registers)


def tell_ended(app: App, db: Transaction, stored: StoredConsent) -> None:
    """Tell the holder that a consent of the asker ended; nothing for a consent that stays here."""
    _tell(app, db, stored, ENDED)


def _tell(app: App, db: Transaction, stored: StoredConsent, state: str) -> None:
    form, me = read_form(stored), ParticipantId(app.config.participant)
    if form.holder == me or form.signed_on is None or form.valid_until is None:
        return
    days = form.signed_on.isoformat(), form.valid_until.isoformat()
    telling.consent(app, db, form.holder, ConsentTold(me, form.case, stored.number, form.purpose, *days, state))
