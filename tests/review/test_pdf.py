"""What stands on the PDF of a report: every letter as it is, so that two record ids never look the same."""

import re
import unicodedata
from datetime import UTC, datetime

import pytest

from samenloop.reports import pdf
from samenloop.reports.model import Bar, Report, Section, Table

MADE = datetime(2026, 12, 1, tzinfo=UTC)
_MAPPED = re.compile(rb"^<[0-9A-Fa-f]{4}> <([0-9A-Fa-f]{4,})>$", re.MULTILINE)


def page(*names: str) -> bytes:
    table = Table("Registraties", ("Eigen nummer", "Aantal"), tuple((name, "1") for name in names))
    section = Section(names[0], names, table, tuple(Bar(name, 1, "1") for name in names), names[0])
    return pdf.render(Report("proef", names[0], ((names[0], names[0]),), (section,)), MADE)


def signs(content: bytes) -> set[str]:
    """Return every sign that the fonts inside a PDF say they draw (their ToUnicode maps)."""
    return {bytes.fromhex(one.decode()).decode("utf-16-be") for one in _MAPPED.findall(content)}


@pytest.mark.parametrize(
    "name", ["Šerife Łukasz", "ž-12", "š-12", "Îlbeyi Ďurišová", "Γιώργος Нина", "Zo\u0308e", "€ – …"]
)
def test_a_name_or_number_with_any_letter_stands_on_the_pdf_of_a_report(name: str) -> None:
    content = page(name)
    assert set(unicodedata.normalize("NFC", name)) - {" "} <= signs(content)
    assert b"/FontFile2" in content, "the font is inside the file"


def test_record_ids_in_letters_that_the_typeface_lacks_stay_apart() -> None:
    assert pdf.printable("王-12") == "[U+738B]-12"
    assert pdf.printable("伟-12") == "[U+4F1F]-12"
    assert pdf.printable("a\nb") == "a\nb"
    assert page("王-12").startswith(b"%PDF-")


def test_the_same_report_gives_the_same_bytes() -> None:
    assert page("Šerife") == page("Šerife")
