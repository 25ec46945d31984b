"""The text of an HTML page in the encoding it was written in (WHATWG HTML, 13.2.3)."""

from __future__ import annotations

import codecs
import re

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be",
}  # fmt: skip
IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
IN_PAGE = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
PRESCAN_BYTES = 4096
# What pages that name these are really written in.
REPLACED = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030"}


def decode(body: bytes, content_type: str) -> str:
    """The page as text: by its mark, the header, its own word, else UTF-8 or Windows-1252."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    named = IN_HEADER.search(content_type)
    meta = IN_PAGE.search(body[:PRESCAN_BYTES])
    for name in (named and named[1], meta and meta[1].decode("ascii", "replace")):
        if known := _known(name):
            return body.decode(known, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _known(name: str | None) -> str | None:
    try:
        found = codecs.lookup(name or "").name
    except LookupError:
        return None
    # A codec of Python that is none of text, such as base64.
    is_text = getattr(codecs.lookup(found), "_is_text_encoding", True)
    return REPLACED.get(found, found) if is_text else None
