"""Words that say nothing of what a text is about, by language, and what language they tell."""

from __future__ import annotations

import functools
import re
from collections import Counter

# As ISO 639-1 and jusText, whose lists these are, call them.
LANGUAGES = {
    "en": "English", "fr": "French", "de": "German", "es": "Spanish", "it": "Italian",
    "pt": "Portuguese", "nl": "Dutch", "sv": "Swedish", "pl": "Polish",
}  # fmt: skip
COMMON = 150
SAMPLE_WORDS = 2000
# Below this part of all words, it is none of these languages.
LEAST_PART = 0.2


def words(text: str) -> list[str]:
    """Words of letters in any script, in small letters."""
    return re.findall(r"[^\W\d_]+", text.casefold())


@functools.cache
def stop_words(language: str | None) -> frozenset[str]:
    """The small words of a language; those of English for one that is not known."""
    import justext

    name = LANGUAGES.get(language or "", "English")
    return frozenset(word.casefold() for word in justext.get_stoplist(name))


def language_of(text: str) -> str | None:
    """The language whose small words the text is full of; None where it is none of these."""
    sample = words(text[: SAMPLE_WORDS * 8])[:SAMPLE_WORDS]
    # How often the commonest words of each occur: long lists share many words.
    common = {word for word, _ in Counter(sample).most_common(COMMON)}
    weighed = Counter({name: _share(sample, common & stop_words(name)) for name in LANGUAGES})
    ((name, share),) = weighed.most_common(1)
    return name if share >= LEAST_PART else None


def _share(sample: list[str], known: set[str]) -> float:
    return sum(word in known for word in sample) / len(sample) if sample else 0.0
