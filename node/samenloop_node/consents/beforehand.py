"""Deciding beforehand by hand (R-76): one record, named receivers, one purpose, by the mandated decision-maker."""

from dataclasses import dataclass
from datetime import date

from samenloop.audit.fields import Event
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.deciding_beforehand import BeforehandInput, Receiver, decide_beforehand
from samenloop.decisions.references import refuse_bsn
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.model import ParticipantId, RegisterId
from samenloop.texts import _
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.consents import records
from samenloop_node.notices.making import deferred
from samenloop_node.process import keep_text, log, refusals_logged, today
from samenloop_node.record_facts import facts_of
from samenloop_node.registrations.by_hand import detail_of
from samenloop_node.registrations.setting import decisions_per_day
from samenloop_node.restating import Restated, Standing, find, restate, standing
from samenloop_node.store import Transaction, consents, decided, past, registrations
from samenloop_node.store.registrations import Registration

MAX_REFERENCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """What the decision-maker fills in. `reference` is the number of the decision in the own system, one per record."""

    register: str
    record_id: str
    receivers: tuple[ParticipantId, ...]
    reference: str
    purpose: str = ""
    give_basis: str = ""
    breach_ground: str = ""
    valid_until: date | None = None
    steps: tuple[str, ...] = ()
    consent: str = ""


async def decide(app: App, user: User, said: Deciding, motive: str) -> None:
    """Take the decision and have the coordinator know it; raises Refused with all that is missing."""
    if not 0 < len(said.reference) <= MAX_REFERENCE or said.valid_until is None:
        raise InvalidInput("reference", _("Geef het nummer van het besluit en tot wanneer het geldt."))
    refuse_bsn(said.reference, "reference")
    if not said.receivers:
        raise InvalidInput("receiver", _("Noem minstens één ontvanger."))
    public = {"action": "beforehand", "receiver": said.receivers[0]}

    def look(db: Transaction) -> Restated:
        return _taken(app, db, user, said, motive)

    async with refusals_logged(app, user, Event.PROTOCOL, public):
        await app.store.read(look)
    await restate(app, said.register, look)


def _taken(app: App, db: Transaction, user: User, said: Deciding, motive: str) -> Restated:
    """Return what stands once this decision is taken; raises Refused with all that is missing."""
    row, decision, given = _input(app, db, user, said, bool(motive))
    decide_beforehand(app.catalogue, given)
    before = standing(app, db, row)
    _refuse_second(before, decision)

    def told(db: Transaction) -> None:
        past.name_decision(db, decision.reference, said.reference, user.name)
        if said.consent:
            records.use(app, db, user, said.consent, consents.BEFOREHAND, row.registration_id)
        for receiver in decision.receivers:
            fields = {"action": "beforehand", "receiver": receiver, "register": row.register}
            fields |= {"basis": decision.basis, "decision": decision.reference.hex()}
            log(app, db, user, Event.PROTOCOL, {**fields, **keep_text(app, db, motive)})

    taken = Standing(decision, detail_of(decision, said.consent))
    return Restated(row, (*before, taken), row.frozen, told)


async def withdraw(app: App, user: User, register: str, record_id: str, reference: str) -> None:
    """Take back one decision: from then on a hit on the record is hidden again. Raises SamenloopError(NOT_FOUND)."""

    def look(db: Transaction) -> Restated:
        return _without(app, db, user, find(app, db, register, record_id), app.references.decision(reference))

    await app.store.read(look)
    await restate(app, register, look)


def _without(app: App, db: Transaction, user: User, row: Registration, wanted: bytes) -> Restated:
    before = standing(app, db, row)
    kept = tuple(one for one in before if one.decision.reference != wanted)
    if len(kept) == len(before):
        raise SamenloopError(ErrorCode.NOT_FOUND, _("Over deze registratie is geen besluit met dit nummer van kracht."))

    def told(db: Transaction) -> None:
        for receiver in {name for one in before if one not in kept for name in one.decision.receivers}:
            public = {"action": "beforehand-withdrawn", "receiver": receiver, "decision": wanted.hex()}
            log(app, db, user, Event.PROTOCOL, {**public, "register": row.register})

    return Restated(row, kept, row.frozen, told)


def in_force(app: App, db: Transaction) -> list[dict[str, str]]:
    """Return the decisions beforehand in force, one row per receiver, without their numbers."""
    return [
        {
            "register": register,
            "record": record_id,
            "receiver": one.receiver,
            "decided_on": one.decided_on,
            "valid_until": one.valid_until,
        }
        for register, record_id, one in registrations.decided_beforehand(db, today(app).isoformat())
    ]


def _refuse_second(before: tuple[Standing, ...], decision: BeforehandDecision) -> None:
    """Per record and receiver one decision stands: raises InvalidInput for a receiver that has one already."""
    decided = {name for one in before for name in one.decision.receivers}
    for receiver in decision.receivers:
        if receiver in decided:
            raise InvalidInput(
                "receivers",
                _(
                    "Over deze registratie is voor {name} al vooraf besloten. Neem dat besluit eerst terug.",
                    name=receiver,
                ),
            )


def _input(
    app: App, db: Transaction, user: User, said: Deciding, motive: bool
) -> tuple[Registration, BeforehandDecision, BeforehandInput]:
    row, covenant, day = find(app, db, said.register, said.record_id), app.covenant(), today(app)
    register = app.participant().register(RegisterId(said.register))
    decision = _decision(app, user, said, row)
    known = [covenant.find(name) for name in said.receivers]
    return (
        row,
        decision,
        BeforehandInput(
            decision=decision,
            record=facts_of(app.catalogue, covenant, register.kind, row),
            covenant_mode=register.mode,
            receivers=tuple(
                Receiver(one.id, one.asks_as, covenant.wpg20_covers(app.config.participant, one.id, day))
                for one in known
                if one is not None
            ),
            today=day,
            mandated=Role.DECISION_MAKER in user.roles and user.valid_from <= day <= user.valid_until,
            reference_used=registrations.decision_owner(db, decision.reference) is not None,
            motive=motive,
            decided_today=decided.counted(db, decision.decider, day.isoformat()),
            daily_limit=decisions_per_day(app),
            notice_deferred=deferred(db, row.registration_id),
            consent=records.find(db, said.consent),
            consent_case=row.registration_id.hex(),
        ),
    )


def _decision(app: App, user: User, said: Deciding, row: Registration) -> BeforehandDecision:
    return BeforehandDecision(
        registration=row.registration_id,
        receivers=said.receivers,
        purpose=said.purpose,
        basis=said.give_basis,
        breach_ground=said.breach_ground,
        valid_until=said.valid_until or today(app),
        reference=app.references.decision(said.reference),
        decider=app.references.user(user.name),
        decided_on=today(app),
        steps=said.steps,
    )
