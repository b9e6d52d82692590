"""From JSON to the frozen values of the decisions: strict, closed, and without room for free text (R-12, R-13).

Every text is a code, an id or a reference: letters, digits and `. _ / : -`, at most 64 characters, and no BSN. An
unknown key, a wrong type and a wrong date are refused with the path of the field, never with its value.
"""

import dataclasses
import enum
import functools
import re
import types
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from samenloop import model
from samenloop.decisions.consent_facts import ConsentForm
from samenloop.decisions.notice import NoticeInput
from samenloop.decisions.references import refuse_bsn
from samenloop.errors import InvalidInput
from samenloop.texts import _

T = TypeVar("T")
MAX_ITEMS = 64
_TEXT = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._/:-]{0,63})?\Z")


def parse(shape: type[T], value: object, where: str = "") -> T:
    """Return the frozen dataclass `shape` that a JSON object describes; a field with a default may be left out.

    Raises InvalidInput naming the field, or Refused (R-12) for what looks like a BSN.
    """
    return cast("T", _record(shape, value, where))


def parse_consent(value: object) -> ConsentForm:
    """Return a consent form's ticks, codes and dates."""
    return parse(ConsentForm, value)


def parse_notice(value: object) -> NoticeInput:
    """Return what giving or deferring a notice records."""
    return parse(NoticeInput, value)


def _record(shape: type, value: object, where: str) -> object:
    if not isinstance(value, Mapping):
        raise _wrong(where, _("Hier hoort een JSON-object."))
    known = {field.name: field for field in dataclasses.fields(shape)}
    if set(value) - set(known):
        raise _wrong(where, _("Er staat een onbekend veld in. Bekend zijn: {known}.", known=", ".join(known)))
    required = [name for name, field in known.items() if field.default is dataclasses.MISSING]
    for name in required:
        if name not in value:
            raise _wrong(_path(where, name), _("Dit veld ontbreekt."))
    hints = _hints(shape)
    return shape(**{name: _value(hints[name], value[name], _path(where, name)) for name in value})


@functools.cache
def _hints(shape: type) -> dict[str, Any]:
    return get_type_hints(shape)


def _value(kind: Any, value: object, where: str) -> object:
    origin = get_origin(kind)
    if origin in (types.UnionType, Union):  # a NewType or None is a Union, a class or None is not
        inner = next(one for one in get_args(kind) if one is not types.NoneType)
        return None if value is None else _value(inner, value, where)
    if origin in (tuple, frozenset):
        return _items(kind, value, where)
    if dataclasses.is_dataclass(kind):
        return _record(cast("type", kind), value, where)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _member(kind, value, where)
    return _scalar(kind, value, where)


def _items(kind: Any, value: object, where: str) -> object:
    inner = get_args(kind)
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise _wrong(where, _("Hier hoort een lijst van hoogstens {most}.", most=MAX_ITEMS))
    if get_origin(kind) is tuple and Ellipsis not in inner:
        if len(value) != len(inner):
            raise _wrong(where, _("Hier horen {count} waarden.", count=len(inner)))
        return tuple(_value(one, item, where) for one, item in zip(inner, value, strict=True))
    items = [_value(inner[0], item, f"{where}[{number}]") for number, item in enumerate(value)]
    return tuple(items) if get_origin(kind) is tuple else frozenset(items)


def _member(kind: type[enum.Enum], value: object, where: str) -> enum.Enum:
    for member in kind:
        if value == (member.name.lower() if isinstance(member.value, int) else member.value) and isinstance(value, str):
            return member
    names = ", ".join(member.name.lower() if isinstance(member.value, int) else member.value for member in kind)
    raise _wrong(where, _("Kies een van: {names}.", names=names))


def _scalar(kind: Any, value: object, where: str) -> object:
    if kind is bool or kind is int:
        if type(value) is not kind:
            raise _wrong(where, _("Hier hoort true of false.") if kind is bool else _("Hier hoort een getal."))
        return value
    if kind is date:
        return _date(value, where)
    if not isinstance(value, str) or not _TEXT.match(value):
        raise _wrong(where, _("Gebruik hier een code of nummer, geen vrije tekst."))
    if kind is model.ParticipantId:
        return model.participant_id(value, where)
    return refuse_bsn(value, where)


def _date(value: object, where: str) -> date:
    try:
        if isinstance(value, str) and len(value) == len("2026-01-31"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _wrong(where, _("Schrijf de datum als 2026-01-31."))


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _wrong(where: str, text: str) -> InvalidInput:
    field = where or "invoer"
    return InvalidInput(field, f"{field}: {text}")
