"""First names: words, initials, call names and the baptismal names they may stand for (dutch-identity section 4)."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from samenloop_node.identity.fold import sound, words
from samenloop_node.identity.remembered import NAMES

_ENDING = re.compile("(?:us|es|is|a|e|i)$")
_DOTTED = re.compile(r"([^\W\d_]{1,4})\.")
_SHORT_INITIALS = frozenset({"ij", "th", "ch", "ph", "chr", "joh", "st", "fr", "wilh"})
_SHORT_NAMES = frozenset(
    ["bo", "jo", "ad", "ab", "ed", "al", "li", "ty", "do", "an", "or", "su", "my", "oz", "vu", "wu", "yu"]
)
_VOWEL = re.compile("[aeiouy]")
_MOST_CANDIDATES = 5
_INITIAL_SOUNDS = (
    ("sj", "s"),
    ("sh", "s"),
    ("sch", "s"),
    ("ch", "k"),
    ("kh", "k"),
    ("ph", "f"),
    ("dj", "j"),
    ("ij", "i"),
    ("tsj", "k"),
    ("c", "k"),
    ("q", "k"),
    ("y", "j"),
    ("z", "s"),
    ("x", "h"),
    ("w", "v"),
)


@dataclass(frozen=True, slots=True)
class FirstNames:
    """What a record tells about first names.

    `initials`: folded initials in order. `official`: full baptismal names in order. `call`: the call name, or empty.
    """

    initials: str
    official: tuple[str, ...]
    call: str
    candidates: tuple[str, ...]


def first_names(voornamen: str, roepnaam: str, surname_is_upper: bool) -> FirstNames:
    """Take the first-name fields apart; `surname_is_upper` tells capitals used for all names from initials."""
    initials, official = _official(voornamen, capitals_are_names=surname_is_upper)
    _unused, call_words = _official(roepnaam, capitals_are_names=True)
    call = call_words[0] if call_words else ""
    if not official and call:
        return FirstNames(initials, (), call, _candidates(call, initials))
    if len(official) == 1 and not call and len(initials) == 1:
        return FirstNames(initials, official, "", _candidates(official[0], ""))
    return FirstNames(initials, official, call, ())


def initial(word: str) -> str:
    """Return the initial of a name by its sound: C, K and Q are one, as are Y and J, S and Z, Sj and Sh."""
    for start, folded in _INITIAL_SOUNDS:
        if word.startswith(start):
            return folded
    return word[:1]


def stem(word: str) -> str:
    """Return the sound of a first name without its (Latin) ending: Wilhelmus and Wilhelm, Maria and Marie."""
    whole = _VARIANTS.get(sound(word)) or sound(word)
    short = _ENDING.sub("", whole)
    return short if len(short) >= 3 else whole


def _official(text: str, capitals_are_names: bool) -> tuple[str, tuple[str, ...]]:
    found = [_piece(piece, capitals_are_names) for piece in text.replace(",", " ").split()]
    return "".join(letters for letters, _names in found), tuple(name for _letters, names in found for name in names)


@functools.lru_cache(maxsize=NAMES)
def _piece(piece: str, capitals_are_names: bool) -> tuple[str, tuple[str, ...]]:
    """Return the initials and the full names of one piece. Lists of names seldom repeat, their pieces do."""
    found = _initials_of(piece, capitals_are_names)
    if found is not None:
        return "".join(found), ()
    spoken = words(piece)
    letters = "".join(initial(part) for word in spoken for part in word.split("-"))
    return letters, tuple(word.replace("-", "") for word in spoken)


def _initials_of(piece: str, capitals_are_names: bool) -> list[str] | None:
    if "." in piece:
        parts = [p for chunk in piece.split(".") for p in words(chunk)]
        if all(len(part) == 1 or part in _SHORT_INITIALS for part in parts):
            return [initial(part) for part in parts]
        return None
    plain = "".join(words(piece))
    if len(plain) <= 1 or (plain in _SHORT_INITIALS and not _VOWEL.search(plain)):
        return [initial(plain)] if plain else []
    if piece.isupper() and len(plain) <= 5 and _looks_like_initials(plain, capitals_are_names):
        return [initial(letter) for letter in plain]
    return None


def _looks_like_initials(plain: str, capitals_are_names: bool) -> bool:
    if not capitals_are_names or not _VOWEL.search(plain):
        return True
    return len(plain) == 2 and plain not in _SHORT_NAMES


def _candidates(call: str, initials: str) -> tuple[str, ...]:
    known = CALL_NAMES.get(call, ())
    fitting = [name for name in known if not initials or initial(name) in initials]
    return tuple(fitting[:_MOST_CANDIDATES])


def _read_table() -> Mapping[str, tuple[str, ...]]:
    table: dict[str, dict[str, None]] = {}
    text = files("samenloop_node.identity").joinpath("data/roepnamen.txt").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            call, names = line.split(": ")
            table.setdefault(call, {}).update(dict.fromkeys(names.split()))
    return {call: tuple(names) for call, names in table.items()}


def _read_variants() -> Mapping[str, str]:
    text = files("samenloop_node.identity").joinpath("data/naamvarianten.txt").read_text("utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {sound(variant): sound(names[0]) for names in rows for variant in names}


_VARIANTS = _read_variants()
CALL_NAMES = _read_table()
"""Call name -> baptismal names that it commonly stands for."""
