"""The register facts of a row (R-11, R-16, R-18, R-76): from the columns of an export to codes, dates and references.

A column that the file does not have takes the register's default of the configuration. A wrong fact refuses the row; a
wrong decision beforehand is only not applied, because without it less is shown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from samenloop.bsn import is_bsn
from samenloop.catalogue import Catalogue
from samenloop.covenant import Covenant
from samenloop.covenant.acting import acting_kind
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.guards import require
from samenloop.decisions.modes import FRAMEWORKS, ORIGINS, RecordFacts
from samenloop.decisions.record import INDEX, RecordInput
from samenloop.errors import InvalidInput, Refused
from samenloop.model import ParticipantId, code, register_id
from samenloop_node.accounts import Authorisations
from samenloop_node.config import BeforehandGrounds
from samenloop_node.references import References
from samenloop_node.registrations.beforehand import check_beforehand
from samenloop_node.registrations.reasons import RowError

MAX_REFERENCE: Final = 64
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_DECISION = ("besloten_voor", "besluit", "beslisser", "besloten_op", "geldig_tot")


@dataclass(frozen=True, slots=True)
class Setting:
    """What the columns of one register are read against."""

    participant: str
    register: str
    kind: str
    covenant: Covenant
    catalogue: Catalogue
    authorisations: Authorisations
    references: References
    grounds: BeforehandGrounds | None
    today: date


@dataclass(frozen=True, slots=True)
class RowDecision:
    """A decision beforehand as a row states it; `reference` and `decider` are keyed references of 32 bytes, of
    `number` and account `decided_by`, which stay at this node.
    """

    receivers: tuple[ParticipantId, ...]
    reference: bytes
    decider: bytes
    decided_on: date
    valid_until: date
    give_basis: str
    breach_ground: str
    number: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row says about a record besides the person. `problem` is why its decision is not applied."""

    facts: RecordFacts
    case_number: str
    decision: RowDecision | None
    problem: RowError | None


def read_facts(values: Mapping[str, str], setting: Setting) -> RowFacts:
    """Parse and judge the fact columns of one row; raises RowError, whose code may be a rule id."""
    facts = RecordFacts(
        kind=setting.kind,
        task=_code("taak", values["taak"]),
        framework=_one_of("kader", values["kader"], FRAMEWORKS),
        origin=_one_of("herkomst", values["herkomst"], ORIGINS),
        measure=_code("maatregel", values["maatregel"]) if values["maatregel"] else "",
        protected=_yes("bescherming", values["bescherming"]),
        tightened=None,
        review_date=iso_date("toetsdatum", values["toetsdatum"]),
        acting_for=_partner("namens", values["namens"], setting) if values["namens"] else "",
        acting_kind=acting_kind(setting.catalogue, setting.covenant, values["namens"].strip()),
    )
    _judge(facts, setting)
    case_number = reference("zaak", values["zaak"]) if values["zaak"] else ""
    try:
        decision = _decision(values, facts, setting)
    except RowError as problem:
        return RowFacts(facts, case_number, None, problem)
    return RowFacts(facts, case_number, decision, None)


def reference(column: str, text: str) -> str:
    """Check a reference of this partner's own system: at most 64 printable characters and no BSN; raises RowError."""
    if len(text) > MAX_REFERENCE:
        raise RowError(column, "too_long_reference")
    if not text.isprintable():
        raise RowError(column, "control_character")
    if is_bsn(text):
        raise RowError(column, "bsn")
    return text


def iso_date(column: str, text: str) -> date:
    """Parse a date written YYYY-MM-DD; raises RowError."""
    try:
        return date.fromisoformat(_required(column, text) if _ISO.match(text) else "")
    except ValueError:
        raise RowError(column, "not_iso_date") from None


def _decision(values: Mapping[str, str], facts: RecordFacts, setting: Setting) -> RowDecision | None:
    if not any(values[column] for column in _DECISION):
        return None
    for column in _DECISION:
        if not values[column]:
            raise RowError(column, "decision_incomplete")
    if setting.grounds is None:
        raise RowError("besloten_voor", "no_grounds")
    decided_on, valid_until = (iso_date(column, values[column]) for column in ("besloten_op", "geldig_tot"))
    if decided_on > setting.today:
        raise RowError("besloten_op", "decision_in_future")
    if valid_until > facts.review_date:
        raise RowError("geldig_tot", "after_review")
    if not setting.authorisations.decision_maker(values["beslisser"], decided_on):
        raise RowError("beslisser", "not_a_decision_maker")
    if valid_until < decided_on:
        raise RowError("geldig_tot", "decision_ends_before")
    if valid_until < setting.today:
        raise RowError("geldig_tot", "decision_over")
    decision = RowDecision(
        receivers=tuple(sorted(_partner("besloten_voor", one, setting) for one in values["besloten_voor"].split("|"))),
        reference=setting.references.decision(reference("besluit", values["besluit"])),
        decider=setting.references.user(values["beslisser"]),
        decided_on=decided_on,
        valid_until=valid_until,
        give_basis=setting.grounds.give_basis,
        breach_ground=setting.grounds.breach_ground,
        number=values["besluit"],
        decided_by=values["beslisser"],
    )
    _check(decision, facts, setting)
    return decision


def beforehand(decision: RowDecision, registration: bytes, purpose: str) -> BeforehandDecision:
    """Return the decision of a row as the decision rules and the coordinator read it."""
    return BeforehandDecision(
        registration=registration,
        receivers=decision.receivers,
        purpose=purpose,
        basis=decision.give_basis,
        breach_ground=decision.breach_ground,
        valid_until=decision.valid_until,
        reference=decision.reference,
        decider=decision.decider,
        decided_on=decision.decided_on,
    )


def _check(decision: RowDecision, facts: RecordFacts, setting: Setting) -> None:
    register = setting.covenant.participant(setting.participant).register(register_id(setting.register))
    given = beforehand(decision, b"", setting.covenant.purpose.id)
    law, today = setting.catalogue, setting.today
    check_beforehand(law, setting.covenant, given, facts, register.mode, setting.participant, today)


def _judge(facts: RecordFacts, setting: Setting) -> None:
    grounded = bool(setting.covenant.participant(setting.participant).processing_entry)
    given = RecordInput(facts, setting.today, purpose=setting.covenant.purpose.id, by_holder=True, has_ground=grounded)
    try:
        require(setting.catalogue, INDEX, given)
    except Refused as refused:
        raise RowError(_COLUMN_OF.get(refused.rule, "taak"), refused.rule) from refused


_COLUMN_OF = {"R-01": "namens", "R-16": "herkomst", "P-05": "herkomst", "R-18": "toetsdatum"}


def _partner(column: str, text: str, setting: Setting) -> ParticipantId:
    name = text.strip()
    if setting.covenant.find(name) is None or name == setting.participant:
        raise RowError(column, "unknown_partner")
    return ParticipantId(name)


def _code(column: str, text: str) -> str:
    try:
        return code(_required(column, text), column)
    except RowError:
        raise
    except InvalidInput:
        raise RowError(column, "not_a_code") from None


def _one_of(column: str, text: str, known: tuple[str, ...]) -> str:
    if _required(column, text) not in known:
        raise RowError(column, "not_a_code")
    return text


def _yes(column: str, text: str) -> bool:
    if text not in ("ja", "nee"):
        raise RowError(column, "not_yes_no" if text else "required")
    return text == "ja"


def _required(column: str, text: str) -> str:
    if not text:
        raise RowError(column, "required")
    return text
