"""Whether two names are of one case.

Those who cite shorten the names of parties in ways of their own. Two words are the same when one is
the other or its abbreviation: "Dep't" has letters of "Department", in their order, and the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bellhop.jobtypes.caselaw.parties import NEVER_A_NAME

WORD = re.compile(r"[^\W_]+(?:[.'\u2019&][^\W_]+)*\.?")
JOINING = {"of", "the", "and", "for", "in", "on", "to", "a", "an", "v", "vs", "et", "al"}
LEAST_INITIALS = 2


def is_named_so(parties: Sequence[str | None], name: str) -> bool:
    """Whether each party that tells one case from another is in the name of the case."""
    words = WORD.findall(name)
    telling = [own for own in map(_telling, parties) if own]
    return all(any(_is_among(word, words) for word in own) for own in telling)


def _telling(party: str | None) -> list[str]:
    """The words of a party that other cases do not have."""
    return [
        word for word in WORD.findall(party or "")
        if _letters(word) not in NEVER_A_NAME | JOINING and len(_letters(word)) > 1
    ]  # fmt: skip


def _letters(word: str) -> str:
    return re.sub(r"[\W_]", "", word).casefold()


def _is_among(word: str, words: Sequence[str]) -> bool:
    if any(_is_same(word, other) or _is_same(other, word) for other in words):
        return True
    if len(_letters(word)) < LEAST_INITIALS or not word.rstrip(".").replace(".", "").isupper():
        return False
    initials = "".join(_letters(w)[:1] for w in words if _letters(w) not in JOINING)
    return _letters(word) in initials


def _is_same(short: str, word: str) -> bool:
    """Whether they are one word, of which `short` may be the abbreviation."""
    own, whole = _letters(short), _letters(word)
    if own == whole or own.rstrip("s") == whole.rstrip("s") != "":
        return True
    if not re.search(r"[.'\u2019]", short) or own[:1] != whole[:1]:
        return False
    letters = iter(whole)
    return len(own) > 1 and all(letter in letters for letter in own)
