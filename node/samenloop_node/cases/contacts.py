"""After a hit: what came of the talk between professionals, per hit, and where outcomes contradict (R-36, R-53)."""

from dataclasses import dataclass

from samenloop.audit.fields import Event
from samenloop.decisions.case import contradicting
from samenloop.decisions.contact import speakable
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.model import ParticipantId, QuestionId
from samenloop.texts import _
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.process import log, today
from samenloop_node.questions.answers import visible_to
from samenloop_node.store import Transaction, cases, inbox, questions
from samenloop_node.store.cases import Contact


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome as it is recorded: own question and holder, or another's question (then `holder` is empty)."""

    question_id: bytes
    holder: str
    outcome: str
    useful: bool


async def record(app: App, user: User, said: Outcome) -> str:
    """Record what came of one talk and return the reference code of the hit.

    Raises InvalidInput for an outcome that is not listed, NOT_FOUND for a hit that this user cannot see.
    """
    if not app.catalogue.usable("outcomes", said.outcome):
        known = ", ".join(app.catalogue.codes["outcomes"])
        raise InvalidInput("outcome", _("Kies een uitkomst: {known}.", known=known))
    return await app.store.write(lambda db: _record(app, db, user, said))


async def contradictions(app: App) -> list[dict[str, object]]:
    """Return the hits about which the recorded outcomes contradict: same person at one talk, another at the next."""
    found: dict[tuple[bytes, str], list[Contact]] = {}
    for one in await app.store.read(cases.contacts):
        found.setdefault((one.question_id, one.holder), []).append(one)
    return [
        {
            "question": question.hex(),
            "holder": holder,
            "reference": speakable(QuestionId(question), ParticipantId(holder)),
            "outcomes": [{"outcome": one.outcome, "day": one.day} for one in made],
        }
        for (question, holder), made in found.items()
        if contradicting(one.outcome for one in made)
    ]


def _record(app: App, db: Transaction, user: User, said: Outcome) -> str:
    holder = ParticipantId(said.holder or app.config.participant)
    if not _sees(app, db, user, said.question_id, holder):
        raise SamenloopError(ErrorCode.NOT_FOUND, _("U ziet geen treffer bij deze vraag en deze partner."))
    day = today(app).isoformat()
    cases.add_contact(db, Contact(said.question_id, holder, said.outcome, said.useful, day, user.name))
    public = {"question": said.question_id.hex(), "holder": holder, "day": day, "status": said.outcome}
    log(app, db, user, Event.CONTACT, public)
    return speakable(QuestionId(said.question_id), holder)


def _sees(app: App, db: Transaction, user: User, question_id: bytes, holder: str) -> bool:
    asked = questions.find_question(db, question_id)
    if asked is not None:
        answers = questions.answers_of(db, question_id)
        return visible_to(user, asked) and any(one.holder == holder and one.visible for one in answers)
    hit = inbox.find_hit(db, question_id)
    return hit is not None and holder == app.config.participant and Role.DECISION_MAKER in user.roles
