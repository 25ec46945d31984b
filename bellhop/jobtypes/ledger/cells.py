"""What one cell says: its text, its words, its amount, its currency, its mark of a side.

Called by all modules that look at cells. Must never guess an amount: a cell that does not read
as exactly one number raises ValueError.
"""

import re
import unicodedata
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

MAX_AMOUNT = 10**15  # more digits than money has: a number of another kind
ZERO, CENT = Decimal(0), Decimal("0.01")
CURRENCIES = "USD EUR GBP CHF CAD AUD NZD JPY CNY INR ZAR SEK NOK DKK PLN CZK HUF BRL MXN SGD HKD"
SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
CURRENCY = re.compile(rf"\b({CURRENCIES.replace(' ', '|')})\b")
UNITS = re.compile(rf"{CURRENCY.pattern}|\b(rs|kr)\b\.?|r\$|zł", re.I)
DASHES = {"-", "--", "\u2013", "\u2014", "nil"}
CREDIT_MARKS = {"c", "cr", "credit", "h", "haben", "k", "kredit"}
SIDE_MARKS = {"d", "dr", "db", "debit", "debet", "s", "soll"} | CREDIT_MARKS
NUMBER = re.compile(r"(-?)(\(?)(-?)([\d.,]*\d[.,]?)(\)?)(-?)(dr?|cr?|s|h)?", re.I)
DOT_DECIMAL = re.compile(r"(\d+|\d{1,3}(,\d{2,3})*,\d{3})?(\.\d*)?")
COMMA_DECIMAL = re.compile(r"(\d+|\d{1,3}(\.\d{3})+)?(,\d*)?")

WordTable = list[tuple[str, re.Pattern[str]]]


def text_of(cell: Any) -> str:
    """A cell as its reader sees it; 1000.0 is "1000"."""
    if isinstance(cell, str):
        return " ".join(cell.split())
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.strftime("%Y-%m-%d") if isinstance(cell, date) else str(cell)


@lru_cache(maxsize=20_000)
def normal(text: str) -> str:
    """Lower case words without accents or punctuation; "CurrentAssets" is two words."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("#", " no ").replace("'", "")
    text = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", re.sub(r"[\u0300-\u036f]", "", text)).split())


def word_table(text: str) -> WordTable:
    """Parse lines of "meaning: words|words"; an indented line continues the one before."""
    lines = re.sub(r"\n +", "", text).strip().splitlines()
    entries = (line.split(": ", 1) for line in lines)
    return [(meaning, re.compile(rf"\b({words})\b")) for meaning, words in entries]


def first_match(table: WordTable, plain: str) -> str | None:
    """The first meaning of the table that has a word in `normal` text."""
    return next((meaning for meaning, pattern in table if pattern.search(plain)), None)


def amount_of(cell: Any, comma: bool) -> Decimal | None:
    """The signed value (debit positive), None for blank. Raises ValueError when unreadable.

    `comma` tells the file's decimal mark; a cell with both marks speaks for itself.
    """
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        if not abs(cell) < MAX_AMOUNT:
            raise ValueError(cell)
        return Decimal(repr(round(cell, 6)))
    if not isinstance(cell, str):
        raise ValueError(cell)
    if not cell.strip():
        return None
    bare = re.sub(r"[\s'\u2019$€£¥₹]", "", UNITS.sub("", cell.replace("\u2212", "-")))
    if bare.casefold() in DASHES:
        return ZERO
    match = NUMBER.fullmatch(bare)
    if not match or bool(match[2]) != bool(match[5]):
        raise ValueError(cell)
    digits = match[4]
    if "," in digits and "." in digits:
        comma = digits.rindex(",") > digits.rindex(".")
    if not (COMMA_DECIMAL if comma else DOT_DECIMAL).fullmatch(digits):
        raise ValueError(cell)
    digits = digits.replace(".", "").replace(",", ".") if comma else digits.replace(",", "")
    value = Decimal(digits)
    if value >= MAX_AMOUNT:
        raise ValueError(cell)
    minus = bool(match[1] or match[2] or match[3] or match[6])
    return -value if minus ^ ((match[7] or "").casefold() in CREDIT_MARKS) else value


def is_amount(cell: Any) -> bool:
    """Whether a cell reads as an amount under either decimal mark."""
    for comma in (False, True):
        try:
            return amount_of(cell, comma) is not None
        except ValueError:
            continue
    return False


def uses_comma(cells: list[str]) -> bool:
    """Whether the file writes 1.234,56: the majority of the cells that can only be one way."""
    votes: Counter[bool] = Counter()
    for cell in cells:
        marks = re.findall(r"[.,]", cell)
        last = re.search(r"(\d*)([.,])(\d+)\D*$", cell)
        if not last:
            continue
        cents = len(last[3]) != 3 or last[1] in ("", "0")
        if len(set(marks)) == 2 or (len(marks) == 1 and cents):
            votes[last[2] == ","] += 1
        elif len(marks) > 1:
            votes[last[2] == "."] += 1
    if votes:
        return votes[True] > votes[False]
    return any("." in cell for cell in cells)  # only 1.234: thousands, not three decimals


def money(value: Decimal) -> str:
    """A string with two decimals, halves away from zero, never "-0.00"."""
    return str(value.quantize(CENT, ROUND_HALF_UP) + ZERO)


def find_currency(texts: list[str]) -> str | None:
    """The ISO code of the first text that names a currency."""
    for text in texts:
        if found := CURRENCY.search(text):
            return found[1]
        if symbol := next((symbol for symbol in SYMBOLS if symbol in text), None):
            return SYMBOLS[symbol]
    return None
