"""Spelling folding: from a name in any script to lower-case Latin words, and from a word to the way it sounds.

`words` keeps word boundaries, `sound` is the phonetic key of `nl-1`, `skeleton` its consonants. All are fixed points:
applying them to their own result changes nothing (docs/reference/normalisation.md has the tables).
"""

import functools
import re
import unicodedata
from collections.abc import Callable

from anyascii import anyascii

from samenloop_node.identity.remembered import NAMES

_CYRILLIC = (
    "а a б b в v г h ґ g д d е e ё jo є je ж zj з z и i і i ї ji й j к k л l м m н n о o п p р r с s т t у oe "
    "ф f х ch ц ts ч tsj ш sj щ sj ъ - ы y ь - э e ю joe я ja ў v ј j љ lj њ nj ћ tsj џ dj ђ dj"
)
_ARABIC = (
    "ا a أ a إ i آ a ى a ة a ء - ؤ - ئ - ب b ت t ث th ج dj ح h خ ch د d ذ d ر r ز z س s ش sj ص s ض d ط t ظ z "
    "ع - غ gh ف f ق k ك k ک k ل l م m ن n ه h و oe ي i ی i پ p چ tsj گ g ژ zj"
)
_LATIN = "ł l ø o đ d ð d þ th ß ss æ ae œ oe ı i ŋ n ħ h ĸ k ə e"


def _pairs(text: str) -> dict[str, str]:
    parts = text.split()
    return {a: "" if b == "-" else b for a, b in zip(parts[::2], parts[1::2], strict=True)}


_TABLE = str.maketrans(
    _pairs(_LATIN)
    | _pairs(_CYRILLIC)
    | _pairs(_ARABIC)
    | dict.fromkeys("'’‘`´ʼʹ\"?", "")
    | dict.fromkeys("./,&_()", " ")
)
_NOT_LETTERS = re.compile("[^a-z-]+")
_HYPHENS = re.compile("[\u2010-\u2015\u2212-]+")


@functools.lru_cache(maxsize=NAMES)
def words(text: str) -> tuple[str, ...]:
    """Return the lower-case a-z words of a name; hyphens stay inside a word, all other signs go."""
    if not text.isascii():
        text = _latin(text)
    plain = _HYPHENS.sub("-", text.lower().translate(_TABLE))
    return tuple(word for part in _NOT_LETTERS.sub(" ", plain).split() if (word := part.strip("-")))


def _latin(text: str) -> str:
    lowered = _HYPHENS.sub("-", text.replace("İ", "i")).lower().translate(_TABLE)
    decomposed = unicodedata.normalize("NFKD", lowered)
    marks_off = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_TABLE)
    return marks_off if marks_off.isascii() else anyascii(marks_off)


def _once(match: re.Match[str]) -> str:
    return match[1]


_LETTERS = "abcdefghijklmnopqrstuvwxyzJ-"
_RULES: tuple[tuple[frozenset[str], re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (frozenset(letters), re.compile(pattern), replacement)
    for letters, pattern, replacement in (
        ("k", r"(?:sk|ck)(?:a|i|y|ij|iy|yy|yi|oj|oy|aja|aya)$", "sk"),  # Polish, Russian: -ska, -ski
        ("x", r"^x(?=[aeiou])", "h"),  # Somali: Xasan
        ("x", r"x", "ks"),
        ("jy", r"^(?:dj|dzj|zj|j|y)(?=[aeou])", "J"),  # Djamila, Jamila; Youssef, Joesoef
        ("t", r"(?:tsj|tsch|tch|tsh)", "g"),  # written ch in English and Ukrainian passports
        ("h", r"ch(?=[rl])", "k"),  # Christiaan
        ("sz", r"(?:sch|sh|sj|zh|zj|sz)", "s"),
        ("h", r"(?:ch|kh|gh)", "g"),
        ("h", r"ph", "f"),
        ("h", r"th", "t"),
        ("cq", r"(?:ck|c|q)", "k"),
        ("j", r"dj", "i"),
        ("vw", r"[vw]", "f"),
        ("z", r"z", "s"),
        ("h", r"h", ""),
        ("uo", r"(?:uij|uy|ui|oei|oey|eu|ue)", "u"),  # huis, Kuyper
        ("ou", r"(?:ou|au|oe|uu)", "u"),
        ("eijy", r"(?:eij|ij|ei|ey|y|ie|j)", "i"),  # Meijer, Meyer, Meier
        ("e", r"ae", "a"),
        (_LETTERS, r"(.)\1+", _once),
        ("d", r"(?:dt|d)$", "t"),
        (_LETTERS, r"(.)\1+", _once),
    )
)
_UNSETTLED = re.compile("[aeiou]{2}|sk|dt?$")
"""All that a rule can still find in a word that went through the rules: c, h, j, q, v, w, x, y, z, doubles are gone."""


@functools.lru_cache(maxsize=NAMES)
def sound(word: str) -> str:
    """Return how a word sounds: a-z plus `J` for a leading j before a vowel."""
    before, word = word, _through_the_rules(word)
    while word != before and _UNSETTLED.search(word):
        before, word = word, _through_the_rules(word)
    return word


def _through_the_rules(word: str) -> str:
    for letters, pattern, replacement in _RULES:
        if not letters.isdisjoint(word):
            word = pattern.sub(replacement, word)
    return word


_FIRST_VOWELS = re.compile("^[aeiou]+")
_VOWELS = re.compile("(?<!^)[aeiou]")
_DOUBLE = re.compile(r"(.)\1+")


@functools.lru_cache(maxsize=NAMES)
def skeleton(sounding: str) -> str:
    """Return the consonants of a sound, d written as t, after one sign `a` for any leading vowel."""
    return _DOUBLE.sub(_once, _VOWELS.sub("", _FIRST_VOWELS.sub("a", sounding)).replace("d", "t"))
