"""The holder decides about a hit: release, withhold or take back, one hit for one receiver at a time (R-38..R-45).

1. Only an account with the role of decision-maker decides; nothing is released by time or in bulk.
2. Withholding stays here. A release and its taking back are signed and go to the coordinator for this receiver alone.
3. The guards are those of `samenloop.decisions.release`; the coordinator runs the ones whose facts it sees once more.
"""

from dataclasses import dataclass
from secrets import token_bytes

from samenloop.audit.canonical import canonical
from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.decisions.release import HIT, HitEvent, HitInput, HitState
from samenloop.decisions.releasing import DeciderFacts, ReleaseFacts, ReleaseForm, ReleaseInput
from samenloop.decisions.releasing_checks import required_steps
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.model import ID_BYTES, ParticipantId, QuestionId, RegisterId, RegistrationId
from samenloop.texts import _
from samenloop.wire.ask import Part, parse_part
from samenloop.wire.declare import Grounds, Release, grounds_digest
from samenloop_node import taking_back
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.consents import records as consent_records
from samenloop_node.declaring import prepare, sent_now
from samenloop_node.notices.making import deferred
from samenloop_node.process import keep_text
from samenloop_node.record_facts import facts_of
from samenloop_node.release_form import Decision
from samenloop_node.store import Transaction, consents, inbox, registrations
from samenloop_node.store.inbox import StoredDeclaration, StoredHit
from samenloop_node.store.registrations import Registration

