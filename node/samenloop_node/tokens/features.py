"""What the recipes are made of: the comparable pieces of one person, each in its normalised form."""

from dataclasses import dataclass
from functools import lru_cache

from samenloop_node.identity.dates import BirthDate
from samenloop_node.identity.firstnames import FirstNames, first_names, initial, stem
from samenloop_node.identity.fold import sound
from samenloop_node.identity.person import Person
from samenloop_node.identity.places import place_sound
from samenloop_node.identity.surnames import PARTICLES, segments, surname_sounds


@dataclass(frozen=True, slots=True, repr=False)
class Features:
    """Normalised pieces of one person; tuples hold every value that may stand for the person, most telling first."""

    date: BirthDate
    sexes: tuple[str, ...]
    own: tuple[str, ...]
    partner: tuple[str, ...]
    surnames: tuple[str, ...]
    firsts: tuple[str, ...]
    later: tuple[str, ...]
    initials: str
    first_initials: tuple[str, ...]
    words: tuple[str, ...]
    swap_firsts: tuple[str, ...]
    swap_surnames: tuple[str, ...]
    postcode: str
    house: str
    place: str
    official: bool


def features_of(person: Person) -> Features:
    """Return the pieces of one person."""
    surname_is_upper = person.geslachtsnaam.isupper() or not person.geslachtsnaam
    first = first_names(person.voornamen, person.roepnaam, surname_is_upper)
    own = surname_sounds(person.voorvoegsel, person.geslachtsnaam)
    partner = surname_sounds(person.partner_voorvoegsel, person.partner_geslachtsnaam)
    surname_words = _surname_words(person.voorvoegsel, person.geslachtsnaam)
    return Features(
        date=person.geboortedatum,
        sexes=(person.geslacht,) if person.geslacht else ("M", "V"),
        own=own,
        partner=partner,
        surnames=tuple(dict.fromkeys(own + partner)),
        firsts=_firsts(first),
        later=tuple(stem(name) for name in first.official[1:]),
        initials=first.initials,
        first_initials=_first_initials(first),
        words=tuple(dict.fromkeys(_first_words(first) + surname_words)),
        swap_firsts=_swap_firsts(first),
        swap_surnames=surname_words[:1],
        postcode=person.postcode if len(person.postcode) == 6 else "",
        house=person.huisnummer,
        place=place_sound(person.geboorteplaats),
        official=bool(first.official) and not first.call,
    )


@lru_cache(maxsize=65536)
def _firsts(first: FirstNames) -> tuple[str, ...]:
    named = (*first.official[:1], *((first.call,) if first.call else ()), *first.candidates)
    return tuple(dict.fromkeys(stem(name) for name in named))


@lru_cache(maxsize=65536)
def _first_initials(first: FirstNames) -> tuple[str, ...]:
    if first.initials:
        return (first.initials[0],)
    named = (*((first.call,) if first.call else ()), *first.candidates)
    return tuple(dict.fromkeys(initial(name) for name in named))


@lru_cache(maxsize=65536)
def _first_words(first: FirstNames) -> tuple[str, ...]:
    return tuple(sound(name) for name in (*first.official, *((first.call,) if first.call else ())))


@lru_cache(maxsize=65536)
def _swap_firsts(first: FirstNames) -> tuple[str, ...]:
    named = (*first.official[:1], *((first.call,) if first.call else ()))
    return tuple(dict.fromkeys(sound(name) for name in named))


@lru_cache(maxsize=65536)
def _surname_words(prefix: str, surname: str) -> tuple[str, ...]:
    found = (
        sound(word) for part in segments(prefix, surname) for word in part if len(word) > 1 and word not in PARTICLES
    )
    return tuple(dict.fromkeys(found))
