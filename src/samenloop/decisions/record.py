"""RECORD proposed -> indexed -> withdrawn -> purged (R-11..R-19, R-67, R-69)."""

import enum
from dataclasses import dataclass
from datetime import date

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.guards import Guard, Machine, Transition, by_law, require, when
from samenloop.decisions.modes import FRAMEWORKS, ORIGINS, RecordFacts, excluded_rule, foreign
from samenloop.decisions.terms import months_later
from samenloop.model import Mode
from samenloop.texts import N_


class RecordState(enum.Enum):
    """Where a record is."""

    PROPOSED = "proposed"
    INDEXED = "indexed"
    FROZEN = "frozen"
    WITHDRAWN = "withdrawn"
    PURGED = "purged"


class RecordEvent(enum.Enum):
    """What can happen to a record."""

    INDEX = "index"
    REVIEW = "review"
    OBJECT = "object"
    DISMISS_OBJECTION = "dismiss_objection"
    WITHDRAW = "withdraw"
    PURGE = "purge"


@dataclass(frozen=True, slots=True)
class RecordInput:
    """What the guards of a record look at.

    `by_holder`: the event comes from the register's owner (R-17); `has_ground`: the holder recorded its own ground for
    tokenising; `purpose` is the index purpose; `objection_decided`: decision on an objection is recorded;
    `term_ended`: the term of R-69 has passed, `gone`: tokens, index rows and answers of the record are deleted.
    """

    facts: RecordFacts
    today: date
    purpose: str = ""
    by_holder: bool = False
    has_ground: bool = False
    objection_decided: bool = False
    term_ended: bool = False
    gone: bool = False


def registrable(catalogue: Catalogue, facts: RecordFacts) -> None:
    """Raise Refused when a record with these facts may not be in the index, whoever asks and whenever.

    Node (at sync) and coordinator call this with the same facts.
    """
    require(catalogue, REGISTRABLE, facts)


def index_visible(catalogue: Catalogue, given: RecordInput) -> None:
    """Do what the transition to `indexed` does, with the facts that the coordinator sees (R-11..R-19)."""
    require(catalogue, (guard for guard in INDEX if guard.visible), given)


def review_visible(catalogue: Catalogue, given: RecordInput) -> None:
    """Raise Refused (R-18) for a review date that is over, or too far away."""
    require(catalogue, (_REVIEWED,), given)


def _register_known(catalogue: Catalogue, facts: RecordFacts) -> bool:
    return facts.kind in catalogue.registers and catalogue.enabled(facts.kind)


def _not_never(catalogue: Catalogue, facts: RecordFacts) -> bool:
    register = catalogue.registers.get(facts.kind)
    return register is None or register.mode is not Mode.NEVER


def _task_listed(catalogue: Catalogue, facts: RecordFacts) -> bool:
    register = catalogue.registers.get(facts.kind)
    own = register.tasks if register else ()
    return not facts.task or facts.task in own or facts.task in catalogue.excluded_tasks


def _measure_listed(catalogue: Catalogue, facts: RecordFacts) -> bool:
    register = catalogue.registers.get(facts.kind)
    return not facts.measure or (register is not None and facts.measure in register.measures)


def _excluded_by(rule: str) -> Guard[RecordFacts]:
    return Guard(
        rule,
        "task_excluded",
        N_("Dit soort gegevens mag niet in de index."),
        by_law(lambda catalogue, facts: excluded_rule(catalogue, facts) != rule),
        visible=True,
    )


def _acting(catalogue: Catalogue, facts: RecordFacts) -> bool:
    register = catalogue.registers.get(facts.kind)
    return register is None or not register.acting_for or bool(facts.acting_for and facts.acting_kind)


