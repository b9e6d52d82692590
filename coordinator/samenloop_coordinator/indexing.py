"""The rules of the index at the coordinator (R-11..R-19, R-76): a node that skipped its own checks is refused here.

Everything is judged by the day on which the chunk was sent, so that midnight lies at one moment for both sides.
"""

from dataclasses import dataclass, field
from datetime import date

from samenloop.catalogue import Catalogue
from samenloop.clock import from_milliseconds
from samenloop.covenant import Covenant, Register
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.deciding_beforehand import BeforehandInput, Receiver, beforehand_visible
from samenloop.decisions.modes import RecordFacts
from samenloop.decisions.record import RecordInput, index_visible, registrable, review_visible
from samenloop.errors import Refused
from samenloop.texts import _
from samenloop.wire.register import PUT, Chunk
from samenloop_coordinator import law


@dataclass(frozen=True, slots=True)
class IndexRules:
    """Judges the items of one chunk of `register`; each method raises Refused with the rule.

    Persons of one register share a few sets of facts, so what passed once in a chunk is not judged again in it.
    """

    catalogue: Catalogue
    covenant: Covenant
    register: Register
    chunk: Chunk
    _passed: set[tuple[int, RecordFacts]] = field(default_factory=set, repr=False, compare=False)

    @property
    def today(self) -> date:
        """Return the day by which this chunk is judged."""
        return from_milliseconds(self.chunk.sent_ms).date()

    def check_facts(self, act: int, said: RecordFacts) -> None:
        """Refuse what may not be in the index; facts said again may have a review date that passed meanwhile."""
        if (act, said) not in self._passed:
            self._judge(act, said)
            self._passed.add((act, said))

    def _judge(self, act: int, said: RecordFacts) -> None:
        facts = law.with_acting_kind(self.catalogue, self.covenant, said)
        if facts.acting_for and facts.acting_for not in self.register.acting_partners:
            raise Refused("R-01", _("Deze casuslijst wordt niet namens die partner bijgehouden."))
        if act != PUT:
            registrable(self.catalogue, facts)
            return
        grounded = bool(self.covenant.participant(self.chunk.participant).processing_entry)
        purpose = self.covenant.purpose.id
        index_visible(self.catalogue, RecordInput(facts, self.today, purpose, by_holder=True, has_ground=grounded))

    def check_review(self, before: RecordFacts, after: RecordFacts) -> None:
        """Refuse a changed review date that is over, or too far away (R-18)."""
        if before.review_date != after.review_date:
            review_visible(self.catalogue, RecordInput(after, self.today))

    def check_decision(self, facts: RecordFacts, decision: BeforehandDecision) -> None:
        """Refuse a new decision beforehand that cannot hold; the daily limit is counted where it is stored."""
        holder = self.chunk.participant
        known = [self.covenant.find(name) for name in decision.receivers]
        given = BeforehandInput(
            decision=decision,
            record=law.with_acting_kind(self.catalogue, self.covenant, facts),
            covenant_mode=self.register.mode,
            receivers=tuple(
                Receiver(one.id, one.asks_as, self.covenant.wpg20_covers(holder, one.id, self.today))
                for one in known
                if one is not None
            ),
            today=self.today,
            mandated=True,
            reference_used=False,
            motive=True,
            decided_today=0,
            daily_limit=1,
            notice_deferred=False,
        )
        beforehand_visible(self.catalogue, given)
