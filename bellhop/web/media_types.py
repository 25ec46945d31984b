"""The type of a file that a browser may show, of the short list of those that are safe to look at.

The first bytes decide what is no text, whatever its name says; of a text, the suffix decides.
Everything else is only given as a download.
"""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath

# As many bytes of a file as are looked at.
HEAD_BYTES = 1024
# How files begin that browsers know (WHATWG MIME Sniffing, and RFC 9559 for WebM).
SIGNATURES = [
    (re.compile(pattern, re.DOTALL), media_type)
    for pattern, media_type in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF.{4}WEBP", "image/webp"),
        (rb".{4}ftypavi[fs]", "image/avif"),
        (rb"BM.{4}\x00{4}", "image/bmp"),
        (rb"\x00\x00\x01\x00", "image/x-icon"),
        (rb"%PDF-", "application/pdf"),
        (rb"RIFF.{4}WAVE", "audio/wav"),
        (rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "audio/mpeg"),
        (rb"\xff[\xf0\xf1\xf8\xf9]", "audio/aac"),
        (rb"fLaC", "audio/flac"),
        (rb"OggS.{24}(?:.\x80theora|.?fishead)", "video/ogg"),
        (rb"OggS\x00", "audio/ogg"),
        (rb".{4}ftyp(?:M4A |M4B )", "audio/mp4"),
        (rb".{4}ftyp(?:isom|iso[2-9]|mp4[12]|avc1|dash|M4V|qt  )", "video/mp4"),
        (rb"\x1aE\xdf\xa3", "video/webm"),
    )
]
# Texts that are more than text; a browser runs no script of either, as they are sent.
MARKUP = {
    ".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml",
    ".svg": "image/svg+xml",
}  # fmt: skip
PDF, TEXT = "application/pdf", "text/plain"
ALL = sorted({*(media_type for _, media_type in SIGNATURES), *MARKUP.values(), TEXT})
# Bytes that no text has, but for UTF-16 (WHATWG MIME Sniffing).
BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
# How a page says in which encoding it is, which a Content-Type would overrule.
OWN_ENCODING = re.compile(rb"charset|encoding", re.IGNORECASE)
MARKS_OF_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def shown_type(name: str, head: bytes) -> str | None:
    """The Content-Type of a file with this name and these first bytes; None if it is not shown."""
    for signature, media_type in SIGNATURES:
        if signature.match(head):
            return media_type
    if BINARY.search(head) and not head.startswith(MARKS_OF_UTF_16):
        return None
    media_type = MARKUP.get(PurePath(name).suffix.lower(), TEXT)
    says_itself = media_type != TEXT and OWN_ENCODING.search(head)
    return media_type if says_itself or not _is_utf_8(head) else f"{media_type}; charset=utf-8"


def _is_utf_8(head: bytes) -> bool:
    """Whether these bytes begin a text in UTF-8; a character may be cut at their end."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
