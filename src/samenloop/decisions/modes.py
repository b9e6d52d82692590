"""What a hit may do: the effective mode of a record towards one receiver (R-15, legal catalogue sections 2 and 5)."""

from dataclasses import dataclass, replace
from datetime import date

from samenloop.catalogue.catalogue import Catalogue, names
from samenloop.catalogue.schema import ANY, PairRule, Register
from samenloop.model import Mode

FRAMEWORKS = ("maatregel", "vrijwillig")
NO_CAPACITY = "none"
ORIGINS = ("eigen", "wpg", "wjsg", "bij", "anders")


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """The register facts of one record (R-11, R-13): codes and dates only.

    `kind` is a register kind of the catalogue, `task` and `measure` are codes of that register (`measure` may be
    empty), `acting_for` is the participant that a `vhh_casus` record is listed for and `acting_kind` that participant's
    partner kind (from the covenant). `tightened` is the holder's own, stricter mode. `frozen`: an objection is pending
    (R-67). `origin_permission`: the source of a foreign record gave recorded permission (P-05, R-16).
    """

    kind: str
    task: str
    framework: str
    origin: str
    measure: str
    protected: bool
    tightened: Mode | None
    review_date: date
    acting_for: str
    acting_kind: str = ""
    frozen: bool = False
    origin_permission: bool = False


@dataclass(frozen=True, slots=True)
class ModeDecision:
    """A mode, the rule that set it, and what a release or decision beforehand needs besides.

    `reason` is `register`, `convenant`, `houder`, `bron`, `bescherming`, `casus_zorg`, `doel`, `ontvanger`, `kader`,
    `taak` or a pair rule id. `receiver_kind` (a partner kind) and `acting_as` are what it was made for. `steps` are
    profiles of the applied pair rules; `consent_required`: nothing stands in for consent.
    """

    mode: Mode
    rule: str
    reason: str
    receiver_kind: str = ""
    acting_as: str = ""
    steps: tuple[str, ...] = ()
    consent_required: bool = False


def effective_mode(
    catalogue: Catalogue,
    facts: RecordFacts,
    covenant_mode: Mode | None,
    receiver_kind: str,
    acting_as: str,
    purpose: str,
) -> ModeDecision:
    """Return the mode of a record towards a receiver in one capacity.

    An empty capacity is `none`. An unknown register, receiver, capacity or purpose gives `never`.
    """
    register = catalogue.registers.get(facts.kind)
    receiver = catalogue.partner_of(receiver_kind)
    acting_as = acting_as or NO_CAPACITY
    barred = _barred(catalogue, facts, receiver_kind, acting_as, purpose)
    if barred is not None or register is None or receiver is None:
        return barred or _NEVER
    pairs = tuple(pair for pair in catalogue.pairs if _holds(catalogue, pair, register, facts, receiver, acting_as))
    tightening = tuple(pair for pair in pairs if pair.effect == "tighten")
    start = _loosened(_default(register, facts), pairs)
    floors = (start, *map(_from_pair, tightening), *_floors(catalogue, facts, covenant_mode))
    strictest = max(floors, key=lambda one: one.mode)
    used = (*tightening, *(pair for pair in pairs if pair.id == start.rule))
    return replace(
        strictest,
        receiver_kind=receiver,
        acting_as=acting_as,
        steps=tuple(dict.fromkeys(pair.steps for pair in used if pair.steps)),
        consent_required=any(pair.consent_required for pair in used),
    )


def strictest_mode(
    catalogue: Catalogue,
    facts: RecordFacts,
    covenant_mode: Mode | None,
    receiver_kinds: tuple[str, ...],
    acting_as: str,
    purpose: str,
) -> ModeDecision:
    """Return the strictest mode over all kinds that the receiver acts as; without any kind it is `never`."""
    modes = (effective_mode(catalogue, facts, covenant_mode, kind, acting_as, purpose) for kind in receiver_kinds)
    return max(modes, key=lambda one: one.mode, default=_NEVER)


_NEVER = ModeDecision(Mode.NEVER, "R-15", "register")


def _barred(
    catalogue: Catalogue, facts: RecordFacts, receiver_kind: str, acting_as: str, purpose: str
) -> ModeDecision | None:
    if not catalogue.enabled(facts.kind):
        return _NEVER
    if not catalogue.enabled(receiver_kind) or catalogue.listed("acting_as", acting_as) is None:
        return ModeDecision(Mode.NEVER, "R-15", "ontvanger")
    if catalogue.index_of(purpose) is None:
        return ModeDecision(Mode.NEVER, "R-19", "doel")
    if facts.framework not in FRAMEWORKS or facts.origin not in ORIGINS:
        return ModeDecision(Mode.NEVER, "R-15", "kader")
    return None


