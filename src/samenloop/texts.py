"""Texts for people: Dutch in the code and the catalogue of the law, other languages from `locale/`.

A text is written in Dutch (B1) at the place where it is used and is its own message id; English is a translation.
Who asks chooses the language: a program by `SAMENLOOP_LANG`, and it tells the daemon that it asks; a daemon speaks the
language of `SAMENLOOP_LANG` to all others. A language that is not in LANGUAGES is Dutch.
"""

import functools
import gettext
import os
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

LOCALE_DIR: Final = Path(__file__).parent / "locale"
DUTCH: Final = "nl"
LANGUAGES: Final = (DUTCH, "en")

_P = ParamSpec("_P")
_R = TypeVar("_R")
_asked: ContextVar[str] = ContextVar("language")


def _(message: str, /, **values: object) -> str:
    """Return `message` in the language of who asks, with `{name}` places filled in."""
    return translated(message).format(**values)


def translated(message: str) -> str:
    """Return `message` in the language of who asks, as it is: braces are no places to fill in."""
    return _catalogue(language()).gettext(message) if message else ""  # the empty id holds the catalogue's own head


def N_(message: str) -> str:  # noqa: N802 - the name that tools for message catalogues look for
    """Mark a text for translation where it is written; it is translated where it is shown."""
    return message


def language() -> str:
    """Return the language that is spoken here and now, one of LANGUAGES."""
    return known(_asked.get("") or os.environ.get("SAMENLOOP_LANG", DUTCH))


def known(name: str) -> str:
    """Return `name` when it is one of LANGUAGES, else Dutch."""
    return name if name in LANGUAGES else DUTCH


def speak(name: str) -> None:
    """Speak a language from here on in this task, and in nobody else's."""
    _asked.set(name)


def carried(work: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return `work` so that it speaks the language of here, whichever task or thread runs it later."""
    here = copy_context()
    return lambda *args, **kwargs: here.run(work, *args, **kwargs)


@functools.cache
def _catalogue(name: str) -> gettext.NullTranslations:
    return gettext.translation("samenloop", LOCALE_DIR, languages=[name], fallback=True)
