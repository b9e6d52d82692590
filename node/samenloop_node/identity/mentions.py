"""Whether a text that will be stored mentions a person: a name of three letters or more, or the date of birth. Pure.

The cheap tests come first: references of own systems are mostly numbers, or the same letters with another number, and
an export has many of them.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from samenloop_node.identity.fold import words
from samenloop_node.identity.surnames import PREFIX_WORDS

_SHORTEST_NAME = 3
_THREE_LETTERS = re.compile(r"(?:[^A-Za-z]*[A-Za-z]){3}")
_PLAIN = re.compile("[A-Za-z -]*")
_SHORTEST_DATE = 8
"""Characters of the shortest date, 1-1-1980."""
_NUMBER = re.compile("[0-9]+")


def mentions(text: str, names: Sequence[str], birth: str) -> bool:
    """Tell whether `text` holds a word of `names` (no prefix) or the date `birth`: JJJJ-MM-DD, or empty for none."""
    if _may_name(text):
        said = _words_in(_NUMBER.sub("0", text))
        if said and any(_is_said(name, said) for name in names):
            return True
    return len(text) >= _SHORTEST_DATE and bool(birth) and _holds_date(text, birth)


def _may_name(text: str) -> bool:
    return not text.isascii() or _THREE_LETTERS.match(text) is not None


def _is_said(name: str, said: frozenset[str]) -> bool:
    if _PLAIN.fullmatch(name):
        return not said.isdisjoint(name.lower().replace("-", " ").split())
    return not said.isdisjoint(_pieces(words(name)))


@lru_cache(maxsize=1024)
def _words_in(text: str) -> frozenset[str]:
    return frozenset(_pieces(words.__wrapped__(text)))


def _pieces(spoken: Sequence[str]) -> set[str]:
    pieces = {piece for word in spoken for piece in word.split("-") if len(piece) >= _SHORTEST_NAME}
    return pieces - PREFIX_WORDS


def _holds_date(text: str, birth: str) -> bool:
    digits = text if text.isdecimal() else "".join(filter(str.isdigit, text))
    if birth[:4] not in digits:
        return False
    year, month, day = birth.split("-")
    short = f"{int(day)}-{int(month)}-{year}"
    return year + month + day in digits or day + month + year in digits or short in text.replace("/", "-")
