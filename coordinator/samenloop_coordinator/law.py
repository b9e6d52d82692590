"""Facts of the covenant and the catalogue that several use cases need. Pure."""

from dataclasses import dataclass, field, replace

from samenloop.catalogue import Catalogue
from samenloop.covenant import Covenant, Register
from samenloop.covenant.acting import acting_kind
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.modes import RecordFacts
from samenloop.model import Mode
from samenloop.wire import convert
from samenloop.wire.v1 import overlap_pb2
from samenloop_coordinator.policy import Policy, Receiving, Record, Ruling
from samenloop_coordinator.store.values import Registration


def with_acting_kind(catalogue: Catalogue, covenant: Covenant, facts: RecordFacts) -> RecordFacts:
    """Return the facts with the kind of the partner that they are listed for, as the covenant tells it."""
    return replace(facts, acting_kind=acting_kind(catalogue, covenant, facts.acting_for)) if facts.acting_for else facts


def pack_facts(facts: RecordFacts) -> bytes:
    """Return the facts of a record as they are stored."""
    return convert.record_facts_message(facts).SerializeToString(deterministic=True)


def pack_beforehand(decisions: tuple[BeforehandDecision, ...]) -> bytes:
    """Return the decisions over a record as they are stored."""
    rows = [row for decision in decisions for row in convert.beforehand_messages(decision)]
    return overlap_pb2.RegistrationItem(beforehand=rows).SerializeToString(deterministic=True)


def unpack_beforehand(data: bytes, registration: bytes) -> tuple[BeforehandDecision, ...]:
    """Return the stored decisions over a registration."""
    if not data:
        return ()
    rows = overlap_pb2.RegistrationItem.FromString(data).beforehand
    return tuple(convert.beforehand(row, registration) for row in rows)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What was worked out under one covenant version, and never under another."""

    covenant: Covenant
    facts: dict[tuple[bytes, str], RecordFacts] = field(default_factory=dict)
    benches: "dict[tuple[Receiving, str, str, Mode | None], Bench]" = field(default_factory=dict)

    def full(self) -> bool:
        """Tell whether it is time to begin anew."""
        return len(self.facts) + len(self.benches) > _MOST_FACTS


class Records:
    """Reads stored registrations as the policy judges them. Facts are remembered, because many records have
    the same. Several threads may use it, also each with a covenant version of its own.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._newest: _Remembered | None = None

    def record(self, covenant: Covenant, register: Register, registration: Registration) -> Record:
        """Return a stored registration for the policy; a dummy without facts becomes a record that never shows."""
        facts = self.facts(covenant, registration.facts or _NO_FACTS, register.kind)
        decisions = unpack_beforehand(registration.beforehand, registration.registration_id)
        return Record(registration.registration_id, register.id, facts, register.mode, decisions)

    def facts(self, covenant: Covenant, data: bytes, kind: str) -> RecordFacts:
        """Return stored facts of a record in a register of catalogue kind `kind`, with the acting partner's kind."""
        facts = self._remembered(covenant).facts
        found = facts.get((data, kind))
        if found is None:
            parsed = convert.record_facts(overlap_pb2.RecordFacts.FromString(data), kind)
            found = facts[data, kind] = with_acting_kind(self._catalogue, covenant, parsed)
        return found

    def bench(self, policy: Policy, covenant: Covenant, register: Register, receiving: Receiving) -> "Bench":
        """Return who rules over records of one register towards one receiver today."""
        benches = self._remembered(covenant).benches
        key = (receiving, register.id, register.kind, register.mode)
        found = benches.get(key)
        if found is None:
            found = benches[key] = Bench(self, policy, covenant, register, receiving)
        return found

    def _remembered(self, covenant: Covenant) -> _Remembered:
        """Return what is known under this covenant version; a caller that keeps it mixes it with no other's."""
        newest = self._newest
        if newest is None or newest.covenant is not covenant or newest.full():
            newest = self._newest = _Remembered(covenant)
        return newest


@dataclass(slots=True)
class Bench:
    """Rules over stored registrations; what was ruled over equal facts and decisions is remembered."""

    records: Records
    policy: Policy
    covenant: Covenant
    register: Register
    receiving: Receiving
    _ruled: dict[tuple[bytes, bytes], Ruling] = field(default_factory=dict)

    def rule(self, registration: Registration) -> Ruling:
        """Return what becomes of a hit on this registration."""
        found = self._ruled.get((registration.facts, registration.beforehand))
        if found is None:
            record = self.records.record(self.covenant, self.register, registration)
            if len(self._ruled) > _MOST_FACTS:
                self._ruled.clear()
            found = self._ruled[registration.facts, registration.beforehand] = self.policy.judge(self.receiving, record)
        return found


_MOST_FACTS = 8192
_NO_FACTS = overlap_pb2.RecordFacts(
    task="none", framework="maatregel", origin="eigen", review_date="1970-01-01"
).SerializeToString()
