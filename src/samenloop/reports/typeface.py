"""The typeface of all PDFs: Latin with every diacritic of the BRP, Greek and Cyrillic. It is inside the file."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files

from fpdf import FPDF
from fpdf.fonts import TTFFont

FONT = "DejaVu"
_STYLES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}


@contextmanager
def loaded(pages: FPDF) -> Iterator[None]:
    """Load the typeface, in both weights, and close its files at the end."""
    try:
        for style, name in _STYLES.items():
            with as_file(files("samenloop.reports") / "fonts" / name) as path:
                pages.add_font(FONT, style, path)
        yield
    finally:
        for font in _fonts(pages):
            font.close()


@cache
def letters() -> frozenset[int]:
    """Return the code points that both weights have."""
    pages = FPDF()
    with loaded(pages):
        return frozenset.intersection(*(frozenset(font.cmap) for font in _fonts(pages)))


def composed(text: str) -> str:
    """Return a text with each letter and its accent as one sign."""
    return unicodedata.normalize("NFC", text)


def _fonts(pages: FPDF) -> list[TTFFont]:
    return [font for font in pages.fonts.values() if isinstance(font, TTFFont)]
