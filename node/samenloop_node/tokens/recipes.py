"""The recipes of the profiles: from a person to the messages that are keyed. Values only; the hit rule is in `samenloop.profile`."""

from collections.abc import Callable, Mapping

from samenloop.errors import InvalidInput
from samenloop.profile import Facts, Profile
from samenloop.texts import _
from samenloop_node.identity.fold import skeleton
from samenloop_node.identity.person import Person
from samenloop_node.tokens.features import Features, features_of


def facts_of(person: Person) -> Facts:
    """Return the two clear facts of a record."""
    features = features_of(person)
    return Facts(min(2, len(features.initials)), features.official)


def messages_of(person: Person, profile: Profile) -> list[list[bytes]]:
    """Return per recipe of the profile the distinct messages to key; an empty list where the recipe cannot be made."""
    features = features_of(person)
    return [[value.encode() for value in dict.fromkeys(_maker(name)(features))] for name in profile.recipes]


def _prefixed(*fields: str) -> str:
    return "".join(f"{len(field)}:{field}" for field in fields)


def _dated(features: Features) -> str | None:
    date = features.date
    if not date.is_full or date.is_year_only:
        return None
    low, high = sorted((date.month, date.day))
    return f"8:{date.year:04}{low:02}{high:02}"


def _name(features: Features) -> list[str]:
    date = _dated(features)
    return [] if date is None else [_prefixed(s, f) + date for s in features.surnames for f in features.firsts]


def _fragments(features: Features) -> list[str]:
    date = _dated(features)
    if date is None:
        return []
    return [_prefixed(skeleton(s)[:3], f[:3]) + date for s in features.surnames for f in features.firsts]


def _surname_initial(features: Features) -> list[str]:
    date = _dated(features)
    if date is None:
        return []
    return [
        _prefixed(skeleton(s), i, g) + date
        for s in features.surnames
        for i in features.first_initials
        for g in features.sexes
    ]


RECIPES: Mapping[str, Callable[[Features], list[str]]] = {
    "name": _name,
    "fragments": _fragments,
    "surname-initial": _surname_initial,
}


def _maker(name: str) -> Callable[[Features], list[str]]:
    try:
        return RECIPES[name]
    except KeyError:
        raise InvalidInput("profile", _("Onbekend recept in het tokenprofiel.")) from None
