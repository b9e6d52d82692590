"""Whether a decision beforehand in an export can ever hold (R-76). One that cannot shows nothing; unsaid it would look
applied.
"""

from datetime import date
from types import MappingProxyType
from typing import Final

from samenloop.catalogue import Catalogue
from samenloop.covenant import Covenant
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.deciding_beforehand import BeforehandInput, Receiver, decide_beforehand
from samenloop.decisions.modes import RecordFacts
from samenloop.errors import Refused
from samenloop.model import Mode, ParticipantId
from samenloop_node.registrations.reasons import RowError

# Condition of the law -> (column, reason code). The consent is not in an export, so what needs one is not applied.
_REASONS: Final = MappingProxyType(
    {
        "receivers": ("besloten_voor", "decision_receivers"),
        "mode": ("besloten_voor", "decision_never_shown"),
        "basis": ("besloten_voor", "decision_basis"),
        "never_a_ground": ("besloten_voor", "decision_basis"),
        "breach_ground": ("besloten_voor", "decision_breach_ground"),
        "consent": ("besloten_voor", "decision_consent"),
        "wpg20_receiver": ("besloten_voor", "decision_wpg20"),
        "protected": ("bescherming", "decision_protected"),
    }
)
_OTHERWISE = ("besluit", "decision_refused")


def check_beforehand(
    catalogue: Catalogue,
    covenant: Covenant,
    decision: BeforehandDecision,
    record: RecordFacts,
    covenant_mode: Mode | None,
    holder: str,
    today: date,
) -> None:
    """Raise RowError with the reason, unless the decision of `holder` over this record holds for every receiver.

    Who decided, the number per day and the use of a reference are judged elsewhere; the motive is in the case system,
    under that reference.
    """
    given = BeforehandInput(
        decision=decision,
        record=record,
        covenant_mode=covenant_mode,
        receivers=tuple(_receiver(covenant, holder, one, today) for one in decision.receivers),
        today=today,
        mandated=True,
        reference_used=False,
        motive=True,
        decided_today=0,
        daily_limit=1,
        notice_deferred=False,
    )
    try:
        decide_beforehand(catalogue, given)
    except Refused as refused:
        condition = refused.missing[0].split()[1]
        raise RowError(*_REASONS.get(condition, _OTHERWISE)) from refused


def _receiver(covenant: Covenant, holder: str, receiver: ParticipantId, today: date) -> Receiver:
    return Receiver(
        receiver,
        covenant.participant(receiver).asks_as,
        wpg20_receiver=covenant.wpg20_covers(holder, receiver, today),
    )
