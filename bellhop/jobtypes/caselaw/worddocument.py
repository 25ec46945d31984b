"""The paragraphs of a Word document (Office Open XML) as they read with all changes accepted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bellhop.jobtypes.caselaw.characters import is_mark
from bellhop.jobtypes.reading.archives import open_archive
from bellhop.jobtypes.reading.refusals import damaged


def _word(name: str) -> str:
    return "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}" + name


PARAGRAPH, RUN, TEXT, FIELD = map(_word, ("p", "r", "t", "fldChar"))
INSTEAD = {
    _word("tab"): " ", _word("br"): " ", _word("cr"): " ", _word("ptab"): " ",
    _word("noBreakHyphen"): "-", _word("softHyphen"): "\xad",
}  # fmt: skip
# Deleted, moved to another place, or how a word is read aloud.
GONE = {_word("del"), _word("moveFrom"), _word("rt")}
# One thing in the forms of several versions of Word, of which each shows one.
ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
NOTES = {"footnotes": "footnote", "endnotes": "endnote"}
NO = ("0", "false", "off")


def docx_paragraphs(file: Path) -> list[str]:
    """Every paragraph in its place, also in tables and text boxes; notes at the end.

    Raises BadInput: corrupt_file, too_large.
    """
    from docx import Document as open_docx

    with open_archive(file):
        try:
            document = open_docx(str(file))
            styles = document.styles.element
        except Exception as error:  # whatever the library stumbles over
            raise damaged(error) from error
    body = document.element.body
    roots = [body]
    for relation in document.part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if not relation.is_external and kind in NOTES:
            roots += _notes(_parsed_xml(relation.target_part.blob), NOTES[kind], body)
    reader = _Reader(styles)
    return [paragraph for root in roots for paragraph in reader.paragraphs(root)]


class _Reader:
    """Reads paragraphs; it knows which styles raise or hide what is written in them."""

    def __init__(self, styles: Any):
        self._raising = _styles_with(styles, _is_raised)
        self._hiding = _styles_with(styles, _is_hidden)

    def paragraphs(self, root: Any) -> Iterator[str]:
        """A paragraph whose end was deleted goes on in the next one."""
        begun = ""
        for node in _live(root):
            if node.tag == PARAGRAPH:
                begun += self._text_of(node)
                if not _is_end_gone(node):
                    yield begun
                    begun = ""
        yield begun

    def _text_of(self, paragraph: Any) -> str:
        """Its text without that of paragraphs inside it, such as those of a text box."""
        parts: list[str] = []
        fields: list[bool] = []  # of the open fields, whether each is still at its instruction
        for node in _live(paragraph, leaf=PARAGRAPH):
            if node.tag == FIELD:
                _step(fields, node.get(_word("fldCharType")))
            elif not any(fields):
                parts.append(self._written(node) if node.tag == TEXT else INSTEAD.get(node.tag, ""))
        return "".join(parts)

    def _written(self, node: Any) -> str:
        """The text of a node; nothing where it is hidden or marks a footnote."""
        text = node.text or ""
        run = node.getparent()
        properties = run.find(_word("rPr")) if run.tag == RUN else None
        if properties is None:
            return text
        style = _value(properties.find(_word("rStyle")))
        if _is_hidden(properties, style in self._hiding):
            return ""
        return "" if _is_raised(properties, style in self._raising) and is_mark(text) else text


def _live(root: Any, leaf: str | None = None) -> Iterator[Any]:
    """What is below `root` and shown, in order; nothing of what is below a `leaf`."""
    for child in root:
        if child.tag in GONE:
            continue
        if child.tag == ALTERNATIVES:
            yield from _live(_shown_form(child), leaf)
            continue
        yield child
        if child.tag != leaf:
            yield from _live(child, leaf)


def _shown_form(alternatives: Any) -> Any:
    """The first form with text, as the newest Word shows it."""
    with_text = (form for form in alternatives if next(form.iter(TEXT), None) is not None)
    return next(with_text, ())


def _step(fields: list[bool], kind: str | None) -> None:
    if kind == "begin":
        fields.append(True)
    elif kind == "separate" and fields:
        fields[-1] = False
    elif kind == "end" and fields:
        fields.pop()


def _is_end_gone(paragraph: Any) -> bool:
    mark = paragraph.find(f"{_word('pPr')}/{_word('rPr')}")
    return mark is not None and any(child.tag in GONE for child in mark)


def _value(node: Any) -> str | None:
    return None if node is None else node.get(_word("val"))


def _is_raised(properties: Any, default: bool = False) -> bool:
    node = properties.find(_word("vertAlign"))
    return default if node is None else _value(node) == "superscript"


def _is_hidden(properties: Any, default: bool = False) -> bool:
    node = properties.find(_word("vanish"))
    return default if node is None else _value(node) not in NO


def _styles_with(styles: Any, is_so: Any) -> set[str]:
    """The ids of the styles that are so, by themselves or by what they are based on."""
    found: set[str] = set()
    every = list(styles.iter(_word("style")))
    for _ in every:  # a chain is at most that long
        before = len(found)
        for style in every:
            properties = style.find(_word("rPr"))
            is_inherited = _value(style.find(_word("basedOn"))) in found
            if is_inherited if properties is None else is_so(properties, is_inherited):
                found.add(style.get(_word("styleId")))
        if len(found) == before:
            break
    return found


def _notes(root: Any, name: str, body: Any) -> list[Any]:
    """The notes, without those whose mark was deleted."""
    marks = _word(f"{name}Reference")
    shown = {node.get(_word("id")) for node in _live(body) if node.tag == marks}
    gone = {node.get(_word("id")) for node in body.iter(marks)} - shown
    return [note for note in root.iter(_word(name)) if note.get(_word("id")) not in gone]


def _parsed_xml(content: bytes) -> Any:
    from lxml import etree

    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise damaged(error) from error
