"""Text of any encoding that people still send."""

from __future__ import annotations

from pathlib import Path

from bellhop import BadInput
from bellhop.jobtypes.reading.refusals import empty_file, too_large

MAX_BYTES = 20_000_000


def read_text(file: Path) -> str:
    """The text of `file`: UTF-8, UTF-16 with or without its mark, else Windows-1252.

    Raises BadInput: empty_file, too_large, unsupported_type.
    """
    size_bytes = file.stat().st_size
    if size_bytes > MAX_BYTES:
        raise too_large(
            f"The text is {size_bytes:,} bytes; the limit is {MAX_BYTES:,}.",
            "Send the part that is needed.",
        )
    return decode(file.read_bytes())


def is_blank(content: bytes) -> bool:
    """Whether it holds nothing but white space and marks of an encoding."""
    return not content.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe")


def decode(content: bytes) -> str:
    """The text in `content`. Raises BadInput: empty_file, unsupported_type."""
    if is_blank(content):
        raise empty_file()
    sample = content[:4000]
    encodings = ["utf-8-sig", "cp1252", "latin-1"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif sample.count(0) > len(sample) // 4:
        encodings = ["utf-16-be" if sample[::2].count(0) > len(sample) // 4 else "utf-16-le"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _binary()
    if sum(character < " " and character not in "\t\r\n\f" for character in text[:4000]) > 4:
        raise _binary()
    return text


def _binary() -> BadInput:
    return BadInput(
        "This is binary data, not a text.", code="unsupported_type", hint="Send a text file."
    )
