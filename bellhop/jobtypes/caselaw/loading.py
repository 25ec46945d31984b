"""From the bytes of a file to its text; what the file is, its content decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from bellhop import BadInput
from bellhop.jobtypes.caselaw.characters import LINE_END_HYPHEN, shown, without_soft_hyphens
from bellhop.jobtypes.caselaw.footnotes import apart, with_notes
from bellhop.jobtypes.caselaw.furniture import without_furniture
from bellhop.jobtypes.caselaw.model import Document
from bellhop.jobtypes.caselaw.pages import from_pages, from_paragraphs
from bellhop.jobtypes.caselaw.pdfpages import pdf_pages
from bellhop.jobtypes.caselaw.webtext import html_paragraphs
from bellhop.jobtypes.caselaw.worddocument import docx_paragraphs
from bellhop.jobtypes.reading.kinds import require_kind
from bellhop.jobtypes.reading.refusals import empty_file, no_text_layer, too_large
from bellhop.jobtypes.reading.text import read_text

MAX_CHARACTERS = 2_000_000
# All text of a document whose other pages are pictures; less is no text layer.
LEAST_TEXT = 100
# How a warning is told: its code, its message, and where.
Warn = Callable[[str, str, str], None]


def load(file: Path, tell_page: Callable[[int, int], None], warn: Warn) -> Document:
    """The text of a TXT, PDF, DOCX or HTML file; `tell_page` hears of each page that was read.

    `warn` hears of pages without text. Raises BadInput: empty_file, unsupported_type,
    password_protected, corrupt_file, too_large, no_text_layer.
    """
    kind = require_kind(file, ("text", "pdf", "docx", "html"))
    if kind == "pdf":
        document = _from_lines(_pdf_lines(file, tell_page, warn))
    elif kind == "docx":
        document = _from_paragraphs(docx_paragraphs(file))
    elif kind == "html":
        document = _from_paragraphs(html_paragraphs(read_text(file)))
    else:
        pages = _text_lines(read_text(file))
        document = _from_lines(pages)
        if len(pages) == 1:
            document = Document(document.text)
    if not document.text:
        raise empty_file("The file contains no text.", "Send one with text.")
    if len(document.text) > MAX_CHARACTERS:
        raise _too_long(len(document.text))
    return document


def _from_lines(pages: Sequence[Sequence[str]]) -> Document:
    """The text of pages without what stands at their edges, and the notes of each."""
    texts, notes = apart(without_furniture(pages))
    return with_notes(from_pages(texts), from_pages(notes))


def _from_paragraphs(paragraphs: Sequence[str]) -> Document:
    return from_paragraphs([without_soft_hyphens(shown(text)) for text in paragraphs])


def _text_lines(text: str) -> list[list[str]]:
    """The lines of each page of a plain text, which a form feed ends."""
    pages = shown(text).replace(LINE_END_HYPHEN, "-\n").split("\f")
    return [[without_soft_hyphens(line) for line in page.splitlines()] for page in pages]


def _pdf_lines(file: Path, tell_page: Callable[[int, int], None], warn: Warn) -> list[list[str]]:
    pages = []
    characters = 0
    for page in pdf_pages(file, tell_page):
        characters += sum(map(len, page.lines))
        if characters > MAX_CHARACTERS:
            raise _too_long(characters)
        pages.append(page)
    unread = [number for number, page in enumerate(pages, 1) if page.is_unread]
    length = sum(page.length for page in pages if not page.is_unread)
    if not length or (unread and length < LEAST_TEXT):
        raise no_text_layer()
    if unread:
        named = _ranges(unread)
        said = (
            f"Pages without a text layer were not read: {named}. Text recognition (OCR) adds one."
        )
        warn("pages_without_text", said, f"pages {named}")
    return [page.lines for page in pages]


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers in words: 1, 3–5."""
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(f"{run[0]}–{run[-1]}" if run[1:] else str(run[0]) for run in runs)


def _too_long(characters: int) -> BadInput:
    return too_large(f"The text has more than {MAX_CHARACTERS:,} characters ({characters:,}).")
