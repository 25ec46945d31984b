"""The text of an HTML page in the encoding it was written in (WHATWG HTML, 13.2.3).

The byte order mark decides, then the header, then the page's own word; then UTF-8 where it is
that, and else the encoding that is usual for the language that the page names.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from bellhop.jobtypes.knowledge.encodings import by_label, read

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16le", codecs.BOM_UTF16_BE: "utf-16be",
}  # fmt: skip
IN_TEXT = re.compile(r"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;\"']+))", re.I)
IN_XML = re.compile(r"<\?xml[^>]*\bencoding\s*=\s*[\"']([^\"'>]+)", re.I)
# Comments and tags, each whole: what a comment or an attribute holds is no tag.
TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?:(meta|html)(?=[\s/])|(?=[a-z/!?]))((?:[^>\"']|\"[^\"]*\"|'[^']*')*+)>",
    re.I | re.S,
)
ATTRIBUTE = re.compile(r"([^\s=/\"'>]+)\s*(?:=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?", re.S)
# The first pass of a browser reads 1,024 bytes, its parser then heeds what comes later.
PRESCAN_BYTES = 16_384
# What a page cannot be written in that says so in ASCII.
INSTEAD = {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}
# The encoding that is usual in pages of these languages (the table of the standard).
LANGUAGES = {
    "big5": "zh-tw zh-hant zh-hk",
    "euc-kr": "ko",
    "gb18030": "zh",
    "iso-8859-2": "hu pl sl",
    "iso-8859-7": "el",
    "shift_jis": "ja",
    "windows-1250": "cs hr sk",
    "windows-1251": "be bg kk ky mk ru sr tg tt uk",
    "windows-1254": "az ku tr",
    "windows-1255": "he",
    "windows-1256": "ar fa",
    "windows-1257": "et lt lv",
    "windows-1258": "vi",
    "windows-874": "th",
}
USUAL = {language: encoding for encoding, own in LANGUAGES.items() for language in own.split()}


class Decoded(NamedTuple):
    """A page as text, the encoding it was read in, and whether anything named that encoding."""

    text: str
    encoding: str
    is_named: bool


def decode(body: bytes, content_type: str) -> Decoded:
    """The page as text; U+FFFD stands for what its encoding has not."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if body.startswith(mark):
            return Decoded(read(body[len(mark) :], encoding), encoding, True)
    start = body[:PRESCAN_BYTES].decode("latin-1")
    if named := _in_text(content_type) or _in_page(start):
        return Decoded(read(body, named), named, True)
    try:
        return Decoded(body.decode("utf-8"), "utf-8", True)
    except UnicodeDecodeError:
        usual = _usual(start)
        return Decoded(read(body, usual), usual, False)


def _in_text(text: str) -> str | None:
    found = IN_TEXT.search(text)
    return by_label(found[1] or found[2] or found[3] or "") if found else None


def _in_page(start: str) -> str | None:
    """What the first `<meta>` says that names an encoding; else the XML declaration."""
    for values in _tags(start, "meta"):
        named = by_label(values.get("charset", ""))
        if not named and values.get("http-equiv", "").lower() == "content-type":
            named = _in_text(values.get("content", ""))
        if named:
            return INSTEAD.get(named, named)
    declared = IN_XML.match(start)
    named = by_label(declared[1]) if declared else None
    return INSTEAD.get(named, named) if named else None


def _tags(start: str, name: str) -> list[dict[str, str]]:
    """The attributes of each tag of this name; of two with one name the first counts."""
    tags = [found[2] for found in TAG.finditer(start) if (found[1] or "").lower() == name]
    return [
        {name.lower(): double or single or bare
         for name, double, single, bare in reversed(ATTRIBUTE.findall(tag))}
        for tag in tags
    ]  # fmt: skip


def _usual(start: str) -> str:
    """What pages in the language of this one are written in (the table of the standard)."""
    for values in _tags(start, "html"):
        language = (values.get("lang") or values.get("xml:lang") or "").lower().replace("_", "-")
        for known in (language, language[:7], language[:5], language[:2]):
            if known in USUAL:
                return USUAL[known]
    return "windows-1252"
