"""Decided beforehand (R-76), and whether a hit shows at once (R-15, R-18, R-33, R-34)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.grounds import Pair, breaks_secrecy, may_give, rests_on_consent
from samenloop.decisions.modes import ModeDecision, RecordFacts
from samenloop.model import Mode, ParticipantId


@dataclass(frozen=True, slots=True)
class BeforehandDecision:
    """One decision of the holder's mandated decision-maker over one record, for named receivers and one purpose (R-76).

    `registration`, `reference` and `decider` are references of the holder (16 bytes, or keyed references of 32), never
    names. `basis` is a ground to give, `breach_ground` a ground that breaks secrecy (empty when the holder has none).
    `purpose` is an index purpose or one concrete purpose of it. `steps`: profiles of pair rules that were answered.
    """

    registration: bytes
    receivers: tuple[ParticipantId, ...]
    purpose: str
    basis: str
    breach_ground: str
    valid_until: date
    reference: bytes
    decider: bytes
    decided_on: date
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """Whether a hit is visible to the asker, and the rule that says so."""

    visible: bool
    rule: str


def shown(
    catalogue: Catalogue,
    mode: ModeDecision,
    facts: RecordFacts,
    beforehand: Sequence[BeforehandDecision],
    receiver: ParticipantId,
    purpose: str,
    today: date,
) -> Shown:
    """Tell whether a hit on this record shows at once to `receiver`.

    `mode` comes from `effective_mode` for this very receiver and purpose; `beforehand` holds the decisions over this
    very record that were not withdrawn. An overdue (R-18) or frozen (R-67) record never shows.
    """
    if facts.review_date < today and catalogue.choice("overdue_hidden"):
        return Shown(visible=False, rule="R-18")
    if facts.frozen and catalogue.choice("objection_freezes"):
        return Shown(visible=False, rule="R-67")
    if mode.mode is Mode.NEVER:
        return Shown(visible=False, rule=mode.rule)
    if mode.mode is Mode.AUTOMATIC:
        return Shown(visible=True, rule=mode.rule)
    if any(valid_beforehand(catalogue, mode, facts, one, receiver, purpose, today) for one in beforehand):
        return Shown(visible=True, rule="R-76")
    return Shown(visible=False, rule="R-34")


def valid_beforehand(
    catalogue: Catalogue,
    mode: ModeDecision,
    facts: RecordFacts,
    decision: BeforehandDecision,
    receiver: ParticipantId,
    purpose: str,
    today: date,
) -> bool:
    """Tell whether a decision beforehand holds today for this receiver, purpose and mode (R-76)."""
    return (
        catalogue.choice("beforehand")
        and (not facts.protected or catalogue.choice("protected_beforehand"))
        and receiver in decision.receivers
        and _covers(catalogue, decision.purpose, purpose)
        and decision.decided_on <= today <= min(decision.valid_until, facts.review_date)
        and any(decision.reference)
        and any(decision.decider)
        and set(mode.steps) <= set(decision.steps)
        and _grounded(catalogue, mode, facts, decision, today)
    )


def _covers(catalogue: Catalogue, decided: str, asked: str) -> bool:
    index = catalogue.index_of(asked)
    return index is not None and decided in (asked, index)


def _grounded(
    catalogue: Catalogue, mode: ModeDecision, facts: RecordFacts, decision: BeforehandDecision, today: date
) -> bool:
    pair = Pair(catalogue.partner_of(facts.kind) or "", mode.receiver_kind, mode.acting_as, today)
    if mode.mode is Mode.CONSENT_ONLY and not rests_on_consent(catalogue, decision.breach_ground or decision.basis):
        return False
    return may_give(catalogue, decision.basis, pair) and breaks_secrecy(catalogue, decision.breach_ground, pair)
