"""Who may ask whom: pure, and closed. What the covenant does not say is refused.

1. Only for the covenant's own purpose (R-19). 2. Both parties known, neither suspended. 3. An edge asker -> holder.
4. The asker has a kind of partner to ask as. 5. Police registers only for receivers in a valid decision (R-06).
"""

import enum
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from samenloop.covenant.document import Budgets, Covenant
from samenloop.covenant.parties import Participant, Register
from samenloop.covenant.signatures import tightens
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _

GRACE = timedelta(minutes=10)
"""How long version N-1 may still be named after N became active, unless N tightens."""
_POLICE = "politie"


class Denial(enum.Enum):
    """Why a participant may not ask another: the closed list, each with the rule that says so."""

    OTHER_PURPOSE = "other_purpose"
    UNKNOWN_ASKER = "unknown_asker"
    UNKNOWN_HOLDER = "unknown_holder"
    ASKER_SUSPENDED = "asker_suspended"
    HOLDER_SUSPENDED = "holder_suspended"
    NETWORK = "network"
    NOT_AGREED = "not_agreed"
    NO_KIND = "no_kind"
    NO_REGISTER = "no_register"
    NO_DECISION = "no_decision"

    @property
    def rule(self) -> str:
        """Return the id of the decision rule behind this denial."""
        return _RULES[self]


_RULES: Final = MappingProxyType(
    {
        Denial.OTHER_PURPOSE: "R-19",
        Denial.UNKNOWN_ASKER: "R-20",
        Denial.UNKNOWN_HOLDER: "R-24",
        Denial.ASKER_SUSPENDED: "R-02",
        Denial.HOLDER_SUSPENDED: "R-02",
        Denial.NETWORK: "R-01",
        Denial.NOT_AGREED: "R-03",
        Denial.NO_KIND: "R-20",
        Denial.NO_REGISTER: "R-03",
        Denial.NO_DECISION: "R-06",
    }
)


@dataclass(frozen=True, slots=True)
class Permission:
    """Outcome: the registers that may be looked in, or why not (exactly one of the two is there).

    `kinds` are the catalogue partner kinds that the asker asks as; with more than one, the strictest outcome counts.
    """

    registers: tuple[Register, ...] = ()
    kinds: tuple[str, ...] = ()
    denial: Denial | None = None

    @property
    def allowed(self) -> bool:
        """Say whether the question may be put."""
        return self.denial is None


def may_ask(covenant: Covenant, *, asker: str, holder: str, purpose: str, today: date) -> Permission:
    """Judge whether `asker` may ask `holder` today for this purpose, and in which registers."""
    asking, holding = covenant.find(asker), covenant.find(holder)
    if purpose != covenant.purpose.id:
        return Permission(denial=Denial.OTHER_PURPOSE)
    if asking is None:
        return Permission(denial=Denial.UNKNOWN_ASKER)
    if holding is None:
        return Permission(denial=Denial.UNKNOWN_HOLDER)
    denial = _between(asking, holding)
    if denial is not None:
        return Permission(denial=denial)
    registers = offered(covenant, holding, asker, today)
    if registers:
        return Permission(registers, asking.asks_as)
    return Permission(denial=Denial.NO_DECISION if holding.registers else Denial.NO_REGISTER)


def offered(covenant: Covenant, holder: Participant, asker: str, today: date) -> tuple[Register, ...]:
    """Return the registers in which `asker` may be looked up at `holder`: police ones need a valid decision (R-06)."""
    covered = covenant.wpg20_covers(holder.id, asker, today)
    return tuple(row for row in holder.registers if covered or row.kind != _POLICE)


def budgets(covenant: Covenant, participant: str) -> Budgets:
    """Return the limits that bind this participant: of covenant and own, each time the lower one."""
    own, general = covenant.participant(participant).own_limits, covenant.budgets
    return Budgets(
        questions_per_case_and_holder=_lower(general.questions_per_case_and_holder, own.questions_per_case_and_holder),
        questions_per_user_and_day=_lower(general.questions_per_user_and_day, own.questions_per_user_and_day),
        questions_per_partner_and_day=_lower(general.questions_per_partner_and_day, own.questions_per_partner_and_day),
        decisions_per_decider_and_day=_lower(general.decisions_per_decider_and_day, own.decisions_per_decider_and_day),
    )


def retention_months(covenant: Covenant, participant: str) -> int:
    """Return how many months this participant keeps bodies: of covenant and own, the shorter."""
    return _lower(covenant.purpose.retention_months, covenant.participant(participant).own_limits.retention_months)


def check_version(
    current: Covenant, previous: Covenant | None, activated_at: datetime, named: tuple[str, int], now: datetime
) -> Covenant:
    """Return the version that a message named (id, version) is judged by; raises SamenloopError(COVENANT_MISMATCH).

    The version before the current one is accepted for 10 minutes after activation, unless the current one tightens.
    """
    if named == (current.id, current.version):
        return current
    in_grace = timedelta(0) <= now - activated_at < GRACE
    if (
        previous is not None
        and named == (previous.id, previous.version)
        and in_grace
        and not tightens(previous, current)
    ):
        return previous
    text = _(
        "Convenant {id} versie {version} geldt nu: haal het op en vraag opnieuw.",
        id=current.id,
        version=current.version,
    )
    raise SamenloopError(ErrorCode.COVENANT_MISMATCH, text)


def check_evaluation(*, flagged: bool, started: bool) -> None:
    """Refuse to start for an evaluation when only one of covenant and start option says so; raises NOT_PERMITTED."""
    if flagged == started:
        return
    raise SamenloopError(
        ErrorCode.NOT_PERMITTED,
        _(
            "Een evaluatie vraagt beide: een convenant voor evaluatie en de startoptie --evaluation. "
            "Hier is er maar één."
        ),
    )


def _between(asking: Participant, holding: Participant) -> Denial | None:
    if asking.suspended:
        return Denial.ASKER_SUSPENDED
    if holding.suspended:
        return Denial.HOLDER_SUSPENDED
    if asking.network:
        return Denial.NETWORK
    if holding.id not in asking.may_ask:
        return Denial.NOT_AGREED
    return None if asking.asks_as else Denial.NO_KIND


def _lower(general: int, own: int | None) -> int:
    return general if own is None else min(general, own)
