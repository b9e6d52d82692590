"""A deployer's override of the catalogue: changes of existing rows that may only tighten.

Its signatures are checked before (`samenloop.covenant.override`). What is not on this list is refused:

| table | what may change |
|---|---|
| registers | mode, otherwise, voluntary: stricter; tasks, measures: fewer |
| partners | ask: y -> r -> n (with ask_rule); enabled, consent: to false; needs_power, double_consent: to true |
| bases, breach_grounds | holders, receivers, breaks: fewer; valid_to: earlier; substitute: to false |
| pairs (key `P-09b`) | mode of a tightening rule: stricter; consent_required: to true |
| terms | amount: shorter |
| choices, limits | value: to the careful side |
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from samenloop.catalogue.catalogue import Catalogue, frozen
from samenloop.catalogue.check import problems
from samenloop.catalogue.loader import parse_row
from samenloop.catalogue.schema import ANY, Row
from samenloop.errors import InvalidInput, Refused
from samenloop.reasons import toml_place
from samenloop.texts import _

R = TypeVar("R", bound=Row)
Tighter = Callable[[Any, Any, Any], bool]
"""(row before, value before, value after) -> does this tighten, or change nothing?"""
_ASK = ("y", "r", "n")


def _stricter(_row: Any, before: Any, after: Any) -> bool:
    return after is not None and (before is None or after >= before)


def _fewer(_row: Any, before: Any, after: Any) -> bool:
    return ANY in before or set(after) <= set(before)


def _off(_row: Any, _before: Any, after: Any) -> bool:
    return after is False


def _on(_row: Any, _before: Any, after: Any) -> bool:
    return after is True


def _earlier(_row: Any, before: Any, after: Any) -> bool:
    return after is not None and (before is None or after <= before)


def _asks_less(_row: Any, before: Any, after: Any) -> bool:
    return _ASK.index(after) >= _ASK.index(before)


def _newly_set(_row: Any, before: Any, _after: Any) -> bool:
    return before is None


def _shorter(_row: Any, before: Any, after: Any) -> bool:
    return bool(after <= before)


def _careful(row: Any, before: Any, after: Any) -> bool:
    return after in (before, row.strict)


def _limit(row: Any, before: Any, after: Any) -> bool:
    return bool(after <= before) if row.tighter == "lower" else bool(after >= before)


def _tightening_pair(row: Any, before: Any, after: Any) -> bool:
    return row.effect == "tighten" and _stricter(row, before, after)


_GROUND: dict[str, Tighter] = {"holders": _fewer, "receivers": _fewer, "valid_to": _earlier}
_ALLOWED: Mapping[str, Mapping[str, Tighter]] = MappingProxyType(
    {
        "registers": {
            "mode": _stricter,
            "otherwise": _stricter,
            "voluntary": _stricter,
            "tasks": _fewer,
            "measures": _fewer,
            "never_rule": _newly_set,
        },
        "partners": {
            "ask": _asks_less,
            "ask_rule": _newly_set,
            "enabled": _off,
            "consent": _off,
            "needs_power": _on,
            "double_consent": _on,
        },
        "give": _GROUND,
        "receive": _GROUND,
        "breach_grounds": {**_GROUND, "breaks": _fewer, "substitute": _off},
        "pairs": {"mode": _tightening_pair, "consent_required": _on},
        "terms": {"amount": _shorter},
        "choices": {"value": _careful},
        "limits": {"value": _limit},
    }
)
_TABLES = (*(name for name in _ALLOWED if name not in ("give", "receive", "pairs")), "bases", "pairs")


def parse_override(text: str) -> Mapping[str, Any]:
    """Parse the TOML text of an override. Raises InvalidInput."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            "override", _("De aanscherping is geen geldig TOML: kijk bij {place}.", place=toml_place(error))
        ) from error


def tightened(catalogue: Catalogue, override: Mapping[str, Any]) -> Catalogue:
    """Return the catalogue with an override applied.

    Raises Refused (R-15) for whatever loosens, InvalidInput for unknown tables, rows, fields and values.
    """
    for name, rows in override.items():
        if name not in _TABLES or not isinstance(rows, dict):
            raise InvalidInput(name, _("{name} kan niet worden aangescherpt.", name=name))
    bases = override.get("bases", {})
    received = {key: row for key, row in bases.items() if key in catalogue.receive}
    given = {key: row for key, row in bases.items() if key not in received}
    pairs = {f"{pair.id}{pair.part}": pair for pair in catalogue.pairs}
    result = replace(
        catalogue,
        registers=_table("registers", catalogue.registers, override.get("registers", {})),
        partners=_table("partners", catalogue.partners, override.get("partners", {})),
        give=_table("give", catalogue.give, given),
        receive=_table(
            "receive", catalogue.receive, {key: row for key, row in bases.items() if key in catalogue.receive}
        ),
        breach_grounds=_table("breach_grounds", catalogue.breach_grounds, override.get("breach_grounds", {})),
        pairs=tuple(_table("pairs", pairs, override.get("pairs", {})).values()),
        terms=_table("terms", catalogue.terms, override.get("terms", {})),
        choices=_table("choices", catalogue.choices, override.get("choices", {})),
        limits=_table("limits", catalogue.limits, override.get("limits", {})),
    )
    found = problems(result)
    if found:
        raise InvalidInput("override", _("De aanscherping klopt niet: {problems}.", problems="; ".join(found)))
    return result


def _table(name: str, rows: Mapping[str, R], changes: Mapping[str, Any]) -> Mapping[str, R]:
    changed = dict(rows)
    for key, change in changes.items():
        where = f"{name}.{key}"
        if key not in rows or not isinstance(change, dict):
            raise InvalidInput(where, _("{where} staat niet in de catalogus.", where=where))
        changed[key] = _row(name, rows[key], change, where)
    return frozen(changed)


def _row(name: str, row: R, change: Mapping[str, Any], where: str) -> R:
    unknown = sorted(set(change) - set(_ALLOWED[name]))
    if unknown:
        raise InvalidInput(where, _("Dit veld kan niet worden aangescherpt: {field}.", field=unknown[0]))
    parsed = parse_row(type(row), {**row.model_dump(by_alias=True), **change}, where)
    for field in change:
        if not _ALLOWED[name][field](row, getattr(row, field), getattr(parsed, field)):
            text = _(
                "{where}.{field} wordt ruimer. Een aanscherping mag alleen strenger zijn.", where=where, field=field
            )
            raise Refused("R-15", text, (f"R-15 {where}.{field}",))
    return parsed
