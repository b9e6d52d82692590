"""What a covenant says, as frozen values. No I/O, no rules: `parse` makes it, `checks` judges it as a whole."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field

from samenloop.covenant.fields import (
    Code,
    Codes,
    Count,
    Day,
    Epoch,
    Hex32,
    HostPort,
    Origin,
    Pid,
    Pids,
    Reference,
    Small,
    Text,
    TrustDomain,
)
from samenloop.covenant.parties import Participant, by_id
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import MAX_EPOCHS
from samenloop.profile import EpochProfiles, profile
from samenloop.texts import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """The one purpose of this covenant; `retention_months` is the longest that bodies are kept."""

    id: Code
    legal_text: Text
    retention_months: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """How often may be asked and decided beforehand (T7); each a whole number of questions or decisions."""

    questions_per_case_and_holder: Count
    questions_per_user_and_day: Count
    questions_per_partner_and_day: Count
    decisions_per_decider_and_day: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptProfile:
    """An epoch that began before `token_profile` changed, and the profile that it keeps."""

    epoch: Epoch
    profile: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochPolicy:
    """A new epoch is due after `renew_after_days`; at most `max_live` epochs are read at once.

    A version that changes `token_profile` names every live epoch in `kept_profiles`, with the profile it has.
    """

    renew_after_days: Count
    max_live: Annotated[int, Field(ge=1, le=MAX_EPOCHS)]
    kept_profiles: tuple[KeptProfile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinator:
    """The coordinator as every node must find it; `audit_key` (Ed25519) signs checkpoints under `log_origin`."""

    address: HostPort
    tls_pin: Hex32
    audit_key: Hex32
    log_origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """Who may open all sealed halves of the log."""

    name: Text
    sealing_key: Hex32


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The paper behind this document (R-02): convenant and privacy protocol, and who signed them.

    `joint_arrangement`: where the arrangement of joint controllers (art. 26 AVG, R-04) stands; empty = there is none.
    """

    convenant_version: Text
    convenant_date: Day
    protocol_version: Text
    protocol_date: Day
    signing_bodies: tuple[Text, ...]
    joint_arrangement: Reference = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorAgreement:
    """Agreement with the operator of the coordinator (R-05)."""

    operator: Text
    date: Day
    reports_breaches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """R-03: per subject the place in the paper convenant; empty = still open, and then no node may go active."""

    organisations: Reference = ""
    special_data: Reference = ""
    informing: Reference = ""
    consent: Reference = ""
    without_consent: Reference = ""
    escalation: Reference = ""
    rights: Reference = ""
    security_secrecy: Reference = ""
    common_purpose: Reference = ""
    data_flows: Reference = ""
    process_description: Reference = ""
    liability: Reference = ""
    audits: Reference = ""
    retention: Reference = ""
    manager_role: Reference = ""
    contact_point: Reference = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wpg20Decision:
    """R-06: the decision by which the police may structurally provide data to this partnership."""

    holder: Pid
    reference: Text
    interest: Text
    data: Text
    conditions: Text
    receivers: Pids
    signed_by: tuple[Text, ...]
    valid_from: Day
    valid_until: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """How each log is reviewed: every so many days a machine draws `share_percent` of it by lot, at least `minimum`
    entries and at most 1,000, which people judge within `within_days`.
    """

    share_percent: Annotated[int, Field(ge=1, le=100)] = 5
    minimum: Annotated[int, Field(ge=1, le=1_000)] = 5
    every_days: Annotated[int, Field(ge=1, le=31)] = 7
    within_days: Annotated[int, Field(ge=1, le=92)] = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """`evaluation` lifts budgets and modes, `demo` allows `--as`: each only where the daemon was started so too."""

    evaluation: bool = False
    demo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Covenant:
    """One partnership and one purpose, one version. `predecessor` is the fingerprint of version - 1, None for 1."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    format: Literal["samenloop/covenant/v1"]
    id: Code
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    predecessor: Hex32 | None = None
    name: Text
    regions: Codes
    review_date: Day
    trust_domain: TrustDomain
    token_profile: Code
    witness_quorum: Small
    purpose: Purpose
    budgets: Budgets
    epochs: EpochPolicy
    coordinator: Coordinator
    auditor: Auditor
    agreement: Agreement
    processor: ProcessorAgreement
    checklist: Checklist
    participants: Annotated[tuple[Participant, ...], AfterValidator(by_id)]
    wpg20: tuple[Wpg20Decision, ...] = ()
    review: Review = Review()
    flags: Flags = Flags()

    def profiles(self) -> EpochProfiles:
        """Return the token profile of every epoch; raises InvalidInput for one that does not exist."""
        kept = tuple((row.epoch, profile(row.profile)) for row in self.epochs.kept_profiles)
        return EpochProfiles(profile(self.token_profile), kept)

    def own_log_origin(self, participant: str) -> str:
        """Return the name of a participant's own log."""
        return f"{self.trust_domain}/{participant}"

    def find(self, participant: str) -> Participant | None:
        """Return the participant with this id, or None."""
        for row in self.participants:
            if row.id == participant:
                return row
        return None

    def participant(self, participant: str) -> Participant:
        """Return the participant with this id; raises SamenloopError(NOT_PERMITTED): unknown means deny."""
        row = self.find(participant)
        if row is None:
            raise SamenloopError(
                ErrorCode.NOT_PERMITTED,
                _(
                    "{participant} is geen deelnemer van convenant {covenant}.",
                    participant=participant,
                    covenant=self.id,
                ),
            )
        return row

    def wpg20_covers(self, holder: str, receiver: str, today: date) -> bool:
        """Say whether a valid art. 20 Wpg decision (R-06) lets this police holder provide to this receiver."""
        return any(
            row.holder == holder and receiver in row.receivers and row.valid_from <= today <= row.valid_until
            for row in self.wpg20
        )
