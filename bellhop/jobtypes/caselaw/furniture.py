"""Running heads and feet, stamps and line numbers: what stands on a page and is not its text.

They may divide a citation, and a head such as "Cite as: 569 U. S. ____ (2013)" looks like one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# How far from the edges of a page a head or foot may stand, in lines that are not empty.
EDGE_LINES = 4
LEAST_REPEATS = 3
CITE_AS = re.compile(r"^\W*cite\s+as\b", re.I)
PAGE_NUMBER = re.compile(
    r"^[\W_]*(?:page\s+)?(?:\d{1,4}|[ivxl]{1,6})(?:\s+of\s+\d{1,4})?[\W_]*$", re.I
)
# What federal courts stamp on each page of a filing.
STAMP = re.compile(
    r"^\W*(?:USCA\S*\s+)?case:?\s.{0,60}(?:document|dktentry|doc\b|filed|page:?\s*\d)", re.I
)
PLEADING_LINES = 15


def without_furniture(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """The pages without what repeats at their edges; lines in their order."""
    numbered = [_without_line_numbers(page) for page in pages]
    seen: Counter[str] = Counter()
    for page in numbered:
        seen.update({_shape(page[n]) for edge in _edges(page) for n in edge})
    repeated = {shape for shape, count in seen.items() if count >= LEAST_REPEATS and shape}
    return [_without_edges(page, repeated) for page in numbered]


def _without_edges(page: list[str], repeated: set[str]) -> list[str]:
    gone = {n for n, line in enumerate(page) if CITE_AS.match(line) or STAMP.match(line)}
    for edge in _edges(page):
        for n in edge:
            # What stands behind the first line of the text is text.
            if n not in gone and not _is_furniture(page[n], repeated):
                break
            gone.add(n)
    return [line for n, line in enumerate(page) if n not in gone]


def _is_furniture(line: str, repeated: set[str]) -> bool:
    return bool(PAGE_NUMBER.match(line)) or _shape(line) in repeated


def _edges(page: Sequence[str]) -> tuple[list[int], list[int]]:
    """The numbers of the lines near the top and near the bottom, from the edge on."""
    filled = [n for n, line in enumerate(page) if line.strip()]
    most = min(EDGE_LINES, max(1, len(filled) // 3))
    return filled[:most], filled[::-1][:most]


def _shape(line: str) -> str:
    """A line with what differs from page to page made equal."""
    return re.sub(r"\d+", "0", " ".join(line.split())).casefold()


def _without_line_numbers(page: Sequence[str]) -> list[str]:
    """A page of a pleading has its lines numbered at the left; the numbers go.

    Some PDFs give them in front of each line, others in lines of their own.
    """
    found = [re.match(r"\s*(\d{1,2})(?=\s|$)", line) for line in page]
    expected, run = 1, []
    for n, match in enumerate(found):
        if match and int(match[1]) == expected:
            run.append(n)
            expected += 1
    if len(run) < PLEADING_LINES:
        return list(page)
    lines = list(page)
    for n in run:
        match = found[n]
        assert match is not None
        lines[n] = lines[n][match.end() :]
    return lines
