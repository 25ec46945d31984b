"""The words of a text in any script.

Where a script puts spaces between words, a word is a run of letters with their marks (UAX #29).
Chinese and Japanese have no spaces: each ideograph and each hiragana counts as one word, as word
processors count them, and a run of katakana as one. Thai, Lao, Khmer and Burmese have none either,
and their words are only in dictionaries: there a count is an estimate from the number of letters.
"""

from __future__ import annotations

import math
import re

# Marks that belong to the letter before them, and so to its word.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u0900-\u0903"
    "\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7\u0a01-\u0a03\u0a3c-\u0a51"
    "\u0a70\u0a71\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c04"
    "\u0c3c-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d57\u0d81-\u0d83\u0dca-\u0df3"
    "\u0f18-\u0f39\u0f71-\u0f84\u135d-\u135f\u1dc0-\u1dff\u20d0-\u20f0\u200c\u200d\ufe20-\ufe2f"
)
IDEOGRAPHS = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003fffd"
)
KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
# Scripts whose words only a dictionary knows, and the letters, without marks, of a usual word.
RUNS = {"\u0e01-\u0e4e": 4, "\u0e81-\u0ece\u0edc-\u0edf": 4, "\u1780-\u17d3": 3, "\u1000-\u104f": 3}
WITHOUT_SPACES = "".join(RUNS)
OTHERS = f"{IDEOGRAPHS}{KATAKANA}{WITHOUT_SPACES}"
WORD = re.compile(rf"[{IDEOGRAPHS}]|[{KATAKANA}]+|[{WITHOUT_SPACES}]+|(?:[^\W{OTHERS}][{MARKS}]*)+")
# Letters only, and ideographs by the run.
RUN = re.compile(
    rf"(?P<pairs>[{IDEOGRAPHS}]+)|(?P<fours>[{WITHOUT_SPACES}]+)"
    rf"|[{KATAKANA}]+|(?:[^\W\d_{OTHERS}][{MARKS}]*)+"
)
UNSPACED = re.compile(f"[{OTHERS}]")
OF_RUN = {re.compile(f"[{script}]"): letters for script, letters in RUNS.items()}


def count_words(text: str) -> int:
    """The number of words, as the rules above have it."""
    return sum(_words_in(found[0]) for found in WORD.finditer(text))


def length(text: str) -> int:
    """About the number of words, quickly: what stands between spaces, where a script has them."""
    return count_words(text) if UNSPACED.search(text) else len(text.split())


def _words_in(run: str) -> int:
    for script, letters in OF_RUN.items():
        if script.match(run):
            return math.ceil(sum(letter.isalpha() for letter in run) / letters)
    return 1


def words(text: str) -> list[str]:
    """Words of letters in any script, in small letters, to compare texts by.

    Where there are no spaces, all pairs of neighbours stand for them; in Thai and the like, all
    runs of four letters.
    """
    found: list[str] = []
    for match in RUN.finditer(text.casefold()):
        run, size = match[0], {"pairs": 2, "fours": 4}.get(match.lastgroup or "", 0)
        if size:
            found += [run[place : place + size] for place in range(max(1, len(run) - size + 1))]
        else:
            found.append(run)
    return found
