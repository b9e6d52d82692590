"""Who takes part in a covenant, with what they keep and whom they may ask, as frozen values."""

import enum
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import AfterValidator

from samenloop.covenant.fields import Code, Codes, Count, Day, Hex32, ModeName, Pid, Pids, Rid, Text
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import ParticipantId, RegisterId
from samenloop.texts import _

VHH_CASUS = "vhh_casus"
"""Catalogue kind of the case list of a Veiligheidshuis."""

_Row = TypeVar("_Row", "Register", "Participant")


class Role(enum.Enum):
    """Place of a partner in the network (HV 2.2.2, 2.2.3)."""

    CORE = "core_partner"
    SHELL = "shell_partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One holder's list. `mode` may only be stricter than the catalogue's; None = the catalogue's own mode."""

    id: Rid
    kind: Code
    mode: ModeName | None = None
    acting_partners: Pids = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Who is controller in law (R-04); `joint` = joint controller by art. 26 AVG or by the Wgs."""

    name: Text
    joint: bool
    contact: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLimits:
    """A participant's own, lower limits; None = the covenant's. The lower of the two counts."""

    questions_per_case_and_holder: Count | None = None
    questions_per_user_and_day: Count | None = None
    questions_per_partner_and_day: Count | None = None
    decisions_per_decider_and_day: Count | None = None
    retention_months: Count | None = None


def by_id(rows: tuple[_Row, ...]) -> tuple[_Row, ...]:
    """Return rows in the order of their ids; raises ValueError when an id stands there twice."""
    ordered = tuple(sorted(rows, key=lambda row: row.id))
    if len({row.id for row in ordered}) != len(ordered):
        raise ValueError
    return ordered


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A party to the covenant. `network` (R-08): no legal person, so its registers' acting partners sign for it."""

    id: Pid
    display_name: Text
    role: Role
    controller: Controller
    region: Code
    contact: Text
    secrecy: Text
    processing_entry: Text
    impact_assessed_on: Day
    signing_key: Hex32
    sealing_key: Hex32
    tls_pin: Hex32
    network: bool = False
    registers: Annotated[tuple[Register, ...], AfterValidator(by_id)] = ()
    may_ask: Pids = ()
    asks_as: Codes = ()
    own_limits: OwnLimits = OwnLimits()
    suspended_by: Pids = ()

    @property
    def suspended(self) -> bool:
        """Say whether others have suspended this participant: it neither asks nor is asked."""
        return bool(self.suspended_by)

    @property
    def acting_partners(self) -> tuple[ParticipantId, ...]:
        """Return the partners on whose behalf a network's registers are kept; empty for any other participant."""
        return tuple(sorted({partner for register in self.registers for partner in register.acting_partners}))

    def register(self, register: RegisterId) -> Register:
        """Return one register; raises SamenloopError(NOT_FOUND)."""
        for row in self.registers:
            if row.id == register:
                return row
        raise SamenloopError(
            ErrorCode.NOT_FOUND,
            _("Deelnemer {participant} heeft geen register {register}.", participant=self.id, register=register),
        )
