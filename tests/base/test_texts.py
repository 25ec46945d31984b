"""Texts of others: what becomes of them in a name, on a terminal and in the log."""

from __future__ import annotations

import json
import re
import sys
import unicodedata

import pytest

from bellhop.base.texts import cleaned, shown, shown_json, shown_lines

EVERY = [chr(code) for code in range(sys.maxunicode + 1)]
# Format characters that are seen: signs over Arabic, Syriac and Kaithi numbers, of hieroglyphs.
SEEN = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]"
)
NASTY = "a\x1b[31mb\r\nc\x9b2J\x7f\u202e\u2066\u200e\u200f\u061c\u2028\u2029\ufeff\u200b\U000e0041d"


def test_it_leaves_out_of_a_name_what_cannot_be_seen() -> None:
    assert cleaned(NASTY) == "a[31mbc2Jd"


def test_it_leaves_out_every_control_and_format_character() -> None:
    left = [letter for letter in EVERY if cleaned(letter)]
    hidden = {x for x in left if unicodedata.category(x) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert {x for x in hidden if not SEEN.match(x)} == {"\u200c", "\u200d"}
    assert [x for x in left if unicodedata.bidirectional(x) in ("LRE", "RLE", "LRO", "RLO", "PDF",
            "LRI", "RLI", "FSI", "PDI", "BN")] == ["\u200c", "\u200d"]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Überraschung.txt", "می‌خواهم.pdf", "क्‍ष.txt", "👩‍👧 ❤️.png", "שלום.txt", "日本.txt"]
)
def test_it_leaves_names_of_every_script_as_they_are(name: str) -> None:
    assert cleaned(name) == shown(name) == name


def test_it_shows_on_one_line_what_cannot_be_seen() -> None:
    assert shown("a\nb\x1b[2J\u202e\x9b\ud800\U000e0041") == (
        r"a\nb\x1b[2J\u202e\x9b\ud800\U000e0041"
    )


def test_it_shows_several_lines_as_such() -> None:
    assert shown_lines("a\n\tb\rc\x1b") == "a\n\tb\\rc\\x1b"


def test_it_shows_json_that_means_the_same() -> None:
    document = {"naïve": NASTY, "n": [1, None]}
    text = shown_json(document)
    assert json.loads(text) == document
    assert text.replace("\n", "").isprintable() and "naïve" in text
