"""The recipes: from the pieces of a person to the messages that are keyed. The hit rule is in `samenloop.profile`.

Each recipe holds a full date of birth, or an address or place with as much entropy. Recipes of name and date give
nothing for 1 January and for unknown parts. A changed transformation is a new recipe name: the name is in the key.
What each is for, gains and risks, measured: docs/reference/normalisation.md and docs/explanation/quality.md.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from samenloop.errors import InvalidInput
from samenloop.model import GROUP_SIZES
from samenloop.profile import Profile
from samenloop.texts import _
from samenloop_node.identity.person import Person
from samenloop_node.tokens.features import Features, features_of, prefixed

Recipe = Callable[[Features], list[str]]
"""Returns distinct messages, as the pieces of a kind are distinct."""


def messages_of(person: Person, profile: Profile) -> list[Sequence[str]]:
    """Return per recipe of the profile the messages to key; empty where the recipe cannot be made."""
    features = features_of(person)
    return [recipe(features) for recipe in _recipes(profile.recipes)]


@lru_cache(maxsize=16)
def _recipes(names: tuple[str, ...]) -> tuple[Recipe, ...]:
    if not set(names) <= set(RECIPES):
        raise InvalidInput("profile", _("Onbekend recept in het tokenprofiel."))
    return tuple(RECIPES[name] for name in names)


def _name(f: Features) -> list[str]:
    """Surname + first name + date: the strong key; works when the sex is wrong or missing."""
    if not f.date:
        return []
    surnames = f.surname.sounds
    return [s + x + f.date for s in surnames for x in f.first.stems[: _room(surnames)]]


def _name_loose(f: Features) -> list[str]:
    """Surname consonants + sex + part of a first name + date: spellings and clipped call names. Its conflict
    parts twins."""
    if not f.date:
        return []
    surnames = [k + g for k in f.surname.skeletons for g in f.sexes]
    return [s + x + f.date for s in surnames for x in f.first.fragments[: _room(surnames)]]


def _surname_initial(f: Features) -> list[str]:
    """Surname consonants + initial + sex + date: records that hold initials only."""
    if not f.date:
        return []
    return [k + i + g + f.date for k in f.surname.skeletons for i in f.first.initial for g in f.sexes]


def _surname_initials(f: Features) -> list[str]:
    """Surname + all initials, two or more + date: overrides an odd call name."""
    if not f.date or not f.first.all_initials:
        return []
    return [s + f.first.all_initials + f.date for s in f.surname.sounds]


def _initials(f: Features) -> list[str]:
    """First two initials + date: for its conflict, J.P. and J.M. are two persons."""
    return [f.first.first_two + f.date] if f.date and f.first.first_two else []


def _home(f: Features) -> list[str]:
    """Surname consonants + initial + sex + postcode + (year | day and month): a wrong or unknown part of the date."""
    if not f.postcode:
        return []
    return [
        k + i + g + f.postcode + part
        for k in f.surname.skeletons
        for i in f.first.initial
        for g in f.sexes
        for part in f.part_dates
    ]


def _home_first(f: Features) -> list[str]:
    """Part of a first name + postcode + (year | day and month): for its conflict, beside the two address recipes."""
    if not f.postcode:
        return []
    return [x + f.postcode + part for part in f.part_dates for x in f.first.fragments[: _room(f.part_dates)]]


def _home_initials(f: Features) -> list[str]:
    """First two initials + postcode + (year | day and month): for its conflict, beside the two address recipes."""
    if not f.postcode or not f.first.first_two:
        return []
    return [f.first.first_two + f.postcode + part for part in f.part_dates]


def _postcode_initial(f: Features) -> list[str]:
    """Initial + sex + postcode + date: married names and surnames that were mistyped."""
    if not f.date or not f.postcode:
        return []
    return [i + g + f.postcode + f.date for i in f.first.initial for g in f.sexes]


def _words(f: Features) -> list[str]:
    """{first name, word of the surname} in any order + date: exchanged fields, chains of names, part of a double
    surname."""
    if not f.date or f.first.has_initials_only:
        return []
    firsts, others = f.first.words, f.surname.words
    if not firsts:
        firsts, others = others[:1], others[1:]
    return list(dict.fromkeys(_unordered(one, other) + f.date for one in firsts for other in others))


def _place_year(f: Features) -> list[str]:
    """Surname + first name + place of birth + year, only where the rest of the date is unknown or 1 January."""
    if not f.is_year_only or not f.place:
        return []
    surnames = f.surname.sounds
    return [s + x + f.place + f.year for s in surnames for x in f.first.stems[: _room(surnames)]]


def _bare(f: Features) -> list[str]:
    """Only for records without sex, place and house number: start or end of any name + postcode + date, or of both
    names + date."""
    if not f.date or not f.is_bare:
        return []
    words = (*f.first.spoken_words[:2], *f.surname.spoken_words[:2])
    found = [f"w{end}{f.postcode}{f.date}" for word in words for end in _ends(word, 3)] if f.postcode else []
    for first, surname in zip(f.first.spoken_words[:1], f.surname.spoken_words[:1], strict=False):
        found += [f"n{_unordered(a, b)}{f.date}" for a in _ends(surname, 4) for b in _ends(first, 3)]
    return list(dict.fromkeys(found))


def _room(others: Sequence[str]) -> int:
    """How many values of one kind fit beside `others` in the 12 tokens of a recipe."""
    return GROUP_SIZES[-1] // max(1, len(others))


def _ends(word: str, letters: int) -> tuple[str, str]:
    return "s" + prefixed(word[:letters]), "e" + prefixed(word[-letters:])


def _unordered(one: str, other: str) -> str:
    low, high = sorted((one, other))
    return prefixed(low) + prefixed(high)


RECIPES: Mapping[str, Recipe] = {
    "name": _name,
    "name-loose": _name_loose,
    "surname-initial": _surname_initial,
    "surname-initials": _surname_initials,
    "initials": _initials,
    "home": _home,
    "home-first": _home_first,
    "home-initials": _home_initials,
    "postcode-initial": _postcode_initial,
    "words": _words,
    "place-year": _place_year,
    "bare": _bare,
}
"""Every recipe that a profile may name."""
