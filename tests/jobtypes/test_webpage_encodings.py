"""A page is read in the encoding that a browser would read it in (WHATWG Encoding and HTML)."""

# ruff: noqa: RUF001 - letters of other scripts are what it is about

from __future__ import annotations

import pytest

from bellhop.jobtypes.knowledge import encodings
from bellhop.jobtypes.knowledge.decoding import decode


@pytest.mark.parametrize(
    ("label", "body", "text"),
    [
        ("iso-8859-1", b"\x93a\x94", "“a”"),
        ("US-ASCII", b"\x80", "€"),
        ("latin1", b"\x81", "\x81"),
        ("iso-8859-9", b"\xfd\x80", "ı€"),
        ("iso-8859-11", b"\x80\xa1", "€ก"),
        ("tis-620", b"\x85\xa1", "…ก"),
        ("gb2312", b"\x81\x30\x81\x30\x80", "\x80€"),
        ("gbk", b"\xa3\xa0\xe9F", "\u3000镕"),
        ("chinese", b"\xd6\xd0", "中"),
        ("big5", b"\xfa\x40\xa4\xa4", "𠕇中"),
        ("ks_c_5601-1987", b"\x8c\x63\xb0\xa1", "똠가"),
        ("euc-kr", b"\x81\x41", "갂"),
        ("shift_jis", b"\x87\x40\xed\x40", "①纊"),
        ("x-sjis", b"\x93\xfa\x96{", "日本"),
        ("euc-jp", b"\xad\xa1\xc6\xfc\x8e\xb1\x8f\xb0\xa1", "①日ｱ丂"),
        ("iso-2022-jp", b"\x1b$BF|K\\\x1b(B!\x1b(I1", "日本!ｱ"),
        ("koi8-u", b"\xae\xa6", "ўі"),
        ("koi8-r", b"\xd1", "я"),
        ("windows-1251", b"\xff\x98", "я\x98"),
        ("x-mac-cyrillic", b"\xdf", "я"),
        ("macintosh", b"\x8e", "é"),
        ("unicode-1-1-utf-8", "é".encode(), "é"),
        ("utf-16", "é".encode("utf-16-le"), "é"),
        ("hz-gb-2312", b"~{VPND~}", "\ufffd"),
        ("x-user-defined", b"a\xff", "a\uf7ff"),
        ("utf-7", b"+ADw-", "+ADw-"),
        ("iso-8859-8-i", b"\xe0", "א"),
        ("dos-874", b"\xdb", "\ufffd"),
    ],
)
def test_it_reads_a_label_as_browsers_do(label: str, body: bytes, text: str) -> None:
    assert decode(body, f'text/html; charset="{label}"').text == text


@pytest.mark.parametrize(
    ("start", "character"),
    [
        ('<meta charset="windows-1251">', "ж"),
        ("<META  CHARSET = windows-1251 >", "ж"),
        ("<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>", "ж"),
        ("<meta content='text/html;charset=windows-1251' http-equiv='content-type'>", "ж"),
        ("<!-- <meta charset=koi8-r> --><meta charset=windows-1251>", "ж"),
        ("<p title='<meta charset=koi8-r>'><meta charset=windows-1251>", "ж"),
        ("<meta charset=nonsense><meta charset=windows-1251>", "ж"),
        ("<meta name=x content='charset=koi8-r'><meta charset=windows-1251>", "ж"),
        ("<metadata charset=koi8-r><meta charset=windows-1251>", "ж"),
        ('<?xml version="1.0" encoding="windows-1251"?><html>', "ж"),
        (f"<script>{'x' * 3000}</script><meta charset=windows-1251>", "ж"),
        ("<meta charset=x-user-defined>", "æ"),
    ],
)
def test_it_reads_what_the_page_says_of_itself(start: str, character: str) -> None:
    found = decode(start.encode() + b"\xe6", "text/html")
    assert (found.text, found.is_named) == (start + character, True)


def test_it_reads_no_page_as_utf_16_that_says_so_in_ascii() -> None:
    page = '<meta charset="utf-16">é'
    assert decode(page.encode(), "text/html").text == page


def test_it_believes_the_mark_then_the_header_then_the_page() -> None:
    page = b'<meta charset="koi8-r">\xc3\xa9'
    assert decode(b"\xef\xbb\xbf" + page, "text/html; charset=koi8-r").text.endswith("é")
    assert decode(page, "text/html; charset=utf-8").text.endswith("é")
    assert decode(page, "text/html").encoding == "koi8-r"


@pytest.mark.parametrize(
    ("language", "body", "text"),
    [("ru", b"\xe6", "ж"), ("ja", b"\x93\xfa", "日"), ("zh-TW", b"\xa4\xa4", "中"),
     ("zh-CN", b"\xd6\xd0", "中"), ("el", b"\xe1", "α"), ("en", b"\xe9", "é")],
)  # fmt: skip
def test_it_guesses_the_encoding_by_the_language(language: str, body: bytes, text: str) -> None:
    found = decode(f"<html lang={language}>".encode() + body, "text/html")
    assert (found.text[-1], found.is_named) == (text, False)


@pytest.mark.parametrize("encoding", sorted(set(encodings.LABELS.values())))
def test_it_reads_any_bytes_in_any_encoding(encoding: str) -> None:
    body = bytes(range(256)) * 2 + b"\x1b$B\x1b(I\x8f\x8e\xff"
    assert isinstance(encodings.read(body, encoding), str)
