"""What counts of an answer when two are compared: its plain text, and its number if it is one.

Called by `grading`. Pure Python.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
DASHES = re.compile("[‐‑‒–—―−]")  # noqa: RUF001
_ARTICLES = "the a an le la les l un une des du der die das ein eine el los las lo il i gli uno una"
ARTICLES = frozenset(_ARTICLES.split())
# Signs that carry meaning in formulas, units and prices stay.
PUNCTUATION = re.compile(r"[.,;:!?…\"“”„«»()\[\]{}_`´’‘'|~•·¿¡]+")  # noqa: RUF001
HYPHEN = re.compile(r"(?<=[^\W\d])-+(?=\w)|(?<=\w)-+(?=[^\W\d])|(?<!\S)-+(?!\S)")
NUMBER = re.compile(r"([+-]?)\s*([$€£]?)\s*(\d[\d ,.'’\u00a0\u202f]*\d|\d)\s*([^\d\s].*)?$")
GROUPED = re.compile(r"\d{1,3}(?:([ ,.'’\u00a0\u202f])\d{3})(?:\1\d{3})*(?:([.,])(\d+))?$")
DECIMAL = re.compile(r"(\d+)(?:[.,](\d+))?$")
FRACTION = re.compile(r"([+-]?)(\d{1,6})\s*/\s*(\d{1,6})\s*(\D.*)?$")
# What a reader of handwriting takes for each other.
LOOKALIKES = str.maketrans("oqdlizsbg|", "0001125891")

_ENGLISH = """zero one two three four five six seven eight nine ten eleven twelve thirteen
fourteen fifteen sixteen seventeen eighteen nineteen twenty"""
_FRENCH = """zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze
quinze seize dix-sept dix-huit dix-neuf vingt"""
TENS = {
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "hundred": 100, "thousand": 1000, "trente": 30, "quarante": 40,
    "cinquante": 50, "soixante": 60, "cent": 100, "mille": 1000,
}  # fmt: skip
WORDS = {w: n for text in (_ENGLISH, _FRENCH) for n, w in enumerate(text.split())}
WORDS |= {word.replace("-", " "): number for word, number in WORDS.items()} | TENS

Quantity = tuple[frozenset[Decimal], str]


def plain(text: str) -> str:
    """`text` without case, accents, punctuation and what else does not change an answer."""
    text = DASHES.sub("-", _folded(text))
    text = HYPHEN.sub(" ", PUNCTUATION.sub(" ", text))
    return " ".join(text.split())


def without_article(text: str) -> str:
    """Plain text without the article it may begin with."""
    first, _, rest = text.partition(" ")
    return rest if rest and first in ARTICLES else text


def quantity(text: str) -> Quantity | None:
    """The values an answer may mean if it is a number, and its unit; "1.000" may mean two."""
    text = DASHES.sub("-", _folded(text)).strip().rstrip(".,;:!?").strip()
    if (word := plain(text)) in WORDS:
        return frozenset({Decimal(WORDS[word])}), ""
    if (parts := FRACTION.match(text)) and int(parts[3]):
        value = Decimal(int(parts[2])) / int(parts[3]) * (-1 if parts[1] == "-" else 1)
        return frozenset({value}), plain(parts[4] or "")
    if not (found := NUMBER.match(text)):
        return None
    sign, currency, digits, unit = found.groups()
    values = {-value if sign == "-" else value for value in _values(digits)}
    return (frozenset(values), plain(currency + (unit or ""))) if values else None


def lookalike(text: str) -> str:
    """Plain text in which letters that look like digits are those digits."""
    return plain(text).replace(" ", "").translate(LOOKALIKES)


def _values(digits: str) -> set[Decimal]:
    values = set()
    if (found := DECIMAL.match(digits)) and len(digits) < 40:
        values.add(Decimal(f"{found[1]}.{found[2] or 0}"))
    if (found := GROUPED.match(digits)) and found[2] != found[1] and len(digits) < 40:
        whole = digits[: found.start(2)] if found[2] else digits
        values.add(Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{found[3] or 0}"))
    return values


def _folded(text: str) -> str:
    # A vulgar fraction falls apart into digits around U+2044.
    text = unicodedata.normalize("NFKD", text).casefold().replace("\u2044", "/")
    kept = "".join(c for c in text if not unicodedata.combining(c))
    return kept.translate(LIGATURES)
