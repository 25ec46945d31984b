"""From the bytes of a file to its text; what the file is, its content decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bellhop import BadInput
from bellhop.jobtypes.caselaw.furniture import without_furniture
from bellhop.jobtypes.caselaw.model import Document
from bellhop.jobtypes.caselaw.pages import from_pages, from_paragraphs
from bellhop.jobtypes.reading.archives import open_archive
from bellhop.jobtypes.reading.kinds import require_kind
from bellhop.jobtypes.reading.pdf import open_pdf
from bellhop.jobtypes.reading.refusals import damaged, empty_file, no_text_layer, too_large
from bellhop.jobtypes.reading.text import read_text

MAX_CHARACTERS = 2_000_000
# PDFium writes this for a hyphen at the end of a line, and no line break after it.
LINE_END_HYPHEN = "\ufffe"
PARAGRAPH, TEXT, TABULATOR, BREAK = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}" + name
    for name in ("p", "t", "tab", "br")
)
NOTES = ("footnotes", "endnotes")
# What is no text of a page, and what ends a paragraph.
UNSEEN = {"script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object"}
BLOCKS = {
    "address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "td", "th", "tr",
    "ul",
}  # fmt: skip


def load(file: Path, tell_page: Callable[[int, int], None]) -> Document:
    """The text of a TXT, PDF, DOCX or HTML file; `tell_page` hears of each page that was read.

    Raises BadInput: empty_file, unsupported_type, password_protected, corrupt_file, too_large,
    no_text_layer.
    """
    kind = require_kind(file, ("text", "pdf", "docx", "html"))
    if kind == "pdf":
        document = from_pages(without_furniture(_pdf_pages(file, tell_page)))
    elif kind == "docx":
        document = from_paragraphs(_docx_paragraphs(file))
    elif kind == "html":
        document = from_paragraphs(_html_paragraphs(read_text(file)))
    else:
        pages = [page.splitlines() for page in read_text(file).split("\f")]
        document = from_pages(without_furniture(pages))
        if len(pages) == 1:
            document = Document(document.text)
    if not document.text:
        raise _empty()
    if len(document.text) > MAX_CHARACTERS:
        raise _too_long(len(document.text))
    return document


def _pdf_pages(file: Path, tell_page: Callable[[int, int], None]) -> list[list[str]]:
    pages, characters = [], 0
    with open_pdf(file) as document:
        for number, page in enumerate(document):
            text = _text_of(page)
            characters += len(text)
            if characters > MAX_CHARACTERS:
                raise _too_long(characters)
            pages.append(text.replace(LINE_END_HYPHEN, "-\n").splitlines())
            tell_page(number + 1, len(document))
    if not characters:
        raise no_text_layer()
    return pages


def _text_of(page: Any) -> str:
    """The text of a page; nothing where the page is damaged."""
    import pypdfium2

    try:
        return str(page.get_textpage().get_text_range()).strip("\0")
    except pypdfium2.PdfiumError:
        return ""
    finally:
        page.close()


def _docx_paragraphs(file: Path) -> list[str]:
    """Every paragraph in its place, also in tables, text boxes and notes."""
    from docx import Document as open_docx

    with open_archive(file):
        try:
            document = open_docx(str(file))
        except Exception as error:  # whatever the library stumbles over
            raise damaged(error) from error
    roots = [document.element.body]
    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.rpartition("/")[2] in NOTES:
            roots.append(_parsed_xml(relation.target_part.blob))
    return [_docx_text(paragraph) for root in roots for paragraph in root.iter(PARAGRAPH)]


def _docx_text(paragraph: Any) -> str:
    """Its text without that of paragraphs inside it, such as those of a text box."""
    parts = []
    for node in paragraph.iter(TEXT, TABULATOR, BREAK):
        if next(node.iterancestors(PARAGRAPH)) is paragraph:
            parts.append(node.text or "" if node.tag == TEXT else " ")
    return "".join(parts)


def _parsed_xml(content: bytes) -> Any:
    from lxml import etree

    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise damaged(error) from error


def _html_paragraphs(text: str) -> list[str]:
    """What a reader of the page sees; nothing of it is run or fetched."""
    from lxml import etree, html

    # Of a text, only the declaration of its own encoding can still be wrong.
    start = text.lstrip()
    if start.startswith("<?xml"):
        start = start.partition("?>")[2]
    try:
        root = html.document_fromstring(start or " ")
    except (etree.ParserError, ValueError) as error:
        raise _empty() from error
    paragraphs: list[list[str]] = [[]]
    depth_unseen = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        is_element = isinstance(node.tag, str)
        if is_element and node.tag in BLOCKS:
            paragraphs.append([])
        if event == "start":
            depth_unseen += is_element and node.tag in UNSEEN
            if is_element and not depth_unseen:
                paragraphs[-1].append(node.text or "")
        else:
            depth_unseen -= is_element and node.tag in UNSEEN
            if not depth_unseen:
                paragraphs[-1].append(node.tail or "")
    return ["".join(parts) for parts in paragraphs]


def _empty() -> BadInput:
    return empty_file("The file contains no text.", "Send one with text.")


def _too_long(characters: int) -> BadInput:
    return too_large(f"The text has more than {MAX_CHARACTERS:,} characters ({characters:,}).")
