"""What each citation stands for.

An "Id." stands for what was cited last. That is not what another citation cites in its parenthesis
("(citing Wren, 555 U.S. 555)"), nor a refusal to hear the case ("cert. denied"). Where the last
thing cited is a place in the record, "Id." stands for that, and so for no citation. A page that
cannot be in the decision says that "Id." stands for something else.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bellhop.jobtypes.caselaw.model import Citation, leading_number
from bellhop.jobtypes.caselaw.parties import NEVER_A_NAME, last_name
from bellhop.jobtypes.caselaw.records import SIGNALLED, records

# No opinion is longer, and no name stands farther before its "supra".
MOST_PAGES = 150
WINDOW = 80
# How deep a parenthesis about a citation may be in others.
DEPTH = 8
REFUSED = re.compile(
    r"(?:\b(?:cert(?:iorari|\.)?|reh(?:earing|['\u2019]g)|appeal|rev(?:iew|\.)|leave|lv\.?|motion)"
    r" (?:to appeal )?(?:en banc )?(?:was )?(?:denied|granted|dismissed|dism\.?|den\.?)"
    r"|\bcert\.? den\.)[\s,]*(?:sub nom\..{0,80})?(?:\(?\d{4}\)?)?[\s,]*$"
)
LATER = re.compile(
    r"[,)\]] (?:aff(?:irmed|['\u2019]d|d|g)|rev(?:ersed|['\u2019]d|d|g)|vacated|overruled"
    r"|superseded|modified|abrogated|affirming|reversing)\b"
    r"(?:(?![a-z]{3}\. [A-Z])[^();\n]){0,120}$"
)
# "22 U.S. (9 Wheat.) 1" is cited again as "9 Wheat. at 196".
NOMINATIVE = re.compile(r"\((\d{1,3}) ([A-Z][\w.' ]+)\)")
SECTION = "a section"
OTHERS = "It follows {}, so it refers to that and to no citation."
NONE_FITS = "Its page cannot be one of what was cited last."
TWO = "It may refer to either of two decisions in one case."


class Place(NamedTuple):
    """Something cited: a citation by its place in the list, or `what` stands in the text."""

    start: int
    number: int | None
    what: str


def resolve(
    citations: list[Citation], groups: list[list[int]], text: str, signs: Sequence[int]
) -> None:
    """Number what is cited, and say of each citation which full one it stands for.

    `groups` are the indexes of parallel citations, `signs` the places of section signs of no code.
    """
    _number(citations, groups)
    resolver = Resolver(citations, groups, text, signs)
    for number, citation in enumerate(citations):
        if citation.is_full:
            resolver.add(number)
            continue
        target = resolver.target(citation)
        if target is not None:
            citation.resolves_to, citation.cluster = target, citations[target].cluster


def _number(citations: list[Citation], groups: list[list[int]]) -> None:
    """Give each full citation the number of what it cites, in the order of the text."""
    numbers: dict[tuple[str, ...], int] = {}
    for group in groups:
        keys = [_key(citations[n], n) for n in group if citations[n].is_full]
        known = {numbers[key] for key in keys if key in numbers}
        number = min(known, default=len(numbers))
        if len(known) > 1:
            numbers |= {key: number for key, old in numbers.items() if old in known}
        numbers |= dict.fromkeys(keys, number)
    order: dict[int, int] = {}
    for n, citation in enumerate(citations):
        if citation.is_full:
            number = numbers[_key(citation, n)]
            citation.cluster = order.setdefault(number, len(order))


def _key(citation: Citation, index: int) -> tuple[str, ...]:
    """The same for citations of one thing; a page that is not known may be any."""
    is_open = citation.kind == "full_case" and not (citation.page or "").strip("_")
    return citation.kind, citation.normalized or citation.text, str(index) if is_open else ""


class Resolver:
    """Knows the full citations so far by what they cite, by their volume and by their names."""

    def __init__(
        self,
        citations: list[Citation],
        groups: list[list[int]],
        text: str,
        signs: Sequence[int],
    ):
        self._citations, self._text = citations, text
        self._places = _places(citations, groups, text, signs)
        self._parentheses = _parentheses(citations, text)
        self._by_cluster: dict[int | None, list[int]] = defaultdict(list)
        self._by_volume: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
        self._by_word: dict[str, list[int]] = defaultdict(list)

    def add(self, number: int) -> None:
        """Know one more full citation."""
        full = self._citations[number]
        self._by_cluster[full.cluster].append(number)
        if full.kind == "full_case":
            self._by_volume[full.volume, full.reporter].append(number)
            if nominative := NOMINATIVE.search(full.text):
                self._by_volume[nominative[1], nominative[2]].append(number)
            for word in _names(full):
                self._by_word[word].append(number)

    def target(self, own: Citation) -> int | None:
        """The number of the full citation that a short form stands for."""
        if own.kind == "id":
            return self._of_id(own)
        return self._of_short(own) if own.kind == "short_case" else self._of_supra(own)

    def _of_id(self, own: Citation) -> int | None:
        cited = self._cited_before(own)
        last = next(cited, None)
        if not isinstance(last, Citation):
            own.unresolved = OTHERS.format(last) if last else None
            return None
        target = self._fitting(last, own.pin_cite)
        if last.kind == "full_case" and LATER.search(self._before(last)):
            earlier = next(cited, None)
            other = self._fitting(earlier, own.pin_cite) if isinstance(earlier, Citation) else None
            if other is not None and target is not None:
                own.unresolved = TWO
                return None
            target = other if target is None else target
        if target is None:
            is_known = last.is_full or last.resolves_to is not None
            own.unresolved = NONE_FITS if is_known else last.unresolved
        return target

    def _cited_before(self, own: Citation) -> Iterator[Citation | str]:
        """What was cited before, the nearest first, without what "Id." never stands for."""
        is_page, is_passed = bool(own.pin_cite and own.pin_cite[0].isdigit()), False
        for n in range(bisect_left(self._places, (own.start,)) - 1, -1, -1):
            place = self._places[n]
            if self._is_hidden(place.start, own.start):
                continue
            if place.number is None:
                is_passed = place.what == SECTION or (is_passed and place.what == SIGNALLED)
                if not (is_page and is_passed):
                    yield place.what
                continue
            cited = self._citations[place.number]
            is_passed = cited.kind == "law" and not cited.is_paged
            is_refusal = cited.kind == "full_case" and REFUSED.search(self._before(cited))
            if is_page and is_passed and place.what:
                yield place.what
            elif not is_refusal and not (is_page and is_passed):
                yield cited

    def _before(self, citation: Citation) -> str:
        return self._text[max(0, citation.start - 2 * WINDOW) : citation.start]

    def _is_hidden(self, place: int, asked: int) -> bool:
        """Whether it is in a parenthesis about a citation, and `asked` is not in the same."""
        first = bisect_left(self._parentheses, (place, 0))
        near = self._parentheses[max(0, first - DEPTH) : first]
        return any(start < place < end <= asked for start, end in near)

    def _fitting(self, cited: Citation, pin: str | None) -> int | None:
        """The first of the citations of what `cited` cites in which the page may be."""
        same = self._by_cluster[cited.cluster] if cited.cluster is not None else []
        if pin and pin[0] in "\u00b6p":
            pins = (self._citations[n].pin_cite or "" for n in same)
            if any(other.startswith(("\u00b6", "para")) for other in pins):
                return same[0]
        return next((n for n in same if _fits(self._citations[n], pin)), None)

    def _of_short(self, own: Citation) -> int | None:
        """The case of this volume that has the name before it, or begins last before its page."""
        page = leading_number(own.page)
        found = [(n, self._citations[n]) for n in self._by_volume[own.volume, own.reporter]]
        cases = [(n, full) for n, full in found if page is None or _first(full) <= page]
        named = [(n, full) for n, full in cases if self._names_before(own) & _names(full)]
        best = named or cases
        if len({full.cluster for _, full in best}) == 1:
            return best[0][0]
        within = [(_first(full), -n) for n, full in cases if _holds(full, page)]
        return -max(within)[1] if within else None

    def _of_supra(self, own: Citation) -> int | None:
        """The case with a party of the name before it; of two the one whose other is near."""
        cases = {n for word in self._names_before(own) for n in self._by_word[word]}
        window = set(_words(self._text[max(0, own.start - WINDOW) : own.start]))
        last = {n: _last_names(self._citations[n]) for n in cases}
        found = Counter({n: len(last[n] & window) for n in sorted(cases)})
        best = [n for n, count in found.items() if count == max(found.values())]
        return best[0] if len({self._citations[n].cluster for n in best}) == 1 else None

    def _names_before(self, own: Citation) -> set[str]:
        """The last word of the name that stands right before a short form."""
        before = self._text[max(0, own.start - WINDOW) : own.start].rstrip(" ,\n(")
        words = _words(last_name(before))
        return {words[-1]} - NEVER_A_NAME if words else set()


def _places(
    citations: list[Citation], groups: list[list[int]], text: str, signs: Sequence[int]
) -> list[Place]:
    """What is cited, in the order of the text; parallel citations are one.

    `what` is also given for a citation with which a sentence ends that is nothing else.
    """
    taken = [(citation.start, max(citation.tail, citation.end)) for citation in citations]
    others = [Place(start, None, what) for start, what in records(text)]
    others += [Place(start, None, SECTION) for start in signs]
    named, free = dict[int, str](), list[Place]()
    for place in others:
        n = bisect_left(taken, (place.start + 1, 0)) - 1
        if n >= 0 and taken[n][0] <= place.start < taken[n][1]:
            if place.start == taken[n][1] - 1:
                named[n] = place.what
        else:
            free.append(place)
    ours = [Place(citations[group[0]].start, group[0], named.get(group[0], "")) for group in groups]
    return sorted([*ours, *free], key=lambda place: place.start)


def _parentheses(citations: list[Citation], text: str) -> list[tuple[int, int]]:
    """Those that stand behind a citation and say something of it."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for match in re.finditer(r"[()\[\]\n]", text):
        if match[0] in "([":
            opened.append(match.start())
        elif match[0] == "\n":
            opened.clear()
        elif opened:
            closing[opened.pop()] = match.end()
    owned = set()
    for citation in citations:
        place = max(citation.tail, citation.end)
        while (place := _skip_spaces(text, place)) in closing:
            owned.add((place, closing[place]))
            place = closing[place]
    return sorted(owned)


