"""What was shown is taken back: its record or its whole register is gone, its ground ended, or its case was closed.

The stored answer is erased (its id answers EXPIRED) and the asker gets an event. Only what was shown can be taken
back: a hit that was hidden never changes a stored answer and brings no event.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from samenloop.audit.seal import ContentKeys
from samenloop.clock import milliseconds
from samenloop.covenant import Register
from samenloop.wire.v1 import mailbox_pb2
from samenloop_coordinator.desk import Desk
from samenloop_coordinator.keys import sealed_item
from samenloop_coordinator.policy import Fate, Policy, Receiving
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import Place, Registration, ShownHit

_BATCH = 200


@dataclass(slots=True)
class Lapsing:
    """Takes back what was shown."""

    desk: Desk
    policy: Policy

    def changed(self, parts: Parts, keys: ContentKeys, holder: str, register: Register, after: Registration) -> None:
        """Judge anew what was shown on a registration whose facts or decisions changed."""
        for hit in parts.questions.shown_by(self.desk.shown_handle(holder, register.id, after.registration_id)):
            until = self._still(parts, hit, register, after)
            if until is None:
                self._take_back(parts, keys, [hit])
            elif until != hit.until:
                parts.questions.show([replace(hit, until=until)])

    def withdrawn(self, parts: Parts, keys: ContentKeys, holder: str, register: str, registration_id: bytes) -> None:
        """Take back everything that was shown on a registration that is gone."""
        hits = parts.questions.shown_by(self.desk.shown_handle(holder, register, registration_id))
        self._take_back(parts, keys, hits)

    def release_taken_back(self, parts: Parts, question_id: bytes, holder: str) -> bool:
        """Forget what this holder released for a question, and say whether anything was; only then is the stored
        answer erased.
        """
        hits = [hit for hit in parts.questions.shown_for(question_id, holder) if hit.released]
        for hit in hits:
            parts.questions.take_back(hit)
        if hits:
            parts.requests.erase_reply(question_id)
        return bool(hits)

    async def overdue(self) -> int:
        """Take back what was shown until a day that has passed; return how much. Called now and then."""
        keys = await self.desk.keys.renew(self.desk.agreement.covenant)
        today = self.desk.clock.now().date().isoformat()

        def unit(parts: Parts) -> int:
            hits = parts.questions.shown_until(today, _BATCH)
            self._take_back(parts, keys, hits)
            return len(hits)

        waiting = await self.desk.store.read(lambda parts: len(parts.questions.shown_until(today, 1)))
        return await self.desk.store.write(unit) if waiting else 0

    async def left(self) -> int:
        """Delete what stands in registers that the covenant no longer has; return how much. Called now and then.

        Nobody can withdraw it any more, so its values would stay and no epoch of it could ever be retired.
        """
        covenant = self.desk.agreement.covenant
        places = await self.desk.store.read(lambda parts: parts.registrations.places(covenant.id))
        return sum([await self._empty(place, named) for place, named in places])

    async def _empty(self, place: int, named: Place) -> int:
        keys, dropped = await self.desk.keys.renew(self.desk.agreement.covenant), 0

        def unit(parts: Parts) -> int:
            rows = parts.registrations.of_place(place, _BATCH)
            for one in rows:
                parts.registrations.remove(one.row)
                self.withdrawn(parts, keys, named.participant, named.register, one.registration_id)
            parts.registrations.set_freshness(place, "")
            return len(rows)

        while not self._agreed(named) and await self.desk.store.read(lambda parts: _filled(parts, place)):
            gone = await self.desk.store.write(unit)
            dropped += gone
            if not gone:
                break
        return dropped

    def _agreed(self, named: Place) -> bool:
        row = self.desk.agreement.covenant.find(named.participant)
        return row is not None and any(one.id == named.register for one in row.registers)

    def _still(self, parts: Parts, hit: ShownHit, register: Register, after: Registration) -> str | None:
        covenant, question = self.desk.agreement.covenant, parts.questions.find(hit.question_id)
        asker = covenant.find(question.asker) if question else None
        if asker is None:
            return None
        today, lifted = self.desk.clock.now().date(), self.desk.agreement.lifted
        receiving = Receiving(asker.id, asker.asks_as, hit.acting_as, hit.purpose, today, lifted)
        record = self.desk.records.record(covenant, register, after)
        ruling = self.policy.judge(receiving, record)
        if hit.released:
            return None if ruling.fate is Fate.NOT_THERE else record.facts.review_date.isoformat()
        return ruling.until.isoformat() if ruling.fate is Fate.SHOWN else None

    def _take_back(self, parts: Parts, keys: ContentKeys, hits: Iterable[ShownHit]) -> None:
        now_ms = milliseconds(self.desk.clock.now())
        for hit in hits:
            parts.questions.take_back(hit)
            question = parts.questions.find(hit.question_id)
            if question is None or parts.questions.shown_for(hit.question_id, hit.holder):
                continue
            parts.requests.erase_reply(hit.question_id)
            if question.asker in keys.keys:
                event = mailbox_pb2.Event(lapsed_question_id=hit.question_id, lapsed_holder=hit.holder)
                parts.mail.put([sealed_item(keys, question.asker, mailbox_pb2.MailContent(event=event))], now_ms)


def _filled(parts: Parts, place: int) -> bool:
    return bool(parts.registrations.coverage(place)[0] or parts.registrations.freshness(place))
