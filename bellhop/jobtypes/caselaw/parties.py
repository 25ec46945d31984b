"""The parties that stand before a citation.

eyecite takes those of the citation before when that one ends with its sentence, and the last word
of a name such as "State ex rel. Ohio".
"""

from __future__ import annotations

import re

WINDOW = 250
VERSUS = re.compile(r"\s(?:v\.|vs\.|v)\s")
# The name of a case without an opponent.
ALONE = re.compile(
    r"\b((?:In re|Ex parte|In the Matter of|Matter of|Estate of) [A-Z][\w.&'\u2019 -]{0,60})$"
)
COURT = re.compile(r"^(?:The )?(?:\w+ )?Courts? (?:[a-z]+ )?in ")
# What ends with a full stop and no sentence.
ABBREVIATION = re.compile(
    r"(?:[A-Z]|Inc|Corp|Co|Cos|Ltd|Bros|Ass[’']?n|Dep[’']?t|Dept|Bd|Cty|Cnty|Univ|Sch|Dist|Comm"
    r"|Comm[’']n|Int[’']?l|Nat[’']?l|Gov[’']?t|Sec|Auth|Mfg|Ins|Ry|R\.R|Tel|Elec|Hosp|Ctr|Found"
    r"|St|Mt|Ft|Jr|Sr|Dr|Mr|Mrs|Ms|Hon|rel|al|Tr|Twp|Mun|Indus|Ent|Servs?|Sys|Techs?|Pharms?"
    r"|[A-Z]\.[A-Z](?:\.[A-Z])*)\."
)
CONNECTORS = {"of", "the", "and", "&", "for", "ex", "rel.", "de", "la", "du", "von", "van", "in",
              "on", "a", "an", "to", "et", "al.", "at"}  # fmt: skip
SIGNALS = re.compile(
    r"^(?:(?:see|cf\.?|but|also|accord|e\.g\.,?|in|under|compare|with|and|citing|quoting|as|from"
    r"|the|of|for|to|on|that|both|when|since|contra|generally|because|by|like|unlike|while)[\s,]+)+",
    re.I,
)


def parties(text: str, start: int, after: int) -> tuple[str | None, str | None]:
    """(plaintiff, defendant) named right before `start`, and not before `after`."""
    window = text[max(after, start - WINDOW) : start].rstrip(" ,")
    found = list(VERSUS.finditer(window))
    if not found:
        alone = ALONE.search(window)
        return None, alone[1] if alone else None
    last = found[-1]
    defendant = window[last.end() :].split(", No. ")[0].strip(" ,")
    if re.search(r"[;:()“”]", defendant) or not defendant[:1].isupper():
        return None, None
    return _last_name(window[: last.start()]), defendant


def without_signal(name: str | None) -> str | None:
    """A party without the "See" that stands before it; None for nothing."""
    return SIGNALS.sub("", name.strip(" ,")) or None if name else None


def _last_name(text: str) -> str | None:
    """The name with which a text ends: words with capitals, and what joins them."""
    words: list[str] = []
    for word in reversed(text.split()):
        bare = word.strip("“”\"'([\u2018\u2019")
        is_end = word[-1] in ".;:?!)" and not ABBREVIATION.search(word)
        is_name = bare[:1].isupper() or bare[:1].isdigit() or bare in CONNECTORS
        if (words and is_end) or not is_name:
            break
        words.insert(0, word)
    name = " ".join(words).strip('“”"[( ')
    return without_signal(COURT.sub("", name))
