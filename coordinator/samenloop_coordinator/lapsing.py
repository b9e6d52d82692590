"""What was shown is taken back: its record was withdrawn, its ground ended, or its case was closed.

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
from samenloop_coordinator.store.values import Registration, ShownHit

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
