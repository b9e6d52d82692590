"""Texts for people: Dutch in the code, other languages from the message catalogues in `locale/`.

A text is written in Dutch (B1) at the place where it is used and is its own message id; English is a translation.
"""

import functools
import gettext
import os
from pathlib import Path

LOCALE_DIR = Path(__file__).parent / "locale"


def _(message: str, /, **values: object) -> str:
    """Return `message` in the language of `SAMENLOOP_LANG` (default `nl`) with `{name}` places filled in."""
    return _catalogue(os.environ.get("SAMENLOOP_LANG", "nl")).gettext(message).format(**values)


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("samenloop", LOCALE_DIR, languages=[language], fallback=True)
