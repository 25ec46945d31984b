"""PDF and Word files as courts and law firms make them, with only what a test is about."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import docx
import pypdfium2

raw = pypdfium2.raw
WIDTH, HEIGHT = 612.0, 792.0
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


class Run(NamedTuple):
    """Text on one line, of this size in points, raised by so many."""

    text: str
    size: float = 12.0
    raised: float = 0.0
    is_unseen: bool = False


class Row(NamedTuple):
    """Runs behind each other, whose line stands at `y` points from the foot of the page."""

    y: float
    runs: tuple[Run, ...]


class Image(NamedTuple):
    """A black image at these places of the page."""

    left: float
    bottom: float
    right: float
    top: float


SCAN = Image(0, 0, WIDTH, HEIGHT)


def rows(lines: Sequence[str], top: float, size: float = 12.0) -> list[Row]:
    """Lines below each other from `top` on."""
    return [Row(top - 1.5 * size * n, (Run(line, size),)) for n, line in enumerate(lines)]


def pdf(path: Path, *pages: Sequence[Row | Image]) -> Path:
    """A PDF whose pages have these rows and images."""
    document = pypdfium2.PdfDocument.new()
    font = raw.FPDFText_LoadStandardFont(document, b"Helvetica")
    for drawn in pages:
        page = document.new_page(WIDTH, HEIGHT)
        for thing in drawn:
            if isinstance(thing, Image):
                _insert_image(document, page, thing)
            else:
                left = 72.0
                for run in thing.runs:
                    left = _insert_text(document, page, font, run, left, thing.y)
        raw.FPDFPage_GenerateContent(page)
    document.save(path)
    return path


def _insert_text(document: Any, page: Any, font: Any, run: Run, left: float, y: float) -> float:
    """Write a run; where the next one begins."""
    text = raw.FPDFPageObj_CreateTextObj(document, font, run.size)
    encoded = (run.text + "\0").encode("utf-16-le")
    buffer = (raw.c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded)
    raw.FPDFText_SetText(text, buffer)
    raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, left, y + run.raised)
    if run.is_unseen:
        raw.FPDFTextObj_SetTextRenderMode(text, raw.FPDF_TEXTRENDERMODE_INVISIBLE)
    raw.FPDFPage_InsertObject(page, text)
    edges = [raw.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(text, *edges)
    blanks = len(run.text) - len(run.text.rstrip())
    return float(edges[2].value) + 0.28 * run.size * blanks


def _insert_image(document: Any, page: Any, at: Image) -> None:
    image = pypdfium2.PdfImage.new(document)
    image.set_bitmap(pypdfium2.PdfBitmap.new_native(8, 8, raw.FPDFBitmap_BGR))
    matrix = pypdfium2.PdfMatrix().scale(at.right - at.left, at.top - at.bottom)
    image.set_matrix(matrix.translate(at.left, at.bottom))
    page.insert_obj(image)


def word(path: Path, body: str, **notes: str) -> Path:
    """A Word document with this XML as its body, and with `footnotes` and `endnotes`."""
    plain = path.with_name("plain.docx")
    docx.Document().save(str(plain))
    head = (
        f'<?xml version="1.0"?><w:{{0}} xmlns:w="{WORD}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
        'xmlns:v="urn:schemas-microsoft-com:vml">'
    )
    parts = {
        f"word/{kind}.xml": f"{head.format(kind)}{xml}</w:{kind}>" for kind, xml in notes.items()
    }
    parts["word/document.xml"] = f"{head.format('document')}<w:body>{body}</w:body></w:document>"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "[Content_Types].xml":
                content = _before(content, "</Types>", map(_content_type, notes))
            if name == "word/_rels/document.xml.rels":
                content = _before(content, "</Relationships>", map(_relation, notes))
            copy.writestr(name, parts.pop(name, content))
        for name, xml in parts.items():
            copy.writestr(name, xml)
    return path


def _before(content: bytes, end: str, added: Any) -> bytes:
    return content.decode("utf-8").replace(end, "".join(added) + end).encode("utf-8")


def _content_type(kind: str) -> str:
    media = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"
    return f'<Override PartName="/word/{kind}.xml" ContentType="{media}"/>'


def _relation(kind: str) -> str:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return f'<Relationship Id="{kind}" Type="{space}/{kind}" Target="{kind}.xml"/>'
