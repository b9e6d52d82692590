"""What a hit may do: shown, hidden, or as if it were not there. Pure; applied last, after all lookups were made.

1. Each hit is judged by the same functions that the nodes call (`samenloop.decisions`); an asker of several kinds
   gets the strictest outcome.
2. A holder is shown as known when any of its hits is visible.
3. A holder hears of every hit whose mode is not `never`, shown or hidden. Overdue (R-18), frozen (R-67) and `never`
   records are as if they were not there: the item in the mailbox is a dummy.
"""

import enum
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from samenloop.catalogue import Catalogue
from samenloop.decisions.beforehand import BeforehandDecision, shown, valid_beforehand
from samenloop.decisions.modes import ModeDecision, RecordFacts, effective_mode
from samenloop.model import Mode, ParticipantId, RegistrationId

_NOT_THERE = frozenset({"R-18", "R-67"})
_MODES = 8192


class Fate(enum.Enum):
    """What becomes of a hit, from what shows most to what shows nothing."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    NOT_THERE = "not_there"


@dataclass(frozen=True, slots=True)
class Receiving:
    """Who would see a hit: the asker with its partner kinds, the capacity it asks in for this holder, purpose and day.

    `lifted`: the covenant is flagged for evaluation and the daemon was started so; then every hit shows.
    """

    participant: ParticipantId
    kinds: tuple[str, ...]
    acting_as: str
    purpose: str
    today: date
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A registration that was hit, with what decides about showing it."""

    registration_id: RegistrationId
    register: str
    facts: RecordFacts
    covenant_mode: Mode | None
    beforehand: tuple[BeforehandDecision, ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """The fate of a hit with the rule and mode that decided; `until` is the last day that a shown one may show."""

    fate: Fate
    rule: str
    mode: Mode
    until: date


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ruling about one registration that was hit."""

    registration_id: RegistrationId
    register: str
    ruling: Ruling

    @property
    def fate(self) -> Fate:
        """Return what becomes of the hit."""
        return self.ruling.fate


@dataclass(frozen=True, slots=True)
class HolderOutcome:
    """All verdicts about one holder, shown ones first."""

    verdicts: tuple[Verdict, ...]

    @property
    def known(self) -> bool:
        """Say whether the asker is told that this holder knows the person."""
        return any(one.fate is Fate.SHOWN for one in self.verdicts)

    @property
    def told(self) -> tuple[RegistrationId, ...]:
        """Return the registrations of which the holder hears; none means a dummy item."""
        return tuple(one.registration_id for one in self.verdicts if one.fate is not Fate.NOT_THERE)


_ORDER = {Fate.SHOWN: 0, Fate.HIDDEN: 1, Fate.NOT_THERE: 2}


class Policy:
    """Judges hits by one catalogue. Modes are remembered, because many records have the same facts."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._mode = functools.lru_cache(_MODES)(functools.partial(effective_mode, catalogue))

    def judge(self, receiving: Receiving, record: Record) -> Ruling:
        """Return what becomes of a hit on this record."""
        if receiving.lifted:
            return Ruling(Fate.SHOWN, "evaluation", Mode.AUTOMATIC, date.max)
        rulings = [self._judge_as(receiving, record, kind) for kind in receiving.kinds]
        strictest = max(rulings, key=lambda one: (_ORDER[one.fate], one.mode), default=None)
        return strictest or Ruling(Fate.NOT_THERE, "R-15", Mode.NEVER, receiving.today)

    def _judge_as(self, receiving: Receiving, record: Record, kind: str) -> Ruling:
        facts, purpose, today = record.facts, receiving.purpose, receiving.today
        mode = self._mode(facts, record.covenant_mode, kind, receiving.acting_as, purpose)
        result = shown(self._catalogue, mode, facts, record.beforehand, receiving.participant, purpose, today)
        if not result.visible:
            gone = mode.mode is Mode.NEVER or result.rule in _NOT_THERE
            return Ruling(Fate.NOT_THERE if gone else Fate.HIDDEN, result.rule, mode.mode, today)
        decisions = self._deciding(receiving, record, mode) if result.rule == "R-76" else []
        last = max(decisions, key=lambda one: one.valid_until, default=None)
        if last is None:
            return Ruling(Fate.SHOWN, result.rule, mode.mode, facts.review_date)
        until = min(last.valid_until, facts.review_date)
        return Ruling(Fate.SHOWN, result.rule, mode.mode, until)

    def _deciding(self, receiving: Receiving, record: Record, mode: ModeDecision) -> list[BeforehandDecision]:
        given = (receiving.participant, receiving.purpose, receiving.today)
        return [one for one in record.beforehand if valid_beforehand(self._catalogue, mode, record.facts, one, *given)]


def outcome(verdicts: Sequence[Verdict]) -> HolderOutcome:
    """Return the outcome for one holder."""
    return HolderOutcome(tuple(sorted(verdicts, key=lambda one: _ORDER[one.fate])))
