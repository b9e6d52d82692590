"""Decisions beforehand that were taken by hand, when their record is said again by a file, person or epoch (R-76).

1. A decision stands while what it weighed stands: all facts of the record but the review date, which may not move
   before the last day of the decision. A corrected name or address, or a new epoch, is no reason to weigh again.
2. Else it lapses: its record is hidden again, and who said the record again is told at which row.
3. What the file decides for the same receiver goes before; the same decision in the file is no second one.
"""

import json
from dataclasses import dataclass
from datetime import date

from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.modes import RecordFacts
from samenloop.model import ParticipantId
from samenloop_node.registrations.facts import RowDecision
from samenloop_node.store import Transaction, consents, registrations
from samenloop_node.store.consents import Detail
from samenloop_node.store.registrations import Registration

_REVIEW = "review_date"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What becomes of the decisions by hand over one record: those that stand, and how many lapse."""

    standing: tuple[Detail, ...] = ()
    lapsed: int = 0


def by_hand(
    db: Transaction, row: Registration | None, facts: RecordFacts, decision: RowDecision | None, today: date
) -> ByHand:
    """Judge the decisions by hand over `row`, now that `facts` and `decision` are said of it."""
    details = consents.details(db, row.registration_id) if row is not None else []
    if row is None or not details:
        return ByHand()
    applied = {one.reference for one in registrations.decisions(db, row.registration_id)}
    in_force = [one for one in details if one.reference in applied and read_decision(one).valid_until >= today]
    others = [one for one in in_force if decision is None or one.reference != decision.reference]
    taken = frozenset(decision.receivers if decision else ())
    same = _weighed(json.loads(row.facts)) == _weighed(facts_as_kept(facts))
    standing = [one for one in others if same and _stands(read_decision(one), facts, taken)]
    return ByHand(tuple(standing), len(others) - len(standing))


def detail_of(decision: BeforehandDecision, consent: str) -> Detail:
    """Return what is kept of a decision that was taken by hand."""
    content = {
        "receivers": decision.receivers,
        "purpose": decision.purpose,
        "basis": decision.basis,
        "breach_ground": decision.breach_ground,
        "valid_until": decision.valid_until.isoformat(),
        "decider": decision.decider.hex(),
        "decided_on": decision.decided_on.isoformat(),
        "steps": decision.steps,
    }
    return Detail(decision.registration, decision.reference, json.dumps(content, sort_keys=True), consent)


def read_decision(detail: Detail) -> BeforehandDecision:
    """Return the decision that was kept."""
    said = json.loads(detail.content)
    return BeforehandDecision(
        registration=detail.registration_id,
        receivers=tuple(map(ParticipantId, said["receivers"])),
        purpose=said["purpose"],
        basis=said["basis"],
        breach_ground=said["breach_ground"],
        valid_until=date.fromisoformat(said["valid_until"]),
        reference=detail.reference,
        decider=bytes.fromhex(said["decider"]),
        decided_on=date.fromisoformat(said["decided_on"]),
        steps=tuple(said["steps"]),
    )


def facts_as_kept(facts: RecordFacts) -> dict[str, object]:
    """Return the facts of a record as the node keeps them: codes and dates."""
    return {
        "task": facts.task,
        "framework": facts.framework,
        "origin": facts.origin,
        "measure": facts.measure,
        "protected": facts.protected,
        _REVIEW: facts.review_date.isoformat(),
        "acting_for": facts.acting_for,
    }


def _weighed(kept: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in kept.items() if name != _REVIEW}


def _stands(decision: BeforehandDecision, facts: RecordFacts, taken: frozenset[ParticipantId]) -> bool:
    return decision.valid_until <= facts.review_date and not taken & set(decision.receivers)
