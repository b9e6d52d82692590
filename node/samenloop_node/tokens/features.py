"""What the recipes are made of: the comparable pieces of one person, length-prefixed and ready to be joined.

Names repeat, so all work on names is cached: per spelling of a surname, per single first name (lists of first names
seldom repeat). What is left per person is joining a few short texts.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from samenloop_node.identity.dates import BirthDate
from samenloop_node.identity.firstnames import FirstNames, first_names, initial, stem
from samenloop_node.identity.fold import skeleton, sound, words
from samenloop_node.identity.person import Person
from samenloop_node.identity.places import place_sound
from samenloop_node.identity.remembered import DATES, NAMES
from samenloop_node.identity.surnames import spoken

_SEXES = {"M": ("1:M",), "V": ("1:V",), "": ("1:M", "1:V")}
_MOST_WORDS, _MOST_OWN, _MOST_SURNAMES, _MOST_INITIALS = 3, 3, 4, 3
Values = tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class SurnameKeys:
    """Of all surnames of a record: the sounds, their consonants, and the single words of the own surname (not
    prefixed)."""

    sounds: Values
    skeletons: Values
    words: Values
    spoken_words: Values


class _Named(NamedTuple):
    stems: Values
    fragments: Values
    words: Values
    spoken_words: Values

    def __repr__(self) -> str:
        return "_Named(...)"


@dataclass(frozen=True, slots=True, repr=False)
class FirstKeys:
    """Of the first names: stems with call-name candidates, fragments of those, single words (not prefixed), and
    initials."""

    stems: Values
    fragments: Values
    words: Values
    spoken_words: Values
    initial: Values
    first_two: str
    all_initials: str
    has_initials_only: bool


class Dates(NamedTuple):
    """Of a date of birth. `date` is empty for 1 January and unknown parts; `part_dates` are the year, and the day and
    month."""

    date: str
    year: str
    part_dates: Values
    is_year_only: bool

    def __repr__(self) -> str:
        return "Dates(...)"


class Features(NamedTuple):
    """Pieces of one person. For the dates see `Dates`. `is_bare`: neither sex, place of birth nor house number is
    known."""

    surname: SurnameKeys
    first: FirstKeys
    date: str
    year: str
    part_dates: Values
    is_year_only: bool
    sexes: Values
    is_bare: bool
    postcode: str
    place: str

    def __repr__(self) -> str:
        return "Features(...)"


def prefixed(field: str) -> str:
    """Return a field with its length in front, so that no two lists of fields join to the same text (security.md
    T12)."""
    return f"{len(field)}:{field}"


def features_of(person: Person) -> Features:
    """Return the pieces of one person."""
    voornamen, surname = person.voornamen, person.geslachtsnaam
    if _exchanged(voornamen, surname):
        voornamen, surname = surname, voornamen
    return Features(
        _surname_keys(person.voorvoegsel, surname, person.partner_voorvoegsel, person.partner_geslachtsnaam),
        _first_keys(voornamen, person.roepnaam, not surname or surname.isupper()),
        *_dates(person.geboortedatum),
        _SEXES[person.geslacht],
        not (person.geslacht or person.geboorteplaats or person.huisnummer),
        prefixed(person.postcode) if person.postcode else "",
        _place(person.geboorteplaats) if person.geboorteplaats else "",
    )


def _exchanged(voornamen: str, surname: str) -> bool:
    """Tell that initials stand in the surname field and a name in the first-name field."""
    return _is_initials(surname) and any(len(word) > 2 for word in words(voornamen))


def _is_initials(surname: str) -> bool:
    return bool(surname) and all(len(word) == 1 for word in words(surname))


@lru_cache(maxsize=DATES)
def _dates(date: BirthDate) -> Dates:
    """Day and month are sorted, so that an exchange of the two changes nothing."""
    year = f"4:{date.year:04}"
    if not date.is_full or date.is_year_only:
        return Dates("", year, (f"y{year}",), date.is_year_only)
    low, high = sorted((date.month, date.day))
    parts = (f"y{year}", f"d4:{low:02}{high:02}")
    return Dates(f"8:{date.year:04}{low:02}{high:02}", year, parts, is_year_only=False)


@lru_cache(maxsize=NAMES)
def _surname_keys(prefix: str, surname: str, partner_prefix: str, partner: str) -> SurnameKeys:
    own = spoken(prefix, surname)
    found = own.sounds[:_MOST_OWN] + spoken(partner_prefix, partner).sounds
    sounds = tuple(dict.fromkeys(found))[:_MOST_SURNAMES]
    return SurnameKeys(
        tuple(prefixed(key) for key in sounds),
        tuple(dict.fromkeys(prefixed(skeleton(key)) for key in sounds)),
        tuple(dict.fromkeys(skeleton(word) for word in own.words))[:_MOST_WORDS],
        own.words[:_MOST_WORDS],
    )


@lru_cache(maxsize=NAMES)
def _first_keys(voornamen: str, roepnaam: str, capitals_are_names: bool) -> FirstKeys:
    first = first_names(voornamen, roepnaam, capitals_are_names)
    named = tuple(dict.fromkeys((*first.official[:1], *((first.call,) if first.call else ()))))
    several = len(first.initials) > 1
    return FirstKeys(
        *_named_keys(named, first.candidates),
        initial=tuple(prefixed(letter) for letter in _initial(first, named)[:_MOST_INITIALS]),
        first_two=prefixed(first.initials[:2]) if several else "",
        all_initials=prefixed(first.initials) if several else "",
        has_initials_only=bool(first.initials) and not named,
    )


@lru_cache(maxsize=NAMES)
def _named_keys(named: Values, candidates: Values) -> _Named:
    stems = tuple(dict.fromkeys(stem(name) for name in named + candidates))
    return _Named(
        stems=tuple(prefixed(key) for key in stems),
        fragments=_fragments(stems),
        words=tuple(dict.fromkeys(skeleton(sound(name)) for name in named)),
        spoken_words=tuple(dict.fromkeys(sound(name) for name in named)),
    )


def _initial(first: FirstNames, named: Values) -> Values:
    if first.initials:
        return (first.initials[0],)
    return tuple(dict.fromkeys(initial(name) for name in named + first.candidates))


def _fragments(names: Values) -> Values:
    """Return first four letters, first four consonants and last four letters of the sound of each name, marked as such.

    Two spellings or forms of one name nearly always share one of the three, two names of twins seldom do. The first
    letters of all names come first, so that a recipe with little room still has something of every name.
    """
    starts = ["s" + prefixed(name[:4]) for name in names]
    consonants = ["k" + prefixed(key[:4]) for name in names if len(key := skeleton(name)) > 2]
    ends = ["e" + prefixed(name[-4:]) for name in names if len(name) > 3]
    return tuple(dict.fromkeys(starts + consonants + ends))


@lru_cache(maxsize=16384)
def _place(place: str) -> str:
    key = place_sound(place)
    return prefixed(key) if key else ""
