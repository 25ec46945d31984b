"""The places of a text that have the form of a citation, as eyecite recognises them.

eyecite keeps its patterns in a set, so of two that read one place the hash seed of the process
decided. Here the order is that of its list of patterns, and "at" makes a short form.

"Id." and "Ibid." have a pattern of their own: eyecite wants white space on both sides, which two in
a row would have to share. In capitals, "ID." is a short form only where a sentence begins with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

# eyecite's tokens, and what they are here; a section sign without a code is no citation.
KINDS = {"IdToken": "id", "SupraToken": "supra", "SectionToken": "section"}
ID = re.compile(
    r"(?<![^\W\d_])(?<![\w.&@/\u2019'-](?=i))"
    r"(?:[Ii]d ?\.(?:(?![\w/@])|(?=at ?[\d*\u00b6\u00a7]))|[Ii]d(?= at \*?\d)|[Ii]bid\b\.?"
    r"|(?:(?<=[.;:)(\[\u201d\"] )|(?<=[(\[\n])|(?<![\s\S]))(?:ID\.|IBID\b\.?)(?!\w))"
)
SOURCES = {"reporters": "full_case", "laws": "law", "journals": "journal"}


def tokens(text: str) -> list[tuple[str, Any]]:
    """(kind, token of eyecite) in the order of the text, none over another."""
    from eyecite.models import CitationToken
    from eyecite.tokenizers import token_is_from_nominative_reporter

    kept: list[tuple[str, Any]] = []
    for token in sorted(_found(text), key=lambda entry: entry[:3]):
        kind, found = _kind(token[3]), token[3]
        if kind is None:
            continue
        last = kept[-1][1] if kept else None
        if last is not None and last.merge(found):
            continue
        if last is not None and found.start < last.end:
            # "Connick v. Thompson, 563 U.S. 51": the name of a party is also that of a reporter.
            if not (isinstance(found, CitationToken) and token_is_from_nominative_reporter(last)):
                continue
            kept.pop()
        kept.append((kind, found))
    return kept


def _found(text: str) -> Iterator[tuple[int, int, int, Any]]:
    """The longest first of those that begin at one place, then by the rank of their pattern."""
    from eyecite.models import IdToken
    from eyecite.tokenizers import default_tokenizer

    ranks = _ranks()
    for match in ID.finditer(text):
        yield match.start(), -match.end(), 0, IdToken(match[0], match.start(), match.end())
    for extractor in default_tokenizer.get_extractors(text):
        if extractor.constructor == IdToken.from_match:
            continue
        rank = ranks[extractor.regex]
        for match in extractor.compiled_regex.finditer(text):
            token = extractor.get_token(match)
            if token.data:
                yield token.start, -token.end, rank, token


@cache
def _ranks() -> dict[str, int]:
    from eyecite.tokenizers import EXTRACTORS

    ordered = sorted(EXTRACTORS, key=lambda extractor: not extractor.extra.get("short"))
    return {extractor.regex: rank for rank, extractor in enumerate(ordered)}


def _kind(token: Any) -> str | None:
    name = type(token).__name__
    if name != "CitationToken":
        return KINDS.get(name)
    if token.short:
        return "short_case"
    sources = {edition.reporter.source for edition in editions(token)}
    return next((kind for source, kind in SOURCES.items() if source in sources), None)


def editions(token: Any) -> tuple[Any, ...]:
    """The editions that the reporter of a token may be; a name that is exactly one's counts."""
    return tuple(token.exact_editions or token.variation_editions)
