"""The conditions of the question gate, one function each; `question` binds them to rules and texts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.asking import HolderFacts, HolderPart, QuestionFacts
from samenloop.decisions.grounds import Pair, breaks_secrecy, may_give, may_receive, never_rule, rests_on_consent
from samenloop.decisions.guards import Failing
from samenloop.decisions.modes import NO_CAPACITY
from samenloop.model import ParticipantId
from samenloop.texts import N_

NEVER_A_GROUND = N_("Dit kan nooit een grondslag zijn. Kies een grondslag uit de wet.")
MAY_NOT_ASK = N_("Dit soort partner mag geen vragen stellen.")
OTHER_INDEX = N_("Dit doel hoort niet bij deze index. Elk doel heeft een eigen index.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One holder of a question: the question, the part, and what is known of the holder."""

    facts: QuestionFacts
    part: HolderPart
    holder: HolderFacts


Check = Callable[[Catalogue, Asked], bool]


def each(holds: Check) -> Callable[[Catalogue, QuestionFacts], Iterator[str | Failing]]:
    """Turn a condition per holder into the `fails` of a guard: the places of the parts where it does not hold."""

    def fails(catalogue: Catalogue, facts: QuestionFacts) -> Iterator[str | Failing]:
        known = {one.holder: one for one in facts.holders}
        for number, part in enumerate(facts.parts):
            holder = known.get(part.holder)
            if holder is not None and not holds(catalogue, Asked(facts, part, holder)):
                yield f"parts[{number}]"

    return fails


def listed(name: str, field: str, text: str) -> Callable[[Catalogue, QuestionFacts], Iterator[str | Failing]]:
    """Every part's `field` is a usable code of the list `name`; a code that a rule bars is refused by that rule."""

    def fails(catalogue: Catalogue, facts: QuestionFacts) -> Iterator[str | Failing]:
        for number, part in enumerate(facts.parts):
            code, where = getattr(part, field), f"parts[{number}]"
            row = catalogue.listed(name, code)
            if row is not None and row.refused_by is not None:
                yield Failing(row.refused_by, field, where, text)
            elif not all(catalogue.usable(name, code, kind) for kind in facts.asker_kinds):
                yield where

    return fails


def barred_bases(catalogue: Catalogue, facts: QuestionFacts) -> Iterator[str | Failing]:
    """Find grounds that can never be one; each is refused by its own rule (R-02, R-21, R-32, R-41, R-42)."""
    for number, part in enumerate(facts.parts):
        for field in ("give_basis", "receive_basis", "inform_basis"):
            rule = never_rule(catalogue, getattr(part, field))
            if rule is not None:
                yield Failing(rule, "never_a_ground", f"parts[{number}].{field}", NEVER_A_GROUND)


def asker_barred(catalogue: Catalogue, facts: QuestionFacts) -> Iterator[str | Failing]:
    """Find kinds that may not ask, by the rule of the catalogue (R-20, R-29, P-15)."""
    for kind in facts.asker_kinds:
        partner = catalogue.partners.get(kind)
        if partner is not None and partner.ask_rule is not None:
            yield Failing(partner.ask_rule, "asker_kind", "", MAY_NOT_ASK)


def asker_known(catalogue: Catalogue, facts: QuestionFacts) -> bool:
    """Tell whether every kind that the asker asks as is known and approved."""
    return bool(facts.asker_kinds) and all(
        kind in catalogue.partners and catalogue.enabled(kind) for kind in facts.asker_kinds
    )


def index(catalogue: Catalogue, facts: QuestionFacts) -> Iterator[str | Failing]:
    """Refuse an index purpose that is unknown (R-19) or barred (ZSM: R-30)."""
    row = catalogue.listed("indexes", facts.purpose)
    if row is None:
        yield ""
    elif row.refused_by is not None:
        yield Failing(row.refused_by, "purpose", "", OTHER_INDEX)


