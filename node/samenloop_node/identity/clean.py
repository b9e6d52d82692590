"""First step of normalisation: which characters a text of a person may hold (security.md T13).

1. longer than 200 characters: refused, before anything else looks at it
2. UTF-8 that was read as Latin-1 is put right, also when that happened twice ("JosÃ©" -> "José")
3. NFKC, so that NFC and NFD, full-width signs and the one-code-point ĳ are the same
4. control, format (bidi, zero-width), private and unassigned characters: refused
5. letters of two scripts in one value: refused
`clean(clean(x)) == clean(x)`.
"""

import functools
import re
import unicodedata

from samenloop_node.identity.errors import FieldError

MAX_CHARACTERS = 200
_MOJIBAKE = re.compile("[\u00c3-\u00c5\u00d0\u00d1\u00d8\u00d9][\u0080-\u00bf\u0152-\u0192\u02c6-\u02dc\u2013-\u2122]")
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"})


def clean(column: str, text: str) -> str:
    """Return `text` in NFKC with single spaces; raises FieldError too_long, control_character or mixed_script."""
    if len(text) > MAX_CHARACTERS:
        raise FieldError(column, "too_long")
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return _clean_unicode(column, text)


def _clean_unicode(column: str, text: str) -> str:
    normal = _settled(text)
    if any(unicodedata.category(character) in _FORBIDDEN for character in normal):
        raise FieldError(column, "control_character")
    if len({script(character) for character in normal if character.isalpha()} - {"MODIFIER"}) > 1:
        raise FieldError(column, "mixed_script")
    if len(normal) > MAX_CHARACTERS:
        raise FieldError(column, "too_long")
    return " ".join(normal.split())


@functools.lru_cache(maxsize=4096)
def script(letter: str) -> str:
    """Return the script of one letter as the first word of its Unicode name; East Asian scripts count as one."""
    word = unicodedata.name(letter, "UNKNOWN").split(" ", 1)[0]
    return "CJK" if word in _EAST_ASIAN else word


def _settled(text: str) -> str:
    """Compose first: a letter and its accent apart hide what was read wrongly. Repeat until nothing changes."""
    settled = unicodedata.normalize("NFKC", _unmojibake(unicodedata.normalize("NFC", text)))
    return settled if settled == text else _settled(settled)


def _unmojibake(text: str) -> str:
    if not _MOJIBAKE.search(text):
        return text
    for codec in ("cp1252", "latin-1"):
        try:
            return text.encode(codec).decode("utf-8")
        except UnicodeError:
            continue
    return text