def _skip_spaces(text: str, place: int) -> int:
    while place < len(text) and text[place] in " ,":
        place += 1
    return place


def _fits(full: Citation, pin: str | None) -> bool:
    """Whether the pages may be in `full`, whose own pages are those of a volume or not."""
    if not pin or re.match(r"(?:&|n|fn|note)", pin) or not full.has_pages:
        return True
    if full.kind == "law" and not full.is_paged:
        return not pin[0].isdigit()
    return pin[0].isdigit() and _holds(full, leading_number(pin))


def _first(full: Citation) -> int:
    return leading_number(full.page) or 0


def _holds(full: Citation, page: int | None) -> bool:
    """Whether a case that begins on the page of `full` may reach to this page."""
    first = leading_number(full.page)
    return first is not None and page is not None and first <= page <= first + MOST_PAGES


def _words(text: str | None) -> list[str]:
    bare = re.sub(r"['\u2019]s?\b", "", (text or "").casefold())
    return re.findall(r"[^\W\d_]{2,}", bare)


def _names(full: Citation) -> set[str]:
    """The words of the parties that tell one case from another."""
    return {*_words(full.plaintiff), *_words(full.defendant)} - NEVER_A_NAME


def _last_names(full: Citation) -> set[str]:
    """The last word of each party, as a short form would say it."""
    return {words[-1] for name in (full.plaintiff, full.defendant) if (words := _words(name))}
