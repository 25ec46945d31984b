"""A summary without a model: the sentences nearest to what the whole text is about.

A sentence is a vector of TF-IDF weights, the text their centroid; what stands early counts more.
Radev, Jing, Styś and Tam, "Centroid-based summarization of multiple documents", 2004.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping

from bellhop.jobtypes.knowledge.words import stop_words, words

MOST_SENTENCES = 400
MOST_LETTERS = 900
SENTENCES = 4
TAGS = 6
# Latin and East Asian ends of sentences; a full stop within a word or number ends none.
END = r".!?\u3002\uff01\uff1f"
SENTENCE = re.compile(
    rf"[^{END}\n]+(?:[{END}](?!\s)[^{END}\n]*)*[{END}]*[\"'\u201d\u2019\u00bb)\]]*"
)
LEAST_WORDS = 4


def summarize(text: str, language: str | None) -> str:
    """The sentences that say most, in their order; the start of a text that has none."""
    sentences = [match[0].strip() for match in SENTENCE.finditer(text)]
    sentences = [s for s in sentences if len(words(s)) >= LEAST_WORDS][:MOST_SENTENCES]
    if not sentences:
        return " ".join(text.split())[:MOST_LETTERS]
    bags = [Counter(_telling(sentence, language)) for sentence in sentences]
    weights = _weights(bags)
    centroid: dict[str, float] = defaultdict(float)
    for bag in bags:
        for word, count in bag.items():
            centroid[word] += count * weights[word]
    scores = [
        _similarity(bag, centroid, weights) * (1 + 1 / (1 + place / 3))
        for place, bag in enumerate(bags)
    ]
    best = sorted(range(len(sentences)), key=lambda place: -scores[place])[:SENTENCES]
    chosen = " ".join(sentences[place] for place in sorted(best))
    return chosen if len(chosen) <= MOST_LETTERS else chosen[: MOST_LETTERS - 1].rstrip() + "…"


def tags(text: str, title: str | None, language: str | None) -> list[str]:
    """The words that the text uses most, those of its title counted more."""
    counts = Counter(word for word in _telling(text, language) if len(word) > 3)
    for word in _telling(title or "", language):
        if counts[word] > 1:
            counts[word] *= 2
    return [word for word, count in counts.most_common(TAGS) if count > 1]


def _telling(text: str, language: str | None) -> list[str]:
    ignored = stop_words(language)
    return [word for word in words(text) if word not in ignored and len(word) > 1]


def _weights(bags: list[Counter[str]]) -> dict[str, float]:
    """The inverse document frequency of each word over the sentences."""
    present = Counter(word for bag in bags for word in bag)
    return {word: 1 + math.log(len(bags) / count) for word, count in present.items()}


def _similarity(
    bag: Counter[str], centroid: Mapping[str, float], weights: Mapping[str, float]
) -> float:
    """The cosine of the angle between a sentence and the centroid."""
    dot = sum(count * weights[word] * centroid[word] for word, count in bag.items())
    own = math.sqrt(sum((count * weights[word]) ** 2 for word, count in bag.items()))
    whole = math.sqrt(sum(value**2 for value in centroid.values()))
    return dot / (own * whole) if own and whole else 0.0