_STATES = {
    "shown": HitState.VISIBLE,
    "hidden": HitState.HIDDEN,
    "released": HitState.RELEASED,
    "withheld": HitState.WITHHELD,
    "lapsed": HitState.LAPSED,
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A hit with what is needed to decide it: the asker's part and the registration that the decision rests on."""

    hit: StoredHit
    part: Part
    row: Registration


async def release(app: App, user: User, decision: Decision) -> bool:
    """Release one hidden hit to its asker; returns False when the coordinator will hear of it later.

    Raises Refused with the first failing rule and all that is missing.
    """
    weighed = await _weighed(app, decision)
    facts, form = _facts(app, weighed, decision), _form(weighed, decision)
    decider = DeciderFacts(
        role=Role.DECISION_MAKER.value if Role.DECISION_MAKER in user.roles else "",
        mandated=user.valid_from <= facts.today <= user.valid_until,
        question_verified=bool(weighed.part.inform_basis),
        notice_deferred=not decision.person_informed or await _deferred(app, weighed),
        consent=await app.store.read(lambda db: consent_records.find(db, decision.consent)),
        asker_consent=await app.store.read(lambda db: consent_records.of_asker(app, db, weighed.hit, facts)),
    )
    _step(app, weighed.hit, HitEvent.RELEASE, HitInput(release=ReleaseInput(facts, form, decider)))
    _check_wpg20(app, weighed, decision)
    grounds = Grounds(
        nonce=token_bytes(ID_BYTES),
        register=RegisterId(weighed.row.register),
        give_basis=decision.give_basis,
        breach_ground=decision.breach_ground,
        registration_id=RegistrationId(weighed.row.registration_id),
        decider=app.references.user(user.name),
    )
    act = Release(
        QuestionId(weighed.hit.question_id),
        ParticipantId(weighed.hit.asker),
        withdrawn=False,
        grounds_digest=grounds_digest(grounds),
    )
    declaration = prepare(app, act, weighed.hit.question_id.hex(), grounds)
    await app.store.write(lambda db: _store_release(app, db, user, weighed, decision, declaration))
    return await sent_now(app, declaration)


async def steps(app: App, decision: Decision) -> list[dict[str, object]]:
    """Return the questions that must be answered for this release, with the answers that exist (R-31, R-38..R-55)."""
    facts = _facts(app, await _weighed(app, decision), decision)
    return [
        {"step": step.id, "rule": step.rule, "text": _(step.text), "answers": [*step.accepted, *step.refused]}
        for step in required_steps(app.catalogue, facts)
    ]


async def withhold(app: App, user: User, decision: Decision) -> None:
    """Keep a hit hidden. Nobody but this node knows that it was decided."""
    hit = await _hit(app, decision.question_id)
    _step(app, hit, HitEvent.WITHHOLD, HitInput())

    def work(db: Transaction) -> None:
        inbox.decide_hit(db, hit.question_id, "withheld", user.name, _now(app))
        public = {"question": hit.question_id.hex(), "receiver": hit.asker, "user": _user(app, user)}
        app.ownlog.append(db, Event.WITHHOLD, {**public, **_note(app, db, decision)})

    await app.store.write(work)


async def take_back(app: App, user: User, decision: Decision) -> bool:
    """Hide a released hit again; returns False when the coordinator will hear of it later."""

    def work(db: Transaction) -> StoredDeclaration:
        hit = _find(db, decision.question_id)
        if hit.state != "released":
            raise Refused("R-38", _("Alleen een treffer die u zelf hebt vrijgegeven kunt u terugnemen."))
        declaration = taking_back.take_back(app, db, hit, user.name)
        public = {"action": "take-back", "receiver": hit.asker, "question": hit.question_id.hex()}
        app.ownlog.append(db, Event.PROTOCOL, {**public, "user": _user(app, user), **_note(app, db, decision)})
        return declaration

    return await sent_now(app, await app.store.write(work))


async def _deferred(app: App, weighed: Weighed) -> bool:
    """Tell whether informing the person about this registration is deferred here (R-63, R-64)."""
    return await app.store.read(lambda db: deferred(db, weighed.row.registration_id))


async def _weighed(app: App, decision: Decision) -> Weighed:
    hit = await _hit(app, decision.question_id)
    rows = await app.store.read(lambda db: [registrations.by_id(db, one) for one in hit.registrations])
    fitting = [row for row in rows if row is not None and decision.record in ("", row.record_id)]
    if len(fitting) != 1:
        raise SamenloopError(
            ErrorCode.NOT_FOUND,
            _("Noem met --record op welke eigen registratie uit de inbox dit besluit rust."),
        )
    return Weighed(hit, parse_part(hit.part, "part"), fitting[0])


def _facts(app: App, weighed: Weighed, decision: Decision) -> ReleaseFacts:
    covenant, today = app.covenant(), app.clock.now().date()
    receiver = covenant.participant(weighed.hit.asker)
    register = app.participant().register(RegisterId(weighed.row.register))
    return ReleaseFacts(
        record=facts_of(app.catalogue, covenant, register.kind, weighed.row),
        covenant_mode=register.mode,
        receiver=receiver.id,
        receiver_kinds=receiver.asks_as,
        acting_as=weighed.part.acting_as,
        purpose=weighed.part.purpose,
        give_basis=decision.give_basis,
        breach_ground=decision.breach_ground,
        today=today,
        wpg20_receiver=covenant.wpg20_covers(app.config.participant, receiver.id, today),
    )


def _form(weighed: Weighed, decision: Decision) -> ReleaseForm:
    return ReleaseForm(
        receiver=ParticipantId(weighed.hit.asker),
        case=weighed.hit.question_id.hex(),
        give_basis=decision.give_basis,
        breach_ground=decision.breach_ground,
        answers=decision.answers,
        motive=bool(decision.motive),
        consulted_colleague=decision.consulted_colleague,
        decided_by_professional=decision.decided_by_professional,
        protocol_entry=decision.protocol_entry,
        wpg20_decision=decision.wpg20_decision,
    )


def _check_wpg20(app: App, weighed: Weighed, decision: Decision) -> None:
    """The number that was filled in must be that of a decision in the covenant for this very receiver (R-06, R-42)."""
    if not decision.wpg20_decision:
        return
    today = app.clock.now().date()
    known = [
        row.reference
        for row in app.covenant().wpg20
        if row.holder == app.config.participant
        and weighed.hit.asker in row.receivers
        and row.valid_from <= today <= row.valid_until
    ]
    if decision.wpg20_decision not in known:
        raise Refused(
            "R-42",
            _("Dit artikel 20-besluit staat niet in het convenant of geldt niet voor deze ontvanger."),
            ("R-42 wpg20_decision",),
        )


def _store_release(
    app: App, db: Transaction, user: User, weighed: Weighed, decision: Decision, declaration: StoredDeclaration
) -> None:
    hit = weighed.hit
    inbox.decide_hit(db, hit.question_id, "released", user.name, _now(app))
    inbox.add_declaration(db, declaration)
    if decision.consent:
        consent_records.use(app, db, user, decision.consent, consents.RELEASE, hit.question_id)
    public = {
        "action": "release",
        "receiver": hit.asker,
        "question": hit.question_id.hex(),
        "register": weighed.row.register,
        "basis": decision.give_basis,
        "purpose": weighed.part.purpose,
        "user": _user(app, user),
        "day": f"{app.clock.now():%Y-%m-%d}",
    }
    if decision.protocol_entry:
        public["decision"] = app.references.decision(decision.protocol_entry).hex()
    app.ownlog.append(db, Event.PROTOCOL, {**public, **_note(app, db, decision)})


def _note(app: App, db: Transaction, decision: Decision) -> dict[str, str]:
    """Keep motive, answers and protocol reference sealed; return the field that commits the log entry to them."""
    return keep_text(app, db, canonical(decision.note()).decode())


def _step(app: App, hit: StoredHit, event: HitEvent, given: HitInput) -> None:
    HIT.step(app.catalogue, _STATES[hit.state], event, given)


async def _hit(app: App, question_id: bytes) -> StoredHit:
    return await app.store.read(lambda db: _find(db, question_id))


def _find(db: Transaction, question_id: bytes) -> StoredHit:
    found = inbox.find_hit(db, question_id)
    if found is None:
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("Deze vraag staat niet in de inbox. Kijk met: samenloop-node inbox.")
        )
    return found


def _user(app: App, user: User) -> str:
    return app.references.user(user.name).hex()


def _now(app: App) -> int:
    return milliseconds(app.clock.now())
