"""Whether a text that will be stored mentions a person: a name of three letters or more, or the date of birth. Pure.

The cheap tests come first: references of own systems are mostly numbers, or the same letters with another number, and
an export has many of them.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from samenloop_node.identity.fold import words
from samenloop_node.identity.surnames import PREFIX_WORDS

_SHORTEST_NAME = 3
_ALONE = 4
"""Letters of a name that says who somebody is without another beside it."""
_WITHIN = 6
"""Letters of a name that says so within a longer word too, as in the name of an account."""
_ENDING = 2
"""Letters that a name gets in a sentence: Quispelaers broer."""
_NONE: frozenset[str] = frozenset()
_THREE_LETTERS = re.compile(r"(?:[^A-Za-z]*[A-Za-z]){3}")
_PLAIN = re.compile("[A-Za-z -]*")
_SHORTEST_DATE = 8
"""Characters of the shortest date, 1-1-1980."""
_NUMBER = re.compile("[0-9]+")
_BETWEEN = re.compile("[^0-9]+")
_MONTHS = [
    re.compile(rf"(?<![a-z]){name}[a-z]*")
    for name in (
        "jan",
        "feb",
        "(?:maa|mrt|mar)",
        "apr",
        "(?:mei|may)",
        "jun",
        "jul",
        "aug",
        "sep",
        "o[kc]t",
        "nov",
        "de[ck]",
    )
]


def mentions(text: str, names: Sequence[str], birth: str) -> bool:
    """Tell whether `text` holds a word of `names` (no prefix) or the date `birth`: JJJJ-MM-DD, or empty for none."""
    said = said_in(text)
    if said and any(not said.isdisjoint(_spoken(name)) for name in names):
        return True
    return _says_date(text, birth) or any(_declined(word, name) for word in said for name in _long(names, _ALONE))


def identifies(reference: str, names: Sequence[str], birth: str, codes: frozenset[str]) -> bool:
    """Tell whether a reference says who the person is: the date of birth, two names, or one of four letters or more.

    A single short word is as often the name of a ward or a month; `codes` are words that are no names here.
    """
    words_there = said_in(reference)
    said = names_in(words_there, names) - codes
    if len(said) > 1 or any(len(word) >= _ALONE for word in said) or _says_date(reference, birth):
        return True
    longer = [word for word in words_there - codes if len(word) > _WITHIN]
    return bool(longer) and any(name in word for word in longer for name in _long(names, _WITHIN))


def _declined(word: str, name: str) -> bool:
    return word.startswith(name) and len(word) - len(name) <= _ENDING


def _long(names: Sequence[str], letters: int) -> Iterator[str]:
    return (word for name in names for word in _spoken(name) if len(word) >= letters and word not in PREFIX_WORDS)


def names_in(said: frozenset[str], names: Sequence[str]) -> frozenset[str]:
    """Return those of the words `said` that are a word of `names` too."""
    return _NONE.union(*[said.intersection(_spoken(name)) for name in names if name])


def said_in(text: str) -> frozenset[str]:
    """Return the words of `text` that could be a name: of three letters or more, and no prefix."""
    return _words_in(_NUMBER.sub("0", text)) if _may_name(text) else _NONE


def _may_name(text: str) -> bool:
    return not text.isascii() or _THREE_LETTERS.match(text) is not None


def _spoken(name: str) -> Collection[str]:
    if _PLAIN.fullmatch(name):
        return name.lower().replace("-", " ").split()
    return _pieces(words(name))


@lru_cache(maxsize=1024)
def _words_in(text: str) -> frozenset[str]:
    return frozenset(_pieces(words.__wrapped__(text)))


def _pieces(spoken: Sequence[str]) -> set[str]:
    pieces = {piece for word in spoken for piece in word.split("-") if len(piece) >= _SHORTEST_NAME}
    return pieces - PREFIX_WORDS


def _says_date(text: str, birth: str) -> bool:
    return len(text) >= _SHORTEST_DATE and bool(birth) and _holds_date(text, birth)


def _holds_date(text: str, birth: str) -> bool:
    digits = text if text.isdecimal() else "".join(filter(str.isdigit, text))
    if birth[:4] not in digits:
        return False
    year, month, day = birth.split("-")
    if year + month + day in digits or day + month + year in digits:
        return True
    parts = _in_numbers(text)
    shorts = ([day, month, year], [year, month, day])
    return any([int(part) for part in short] == parts[at : at + 3] for short in shorts for at in range(len(parts)))


def _in_numbers(text: str) -> list[int]:
    """Return the numbers of a text, months by name among them: 17 maart 1981."""
    text = text.lower()
    for number, month in enumerate(_MONTHS, start=1):
        text = month.sub(f" {number} ", text)
    return [int(part) for part in _BETWEEN.split(text) if part and len(part) <= len("1981")]