def _default(register: Register, facts: RecordFacts) -> ModeDecision:
    modes = [register.mode]
    if register.condition == "own_source_and_measure" and not _own_measure(register, facts):
        modes.append(register.otherwise or Mode.NEVER)
    if facts.framework == "vrijwillig" and register.voluntary is not None:
        modes.append(register.voluntary)
    return ModeDecision(max(modes), register.never_rule or "R-15", "register")


def _own_measure(register: Register, facts: RecordFacts) -> bool:
    return facts.origin == "eigen" and facts.measure in register.measures


def _loosened(default: ModeDecision, pairs: tuple[PairRule, ...]) -> ModeDecision:
    looser = [pair for pair in pairs if pair.effect == "loosen" and pair.mode < default.mode]
    if default.mode is Mode.NEVER or not looser:
        return default
    return _from_pair(min(looser, key=lambda pair: pair.mode))


def _from_pair(pair: PairRule) -> ModeDecision:
    return ModeDecision(pair.mode, pair.id, pair.id)


def _floors(catalogue: Catalogue, facts: RecordFacts, covenant_mode: Mode | None) -> list[ModeDecision]:
    floors = [_origin(catalogue, facts)]
    if facts.task in catalogue.excluded_tasks:
        floors.append(ModeDecision(Mode.NEVER, catalogue.excluded_tasks[facts.task].rule, "taak"))
    if covenant_mode is not None:
        floors.append(ModeDecision(covenant_mode, "R-15", "convenant"))
    if facts.tightened is not None:
        floors.append(ModeDecision(facts.tightened, "R-15", "houder"))
    if facts.protected:
        floors.append(ModeDecision(Mode.HOLDER_DECIDES, "R-15", "bescherming"))
    if _care_case(catalogue, facts):
        floors.append(ModeDecision(Mode.HOLDER_DECIDES, "R-15", "casus_zorg"))
    return floors


def _origin(catalogue: Catalogue, facts: RecordFacts) -> ModeDecision:
    if facts.origin == "eigen":
        return ModeDecision(Mode.AUTOMATIC, "R-16", "bron")
    permitted = facts.origin_permission and catalogue.choice("foreign_origin_with_permission")
    return ModeDecision(Mode.HOLDER_DECIDES if permitted else Mode.NEVER, "R-16", "bron")


def _care_case(catalogue: Catalogue, facts: RecordFacts) -> bool:
    register = catalogue.registers[facts.kind]
    if not register.acting_for or not catalogue.choice("care_case_tightened"):
        return False
    acting = catalogue.partners.get(catalogue.partner_of(facts.acting_kind) or "")
    return acting is None or acting.care


def _holds(
    catalogue: Catalogue, pair: PairRule, register: Register, facts: RecordFacts, receiver: str, acting_as: str
) -> bool:
    return (
        names(pair.holders, register.partner)
        and names(pair.receivers, receiver)
        and (not pair.holder_secrecy or bool(catalogue.partners[register.partner].secrecy))
        and (pair.acting_as is None or _acts_as(catalogue, receiver, acting_as, pair.acting_as))
        and not _acts_as(catalogue, receiver, acting_as, pair.unless_acting_as)
        and (pair.tasks is None or facts.task in pair.tasks)
        and (pair.origins is None or facts.origin in pair.origins)
        and (pair.categories is None or bool(set(pair.categories) & set(register.treated_as)))
        and not (pair.without_permission and facts.origin_permission)
    )


def _acts_as(catalogue: Catalogue, receiver: str, acting_as: str, listed: tuple[str, ...]) -> bool:
    return acting_as in listed and catalogue.usable("acting_as", acting_as, receiver)


def excluded_rule(catalogue: Catalogue, facts: RecordFacts) -> str | None:
    """Return the rule that keeps this kind of record out of every index (R-14, R-42, R-43, P-04), else None."""
    register = catalogue.registers.get(facts.kind)
    for pair in catalogue.pairs:
        towards_all = pair.mode is Mode.NEVER and names(pair.receivers, ANY) and pair.tasks is not None
        if towards_all and register and names(pair.holders, register.partner) and facts.task in (pair.tasks or ()):
            return pair.id
    excluded = catalogue.excluded_tasks.get(facts.task)
    return excluded.rule if excluded else None


def foreign(catalogue: Catalogue, facts: RecordFacts) -> str | None:
    """Return the rule that keeps a foreign record without its source's permission out (P-05, R-16), else None."""
    if _origin(catalogue, facts).mode is not Mode.NEVER or facts.origin not in ORIGINS:
        return None
    register = catalogue.registers.get(facts.kind)
    for pair in catalogue.pairs:
        if pair.without_permission and register and names(pair.holders, register.partner):
            return pair.id if facts.origin in (pair.origins or ()) else "R-16"
    return "R-16"
