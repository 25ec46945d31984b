"""What a part of a form calls its file (RFC 7578), in the words of every kind of client.

Browsers write `filename="…"` as it is. .NET and others add `filename*` (RFC 5987), which goes
before it (RFC 6266, 4.3), and write the other as an encoded word of a mail (RFC 2047).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from urllib.parse import unquote, unquote_to_bytes

from multipart import MultipartSegment

PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
# Of a charset, a language and the text, the last one is what counts.
EXTENDED = re.compile(r"([^']*)'[^']*'(.*)")


def names_of(part: MultipartSegment) -> list[str]:
    """What a part calls its file, the best name first; nothing for a part that is no file."""
    extended = list(_extended(part.header("Content-Disposition", "")))
    names = [name for each in extended if (name := _decoded(*each)) is not None]
    if part.filename is not None:
        names.append(_without_words(part.filename))
    # What cannot be read is better than no name.
    return names or [unquote(text, errors="replace") for _, text in extended]


def _extended(disposition: str) -> Iterator[tuple[str, str]]:
    """The charset and the text of each `filename*`, still percent-encoded."""
    for name, value in PARAMETER.findall(disposition):
        if name.lower() == "filename*":
            value = value.strip().strip('"')
            found = EXTENDED.fullmatch(value)
            yield (found[1], found[2]) if found else ("", value)


def _decoded(charset: str, text: str) -> str | None:
    try:
        return unquote_to_bytes(text).decode(charset or "utf-8")
    except (LookupError, ValueError):
        return None


def _without_words(name: str) -> str:
    """A name whose encoded words, if there are any, are decoded."""
    try:
        return "".join(
            text if isinstance(text, str) else text.decode(charset or "raw-unicode-escape")
            for text, charset in decode_header(name)
        )
    except (HeaderParseError, LookupError, ValueError):
        return name
