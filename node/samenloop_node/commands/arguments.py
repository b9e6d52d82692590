"""Reading the arguments of a command: each by name, of the right type, nothing assumed."""

from collections.abc import Mapping
from datetime import date

from samenloop import model
from samenloop.errors import InvalidInput
from samenloop.texts import _


def only(request: Mapping[str, object], *names: str) -> None:
    """Refuse an argument that the command does not know, without repeating it; raises InvalidInput."""
    if not request.keys() <= set(names):
        known = ", ".join(names)
        raise InvalidInput("arguments", _("De invoer heeft een onbekend veld. Bekend zijn: {names}.", names=known))


def text(request: Mapping[str, object], name: str, default: str | None = None) -> str:
    """Return a text argument; raises InvalidInput when it is missing (without default) or no text."""
    value = request.get(name, default)
    if not isinstance(value, str):
        raise InvalidInput(name, _("Het argument {name} ontbreekt of is geen tekst.", name=name))
    return value


def number(request: Mapping[str, object], name: str, default: int | None = None) -> int:
    """Return a whole number of at least 0; raises InvalidInput."""
    value = request.get(name, default)
    if type(value) is not int or value < 0:
        raise InvalidInput(name, _("Het argument {name} ontbreekt of is geen geheel getal.", name=name))
    return value


def table(request: Mapping[str, object], name: str) -> dict[str, str]:
    """Return a table of texts, empty when it is not there; raises InvalidInput."""
    value = request.get(name, {})
    if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
        raise InvalidInput(name, _("Het argument {name} is geen tabel van teksten.", name=name))
    return dict(value)


def codes(request: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return a list of codes, empty when it is not there; raises InvalidInput."""
    value = request.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InvalidInput(name, _("{name} is een lijst van codes.", name=name))
    return tuple(model.code(one, name) for one in value)


def tick(request: Mapping[str, object], name: str) -> bool:
    """Return a tick, false when it is not there; raises InvalidInput."""
    value = request.get(name, False)
    if not isinstance(value, bool):
        raise InvalidInput(name, _("{name} is ja of nee (true of false).", name=name))
    return value


def day(request: Mapping[str, object], name: str) -> date:
    """Return a date written YYYY-MM-DD; raises InvalidInput."""
    value = text(request, name)
    try:
        return date.fromisoformat(value if len(value) == len("2026-01-31") else "")
    except ValueError as problem:
        raise InvalidInput(name, _("Schrijf {name} als 2026-01-31.", name=name)) from problem


def table_of(request: Mapping[str, object], name: str) -> dict[str, object]:
    """Return a JSON object; raises InvalidInput when it is missing."""
    value = request.get(name)
    if not isinstance(value, dict):
        raise InvalidInput(name, _("Het argument {name} ontbreekt of is geen JSON-object.", name=name))
    return dict(value)
