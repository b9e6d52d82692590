"""Surnames: prefixes, titles, hyphens, married names and particles taken apart (dutch-identity rules a-f).

A record has a *set* of surnames: own, partner's, and each part of a double name, each without prefix and in the way
it sounds.
"""

import functools
from dataclasses import dataclass
from importlib.resources import files

from samenloop_node.identity.fold import sound, words
from samenloop_node.identity.remembered import NAMES

PREFIX_WORDS = frozenset(
    word
    for line in files("samenloop_node.identity").joinpath("data/voorvoegsels.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)
_TITLES = frozenset(
    ["jhr", "jkvr", "jonkheer", "jonkvrouw", "dr", "drs", "mr", "ir", "ing", "prof", "dhr", "mw", "mevr"]
)
_NOBLE = frozenset(
    [
        "baron",
        "barones",
        "graaf",
        "gravin",
        "ridder",
        "hertog",
        "hertogin",
        "prins",
        "prinses",
        "markies",
        "markiezin",
        "burggraaf",
    ]
)
PARTICLES = frozenset(
    [
        "el",
        "al",
        "et",
        "es",
        "er",
        "ez",
        "ech",
        "en",
        "as",
        "ar",
        "at",
        "ad",
        "az",
        "ben",
        "bin",
        "ibn",
        "bint",
        "bou",
        "bel",
        "ait",
        "oulad",
        "ould",
        "abd",
        "abdel",
        "abdul",
        "abu",
        "abou",
        "umm",
    ]
)
_GLUED = ("vanden", "vander", "vande")
_MOST = 4


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a surname sounds. `sounds`: each part as a whole and, of parts of more words, the first and last word.
    `words`: the single words without prefixes and particles, in order."""

    sounds: tuple[str, ...]
    words: tuple[str, ...]


@functools.lru_cache(maxsize=NAMES)
def spoken(prefix: str, surname: str) -> Spoken:
    """Return how a surname sounds."""
    parts = segments(prefix, surname)
    return Spoken(_sounds(parts), _words(parts))


def segments(prefix: str, surname: str) -> tuple[tuple[str, ...], ...]:
    """Return the parts of a surname, each a tuple of words without prefix; a hyphen or an inner prefix starts a
    new part."""
    head, comma, tail = surname.partition(",")
    if comma and all(word in PREFIX_WORDS for word in words(tail)):
        surname = head
    plain = _untitled(words(surname))
    return tuple(_split(_without_prefix((*words(prefix), *plain)) if plain else []))


def _untitled(plain: tuple[str, ...]) -> tuple[str, ...]:
    while len(plain) > 1 and (plain[0] in _TITLES or (plain[0] in _NOBLE and plain[1] in PREFIX_WORDS)):
        plain = plain[1:]
    return plain


def _without_prefix(plain: tuple[str, ...]) -> list[str]:
    start = 0
    while start < len(plain) - 1 and plain[start] in PREFIX_WORDS:
        start += 1
    return list(plain[start:])


def _split(plain: list[str]) -> list[tuple[str, ...]]:
    parts: list[list[str]] = [[]]
    for word in plain:
        if word in PREFIX_WORDS and word not in PARTICLES:
            parts.append([])
            continue
        first, *others = _hyphenated(word)
        parts[-1].append(first)
        parts.extend([other] for other in others)
    return [tuple(part) for part in parts if part] or [tuple(plain)]


def _hyphenated(word: str) -> list[str]:
    pieces = word.split("-")
    joined = [pieces[0]]
    for piece in pieces[1:]:
        if joined[-1] in PARTICLES or len(joined[-1]) < 3:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _sounds(parts: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for part in parts:
        found[sound(comparison_form("".join(part)))] = None
        if len(part) > 1:
            for word in (part[0], part[-1]):
                if word not in PARTICLES and len(word) > 2:
                    found[sound(comparison_form(word))] = None
    return tuple(key for key in found if key)[:_MOST]


def comparison_form(joined: str) -> str:
    """Drop a glued van der/den/de and the Arabic article el/al from the start of a name when enough is left."""
    for glued in _GLUED:
        if joined.startswith(glued) and len(joined) - len(glued) >= 3:
            return joined[len(glued) :]
    if joined[:2] in ("el", "al") and len(joined) >= 6:
        return joined[2:]
    return joined


def _words(parts: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    found = (sound(w) for part in parts for w in part if len(w) > 1 and w not in PARTICLES)
    return tuple(dict.fromkeys(key for key in found if key))
