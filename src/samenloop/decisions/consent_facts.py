"""What a consent record says: ticks, codes, ids and dates; names stay on the paper form (R-46..R-52)."""

import enum
from dataclasses import dataclass
from datetime import date

from samenloop.model import ParticipantId


class ConsentState(enum.Enum):
    """Where a consent is."""

    DRAFTED = "drafted"
    GIVEN = "given"
    USED = "used"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentForm:
    """One consent: one holder, one receiver, one purpose, one case, and how it was obtained.

    `holder_kind` is the register kind that gives; `case` a reference of the holder, `paper` the reference of the signed
    form. `fields` are the filled form fields, `told` what the person was told. `age_band`, `capable` and `signers`
    (`persoon`, `vertegenwoordiger`) decide who must sign; `higher_available`: one of higher rank exists.
    `specific`: data and purpose are named, not "necessary data"; `explicit`: given by a clear act, nothing pre-ticked.
    """

    holder: ParticipantId
    holder_kind: str
    receiver: ParticipantId
    purpose: str
    case: str
    paper: str
    signed_on: date | None
    valid_until: date | None
    fields: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    told_on: date | None = None
    explained_how: str = ""
    pressure: str = ""
    age_band: str = ""
    capable: bool = True
    signers: tuple[str, ...] = ()
    representative: str = ""
    higher_available: bool = False
    exception: str = ""
    explicit: bool = False
    specific: bool = False
    necessity_judged: bool = False
    recorded_by_professional: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent as it is kept: its form and its state."""

    form: ConsentForm
    state: ConsentState
