"""How a reporter is written: glued to its numbers, without its full stops, in capitals.

What stands between two numbers is taken as the name of a reporter when it is one but for spaces,
full stops and capitals. "846F.2d746" and "67 NY2d 485" are then read as "846 F.2d 746" and
"67 N.Y.2d 485".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

SERIES = r"(?:\s?(?:[2-9]|1[0-9])\s?(?:[dD]|[tT][hH]|[rR][dD]))"
CANDIDATE = re.compile(
    r"(?<![\w$.:/#-])(?<!\d,)(?P<volume>\d{1,4})(?P<before> ?)"
    rf"(?P<name>[A-Z][A-Za-z.'\u2019& ]{{0,28}}?{SERIES}?(?: ?(?i:Supp)\.?)?)"
    r"(?P<behind>,? ?(?:(?<![A-Za-z])at ?(?:pp?\. ?)?)?)"
    r"(?=\d+(?!\d|[dD](?![a-z])|[tT][hH]|[rR][dD])|_{2,})"
)
AT = re.compile(r"(?P<comma>,?) ?at ?(?:pp?\. ?)?")
# A year in parentheses makes a citation of a word between numbers: "324 Mass 123 [1949]".
YEAR = re.compile(r"\d+[^()\[\];]{0,40}[(\[][^()\[\]]{0,60}(?:1[6-9]|20)\d\d[)\]]")
Edit = tuple[int, int, str]


def edits(text: str) -> Iterator[Edit]:
    """(start, end, what to read there) for each reporter that is written otherwise."""
    for match in CANDIDATE.finditer(text):
        name, behind = match["name"].rstrip(), match["behind"]
        usual = _usual(name)
        if usual is None or (
            usual != name and _is_word(name) and not YEAR.match(text, match.end())
        ):
            continue
        is_glued = not match["before"] or (not behind and match["name"] == name)
        if is_glued and not _may_be_glued(name):
            continue
        if text[match.start() - 1 : match.start()] == ",":
            yield match.start(), match.start(), " "
        if not match["before"]:
            yield match.start("name"), match.start("name"), " "
        if usual != name:
            yield match.start("name"), match.start("name") + len(name), usual
        at = AT.fullmatch(behind)
        wanted = f"{at['comma']} at " if at else behind or " "
        end = match.start("name") + len(name)
        if text[end : match.end()] != wanted:
            yield end, match.end(), wanted


def _may_be_glued(name: str) -> bool:
    """A letter between two numbers is no reporter; a full stop, a series or initials are."""
    return "." in name or any(letter.isdigit() for letter in name) or name in ("US", "WL")


def _is_word(name: str) -> bool:
    return name.isalpha() and not name.isupper()


def _usual(name: str) -> str | None:
    """The name as eyecite knows it; None where it is no reporter."""
    bare = _without_spaces(name)
    if bare in _known():
        return name
    return _by_letters().get(_letters(name))


def _without_spaces(name: str) -> str:
    return re.sub(r"\s", "", name)


def _letters(name: str) -> str:
    return re.sub(r"[\s.'\u2019]", "", name).casefold()


@cache
def _known() -> frozenset[str]:
    return frozenset(_without_spaces(name) for name in _names())


@cache
def _by_letters() -> dict[str, str]:
    """The names of reporters by their letters; of several the official one, then the longest."""
    found: dict[str, str] = {}
    for name in sorted(_names(), key=lambda name: (not _is_official(name), -len(name), name)):
        found.setdefault(_letters(name), name)
    return found


def _is_official(name: str) -> bool:
    from eyecite.tokenizers import EDITIONS_LOOKUP

    return any(edition.short_name == name for edition in EDITIONS_LOOKUP[name])


@cache
def _names() -> tuple[str, ...]:
    from eyecite.tokenizers import EDITIONS_LOOKUP

    return tuple(
        name
        for name, found in EDITIONS_LOOKUP.items()
        if any(edition.reporter.source == "reporters" for edition in found)
    )
