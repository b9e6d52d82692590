"""The use case "ask": one person, one case, holders chosen one by one.

In this order: is this a person; does the question pass its gate; may this node ask now; tokens; the question and its
line in the node's own log are stored (no person data); only then it is sent. A retry takes the person again and must
give the same digest, so that one request id never stands for two persons.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from samenloop.audit.fields import Event
from samenloop.audit.witness import Standing
from samenloop.commitment import tokens_digest
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, Refused, SamenloopError
from samenloop.model import ID_BYTES, EpochId, ParticipantId, QuestionId, RegistrationId
from samenloop.texts import _
from samenloop.wire import fields
from samenloop.wire.ask import MAX_EXCLUDED
from samenloop.wire.v1 import overlap_pb2
from samenloop_node import witness
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.cases import life
from samenloop_node.cases.facts import state_of
from samenloop_node.declaring import UNSURE
from samenloop_node.identity.bsn import refuse_bsn
from samenloop_node.identity.dates import refuse_future
from samenloop_node.identity.person import Person, parse_person
from samenloop_node.process import log_refusal
from samenloop_node.questions.compose import Composed, again
from samenloop_node.questions.draft import QuestionDraft
from samenloop_node.questions.gate import CaseHistory, pass_gate
from samenloop_node.questions.motives import refuse_person
from samenloop_node.questions.preparing import draft_of, prepare, store, tokens
from samenloop_node.questions.sending import send
from samenloop_node.store import Transaction, cases, inbox, questions
from samenloop_node.store.cases import CaseFile
from samenloop_node.store.questions import StoredQuestion

_MISMATCH = frozenset({ErrorCode.EPOCH_MISMATCH, ErrorCode.COVENANT_MISMATCH})
_NEVER_ARRIVED = _MISMATCH | {ErrorCode.CLOCK_SKEW}


@dataclass(frozen=True, slots=True)
class Known:
    """What this node knows of a case before it asks, what is excluded, and whether the log is in order.

    `opens` is a case that is not known yet and that this question opens (R-20, R-22).
    """

    case: CaseHistory
    listed: tuple[RegistrationId, ...]
    standing: Standing
    opens: CaseFile | None = None


async def ask(app: App, user: User, draft: QuestionDraft, person_fields: Mapping[str, str]) -> QuestionId:
    """Ask, and return the id under which the answer is stored. Raises SamenloopError; then there is no answer."""
    person = _person(app, person_fields)
    for where, text in (("motive", draft.motive), ("case", draft.case)):
        refuse_bsn(where, text)
        refuse_person(text, person, where)
    known = await _known(app, user, draft)
    me = ParticipantId(app.config.participant)
    try:
        pass_gate(app.catalogue, app.covenant(), me, user, draft, known.case, app.clock.now().date())
    except Refused as refusal:
        public = {"action": "question-refused", "case": app.references.case(draft.case).hex(), "status": "refused"}
        await log_refusal(app, user, Event.CASE, public, refusal)
        raise
    await witness.require(app, known.standing)
    try:
        return await _attempt(app, user, draft, person, known.listed, known.opens)
    except SamenloopError as problem:
        if problem.code not in _MISMATCH:
            raise
    await app.agreement.refresh(app.connection)
    return await _attempt(app, user, draft, person, known.listed, known.opens)


async def retry(app: App, user: User, question_id: bytes, person_fields: Mapping[str, str]) -> QuestionId:
    """Send an open question again for the retyped person; an answered one is simply found.

    Raises InvalidInput("person") for another person: nothing is sent then.
    """
    stored = await _own_question(app, user, question_id)
    if stored.state != "open":
        return stored.question_id
    await witness.require(app)
    person = _person(app, person_fields)
    message = overlap_pb2.Question.FromString(stored.question)
    epochs = tuple(EpochId(one) for one in message.epochs)
    token_sets = tokens(app, person, epochs, stored.salt)
    if tokens_digest(stored.salt, token_sets, stored.excluded) != message.digest:
        raise InvalidInput(
            "person",
            _("Dit zijn andere gegevens dan bij de vraag zelf. Typ precies dezelfde persoon of stel een nieuwe vraag."),
        )
    try:
        await _send(app, again(stored, token_sets), stored.question_id)
    except SamenloopError as problem:
        if problem.code not in _NEVER_ARRIVED:
            raise
        await app.agreement.refresh(app.connection)
        return await _attempt(app, user, draft_of(stored, message), person, stored.excluded)
    return stored.question_id


def _person(app: App, person_fields: Mapping[str, str]) -> Person:
    """Parse the person, born today at the latest: a typing error in the year must not give a false "geen bericht".

    In an evaluation an optional field that is refused is left out and the day of birth is not held against the clock,
    as `sync` does there.
    """
    if app.evaluation:
        return parse_person(person_fields, [])
    person = parse_person(person_fields)
    refuse_future("geboortedatum", person.geboortedatum, app.clock.now().date())
    return person


async def _known(app: App, user: User, draft: QuestionDraft) -> Known:
    judge = witness.judge_of(app)

    def look(db: Transaction) -> tuple[CaseFile | None, Known]:
        listed = sorted(inbox.listed_registrations(db, draft.case))
        found = cases.find(db, draft.case)
        history = CaseHistory(questions.times_asked(db, draft.case), state_of(found))
        return found, Known(history, tuple(listed[:MAX_EXCLUDED]), judge(db))

    found, known = await app.store.read(look)
    if found is not None or not draft.target_group:
        return known
    opens = life.opened(app, user, draft.case, draft.target_group)
    return replace(known, case=replace(known.case, state=state_of(opens)), opens=opens)


async def _attempt(
    app: App,
    user: User,
    draft: QuestionDraft,
    person: Person,
    excluded: tuple[RegistrationId, ...],
    opens: CaseFile | None = None,
) -> QuestionId:
    epochs = app.agreement.live.read_epochs
    if not epochs:
        epochs = (await app.agreement.refresh(app.connection)).read_epochs
    prepared = prepare(app, user, draft, person, epochs, excluded)

    def work(db: Transaction) -> None:
        if opens is not None:
            life.open_case(app, db, user, opens)
        store(app, db, prepared)

    await app.store.write(work)
    await _send(app, prepared.made, prepared.stored.question_id)
    return prepared.stored.question_id


async def _send(app: App, made: Composed, question_id: QuestionId) -> None:
    """Send; when nobody knows whether the question was answered, say under which number it stays open."""
    try:
        await send(app, made)
    except IntegrityError:
        raise
    except SamenloopError as problem:
        if problem.code not in UNSURE:
            raise
        again_text = _(
            "Er is geen antwoord. Stel dezelfde vraag later opnieuw met: samenloop-node ask --retry {number}",
            number=question_id.hex(),
        )
        raise SamenloopError(problem.code, f"{problem.text} {again_text}") from problem


async def _own_question(app: App, user: User, question_id: bytes) -> StoredQuestion:
    fields.exact(question_id, ID_BYTES, "question_id")
    stored = await app.store.read(lambda db: questions.find_question(db, question_id))
    if stored is None or user.name not in (stored.asked_by, stored.responsible):
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("U hebt geen vraag met dit nummer gesteld. Kijk met: samenloop-node answers.")
        )
    return stored
