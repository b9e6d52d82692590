"""Cross-reference checks: every name used somewhere in the catalogue exists, and what must never loosen does not."""

from collections.abc import Iterable, Iterator

from samenloop.catalogue.catalogue import Catalogue
from samenloop.catalogue.schema import ANY, Ground, PairRule, Register
from samenloop.model import Mode
from samenloop.texts import _

LOOSENING = ("P-01", "P-02", "P-03", "P-10")
"""The only pair rules that may loosen (legal catalogue section 2)."""


def problems(catalogue: Catalogue) -> tuple[str, ...]:
    """Return what does not hold together, one short line each; empty when all is well."""
    checks = (_partners, _registers, _pairs, _grounds, _codes, _rules)
    return tuple(line for check in checks for line in check(catalogue))


def _unknown(names: Iterable[str], known: Iterable[str], where: str) -> Iterator[str]:
    yield from (f"{where}: {name}" for name in sorted(set(names) - set(known) - {ANY}))


def _partners(catalogue: Catalogue) -> Iterator[str]:
    for partner in catalogue.partners.values():
        if (partner.ask == "n") != (partner.ask_rule is not None):
            yield _("partners.{id}: ask = n en ask_rule horen samen", id=partner.id)
        yield from _unknown(partner.secrecy, catalogue.secrecy, f"partners.{partner.id}.secrecy")


def _registers(catalogue: Catalogue) -> Iterator[str]:
    for register in catalogue.registers.values():
        where = f"registers.{register.id}"
        yield from _unknown([register.partner], catalogue.partners, where)
        yield from _unknown(register.tasks, catalogue.codes["tasks"], f"{where}.tasks")
        yield from _unknown(register.measures, catalogue.codes["measures"], f"{where}.measures")
        yield from _unknown(register.release, catalogue.profiles, f"{where}.release")
        yield from _unknown([register.retention], catalogue.terms, f"{where}.retention")
        yield from _register_modes(register, where)
    yield from _unknown(catalogue.excluded_tasks, catalogue.codes["tasks"], "excluded_tasks")


def _register_modes(register: Register, where: str) -> Iterator[str]:
    if bool(register.condition) != (register.otherwise is not None):
        yield _("{where}: condition en otherwise horen samen", where=where)
    for other in (register.otherwise, register.voluntary):
        if other is not None and other < register.mode:
            yield _("{where}: otherwise of voluntary is minder streng dan mode", where=where)
    if (register.mode is Mode.NEVER) != (register.never_rule is not None):
        yield _("{where}: mode = never en never_rule horen samen", where=where)
    if register.mode is not Mode.NEVER and not register.tasks:
        yield _("{where}: zonder taak kan niets worden geregistreerd", where=where)


def _pairs(catalogue: Catalogue) -> Iterator[str]:
    seen = [(pair.id, pair.part) for pair in catalogue.pairs]
    if len(set(seen)) != len(seen):
        yield _("pairs: dezelfde id en part staan er twee keer")
    for pair in catalogue.pairs:
        yield from _pair(catalogue, pair, f"pairs.{pair.id}{pair.part}")


def _pair(catalogue: Catalogue, pair: PairRule, where: str) -> Iterator[str]:
    yield from _unknown((*pair.holders, *pair.receivers), catalogue.partners, where)
    yield from _unknown((*(pair.acting_as or ()), *pair.unless_acting_as), catalogue.codes["acting_as"], where)
    yield from _unknown(pair.tasks or (), catalogue.codes["tasks"], where)
    yield from _unknown([pair.steps] if pair.steps else [], catalogue.profiles, where)
    if pair.effect == "loosen" and (pair.id not in LOOSENING or not pair.acting_as):
        yield _("{where}: deze regel mag niet versoepelen", where=where)


def _grounds(catalogue: Catalogue) -> Iterator[str]:
    grounds: dict[str, Ground] = {**catalogue.give, **catalogue.receive}
    for key, ground in (*grounds.items(), *catalogue.breach_grounds.items()):
        yield from _unknown((*ground.holders, *ground.receivers), catalogue.partners, f"grond {key}")
        yield from _unknown(ground.acting_as or (), catalogue.codes["acting_as"], f"grond {key}")
        if ground.valid_to is not None and ground.valid_to < ground.valid_from:
            yield _("grond {key}: valid_to ligt voor valid_from", key=key)
    for key, basis in catalogue.give.items():
        yield from _unknown([basis.breach] if basis.breach else [], catalogue.breach_grounds, f"basis {key}")
    for key, breach in catalogue.breach_grounds.items():
        yield from _unknown(breach.breaks, catalogue.secrecy, f"breach {key}")
    barred = set(catalogue.never) & (set(grounds) | set(catalogue.breach_grounds))
    yield from (_("{key} is een grond en kan toch nooit een grond zijn", key=key) for key in sorted(barred))


def _codes(catalogue: Catalogue) -> Iterator[str]:
    for name, rows in catalogue.codes.items():
        for code, row in rows.items():
            yield from _unknown(row.kinds, catalogue.partners, f"{name}.{code}")
            yield from _unknown([row.parent] if row.parent else [], catalogue.codes["indexes"], f"{name}.{code}")
            if name == "purposes" and not row.parent and not row.refused_by:
                yield _("purposes.{code}: hoort bij geen index", code=code)
    for profile in catalogue.profiles.values():
        if any(not step.accepted or set(step.accepted) & set(step.refused) for step in profile.steps):
            yield _("profiles.{id}: een antwoord is goed en fout tegelijk, of geen antwoord is goed", id=profile.id)


def _rules(catalogue: Catalogue) -> Iterator[str]:
    used = {row.refused_by for rows in catalogue.codes.values() for row in rows.values() if row.refused_by}
    used |= {step.rule for profile in catalogue.profiles.values() for step in profile.steps}
    used |= {pair.id for pair in catalogue.pairs} | {row.rule for row in catalogue.never.values()}
    used |= {row.rule for row in catalogue.choices.values()} | {row.rule for row in catalogue.limits.values()}
    used |= {row.ask_rule for row in catalogue.partners.values() if row.ask_rule}
    used |= {row.rule for row in catalogue.excluded_tasks.values()}
    yield from _unknown(used, catalogue.rules, "rules")
