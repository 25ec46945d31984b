"""What the beginning of a line may say as a number: "1.", "No. 1", "#1", "(a)", "IV.", "1.2".

Called by `columns` and `numbers`. One line can be read in several ways ("I." is the first Roman
numeral, the ninth letter, or a misread "1."), so all are given; the sequence decides which one is
meant. Pure Python.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bellhop.jobtypes.sheets.key import Name

Kind = Literal["level", "decimal", "roman", "letter"]
# Signs as wide as a Chinese character, which the reader prefers now and then.
NARROW = {0xFF01 + place: 0x21 + place for place in range(94)} | {ord("。"): ".", ord("、"): "."}
OPENING = r"[\s(\[{*•·]*"
# Words and signs that need no second line which begins with them.
KNOWN = (
    r"(?:question|exercise|exercice|aufgabe|frage|pregunta|domanda|item|task|ex|q|n[or°ºe]?|[#№§])"
)
FROM_LIST = rf"(?:{KNOWN}\s*[°º]?[.:]?\s*){{1,2}}"
WORD = rf"(?P<word>{FROM_LIST}|[^\W\d_]{{2,14}}[.:]?\s*(?:{KNOWN}[.:]?\s*)?)?"
SIGN = r"(?P<style>[.)\]:°º]|[-–—](?=\s|$))"
REST = r"\s*(?P<rest>.*)$"
FLAGS = re.IGNORECASE | re.DOTALL
# A digit after the sign makes it a decimal number.
DECIMAL = re.compile(
    rf"^{OPENING}{WORD}(?P<token>\d{{1,3}}|[li|](?=[.)]))\s*{SIGN}?(?!\d){REST}", FLAGS
)
GLUED = re.compile(rf"^{OPENING}(?P<token>\d{{1,3}})(?P<style>[.):])(?P<rest>\d.*)$", FLAGS)
LEVEL = re.compile(
    rf"^{OPENING}{WORD}(?P<token>\d{{1,2}}(?:\.\d{{1,2}}){{1,3}})(?!\d){SIGN}?{REST}", FLAGS
)
BEFORE_LETTERS = rf"(?P<word>{KNOWN}[.:]?\s+)?"
ROMAN = re.compile(
    rf"^{OPENING}{BEFORE_LETTERS}(?P<token>[ivxl|1!]{{1,6}})\s*{SIGN}(?!\d){REST}", FLAGS
)
LETTER = re.compile(
    rf"^{OPENING}{BEFORE_LETTERS}(?P<token>[a-z])\s*(?P<style>[.)\]:]){REST}", FLAGS
)
LIKE_I = str.maketrans("l|1!", "iiii")
# Numerals up to 39, without those that no one writes.
NUMERAL = re.compile(r"^(x{0,3})(ix|iv|v?i{0,3})$")
VALUES = {"i": 1, "v": 5, "x": 10}
LEVEL_BASE = 100


@dataclass(frozen=True)
class Label:
    """One way to read the beginning of a line; `number` rises by one from line to line.

    `is_plain`: nothing but its place says that it is a number. `is_weak`: it counts only where a
    sequence leaves its place open. `is_misread`: a letter that looks like the digit 1.
    """

    kind: Kind
    number: int
    style: str
    rest: str
    word: str = ""
    is_plain: bool = False
    is_weak: bool = False
    is_misread: bool = False
    is_capital: bool = False

    @property
    def has_known_word(self) -> bool:
        return bool(re.fullmatch(rf"{KNOWN}{{0,2}}", self.word))

    @property
    def name(self) -> Name:
        """What a person calls the question: 1, "a" or "1.2"; a Roman numeral is its number."""
        if self.kind == "letter":
            return chr(ord("A" if self.is_capital else "a") + self.number - 1)
        return _levels(self.number) if self.kind == "level" else self.number


def _levels(number: int) -> str:
    rest, last = divmod(number, LEVEL_BASE)
    return f"{_levels(rest)}.{last}" if rest else str(last)


def readings(text: str) -> list[Label]:
    """All ways to read the beginning of a line as a number."""
    narrow = text.translate(NARROW)
    found = [_decimal(narrow), _glued(narrow), _level(narrow), _roman(narrow), _letter(narrow)]
    return [label for label in found if label]


def _decimal(text: str) -> Label | None:
    found = DECIMAL.match(text)
    if not found or (found["style"] is None and found["rest"][:1] in tuple("/,.%')]:")):
        return None
    word, style, rest = _word(found), found["style"] or "", found["rest"].strip()
    is_misread = not found["token"].isdigit()
    number = 1 if is_misread else int(found["token"])
    is_table = bool(word) and not style and not rest
    is_plain = (not style and (not word or is_table)) and len(word) <= 3
    if not number:
        return None
    return Label("decimal", number, style, rest, word, is_plain, is_misread=is_misread)


def _glued(text: str) -> Label | None:
    """ "3.1989" is a number and an answer that begins with a digit, or a decimal number."""
    found = GLUED.match(text)
    number = int(found["token"]) if found else 0
    if not found or not number:
        return None
    return Label("decimal", number, found["style"], found["rest"].strip(), is_weak=True)


def _level(text: str) -> Label | None:
    found = LEVEL.match(text)
    if not found:
        return None
    number = 0
    for part in found["token"].split("."):
        number = number * LEVEL_BASE + int(part)
    rest, style = found["rest"].strip(), found["style"] or ""
    return Label("level", number, style, rest, _word(found))


def _roman(text: str) -> Label | None:
    found = ROMAN.match(text)
    numeral = NUMERAL.match(found["token"].casefold().translate(LIKE_I)) if found else None
    if not found or not numeral:
        return None
    values = [VALUES[letter] for letter in numeral[0]]
    pairs = zip(values, [*values[1:], 0], strict=True)
    number = sum(-value if value < after else value for value, after in pairs)
    rest = found["rest"].strip()
    return Label("roman", number, found["style"], rest, _word(found)) if number else None


def _letter(text: str) -> Label | None:
    found = LETTER.match(text)
    if not found:
        return None
    token, rest = found["token"], found["rest"].strip()
    number = ord(token.casefold()) - ord("a") + 1
    return Label("letter", number, found["style"], rest, _word(found), is_capital=token.isupper())


def _word(found: re.Match[str]) -> str:
    """The word before a number, without signs."""
    word = found["word"] or ""
    return "".join(c for c in word.casefold() if c.isalpha() or c in "#№§°º")