def same_index(catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether the purpose towards this holder belongs to the index that is asked (R-19)."""
    row = catalogue.listed("purposes", asked.part.purpose)
    return row is None or row.refused_by is not None or row.parent == asked.facts.purpose


def named_need(catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether an asker of kind `r` asks for a purpose that names its kind."""
    row = catalogue.listed("purposes", asked.part.purpose)
    askers = [catalogue.partners[kind] for kind in asked.facts.asker_kinds if kind in catalogue.partners]
    return row is None or all(asker.id in row.kinds for asker in askers if asker.ask == "r")


def holders_known(_catalogue: Catalogue, facts: QuestionFacts) -> Iterator[str | Failing]:
    """Find parts for a holder that cannot be asked, is the asker itself, or is named twice."""
    known = {one.holder for one in facts.holders}
    seen: set[ParticipantId] = set()
    for number, part in enumerate(facts.parts):
        if part.holder not in known or part.holder in seen or part.holder == facts.asker:
            yield f"parts[{number}]"
        seen.add(part.holder)


def not_all(catalogue: Catalogue, facts: QuestionFacts) -> bool:
    """Tell whether not all holders are asked at once, from the number of choices.toml on (R-24)."""
    chosen = {part.holder for part in facts.parts}
    return len(chosen) < catalogue.limit("all_partners_from") or bool({one.holder for one in facts.holders} - chosen)


def capacity(catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether the asker can act in this capacity."""
    acting = asked.part.acting_as or NO_CAPACITY
    return all(catalogue.usable("acting_as", acting, kind) for kind in asked.facts.asker_kinds)


def _pairs(catalogue: Catalogue, asked: Asked) -> list[list[Pair]]:
    """Return, per kind of the asker, the pairs holder -> asker."""
    kinds = sorted({catalogue.partner_of(kind) or "" for kind in asked.holder.kinds})
    acting = asked.part.acting_as or NO_CAPACITY
    return [[Pair(kind, asker, acting, asked.facts.today) for kind in kinds] for asker in asked.facts.asker_kinds]


def can_give(catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether the expected ground lets a register of this holder give to every kind of the asker."""
    if never_rule(catalogue, asked.part.give_basis):
        return True
    pairs = _pairs(catalogue, asked)
    return all(any(may_give(catalogue, asked.part.give_basis, one) for one in per) for per in pairs)


def can_receive(catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether the asker has a ground to receive, for every kind that it asks as."""
    if never_rule(catalogue, asked.part.receive_basis):
        return True
    pairs = _pairs(catalogue, asked)
    return all(any(may_receive(catalogue, asked.part.receive_basis, one) for one in per) for per in pairs)


def consent_free(catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether nobody relies on consent who cannot (R-51)."""
    parts = [(asked.part.give_basis, kind) for kind in asked.holder.kinds]
    parts += [(asked.part.inform_basis, kind) for kind in asked.facts.asker_kinds]
    givers = [catalogue.partner_of(kind) or "" for code, kind in parts if rests_on_consent(catalogue, code)]
    return all(kind in catalogue.partners and catalogue.partners[kind].consent for kind in givers)


def may_know(catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether the asker may let this holder know that it has the person: ground and secrecy, for every kind."""
    basis = catalogue.give.get(asked.part.inform_basis)
    if basis is None or not asked.holder.kinds or not asked.facts.asker_kinds:
        return False
    learning = sorted({catalogue.partner_of(kind) or "" for kind in asked.holder.kinds})
    day, askers = asked.facts.today, asked.facts.asker_kinds
    pairs = [Pair(asker, kind, NO_CAPACITY, day) for asker in askers for kind in learning]
    return all(
        may_give(catalogue, basis.id, pair) and breaks_secrecy(catalogue, basis.breach or "", pair) for pair in pairs
    )


def in_decision(_catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether the police's art. 20 decision covers this holder when the police let it know (R-06)."""
    return asked.part.inform_basis != "wpg20" or asked.holder.wpg20_receiver


def region(catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether the holder lies in the own region, or a reason is given (R-27)."""
    return asked.holder.region == asked.facts.region or catalogue.usable("region_reasons", asked.facts.region_reason)


def not_again(catalogue: Catalogue, asked: Asked) -> bool:
    """Tell whether this holder may be asked again in this case (R-28)."""
    limit = min(catalogue.limit("respell"), asked.facts.respell_limit)
    return asked.holder.asked_before < limit or catalogue.usable("new_facts", asked.facts.new_fact)


def power(catalogue: Catalogue, facts: QuestionFacts) -> bool:
    """Tell whether a kind that needs a named power names one, and nobody names a power that is not his (R-29)."""
    askers = [catalogue.partners[kind] for kind in facts.asker_kinds if kind in catalogue.partners]
    if not facts.power and not any(asker.needs_power for asker in askers):
        return True
    return all(catalogue.usable("powers", facts.power, kind) for kind in facts.asker_kinds)


def optional(name: str, field: str) -> Callable[[Catalogue, QuestionFacts], bool]:
    """Tell whether a code that may be left out is on its list when it is there."""
    return lambda catalogue, facts: not getattr(facts, field) or catalogue.usable(name, getattr(facts, field))
