"""The parties that stand before a citation.

The name begins behind what belongs to the citation before (its year or pages), behind a signal and
behind the end of a sentence. A full stop ends a sentence unless the word is one of those that are
shortened in the names of cases. A number is part of a name behind "No." or within a sentence; where
a sentence begins it is the mark of a footnote.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

WINDOW = 250
VERSUS = re.compile(r"\s(?:v\.|vs\.|v)\s")
# The name of a case without an opponent.
ALONE = re.compile(
    r"(?<!\w)((?:In re|IN RE|Ex parte|EX PARTE|In the (?:Matter|Interest|Marriage|Estate) of"
    r"|(?:Matter|Estate|Marriage|Guardianship|Conservatorship|Adoption|Succession|Interest"
    r"|Application|Petition|Custody) of)"
    r" (?:the )?[A-Z0-9$](?:[^;:()\[\]“”\"]|\([^()]{1,40}\)(?=[ ,]*\S)){0,120})$"
)
YEAR_FIRST = re.compile(r",?\s*\((?P<court>[^()]{0,60}?)(?P<year>(?:1[6-9]|20)\d\d)\)\s*$")
# A volume and page that were not known yet: "585 U.S. ----", "__ U.S. __".
UNPRINTED = re.compile(
    r",?\s*[_\u2010-\u2015-]{1,4}\s+[A-Z][\w. ]{0,14}?\s+[_\u2010-\u2015-]{1,4}[,\s\[(]*$"
)
DOCKET = re.compile(
    r",\s+(?:(?:Case|Docket|Civ(?:il|\.)|Crim(?:inal|\.)|Action|A\.|C\.A\.|Index|Cause|Record)\s*)*"
    r"Nos?\.?\s+(?=\S*[-:/]\S|\d{4}|[A-Z]|\d+ (?:Civ|Cr|C|Misc)\b)(?!.*\sv\.?\s).*$"
)
ORDINARY = {
    "mr", "mrs", "ms", "dr", "jr", "sr", "st", "mt", "ft", "no", "nos", "hon", "rev", "rel", "al",
    "gen", "gov", "lt", "col", "capt", "sgt", "messrs", "ry", "rr", "cty", "cnty", "vt", "bros",
    "twp", "viz", "ltd", "inc", "corp", "co", "cos", "sch", "bd", "dept", "tr", "op", "ex",
}  # fmt: skip
CONNECTORS = {
    "of", "the", "and", "&", "for", "ex", "rel.", "de", "la", "du", "von", "van", "del", "on",
    "a", "an", "to", "et", "al.", "in", "y", "los", "las", "le", "des", "der",
}  # fmt: skip
# Words of a party that tell no case from another.
NEVER_A_NAME = {
    "state", "united", "states", "people", "city", "county", "commonwealth", "inc", "co", "the",
    "of", "and", "re", "ex", "rel", "llc", "corp", "america", "matter", "parte", "in", "estate",
}  # fmt: skip
# A name never reaches back over one of these.
STOPS = {"see", "cf", "accord", "compare", "citing", "quoting", "contra", "but", "e.g", "id",
         "ibid", "supra", "also", "generally"}  # fmt: skip
# Who decides or argues "in Smith v. Jones"; any other name may have an "in" of its own.
SPEAKER = re.compile(
    r"(?:\b(?:courts?|circuit|division|department|appeals|panel|congress|plaintiffs?|defendants?"
    r"|petitioners?|respondents?|appell(?:ants?|ees?)|government|majority|dissent|judges?|justices?)"
    r"|\b(?:judge|justice|chancellor) \S+),?$",
    re.I,
)
SIGNALS = re.compile(
    r"^(?:(?:in|under|with|and|as|from|the|of|for|to|on|that|both|when|since|because|by|like|unlike"
    r"|while|pursuant|according|contrary|following|applying|relying|based|until|before|after"
    r"|although|though|or|than|later|earlier|where|if|per|via|here|at|is|was|thus|then|even|just|only|except|so|not"
    r"|e\.g\.)[\s,]+"
    r"|(?:[a-z]+ly|however|moreover|thus|further(?:more)?|indeed|likewise|therefore|hence|then"
    r"|later|first|second|third|next|again|still|yet|nevertheless|instead|also),\s+)+",
    re.I,
)
GROUP = re.compile(r"(?<=\w )\((?=[A-Z0-9])(?![^()]*\b(?:1[6-9]|20)\d\d)[^()]{1,40}\)(?= |$)")
JOINED = "\0"
MARK = re.compile(r"[\[(*\u2020]?(?:FN|[Ff]n\.?|n\.)?\d{1,3}[\]).:/]?")
GLUED_MARK = re.compile(r"^\d{1,3}(?=[A-Z][a-z\u2019'])")
# Where a paragraph begins, a number is a mark whatever stands before it.
PARAGRAPH_MARK = re.compile(r"\n\d{1,3}(?: (?=[A-Z])|(?=[A-Z][a-z\u2019']))")
NUMBERED = re.compile(r"(?:^|\W)(?:Nos?\.?|Number|\u2116|#)$")
# What is said of the citation before: "(1947) (Hickman II), Nash v. Nobles".
REMARK = re.compile(r"^(?:[\s,]*\([^()\d]{1,60}\))+[\s,]+(?=\S)")
QUOTES = "“”\"'(\u2018\u2019["


def parties(text: str, start: int, after: int) -> tuple[str | None, str | None]:
    """(plaintiff, defendant) named right before `start`, and not before `after`."""
    window = PARAGRAPH_MARK.split(text[max(after, start - WINDOW) : start])[-1].replace("\n", " ")
    window = UNPRINTED.sub("", window)
    window = YEAR_FIRST.sub("", REMARK.sub("", window)).rstrip(" ,\n(")
    window = DOCKET.sub("", re.sub(r",?\s+supra$", "", window)).rstrip(" ,")
    found = list(VERSUS.finditer(window))
    if not found:
        alone = ALONE.search(window)
        is_one = alone and not _has_sentence_end(alone[1])
        return None, alone[1] if alone and is_one else None
    defendant = _without_remark(window[found[-1].end() :].strip(" ,\n"))
    plaintiff = last_name(window[: found[-1].start()])
    if not plaintiff or not _is_name(defendant):
        return None, None
    return plaintiff, defendant


def year_before(text: str, start: int, after: int) -> tuple[str | None, int | None]:
    """(court, year) of "People v. Smith (2009) 173 Cal.App.4th 655": between name and citation."""
    window = UNPRINTED.sub("", text[max(after, start - WINDOW) : start])
    found = YEAR_FIRST.search(window)
    if not found or not re.search(r"[^\W\d_]{2}", window[: found.start()]):
        return None, None
    return found["court"].strip(" ,") or None, int(found["year"])


def last_name(text: str) -> str | None:
    """The name with which a text ends: words with capitals, and what joins them."""
    words: list[str] = []
    # What stands in parentheses in a name is one word of it: "Schools (Dist. 66)".
    given = GROUP.sub(lambda group: group[0].replace(" ", JOINED), text).split()
    for n in range(len(given) - 1, -1, -1):
        word, before = given[n], " ".join(given[max(0, n - 2) : n])
        if words and _ends_sentence(word, words[0]):
            break
        glued = GLUED_MARK.match(word)
        if glued and (not before or _ends_sentence(before.split()[-1], word)):
            words[:0] = [word[glued.end() :]] if _is_part(word, before) else []
            break
        if not _is_part(word, before):
            break
        words.insert(0, word)
        if word[0] in '(“"[' and word[-1] != ")":
            break
    name = SIGNALS.sub(
        "", " ".join(words).replace(JOINED, " ").lstrip('“”"[(,;& ').rstrip('“”"[,; ')
    )
    return name if any(letter.isupper() or letter.isdigit() for letter in name) else None


def _is_part(word: str, before: str) -> bool:
    """Whether a word may be one of a name; `before` are the two before it."""
    bare = word.strip(QUOTES)
    if bare.strip(".,").casefold() in STOPS:
        return False
    if GLUED_MARK.sub("", bare).strip(".,").casefold() in STOPS:
        return False
    if MARK.fullmatch(word):
        if word[-1] == ".":
            return False
        return bool(before) and (
            bool(NUMBERED.search(before))
            or before[-1] == ";"
            or not _ends_sentence(before.split()[-1], word)
        )
    if bare == "in":
        return not SPEAKER.search(before)
    return bare[:1].isupper() or bare[:1].isdigit() or bare[:1] in "$#&" or bare in CONNECTORS


def _ends_sentence(word: str, after: str) -> bool:
    """Whether a sentence ends with this word; a mark of a footnote may stand at its end."""
    if re.search(r"[;:?!\u2026][”\"’)\]]*\d{0,3}$", word):
        return True
    found = re.search(r"(\S*?)\.[”\"’)\]]*(\d{0,3})$", word)
    if not found or NUMBERED.search(word):
        return bool(re.search(r"[)\]]$", word)) and not word.startswith(("(", "["))
    if found[2] or word[-1] in '”"':
        return True
    return not _is_abbreviation(found[1].strip(QUOTES))


def begins_sentence(before: str, text: str) -> bool:
    """Whether a sentence ends with the last word of `before`, so that `text` begins one."""
    words = before.split()
    return not words or before[-1] in "([" or _ends_sentence(words[-1], text)


def _is_abbreviation(word: str) -> bool:
    """Whether a full stop behind this word is part of it: "Corp", "U.S", "Int'l", "J"."""
    bare = word.replace("\u2019", "'").casefold()
    if not word:
        return False
    if bare in ORDINARY or bare in _abbreviations():
        return True
    if word[0].isupper() and not re.search("[aeiouy]", bare[1:]):
        return True
    if re.fullmatch(r"(?:[^\W\d_]+\.)+[^\W\d_]+", word):
        return True
    return bare.endswith("s") and bare[:-1] in _abbreviations()


@cache
def _abbreviations() -> frozenset[str]:
    """What is shortened in the names of cases and states, without the full stop."""
    from reporters_db import CASE_NAME_ABBREVIATIONS, STATE_ABBREVIATIONS

    names = [*CASE_NAME_ABBREVIATIONS, *STATE_ABBREVIATIONS]
    found = {name.rstrip(".").casefold() for name in names}
    return frozenset(found | {name.replace("'", "") for name in found})


def _has_sentence_end(name: str) -> bool:
    words = name.split()
    return any(
        _ends_sentence(word, after) and after[:1].isupper() for word, after in pairwise(words)
    )


def _without_remark(name: str) -> str:
    """A name without what stands in parentheses behind it: "Jones (“Jones II”)"."""
    return re.sub(r"(?:\s*\([^()]{1,60}\))+$", "", name).strip(" ,")


def _is_name(name: str) -> bool:
    """Whether this is one name, and no sentence that begins with one."""
    if not name or not (name[0].isupper() or name[0].isdigit() or name[0] in "$#\u2018"):
        return False
    if re.search(r"[;:“”\"()\[\]]", name) or _has_sentence_end(name):
        return False
    words = [word.strip(",.") for word in name.split()]
    small = [w for w in words if w[:1].islower() and w not in CONNECTORS]
    return len(small) <= max(1, len(words) // 4)
