"""Decisions beforehand in a chunk (R-76): judged, counted and logged when new, logged when taken back.

A decision that is stored otherwise than it is said now (other receivers, grounds, dates or steps) is a new decision,
whatever its reference: only what was judged, counted and logged in these very words may show a hit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.covenant.permissions import budgets as budgets_of
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.wire.register import Item
from samenloop_coordinator import budgets, law
from samenloop_coordinator.desk import Desk
from samenloop_coordinator.indexing import IndexRules
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import Registration


@dataclass(frozen=True, slots=True)
class Deciding:
    """Takes the decisions of one chunk; `base` are the fields that all its entries share."""

    desk: Desk
    rules: IndexRules
    base: Mapping[str, object]
    begun: datetime

    def take(self, parts: Parts, item: Item, earlier: Registration | None) -> None:
        """Count and log what is new, log what was taken back; raises Refused or BUDGET_EXHAUSTED with nothing done."""
        stored = law.unpack_beforehand(earlier.beforehand, earlier.registration_id) if earlier else ()
        fresh = [row for row in item.beforehand if row not in stored]
        for row in fresh:
            if item.facts is not None:
                self.rules.check_decision(item.facts, row)
        self._count(parts, fresh)
        said = {row.reference for row in item.beforehand}
        for reference in dict.fromkeys(row.reference for row in fresh):
            names = sorted({name for row in item.beforehand if row.reference == reference for name in row.receivers})
            self._log(parts, Event.DECISION_BEFOREHAND, reference, {"receivers": names, "count": len(names)})
        for reference in sorted({row.reference for row in stored} - said):
            self._log(parts, Event.DECISION_WITHDRAWN, reference, {})

    def _count(self, parts: Parts, fresh: Sequence[BeforehandDecision]) -> None:
        holder, day = self.rules.chunk.participant, self.begun.date().isoformat()
        limits = budgets_of(self.rules.covenant, holder)
        decided = dict.fromkeys((row.reference, row.decider) for row in fresh)
        counters = [budgets.of_decision(limits, holder, decider, day) for _reference, decider in decided]
        self.desk.check_room(parts, counters)
        self.desk.count(parts, counters)

    def _log(self, parts: Parts, event: Event, reference: bytes, more: Mapping[str, object]) -> None:
        public = {**self.base, "decision": reference.hex(), **more}
        parts.log.append(self.desk.journal.body(event, public, start_ms=milliseconds(self.begun)), ())
