"""A paper as a page to print (HTML) or as a PDF of A4 pages; bytes only, written where the caller says."""

from importlib.resources import files

from fpdf import FPDF, XPos, YPos
from jinja2 import Environment, StrictUndefined, select_autoescape

from samenloop.errors import InvalidInput
from samenloop.reports import typeface
from samenloop.texts import _
from samenloop_node.documents.model import Block, Paper

FORMATS = ("html", "pdf")


def render(paper: Paper, form: str) -> bytes:
    """Return the file in `form`, one of FORMATS; raises InvalidInput for another."""
    if form == "html":
        return html(paper)
    if form == "pdf":
        return pdf(paper)
    raise InvalidInput("format", _("Kies html of pdf."))


def html(paper: Paper) -> bytes:
    """Return the page; whatever was typed is text in it, never markup."""
    text = files("samenloop_node.documents").joinpath("templates/paper.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=select_autoescape(default=True), undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(text).render(paper=paper).encode()


def pdf(paper: Paper) -> bytes:
    """Return the PDF; raises InvalidInput for letters that its font does not have: then the page is to be printed."""
    pages = FPDF(format="A4")
    with typeface.loaded(pages):
        return _filled(pages, paper)


def _filled(pages: FPDF, paper: Paper) -> bytes:
    pages.set_title(paper.title)
    pages.set_lang("nl")
    pages.set_margins(20, 18, 20)
    pages.set_auto_page_break(auto=True, margin=18)
    pages.add_page()
    _line(pages, paper.title, size=16, bold=True)
    for block in paper.blocks:
        _block(pages, block)
    if paper.note:
        pages.ln(6)
        _line(pages, paper.note, size=8)
    return bytes(pages.output())


def _block(pages: FPDF, block: Block) -> None:
    pages.ln(3)
    if block.heading:
        _line(pages, block.heading, size=12, bold=True)
    for text in block.paragraphs:
        _line(pages, text)
    for label, text in block.rows:
        _line(pages, f"{label}: {text or '.' * 60}")
    for text in block.boxes:
        _line(pages, f"[   ] {text}")
    for label in block.lines:
        pages.ln(5)
        _line(pages, f"{label} {'.' * 60}")


def _line(pages: FPDF, text: str, *, size: int = 10, bold: bool = False) -> None:
    pages.set_font(typeface.FONT, style="B" if bold else "", size=size)
    pages.multi_cell(0, size * 0.52, _printable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _printable(text: str) -> str:
    """Return the text with each letter and its accent as one sign; raises InvalidInput for what the font lacks."""
    composed = typeface.composed(text)
    if not {ord(sign) for sign in composed} <= typeface.letters():
        raise InvalidInput(
            "format", _("In deze tekst staan letters die niet in de PDF passen. Maak een pagina (html) en print die.")
        )
    return composed
