"""Statements: a release and its withdrawal, freshness, end of a case, anchor of a node's own log, a letter.

1. A release is accepted for any question that asked this holder, whether it was hit or not; the guards look at the
   holder's own record and the receiver, never at what was found.
2. The last word of a holder about a question counts: one that was made before it is refused as too old, so that a
   release cannot overtake its own taking back.
3. The statement travels to the asker as its author signed it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from samenloop.audit import half
from samenloop.audit.entry import new_salt
from samenloop.audit.fields import Event
from samenloop.audit.seal import ContentKeys
from samenloop.clock import milliseconds
from samenloop.covenant import Covenant, Register
from samenloop.decisions.release import release_visible
from samenloop.decisions.releasing import ReleaseFacts
from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire import declare as wire
from samenloop.wire.v1 import common_pb2, mailbox_pb2, overlap_pb2
from samenloop_coordinator.desk import Desk, Handled
from samenloop_coordinator.forgetting import after_term, forget_question
from samenloop_coordinator.keys import sealed_item
from samenloop_coordinator.lapsing import Lapsing
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import AskedHolder, AskedQuestion, Place, Registration, Request, ShownHit


@dataclass(frozen=True, slots=True)
class Effect:
    """The entry of an act: its event, its own public fields, and a sealed half with its salt where there is one."""

    event: Event
    public: Mapping[str, object]
    sealed: tuple[bytes, ...] = ()
    salt: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """A verified statement with what its effect needs."""

    declaring: wire.Declaring
    covenant: Covenant
    keys: ContentKeys
    begun: datetime

    @property
    def author(self) -> str:
        """Return whose statement it is."""
        return self.declaring.statement.author

    def signed(self) -> common_pb2.Signed:
        """Return the statement as its author signed it."""
        return common_pb2.Signed(body=self.declaring.body, signature=self.declaring.signature)


@dataclass(slots=True)
class Declaring:
    """Takes statements."""

    desk: Desk
    lapsing: Lapsing

    async def declare(self, peer: PeerIdentity, request: overlap_pb2.DeclareRequest) -> common_pb2.Receipt:
        """Return the receipt of a statement once its entry is durable."""
        begun = self.desk.clock.now()
        declaring = wire.parse_declare(request)
        statement = declaring.statement
        self.desk.check_author(peer, statement.author)
        handled = Handled(statement.request_id, statement.author, declaring.payload_hash)
        earlier = await self.desk.earlier(handled)
        if earlier is not None:
            return common_pb2.Receipt.FromString(earlier)
        covenant = self.desk.agreement.judged_by(statement.covenant, begun)
        key = self.desk.agreement.verify_key(covenant, statement.author)
        wire.verify_statement(declaring.body, declaring.signature, key)
        self.desk.check_clock(statement.sent_ms, begun)
        keys = await self.desk.keys.renew(self.desk.agreement.covenant)
        stated = Stated(declaring, covenant, keys, begun)
        reply = await self.desk.store.write(lambda parts: self._unit(parts, peer, stated, handled))
        return common_pb2.Receipt.FromString(reply)

    def _unit(self, parts: Parts, peer: PeerIdentity, stated: Stated, handled: Handled) -> bytes:
        stored = self.desk.repeated(parts, handled)
        if stored is not None:
            return stored
        effect = self._effect(parts, stated)
        now_ms = milliseconds(stated.begun)
        public = {**self._base(peer, stated), **effect.public}
        body = self.desk.journal.body(effect.event, public, effect.sealed, effect.salt, now_ms)
        parts.log.append(body, effect.sealed)
        reply = common_pb2.Receipt(entry=body).SerializeToString()
        parts.requests.keep(handled.request_id, Request(handled.participant, handled.payload_hash, reply), now_ms)
        return reply

    def _base(self, peer: PeerIdentity, stated: Stated) -> dict[str, object]:
        statement = stated.declaring.statement
        base: dict[str, object] = {
            **self.desk.from_where(peer),
            "request": statement.request_id.hex(),
            "covenant": stated.covenant.id,
            "version": statement.covenant.version,
            "actor": statement.author,
            "signature": stated.declaring.signature.hex(),
        }
        if isinstance(statement.act, wire.Letter):
            return {name: base[name] for name in ("certificate", "request", "covenant", "version", "actor")}
        return base

    def _effect(self, parts: Parts, stated: Stated) -> Effect:
        match stated.declaring.statement.act:
            case wire.Release() as act if act.withdrawn:
                return self._take_back(parts, stated, act)
            case wire.Release() as act:
                return self._release(parts, stated, act)
            case wire.Freshness() as act:
                return self._freshness(parts, stated, act)
            case wire.CaseClosed() as act:
                return self._close(parts, stated, act)
            case wire.Anchor() as act:
                return Effect(Event.NODE_ANCHOR, {"anchor": act.digest.hex()})
            case wire.Letter() as act:
                return self._letter(parts, stated, act)

    def _release(self, parts: Parts, stated: Stated, act: wire.Release) -> Effect:
        asked, question = self._asked(parts, stated, act)
        grounds = stated.declaring.grounds
        if grounds is None:
            raise InvalidInput("grounds", _("Een vrijgave heeft gronden nodig."))
        register = stated.covenant.participant(stated.author).register(grounds.register)
        registration = self._registration(parts, stated, grounds)
        facts = self._facts(stated, act, asked, register, registration, grounds)
        release_visible(self.desk.agreement.catalogue, facts)
        handle = self.desk.shown_handle(stated.author, register.id, registration.registration_id)
        until = facts.record.review_date.isoformat()
        hit = ShownHit(act.question_id, stated.author, handle, until, asked.acting_as, asked.purpose, released=True)
        parts.questions.show([hit])
        self._tell(parts, stated, question.asker)
        salt = new_salt()
        fields = {
            "result": "shown",
            "rule": "R-38",
            "register": register.id,
            "registrations": [registration.registration_id.hex()],
            "decision": grounds.decider.hex(),
        }
        sealed = stated.keys.seal(stated.author, half.encode(fields), salt)
        return Effect(Event.RELEASE, _concerning(act), (sealed,), salt)

    def _facts(
        self,
        stated: Stated,
        act: wire.Release,
        asked: AskedHolder,
        register: Register,
        registration: Registration,
        grounds: wire.Grounds,
    ) -> ReleaseFacts:
        covenant, today = stated.covenant, stated.begun.date()
        record = self.desk.records.record(covenant, register, registration)
        return ReleaseFacts(
            record=record.facts,
            covenant_mode=register.mode,
            receiver=act.receiver,
            receiver_kinds=covenant.participant(act.receiver).asks_as,
            acting_as=asked.acting_as,
            purpose=asked.purpose,
            give_basis=grounds.give_basis,
            breach_ground=grounds.breach_ground,
            today=today,
            wpg20_receiver=covenant.wpg20_covers(stated.author, act.receiver, today),
        )

    def _registration(self, parts: Parts, stated: Stated, grounds: wire.Grounds) -> Registration:
        place = parts.registrations.place(Place(stated.covenant.id, stated.author, grounds.register))
        found = parts.registrations.find(place, grounds.registration_id) if place else None
        if found is None:
            raise SamenloopError(ErrorCode.NOT_FOUND, _("Deze registratie staat niet in uw register."))
        return found

    def _take_back(self, parts: Parts, stated: Stated, act: wire.Release) -> Effect:
        _holder, question = self._asked(parts, stated, act)
        if self.lapsing.release_taken_back(parts, act.question_id, stated.author):
            self._tell(parts, stated, question.asker)  # otherwise it would tell of a hit that was never shown
        return Effect(Event.RELEASE_WITHDRAWN, _concerning(act))

    def _asked(self, parts: Parts, stated: Stated, act: wire.Release) -> tuple[AskedHolder, AskedQuestion]:
        """Return what was asked of this holder, and keep when it spoke. Raises Refused (R-38) for who was not asked,
        EXPIRED for a closed case, CLOCK_SKEW for what it said before its last word.
        """
        question = parts.questions.find(act.question_id)
        if question is None:
            raise SamenloopError(
                ErrorCode.EXPIRED, _("Deze vraag is er niet meer: de casus is gesloten of de vraag is oud.")
            )
        asked = question.asked(stated.author)
        if asked is None or question.asker != act.receiver:
            raise Refused(
                "R-38", _("Deze vraag is niet aan u gesteld, of niet door deze ontvanger."), ("R-38 individual",)
            )
        said = replace(asked, stated_ms=stated.declaring.statement.sent_ms)
        if said.stated_ms <= asked.stated_ms:
            raise SamenloopError(ErrorCode.CLOCK_SKEW, _("Over deze treffer is al een later besluit ontvangen."))
        holders = tuple(said if one == asked else one for one in question.holders)
        parts.questions.restate(replace(question, holders=holders))
        return asked, question

    def _freshness(self, parts: Parts, stated: Stated, act: wire.Freshness) -> Effect:
        register = stated.covenant.participant(stated.author).register(act.register)
        if act.updated_until > stated.begun.date():
            raise InvalidInput("updated_until", _("Een register kan niet tot een dag in de toekomst bij zijn."))
        place = parts.registrations.make_place(Place(stated.covenant.id, stated.author, register.id))
        parts.registrations.set_freshness(place, act.updated_until.isoformat())
        return Effect(Event.FRESHNESS, {"register": register.id, "day": act.updated_until.isoformat()})

    def _close(self, parts: Parts, stated: Stated, act: wire.CaseClosed) -> Effect:
        questions = parts.questions.of_case(stated.author, act.case_ref)
        for question in questions:
            parts.requests.erase_reply(question.question_id)
            forget_question(parts, question, after_term(stated.covenant, stated.begun))
        return Effect(Event.CASE_CLOSED, {"case": act.case_ref.hex(), "count": len(questions)})

    def _letter(self, parts: Parts, stated: Stated, act: wire.Letter) -> Effect:
        receiver = stated.covenant.participant(act.receiver)
        self._mail(parts, stated, receiver.id, mailbox_pb2.MailContent(letter=stated.signed()))
        return Effect(Event.LETTER, {"action": "send", "receiver": receiver.id})

    def _tell(self, parts: Parts, stated: Stated, asker: str) -> None:
        event = mailbox_pb2.Event(statement=stated.signed())
        self._mail(parts, stated, asker, mailbox_pb2.MailContent(event=event))

    def _mail(self, parts: Parts, stated: Stated, receiver: str, content: mailbox_pb2.MailContent) -> None:
        parts.mail.put([sealed_item(stated.keys, receiver, content)], milliseconds(stated.begun))


def _concerning(act: wire.Release) -> dict[str, object]:
    return {"question": act.question_id.hex(), "receiver": act.receiver}
