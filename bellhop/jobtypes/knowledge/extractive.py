"""A summary without a model: the sentences nearest to what the whole text is about.

A sentence is a vector of TF-IDF weights, the text their centroid; what stands early counts more.
Radev, Jing, Styś and Tam, "Centroid-based summarization of multiple documents", 2004.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping

from bellhop.jobtypes.knowledge.languages import stop_words
from bellhop.jobtypes.knowledge.words import WITHOUT_SPACES, words

MOST_SENTENCES = 400
MOST_LETTERS = 900
SENTENCES = 4
TAGS = 6
# A full stop within a word or number ends no sentence; the marks of scripts without one always do.
SOFT, HARD = ".!?", "\u3002\uff01\uff1f\u0964\u06d4\u061f\u17d4\u104b\u1362\u0589"
SENTENCE = re.compile(
    rf"[^{SOFT}{HARD}\n]+(?:[{SOFT}](?!\s)[^{SOFT}{HARD}\n]*)*[{SOFT}{HARD}]*"
    r"[\"'\u201d\u2019\u00bb\u300d\u300f\uff09)\]]*"
)
LEAST_WORDS = 4
# Thai, Lao, Khmer and Burmese: what stands between two spaces is a phrase.
UNDIVIDED = ("th", "lo", "km", "my")
JAPANESE = re.compile("[\u4e00-\u9fff\u3005]{2,}|[\u30a1-\u30fa\u30fc]{3,}")
# Runs of Chinese between its small words.
SMALL_OF_CHINESE = (
    "的了是在和不有我他她它们們这這那就也都而及与與被把给給对對从從到或其之于於以"
    "为為所但又很更最个個一"
)
CHINESE = re.compile(rf"(?:(?![{SMALL_OF_CHINESE}])[\u4e00-\u9fff]){{2,}}")


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
    counts = terms(text, language)
    for word in terms(title or "", language):
        if counts[word] > 1:
            counts[word] *= 2
    return [word for word, count in counts.most_common(TAGS) if count > 1]


def terms(text: str, language: str | None) -> Counter[str]:
    """What may be a tag, and how often it occurs."""
    if language == "zh":
        return _phrases(text)
    if language == "ja":
        return Counter(JAPANESE.findall(text))
    if language in UNDIVIDED:
        return Counter(found[0] for found in re.finditer(rf"[{WITHOUT_SPACES}]{{3,20}}", text))
    least = 2 if language == "ko" else 4  # a letter of Korean is a syllable
    return Counter(word for word in _telling(text, language) if len(word) >= least)


def _phrases(text: str) -> Counter[str]:
    """Two to four characters of Chinese that come back; none that is part of one as frequent."""
    counts: Counter[str] = Counter()
    for run in CHINESE.findall(text):
        for size in (2, 3, 4):
            counts.update(run[place : place + size] for place in range(len(run) - size + 1))
    often = {phrase: count for phrase, count in counts.items() if count > 1}
    for phrase in sorted(often, key=len, reverse=True):
        for part in (phrase[1:], phrase[:-1]):
            if often.get(part, 0) <= often.get(phrase, 0) * 1.2:
                often.pop(part, None)
    return Counter(often)


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