REGISTRABLE: tuple[Guard[RecordFacts], ...] = (
    Guard("R-14", "register_never", N_("Dit register mag niet in de index."), by_law(_not_never), visible=True),
    Guard(
        "R-15",
        "register_known",
        N_("Dit soort register is onbekend of nog niet goedgekeurd."),
        by_law(_register_known),
        visible=True,
    ),
    Guard(
        "R-01",
        "acting_for",
        N_("Noem de partner namens wie deze casus op de lijst staat."),
        by_law(_acting),
        visible=True,
    ),
    Guard(
        "R-11",
        "task",
        N_("Noem de taak waarvoor deze persoon in behandeling is."),
        when(lambda facts: bool(facts.task)),
        visible=True,
    ),
    Guard(
        "R-13",
        "task_listed",
        N_("Deze taak staat niet op de lijst van dit register. Gebruik een code van de lijst."),
        by_law(_task_listed),
        visible=True,
    ),
    Guard(
        "R-13",
        "measure_listed",
        N_("Deze maatregel staat niet op de lijst van dit register. Gebruik een code van de lijst."),
        by_law(_measure_listed),
        visible=True,
    ),
    Guard(
        "R-13",
        "framework_listed",
        N_("Het kader moet maatregel of vrijwillig zijn."),
        when(lambda facts: facts.framework in FRAMEWORKS),
        visible=True,
    ),
    Guard(
        "R-13",
        "origin_listed",
        N_("De herkomst moet eigen, wpg, wjsg, bij of anders zijn."),
        when(lambda facts: facts.origin in ORIGINS),
        visible=True,
    ),
    *map(_excluded_by, ("P-04", "R-14", "R-42", "R-43")),
    Guard(
        "P-05",
        "origin_permission",
        N_("Gegevens van politie, OM of BIJ mogen alleen in de index als de bron dat aantoonbaar goedvindt."),
        by_law(lambda catalogue, facts: foreign(catalogue, facts) != "P-05"),
        visible=True,
    ),
    Guard(
        "R-16",
        "origin_permission",
        N_("Gegevens van een andere partner mogen alleen in de index als die partner dat aantoonbaar goedvindt."),
        by_law(lambda catalogue, facts: foreign(catalogue, facts) != "R-16"),
        visible=True,
    ),
    Guard(
        "R-15",
        "mode_never",
        N_("Deze registratie staat op nooit tonen en hoort daarom niet in de index."),
        when(lambda facts: facts.tightened is not Mode.NEVER),
        visible=True,
    ),
)


def _review_date(catalogue: Catalogue, given: RecordInput) -> bool:
    latest = months_later(given.today, catalogue.limit("review_months"))
    return given.today <= given.facts.review_date <= latest


_ON_FACTS: tuple[Guard[RecordInput], ...] = tuple(guard.of(lambda given: given.facts) for guard in REGISTRABLE)
_BY_HOLDER: Guard[RecordInput] = Guard(
    "R-17",
    "by_holder",
    N_("Alleen de houder van het register kan dit doen, op zijn eigen node."),
    when(lambda given: given.by_holder),
    visible=True,
)
_REVIEWED: Guard[RecordInput] = Guard(
    "R-18",
    "review_date",
    N_("Noem een toetsdatum die niet voorbij is en niet te ver weg ligt."),
    by_law(_review_date),
    visible=True,
)
INDEX: tuple[Guard[RecordInput], ...] = (
    *_ON_FACTS,
    _BY_HOLDER,
    Guard(
        "R-17",
        "has_ground",
        N_("Leg eerst vast op welke eigen grond u deze registratie doet."),
        when(lambda given: given.has_ground),
        visible=True,
    ),
    _REVIEWED,
    Guard(
        "R-19",
        "index_purpose",
        N_("Dit doel hoort niet bij deze index."),
        by_law(lambda catalogue, given: catalogue.usable("indexes", given.purpose)),
        visible=True,
    ),
)
_DECIDED: Guard[RecordInput] = Guard(
    "R-67",
    "objection_decided",
    N_("Over het bezwaar is nog niet besloten."),
    when(lambda given: given.objection_decided),
)
_TERM: Guard[RecordInput] = Guard(
    "R-69",
    "term_ended",
    N_("De bewaartermijn is nog niet voorbij."),
    when(lambda given: given.term_ended),
)
_GONE: Guard[RecordInput] = Guard(
    "R-69",
    "gone",
    N_("De tokens en antwoorden van deze registratie zijn nog niet weg."),
    when(lambda given: given.gone),
)

_S, _E = RecordState, RecordEvent
RECORD: Machine[RecordState, RecordEvent, RecordInput] = Machine(
    "RECORD",
    "R-11",
    (
        Transition((_S.PROPOSED,), _E.INDEX, _S.INDEXED, INDEX),
        Transition((_S.INDEXED,), _E.REVIEW, _S.INDEXED, (*_ON_FACTS, _BY_HOLDER, _REVIEWED)),
        Transition((_S.INDEXED,), _E.OBJECT, _S.FROZEN, ()),
        Transition((_S.FROZEN,), _E.DISMISS_OBJECTION, _S.INDEXED, (_BY_HOLDER, _DECIDED)),
        Transition((_S.INDEXED, _S.FROZEN), _E.WITHDRAW, _S.WITHDRAWN, (_BY_HOLDER,)),
        Transition((_S.WITHDRAWN,), _E.PURGE, _S.PURGED, (_TERM, _GONE)),
    ),
)
