"""After a hit: what came of the talk between professionals, per hit, and where outcomes contradict (R-36, R-53)."""

from dataclasses import asdict, dataclass

from samenloop.audit.fields import Event
from samenloop.decisions.case import contradicting, standing_outcomes
from samenloop.decisions.contact import speakable
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.model import ParticipantId, QuestionId
from samenloop.texts import _
from samenloop_node import telling
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.hearing import SHOWN
from samenloop_node.process import log, today
from samenloop_node.questions.answers import visible_to
from samenloop_node.store import Transaction, cases, inbox, questions, told
from samenloop_node.store.cases import Contact


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome as it is recorded: own question and holder, or another's question (then `holder` is empty)."""

    question_id: bytes
    holder: str
    outcome: str
    useful: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One outcome in the overview, and the participant that recorded it."""

    outcome: str
    day: str
    useful: bool
    said_by: str


async def record(app: App, user: User, said: Outcome) -> str:
    """Record what came of one talk and return the reference code of the hit.

    Raises InvalidInput for an outcome that is not listed, NOT_FOUND for a hit that this user cannot see.
    """
    if not app.catalogue.usable("outcomes", said.outcome):
        known = ", ".join(app.catalogue.codes["outcomes"])
        raise InvalidInput("outcome", _("Kies een uitkomst: {known}.", known=known))
    return await app.store.write(lambda db: _record(app, db, user, said))


async def contradictions(app: App, user: User) -> list[dict[str, object]]:
    """Return the hits that this user sees and about which outcomes contradict, of both sides: the same person at one
    talk, another at the next, or the same person here and another there. `settled` when later talks agree.
    """

    def look(db: Transaction) -> dict[tuple[bytes, str], list[Said]]:
        found: dict[tuple[bytes, str], list[Said]] = {}
        for question_id, holder, one in outcomes_of(app, db):
            if _sees(app, db, user, question_id, holder):
                found.setdefault((question_id, holder), []).append(one)
        return found

    return [
        {
            "question": question.hex(),
            "holder": holder,
            "reference": speakable(QuestionId(question), ParticipantId(holder)),
            "outcomes": [asdict(one) for one in sorted(made, key=lambda one: one.day)],
            "settled": not contradicting(_standing(made)),
        }
        for (question, holder), made in (await app.store.read(look)).items()
        if contradicting(one.outcome for one in made)
    ]


def _standing(made: list[Said]) -> tuple[str, ...]:
    sides = dict.fromkeys(one.said_by for one in made)
    return standing_outcomes([one.outcome for one in made if one.said_by == side] for side in sides)


def outcomes_of(app: App, db: Transaction, question_id: bytes | None = None) -> list[tuple[bytes, str, Said]]:
    """Return (question, holder, what was said) of every contact about a question, or of all, own ones first."""
    me = app.config.participant
    own = [
        (one.question_id, one.holder, Said(one.outcome, one.day, one.useful, me))
        for one in cases.contacts(db, question_id)
    ]
    others = [
        (one.question_id, one.holder, Said(one.outcome, one.day, one.useful, one.told_by))
        for one in told.contacts(db, question_id)
    ]
    return [*own, *others]


def _record(app: App, db: Transaction, user: User, said: Outcome) -> str:
    holder = ParticipantId(said.holder or app.config.participant)
    if not _sees(app, db, user, said.question_id, holder):
        raise SamenloopError(ErrorCode.NOT_FOUND, _("U ziet geen treffer bij deze vraag en deze partner."))
    day = today(app).isoformat()
    made = Contact(said.question_id, holder, said.outcome, said.useful, day, user.name)
    cases.add_contact(db, made)
    telling.contact(app, db, made)
    public = {"question": said.question_id.hex(), "holder": holder, "day": day, "status": said.outcome}
    log(app, db, user, Event.CONTACT, public)
    return speakable(QuestionId(said.question_id), holder)


def _sees(app: App, db: Transaction, user: User, question_id: bytes, holder: str) -> bool:
    asked = questions.find_question(db, question_id)
    if asked is not None:
        answers = questions.answers_of(db, question_id)
        return visible_to(user, asked) and any(one.holder == holder and one.visible for one in answers)
    hit = inbox.find_hit(db, question_id)
    ours = hit is not None and holder == app.config.participant and hit.state in SHOWN
    return ours and Role.DECISION_MAKER in user.roles
