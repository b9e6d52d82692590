"""Whether a text that will be stored mentions a person: a name of three letters or more, or the date of birth. Pure.

The cheap tests come first: references of own systems are mostly numbers, or the same letters with another number, and
an export has many of them.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from samenloop_node.identity.fold import words
from samenloop_node.identity.surnames import PREFIX_WORDS

_SHORTEST_NAME = 3
_ALONE = 4
"""Letters of a name that says who somebody is without another beside it."""
_NONE: frozenset[str] = frozenset()
_THREE_LETTERS = re.compile(r"(?:[^A-Za-z]*[A-Za-z]){3}")
_PLAIN = re.compile("[A-Za-z -]*")
_SHORTEST_DATE = 8
"""Characters of the shortest date, 1-1-1980."""
_NUMBER = re.compile("[0-9]+")


def mentions(text: str, names: Sequence[str], birth: str) -> bool:
    """Tell whether `text` holds a word of `names` (no prefix) or the date `birth`: JJJJ-MM-DD, or empty for none."""
    said = said_in(text)
    if said and any(not said.isdisjoint(_spoken(name)) for name in names):
        return True
    return _says_date(text, birth)


def identifies(reference: str, names: Sequence[str], birth: str, codes: frozenset[str]) -> bool:
    """Tell whether a reference says who the person is: the date of birth, two names, or one of four letters or more.

    A single short word is as often the name of a ward or a month; `codes` are words that are no names here.
    """
    if not mentions(reference, names, birth):
        return False
    said = names_in(said_in(reference), names) - codes
    return len(said) > 1 or any(len(word) >= _ALONE for word in said) or _says_date(reference, birth)


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
    short = f"{int(day)}-{int(month)}-{year}"
    return year + month + day in digits or day + month + year in digits or short in text.replace("/", "-")
