"""The encodings of the web: their names, and how each is read (WHATWG Encoding).

The names and labels are those of the standard, from `webencodings`. Browsers read `iso-8859-1` as
Windows-1252, `gb2312` as GBK, and so on; Python's codecs of the same names do not. Nothing that no
browser reads, such as UTF-7, is read here.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from webencodings import labels

LABELS: dict[str, str] = labels.LABELS  # of each label, the encoding it stands for
# Python's codec for an encoding that Python calls otherwise, or reads otherwise under this name.
PYTHON = {
    "big5": "big5-hkscs", "euc-kr": "cp949", "gbk": "gb18030", "ibm866": "cp866",
    "iso-8859-8-i": "iso-8859-8", "macintosh": "mac-roman", "shift_jis": "cp932",
    "windows-874": "cp874", "x-mac-cyrillic": "mac-cyrillic",
}  # fmt: skip
EUC_JP = re.compile(rb"[\0-\x7f]+|\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|[\xa1-\xfe]{2}|.", re.S)
ISO_2022_JP = re.compile(rb"\x1b(\([BJI]|\$[@B])")


def by_label(label: str) -> str | None:
    """The encoding for a label as a page or a header gives it; None for one the web has not."""
    return LABELS.get(label.strip("\t\n\f\r ").lower())


def read(body: bytes, encoding: str) -> str:
    """The text of bytes; U+FFFD for what the encoding has not."""
    codec = PYTHON.get(encoding, encoding)
    if codec in READERS:
        return READERS[codec](body)
    return body.decode(codec, "bellhop-web")


def _gap(error: UnicodeError) -> tuple[str, int]:
    """What stands where Python's codec has nothing: most gaps are control characters."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte, codec = error.object[error.start], error.encoding
    if codec == "gb18030" and byte == 0x80:
        return "\u20ac", error.start + 1
    if codec.startswith(("cp", "charmap")) and byte in range(0x80, 0xA0) and codec != "cp949":
        return chr(byte), error.start + 1
    return "\ufffd", error.end


codecs.register_error("bellhop-web", _gap)


def _euc_jp(body: bytes) -> str:
    """EUC-JP with the characters of vendors, which of Python's codecs that of Shift_JIS has."""
    return "".join(_of_euc_jp(found[0]) for found in EUC_JP.finditer(body))


def _of_euc_jp(code: bytes) -> str:
    if code[0] < 0x80:
        return code.decode("ascii")
    if code[0] == 0x8E and len(code) == 2:
        return chr(code[1] - 0xA1 + 0xFF61)
    if code[0] == 0x8F and len(code) == 3:
        return code.decode("euc-jp", "replace")
    if len(code) < 2:
        return "\ufffd"
    row, cell = code[0] - 0xA1, code[1] - 0xA1
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + (0x40 if cell < 63 else 0x41)
    return bytes((lead, trail)).decode("cp932", "replace")


def _iso_2022_jp(body: bytes) -> str:
    first, *parts = ISO_2022_JP.split(body)
    pieces = [first.decode("ascii", "replace")]
    for shift, part in zip(parts[::2], parts[1::2], strict=True):
        if shift == b"(I":
            pieces.append("".join(chr(byte - 0x21 + 0xFF61) for byte in part))
        elif shift.startswith(b"$"):
            pieces.append(_euc_jp(bytes(byte | 0x80 if byte > 0x20 else byte for byte in part)))
        else:
            pieces.append(part.decode("ascii", "replace"))
    return "".join(pieces)


# Where Python's codecs differ: two letters of Belarusian, the wide space and a letter of Pinyin.
OF_KOI8_U = str.maketrans("\u255d\u256c", "\u045e\u040e")
OF_GB18030 = str.maketrans("\ue5e5\ue7c7", "\u3000\u1e3f")

READERS: dict[str, Callable[[bytes], str]] = {
    "euc-jp": _euc_jp,
    "iso-2022-jp": _iso_2022_jp,
    "koi8-u": lambda body: body.decode("koi8-u").translate(OF_KOI8_U),
    "gb18030": lambda body: body.decode("gb18030", "bellhop-web").translate(OF_GB18030),
    # Encodings that browsers refuse to read, because scripts can be hidden in them.
    "replacement": lambda body: "\ufffd" if body else "",
    "x-user-defined": lambda body: "".join(
        chr(byte if byte < 0x80 else byte + 0xF700) for byte in body
    ),
}
