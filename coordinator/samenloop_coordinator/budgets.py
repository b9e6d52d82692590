"""How often may be asked and decided beforehand (R-28, T7). Pure rules; the counts themselves stand in the store.

They count questions, never what a question found. Lifting them takes a covenant flag and a start option, both
(`samenloop_coordinator.agreement.Agreement.lifted`).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from samenloop.covenant.document import Budgets
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _

_LIFE = ""


class Limit(NamedTuple):
    """One counter: its scope, the ISO day it belongs to (empty: as long as the case lasts), the most it may reach."""

    scope: bytes
    day: str
    most: int
    kind: str


def of_question(
    budgets: Budgets, asker: str, case_ref: bytes, user_ref: bytes, holders: Sequence[str], day: str, *, new_fact: bool
) -> Iterator[Limit]:
    """Yield the counters of a question; with a new fact (R-28) the case may be asked about again."""
    if not new_fact:
        for scope in of_case(asker, case_ref, holders):
            yield Limit(scope, _LIFE, budgets.questions_per_case_and_holder, "case")
    yield Limit(_scope("user", asker, user_ref.hex()), day, budgets.questions_per_user_and_day, "user")
    yield Limit(_scope("partner", asker), day, budgets.questions_per_partner_and_day, "partner")


def of_case(asker: str, case_ref: bytes, holders: Sequence[str]) -> list[bytes]:
    """Return the scopes of the counters that last as long as a case: one per holder."""
    return [_scope("case", asker, case_ref.hex(), holder) for holder in holders]


def of_own_query(budgets: Budgets, author: str, user_ref: bytes, day: str) -> Iterator[Limit]:
    """Yield the counters of a search among one's own registrations."""
    yield Limit(_scope("own-user", author, user_ref.hex()), day, budgets.questions_per_user_and_day, "user")
    yield Limit(_scope("own", author), day, budgets.questions_per_partner_and_day, "partner")


def of_decision(budgets: Budgets, holder: str, decider: bytes, day: str) -> Limit:
    """Return the counter of decisions beforehand by one decider (R-76), by the day on which they arrive here.

    When a decision was taken only its holder can know: counted by that day, a back-dated one would get round the brake.
    """
    return Limit(_scope("decider", holder, decider.hex()), day, budgets.decisions_per_decider_and_day, "decider")


def exhausted(limit: Limit) -> SamenloopError:
    """Return the error for a counter that is full."""
    texts = {
        "case": _("Over deze casus is deze houder al {most} keer gevraagd. Noem een nieuw feit.", most=limit.most),
        "user": _("Deze gebruiker heeft vandaag al {most} vragen gesteld. Vraag morgen verder.", most=limit.most),
        "partner": _("Uw organisatie heeft vandaag al {most} vragen gesteld. Vraag morgen verder.", most=limit.most),
        "decider": _("Deze beslisser heeft vandaag al {most} keer vooraf besloten.", most=limit.most),
    }
    return SamenloopError(ErrorCode.BUDGET_EXHAUSTED, texts[limit.kind])


def _scope(*parts: str) -> bytes:
    return "\x1f".join(parts).encode()
