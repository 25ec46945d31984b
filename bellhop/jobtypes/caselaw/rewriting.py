"""Ways of writing that eyecite does not know, written as it does; places lead back to the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from bellhop.jobtypes.caselaw.spelling import Edit, edits

# Each finds what stands differently, and says what eyecite would read there.
WAYS = re.compile(
    r"(?P<blank>(?<=[A-Za-z.] )[\u2010-\u2015-]{2,}(?=[\s,;(\[]))"  # 585 U.S. ---- (2018)
    r"|(?P<at_blank>(?<=\bat )_{2,})"  # 585 U. S., at ___
    r"|(?P<star>(?<=\d) \*\d{1,4}(?= [A-Z]))"  # 135 *355 Mass. 147
)
WRITTEN = {"blank": "___", "at_blank": "___", "star": ""}


class Rewritten:
    """A text as eyecite should read it, and where each of its places is in the one it is of."""

    def __init__(self, text: str):
        parts: list[str] = []
        # Where what was kept begins: here, and in the text it is of.
        self._starts, self._origins = [0], [0]
        done = size = 0
        for start, end, written in sorted({*_ways(text), *edits(text)}):
            if start < done:
                continue
            parts += [text[done:start], written]
            size += start - done + len(written)
            done = end
            self._starts.append(size)
            self._origins.append(done)
        self.text = "".join([*parts, text[done:]])

    def origin(self, place: int) -> int:
        """The place in the original text."""
        index = bisect_right(self._starts, place) - 1
        until = self._origins[index + 1] if index + 1 < len(self._origins) else None
        found = self._origins[index] + place - self._starts[index]
        return found if until is None else min(found, until)


def _ways(text: str) -> Iterator[Edit]:
    for match in WAYS.finditer(text):
        yield match.start(), match.end(), WRITTEN[match.lastgroup or ""]
