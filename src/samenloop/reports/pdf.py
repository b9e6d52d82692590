"""A report as a PDF of A4 pages, with an outline, a language and the same plots and tables as the page."""

from datetime import datetime

from fpdf import FPDF, FontFace, XPos, YPos

from samenloop.reports import typeface
from samenloop.reports.html import MOST_UPRIGHT, is_wide, shortened
from samenloop.reports.model import Bar, Report, Section, Table
from samenloop.texts import _, language

_BLUE = (21, 66, 115)
_WIDEST = 40
"""Characters of a text that a column is made wide enough for; longer ones go on the next line."""
_LABEL_MM, _TEXT_MM, _BAR_MM = 70.0, 34.0, 5.0


def render(report: Report, made: datetime) -> bytes:
    """Return the file. `made` is the moment in its properties, so that the same report gives the same bytes."""
    pdf = _Pages(orientation="landscape" if is_wide(report) else "portrait", format="A4")
    with typeface.loaded(pdf):
        return _filled(pdf, report, made)


def _filled(pdf: FPDF, report: Report, made: datetime) -> bytes:
    pdf.set_creation_date(made)
    pdf.set_title(report.title)
    pdf.set_lang(language())
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.add_page()
    _line(pdf, report.title, size=18, bold=True)
    for label, text in report.facts:
        _line(pdf, f"{label}: {text}")
    for section in report.sections:
        _section(pdf, section)
    return bytes(pdf.output())


class _Pages(FPDF):
    """Pages with a number at the foot."""

    def footer(self) -> None:
        """Write the page number."""
        self.set_y(-14)
        self.set_font(typeface.FONT, size=8)
        self.cell(0, 6, printable(_("Bladzijde {page}", page=self.page_no())), align="C")


def _section(pdf: FPDF, section: Section) -> None:
    if pdf.will_page_break(40):
        pdf.add_page()
    pdf.ln(5)
    pdf.start_section(printable(section.title))
    _line(pdf, section.title, size=13, bold=True)
    for paragraph in section.paragraphs:
        _line(pdf, paragraph)
    if section.bars:
        _bars(pdf, section.bars)
    if section.table:
        _table(pdf, section)
    if section.note:
        _line(pdf, section.note, size=8)


def _bars(pdf: FPDF, bars: tuple[Bar, ...]) -> None:
    most = max((bar.value or 0 for bar in bars), default=0)
    room = pdf.epw - _LABEL_MM - _TEXT_MM
    pdf.set_font(typeface.FONT, size=8)
    pdf.ln(1)
    for bar in bars:
        if pdf.will_page_break(_BAR_MM + 1):
            pdf.add_page()
        length = room * (bar.value or 0) / most if most else 0.0
        top = pdf.get_y()
        pdf.cell(_LABEL_MM, _BAR_MM, printable(shortened(bar.label)), align="R")
        left = pdf.get_x() + 1
        if length:
            with pdf.local_context(fill_color=_BLUE):
                pdf.rect(left, top + 0.5, length, _BAR_MM - 1, style="F")
        pdf.set_x(left + length + 1)
        pdf.cell(_TEXT_MM, _BAR_MM, printable(bar.text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(2)


def _table(pdf: FPDF, section: Section) -> None:
    if section.table is None:
        return
    pdf.set_font(typeface.FONT, size=8.5 if len(section.table.columns) <= MOST_UPRIGHT else 6.5)
    heading = FontFace(emphasis="BOLD")
    with pdf.table(
        headings_style=heading,
        borders_layout="HORIZONTAL_LINES",
        text_align="LEFT",
        v_align="TOP",
        line_height=4.5,
        padding=0.8,
        col_widths=widths(section.table),
    ) as table:
        for line in (section.table.columns, *section.table.rows):
            row = table.row()
            for value in line:
                row.cell(printable(value))


def widths(table: Table) -> tuple[int, ...]:
    """Return how wide the columns are beside each other: by their longest text, and never less than a whole word."""
    columns = list(zip(table.columns, *table.rows, strict=True))
    words = [max(len(word) for text in column for word in text.split() or [""]) for column in columns]
    longest = [max(map(len, column)) for column in columns]
    return tuple(max(word, min(most, _WIDEST)) + 3 for word, most in zip(words, longest, strict=True))


def _line(pdf: FPDF, text: str, size: int = 10, *, bold: bool = False) -> None:
    pdf.set_font(typeface.FONT, style="B" if bold else "", size=size)
    pdf.multi_cell(0, size * 0.5, printable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def printable(text: str) -> str:
    """Return a text in letters that the typeface has; any other by its number, so that no two texts become one."""
    return "".join(
        one if one == "\n" or ord(one) in typeface.letters() else f"[U+{ord(one):04X}]"
        for one in typeface.composed(text)
    )
