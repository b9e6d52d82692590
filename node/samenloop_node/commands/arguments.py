"""Reading the arguments of a command: each by name, of the right type, nothing assumed."""

from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _


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
