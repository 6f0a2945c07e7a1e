"""The brief as a Word document."""

import re
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FONT = "Arial"
#: What XML cannot hold; it would refuse the whole document.
_UNHELD = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GREY = RGBColor(0x48, 0x4F, 0x53)


def document(brief: Any) -> bytes:
    """A brief as the bytes of a DOCX file: A4, headings, one numbered question after another."""
    made = _begun(brief)
    made.add_heading(_text(brief.title), level=1)
    made.add_paragraph(_text(brief.lead))
    if brief.warning:
        made.add_paragraph().add_run(_text(brief.warning)).bold = True
    for number, item in enumerate(brief.items, start=1):
        question = made.add_heading(_text(f"{number}. {item.words}"), level=2)
        question.paragraph_format.keep_with_next = True
        for piece in item.pieces:
            line = made.add_paragraph(style="List Bullet")
            line.add_run(f"{_text(piece.kind)}: ").bold = True
            line.add_run(_text(piece.words))
            if piece.read_in:
                line.add_run(f" {_text(piece.read_in)}").font.color.rgb = _GREY
    if not brief.items:
        made.add_paragraph("There is no question on the list yet.")
    made.add_paragraph(_text(brief.explains)).runs[0].font.size = Pt(9)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def _begun(brief: Any) -> Any:
    made = Document()
    made.core_properties.author = _text(str(brief.questions.owner))
    made.core_properties.title = _text(brief.title)
    made.core_properties.comments = ""
    made.core_properties.language = "en-GB"
    page = made.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2)
    page.top_margin = page.bottom_margin = Cm(1.8)
    for name, size in (("Normal", 10), ("Heading 1", 18), ("Heading 2", 11), ("List Bullet", 10)):
        style = made.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(script), None)
        fonts.set(qn("w:hAnsi"), FONT)
        style.paragraph_format.space_after = Pt(4)
        style.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    return made


def _text(words: str) -> str:
    """On one line, without what XML cannot hold."""
    return " ".join(_UNHELD.sub("", words).split())
