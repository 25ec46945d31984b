"""From the lines of pages to one text of paragraphs."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from statistics import median

from bellhop.jobtypes.caselaw.model import Document

# A line that ends a sentence, or a heading that ends with a colon.
ENDS = re.compile(r"""[.?!:]["'”’)\]]*\d{0,2}$""")
# A volume with the beginning of a reporter, or one of two parties: neither ends a sentence.
CITES = re.compile(
    r"\b\d{1,4}\s?(?:[A-Z][A-Za-z'\u2019]{0,4}\.\s?(?:\d[a-z]{1,2}\s)?)+$|\b(?:v|vs|No|[Ss]ee|cf)\.$"
)
# A number before a name at the start of a line begins a footnote where the line before goes on
# with no number: "on this page" / "11 Ash v. Elm".
NAMED_NOTE = re.compile(r"\d{1,3} ?(?=[A-Z][\w.'\u2019&,-]+ )[^\d;()]{2,80} v\.? [A-Z]")
BEFORE_NOTE = re.compile(r"\b[a-z]{2,}$")
# A paragraph that ends with a short line is narrower than this part of a usual one.
SHORT = 0.8
SOFT_HYPHEN = "\xad"
WORD = re.compile(r"[^\W\d_]{3,}")
LAST_PART = re.compile(r"([^\W\d_]+)-$")
FIRST_PART = re.compile(r"[^\W\d_]+")
BULLET = re.compile(r"(?:¶|[•*–]|\(?[0-9a-zA-Z]{1,3}[.)]\s|[IVX]+\.\s)")


def from_pages(pages: Sequence[Sequence[str]]) -> Document:
    """Join the lines of pages to paragraphs; an empty line may end one.

    A paragraph goes on over the end of a page when its last line ends no sentence.
    """
    lines = [[" ".join(line.split()) for line in page] for page in pages]
    filled = [line for page in lines for line in page if line]
    usual = median(map(len, filled)) if filled else 0
    words = {word.casefold() for line in filled for word in WORD.findall(line)}
    text, starts, before = io.StringIO(), [], ""
    for page in lines:
        start, is_after_gap = None, False
        for line in page:
            if not line:
                is_after_gap = True
                continue
            if before.endswith(SOFT_HYPHEN) or _is_one_word(before, line, words):
                text.seek(text.tell() - 1)  # over the hyphen
            elif before:
                text.write(_glue(before, line, usual, is_after_gap))
            start = text.tell() if start is None else start
            text.write(line)
            before, is_after_gap = line, False
        starts.append(text.tell() if start is None else start)
    return Document(text.getvalue().replace(SOFT_HYPHEN, "-"), tuple(starts))


def from_paragraphs(paragraphs: Sequence[str]) -> Document:
    """Join paragraphs of a document that has no pages."""
    lines = (" ".join(paragraph.split()) for paragraph in paragraphs)
    return Document("\n".join(line for line in lines if line))


def ends_sentence(line: str) -> bool:
    """Whether a line ends with a sentence, and not within a citation."""
    return bool(ENDS.search(line)) and not CITES.search(line)


def _is_one_word(before: str, line: str, words: set[str]) -> bool:
    """Whether a word was divided here: the document has it undivided elsewhere."""
    first, second = LAST_PART.search(before), FIRST_PART.match(line)
    return bool(first and second and (first[1] + second[0]).casefold() in words)


def _glue(before: str, line: str, usual: float, is_after_gap: bool) -> str:
    """What stands between two lines."""
    if NAMED_NOTE.match(line) and BEFORE_NOTE.search(before):
        return "\n"
    is_end = ends_sentence(before)
    if is_after_gap and (is_end or line[:1].isupper()):
        return "\n"
    if is_end and (len(before) < SHORT * usual or BULLET.match(line)):
        return "\n"
    # What was divided at the end of a line may be a word or a range: the hyphen stays.
    return "" if before.endswith("-") and before[-2:-1].isalnum() else " "
