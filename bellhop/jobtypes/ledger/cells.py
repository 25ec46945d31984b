"""What one cell says: its text, its words, its amount, its currency, its mark of a side.

Called by all modules that look at cells. Must never guess an amount: a cell that does not read
as exactly one number, or has a mark before or after it that is not known, raises ValueError.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from bellhop.jobtypes.ledger.signs import AMBIGUOUS, CURRENCIES, CURRENCY_SIGNS, SIDE_PAIRS, WORDS

MAX_AMOUNT = 10**15  # more digits than money has: a number of another kind
ZERO, CENT = Decimal(0), Decimal("0.01")
# Signs of a minus that are no dashes; the triangles are those of Japanese accounts.
MINUSES = "\u2212\u207b\u02d7\u2796\u25b2\u25b3"
DASHES = {"-", "--", "---", "\u2013", "\u2014", "nil"}
SIDE_SIGNS = {
    mark: sign
    for pair in reversed(SIDE_PAIRS)
    for mark, sign in zip(pair, (1, -1), strict=True)
    if mark not in AMBIGUOUS
}
# The signs before and after a number that stand for a plus or minus.
SIGNS = {"|": 1, "+|": 1, "|+": 1, "-|": -1, "|-": -1, "(|)": -1, "<|>": -1, "-(|)": -1,
         "(-|)": -1}  # fmt: skip
NUMBER = re.compile(
    r"(?P<before>(?:[^\d.,]|(?<=[^\W\d]|/)[.,])*)(?P<digits>[.,]?\d(?:[\d.,' ]*\d)?[.,]?)"
    r"(?P<after>\D*)"
)
# What most files write, read without looking for anything else: each cell is read several times.
PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,2})?")
DAY = re.compile(
    r"(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3(\d{4}|\d\d)|\d{4}年\d{1,2}月\d{1,2}日|"
    r"\d{1,2}[-. ]{1,2}[^\W\d]{3,9}\.?[-, ]{1,2}(\d{4}|\d\d)|[^\W\d]{3,9}\.? \d{1,2}, \d{4})"
    r"([T ]\d{1,2}:\d\d.*)?"
)
INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
NO_WORD = re.compile(r"[\W_]+")
ASIDE = re.compile(r"\(([^\W\d]+\.?)\)")
BRACKETS = str.maketrans("[]{}", "()()")
AFFIX = re.compile(r"[-+()<>]|[^-+()<>\s]+")
# Groups of two digits are Indian: 12,34,567.
DOT_DECIMAL = re.compile(r"(\d+|\d{1,3}([,' ])(\d{2,3}\2)*\d{3})?(\.\d*)?")
COMMA_DECIMAL = re.compile(r"(\d+|\d{1,3}([.' ])(\d{2,3}\2)*\d{3})?(,\d*)?")

WordTable = list[tuple[str, re.Pattern[str]]]
Signs = Mapping[str, int]  # of a mark of a side: 1 for debit, -1 for credit


def text_of(cell: Any) -> str:
    """A cell as its reader sees it; 1000.0 is "1000"."""
    if isinstance(cell, str):
        return " ".join(cell.split())
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.strftime("%Y-%m-%d") if isinstance(cell, date) else str(cell)


def is_date(cell: Any) -> bool:
    """Whether a cell is one day, not a month or a year."""
    return isinstance(cell, date) or (isinstance(cell, str) and bool(DAY.fullmatch(cell.strip())))


@lru_cache(maxsize=20_000)
def normal(text: str) -> str:
    """Lower case words of any script without accents or punctuation; "CurrentAssets" and
    "YTDDebit" are two words each."""
    text = INNER_CAPITAL.sub(" ", text)
    text = text.replace("#", " no ").replace("'", "")
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in text if unicodedata.category(char) not in ("Mn", "Cf"))
    return " ".join(NO_WORD.sub(" ", text.casefold()).split())


def word_table(text: str) -> WordTable:
    """Parse lines of "meaning: words|words"; an indented line continues the one before.

    The words are regular expressions over `normal` text, in any script and with or without
    accents.
    """
    text = unicodedata.normalize("NFKD", text)
    text = "".join(char for char in text if unicodedata.category(char) != "Mn")
    lines = re.sub(r"\n +", "", text).strip().splitlines()
    entries = (line.split(": ", 1) for line in lines)
    return [(meaning, re.compile(rf"\b({words})\b")) for meaning, words in entries]


def first_match(table: WordTable, plain: str) -> str | None:
    """The first meaning of the table that has a word in `normal` text."""
    return next((meaning for meaning, pattern in table if pattern.search(plain)), None)


@lru_cache(maxsize=4096)
def folded(char: str) -> str:
    """A character of a number in ASCII: digits of any script, dashes, apostrophes, spaces, the
    Arabic marks and the full-width forms; nothing for a mark that is not seen."""
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind == "Pd" or char in MINUSES:
        return "-"
    if kind == "Cf":
        return ""
    if "\uff00" <= char <= "\uffef" or "\ufe50" <= char <= "\ufe6f":
        return unicodedata.normalize("NFKC", char)
    return {"\u066b": ".", "\u066c": ",", "\u060c": ",", "\u2019": "'", "\u2018": "'",
            "\u02bc": "'", "\u00b4": "'", "`": "'", "\u2032": "'", "\u2039": "<",
            "\u203a": ">"}.get(char, char)  # fmt: skip


def plain_number(text: str) -> str:
    """The text of a cell with ASCII digits and marks, and one space for each gap."""
    if not text.isascii():
        text = "".join(map(folded, text))
    if "[" in text or "{" in text:
        text = text.translate(BRACKETS)
    return " ".join(text.split())


def amount_of(cell: Any, comma: bool, unit: str = "", signs: Signs = SIDE_SIGNS) -> Decimal | None:
    """The signed value (debit positive), None for blank. Raises ValueError when unreadable.

    `comma` tells the file's decimal mark; a cell with both marks speaks for itself. `unit` is a
    mark that says nothing, `signs` what the marks of sides mean.
    """
    if not isinstance(cell, str):
        if isinstance(cell, bool) or not isinstance(cell, float | int):
            raise ValueError(cell)
        if not abs(cell) < MAX_AMOUNT:
            raise ValueError(cell)
        return Decimal(repr(round(cell, 6)))
    if not comma and PLAIN.fullmatch(cell):
        return Decimal(cell)
    text = plain_number(cell)
    if not text:
        return None
    match = NUMBER.fullmatch(text)
    if not match:
        return zero_of(text, unit)
    value = digits_value(re.sub(r" ?([.,']) ?", r"\1", match["digits"]), comma)
    return value * sign_of(match["before"], after_digits(match), unit, signs)


def zero_of(text: str, unit: str) -> Decimal:
    """Zero for a dash, also next to a currency. Raises ValueError."""
    words = [mark for mark in AFFIX.findall(text) if not is_currency(mark, unit)]
    if "".join(words).casefold() not in DASHES:
        raise ValueError(text)
    return ZERO


def after_digits(match: re.Match[str]) -> str:
    """The marks after a number, without those in place of its cents: "5.000,-" and "5,000/="."""
    after = match["after"].strip()
    return after.lstrip("-") if match["digits"][-1] in ".," else re.sub(r"^/[-=]", "", after)


def digits_value(digits: str, comma: bool) -> Decimal:
    """The value of digits with their marks. Raises ValueError."""
    if "," in digits and "." in digits:
        comma = digits.rindex(",") > digits.rindex(".")
    if not (COMMA_DECIMAL if comma else DOT_DECIMAL).fullmatch(digits):
        raise ValueError(digits)
    digits = re.sub("[' ]", "", digits)
    value = Decimal(digits.replace(".", "").replace(",", ".") if comma else digits.replace(",", ""))
    if value >= MAX_AMOUNT:
        raise ValueError(digits)
    return value


def sign_of(before: str, after: str, unit: str, signs: Signs) -> int:
    """1 or -1 from the marks before and after a number. Raises ValueError if one is not known."""
    if not before and not after:
        return 1
    shape, sides = "", [1]
    before, after = ASIDE.sub(r"\1", before), ASIDE.sub(r"\1", after)
    for mark in (*AFFIX.findall(before), "|", *AFFIX.findall(after)):
        if mark in "|-+()<>":
            shape += mark
        elif bare_mark(mark) != unit and is_letter(mark) and before.endswith(mark):
            raise ValueError(before)  # a code such as "C1000"
        elif (side := side_of(mark)) in signs and bare_mark(mark) != unit:
            sides.append(signs[side])
        elif not is_currency(mark, unit):
            raise ValueError(mark)
    if len(sides) > 2 or shape not in SIGNS:
        raise ValueError(before + after)
    return SIGNS[shape] * sides[-1]


def is_letter(mark: str) -> bool:
    """Whether a mark is one letter of a script that has capitals, as codes are written in."""
    return len(mark) == 1 and mark.lower() != mark.upper()


@lru_cache(maxsize=4096)
def bare_mark(mark: str) -> str:
    """A mark as it is compared: "Rs." and "rs" are the same."""
    return mark.strip(".").casefold()


@lru_cache(maxsize=4096)
def side_of(mark: str) -> str:
    """A mark as the tables of sides have it, "C.R." as "cr"; nothing for one that is not a word
    ("S/")."""
    bare = bare_mark(mark.rstrip(":")).replace(".", "")
    return normal(bare) if bare.isalpha() else ""


@lru_cache(maxsize=4096)
def is_currency(mark: str, unit: str = "") -> bool:
    """Whether a mark is the `unit`, a currency code or a currency sign."""
    return bare_mark(mark) in (unit, "") or currency_of(mark) is not None


@lru_cache(maxsize=4096)
def currency_of(mark: str) -> str | None:
    """The ISO code of a currency code or sign; "" where a sign leaves that open."""
    bare = bare_mark(mark)
    if bare.upper() in CURRENCIES:
        return bare.upper()
    if bare in CURRENCY_SIGNS:
        return CURRENCY_SIGNS[bare]
    open_sign = len(bare) == 1 and is_sign(bare)
    return "" if open_sign or re.fullmatch(r"[a-z]{1,3}\$", bare) else None


def is_side(mark: str) -> bool:
    """Whether a mark can be one of the two of a pair of sides."""
    return side_of(mark) in SIDE_SIGNS or side_of(mark) in AMBIGUOUS


def is_amount(cell: Any, unit: str = "", signs: Signs = SIDE_SIGNS) -> bool:
    """Whether a cell reads as an amount under either decimal mark."""
    for comma in (False, True):
        try:
            return amount_of(cell, comma, unit, signs) is not None
        except ValueError:
            continue
    return False


def comma_votes(cells: Iterable[str]) -> Counter[bool]:
    """How many of the cells can only have a decimal comma, and how many only a point."""
    votes: Counter[bool] = Counter()
    for cell in cells:
        match = NUMBER.fullmatch(plain_number(cell))
        digits = match["digits"] if match else ""
        last = re.search(r"(\d*)([.,])(\d*)$", digits)
        if not last:
            continue
        marks = re.findall(r"[.,]", digits)
        cents = len(last[3]) != 3 or last[1] in ("", "0") or len(last[1]) > 3
        if len(set(marks)) == 2 or (len(marks) == 1 and cents):
            votes[last[2] == ","] += 1
        elif len(marks) > 1:
            votes[last[2] == "."] += 1
    return votes


def uses_comma(cells: list[str]) -> bool:
    """Whether the file writes 1.234,56: the majority of the cells that can only be one way."""
    if votes := comma_votes(cells):
        return votes[True] > votes[False]
    return any("." in cell for cell in map(plain_number, cells) if NUMBER.fullmatch(cell))


def affixes(cells: Iterable[Any]) -> Iterator[set[str]]:
    """The marks with letters or currency signs of each number that is not zero, as written."""
    for cell in cells:
        if not isinstance(cell, str):
            continue
        if PLAIN.fullmatch(cell):
            if cell.strip("-0."):
                yield set()
            continue
        match = NUMBER.fullmatch(plain_number(cell))
        if match and re.search("[1-9]", match["digits"]):
            marks = [*AFFIX.findall(match["before"]), *AFFIX.findall(after_digits(match))]
            yield {mark for mark in marks if mark not in "-+()<>"}


def unit_of(cells: list[Any]) -> str:
    """The one mark that each number of a column carries and that is not a side: its currency,
    whatever it is called. Nothing where that could be a code or a name."""
    found = [{bare_mark(mark) for mark in marks} for marks in affixes(cells)]
    every = set.intersection(*found) if len(found) > 1 else set()
    grouped = any(re.search(r"\d[.,' ]\d", plain_number(c)) for c in cells if isinstance(c, str))
    units = [mark for mark in every if not is_side(mark) and len(mark) <= 5]
    return units[0] if len(units) == 1 and grouped else ""


def signs_of(marks: Iterable[str]) -> Signs:
    """What the marks of sides of a file mean, by the first pair that has them all; nothing where
    no pair has."""
    known = {side_of(mark) for mark in marks} - {""}
    if not known:
        return {}
    for debit, credit in SIDE_PAIRS:
        if known == {debit, credit} or (known < {debit, credit} and not known <= AMBIGUOUS):
            return {debit: 1, credit: -1}
    return SIDE_SIGNS if known and known <= SIDE_SIGNS.keys() else {}


def money(value: Decimal) -> str:
    """A string with two decimals, halves away from zero, never "-0.00"."""
    return str(value.quantize(CENT, ROUND_HALF_UP) + ZERO)


def find_currency(texts: Iterable[str]) -> str | None:
    """The ISO code of the first text that names a currency.

    In words, a code counts in capitals and a sign only if it has a character of money; a code
    that is also a word ("ALL", "TRY") only where nothing else is written.
    """
    for text in texts:
        match = NUMBER.fullmatch(plain_number(text))
        marks = AFFIX.findall(f"{match['before']} {match['after']}" if match else text)
        for mark in marks:
            code, alone = currency_of(mark), bool(match) or len(marks) == 1
            bare = mark.strip(".:;,")
            written = bare == code and (alone or bare not in WORDS)
            if code and (match or written or is_sign(mark)):
                return code
    return None


def is_sign(mark: str) -> bool:
    """Whether a mark has a character that Unicode counts as a sign of a currency."""
    return any(unicodedata.category(char) == "Sc" for char in mark)
