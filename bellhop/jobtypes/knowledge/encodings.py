"""The encodings of the web: their names, and how each is read (WHATWG Encoding).

Browsers read `iso-8859-1` as Windows-1252, `gb2312` as GBK, and so on; Python's codecs of the same
names do not. Nothing that no browser reads, such as UTF-7, is read here.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

# A codec of Python, or of `READERS`, and every label of the standard for it.
LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 "
    "l2 latin2",
    "iso8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 "
    "l3 latin3",
    "iso8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 "
    "l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 "
    "iso_8859-5:1988",
    "iso8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 "
    "iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 "
    "iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek",
    "iso8859-8": "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 "
    "iso88598 iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical",
    "iso8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "mac-roman": "csmacintosh mac macintosh x-mac-roman",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 "
    "iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 "
    "iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254",
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk "
    "gb18030",
    "big5-hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso-2022-jp": "csiso2022jp iso-2022-jp",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "cp949": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 "
    "ksc_5601 windows-949",
    "replacement": "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement",
    "utf-16-be": "unicodefffe utf-16be",
    "utf-16-le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    "x-user-defined": "x-user-defined",
}
CODECS = {label: codec for codec, labels in LABELS.items() for label in labels.split()}
EUC_JP = re.compile(rb"[\0-\x7f]+|\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|[\xa1-\xfe]{2}|.", re.S)
# What Python's codecs lack.
GAPS = {"gb18030": {0x80: "\u20ac"}, "cp1255": {0xCA: "\u05ba"}}
ISO_2022_JP = re.compile(rb"\x1b(\([BJI]|\$[@B])")


def codec_of(label: str) -> str | None:
    """The codec for a label as a page or a header gives it; None for one that the web has not."""
    return CODECS.get(label.strip("\t\n\f\r ").lower())


def read(body: bytes, codec: str) -> str:
    """The text of bytes; U+FFFD for what the encoding has not."""
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
