"""Which language a text is in, by its script and its small words, and which words those are."""

from __future__ import annotations

import functools
import pkgutil
import re
from collections import Counter

from bellhop.jobtypes.knowledge.words import words

# As ISO 639-1 and jusText, whose lists these are, call them.
LANGUAGES = {
    "en": "English", "fr": "French", "de": "German", "es": "Spanish", "it": "Italian",
    "pt": "Portuguese", "nl": "Dutch", "sv": "Swedish", "pl": "Polish", "da": "Danish",
    "no": "Norwegian_Bokmal", "fi": "Finnish", "cs": "Czech", "sk": "Slovak", "sl": "Slovenian",
    "hr": "Croatian", "hu": "Hungarian", "ro": "Romanian", "tr": "Turkish", "ca": "Catalan",
    "et": "Estonian", "lv": "Latvian", "lt": "Lithuanian", "id": "Indonesian",
    "vi": "Vietnamese", "ru": "Russian", "uk": "Ukrainian", "bg": "Bulgarian", "sr": "Serbian",
    "mk": "Macedonian", "be": "Belarusian", "kk": "Kazakh", "ar": "Arabic", "fa": "Persian",
    "ur": "Urdu", "hi": "Hindi", "mr": "Marathi", "ne": "Nepali", "el": "Greek", "he": "Hebrew",
    "ko": "Korean", "ka": "Georgian", "hy": "Armenian", "bn": "Bengali", "gu": "Gujarati",
    "ta": "Tamil", "te": "Telugu", "kn": "Kannada", "ml": "Malayalam",
}  # fmt: skip
# Letters that languages share; those of a script of their own tell the language.
LETTERS = {
    "la": "a-z\u00c0-\u024f\u1e00-\u1eff", "ru": "\u0400-\u04ff", "ar": "\u0620-\u06d3",
    "hi": "\u0904-\u0939", "el": "\u0370-\u03ff\u1f00-\u1fff", "he": "\u05d0-\u05ea",
    "ko": "\uac00-\ud7a3\u1100-\u11ff", "ja": "\u3041-\u3096\u30a1-\u30fa", "zh": "\u4e00-\u9fff",
    "th": "\u0e01-\u0e4e", "lo": "\u0e81-\u0ede", "km": "\u1780-\u17d3", "my": "\u1000-\u104f",
    "ka": "\u10a0-\u10ff", "hy": "\u0531-\u0587", "am": "\u1200-\u137f", "bn": "\u0985-\u09b9",
    "pa": "\u0a05-\u0a39", "gu": "\u0a85-\u0ab9", "or": "\u0b05-\u0b39", "ta": "\u0b83-\u0bb9",
    "te": "\u0c05-\u0c39", "kn": "\u0c85-\u0cb9", "ml": "\u0d05-\u0d39", "si": "\u0d85-\u0dc6",
}  # fmt: skip
OF_SCRIPT = {
    "ru": ("ru", "uk", "bg", "sr", "mk", "be", "kk"), "ar": ("ar", "fa", "ur"),
    "hi": ("hi", "mr", "ne"),
}  # fmt: skip
OF_LATIN = tuple(LANGUAGES)[: tuple(LANGUAGES).index("ru")]
COUNT = {name: re.compile(f"[{letters}]") for name, letters in LETTERS.items()}
# The lists go from frequent to rare; the longer ones have words of every subject at their end.
SMALL_WORDS = 450
COMMON = 150
SAMPLE_WORDS = 2000
# Below this part of all words, it is none of these languages.
LEAST_PART = 0.2
# Japanese text has ideographs too, and more of them than kana in headlines.
LEAST_KANA = 0.1


@functools.cache
def stop_words(language: str | None) -> frozenset[str]:
    """The small words of a language; those of English for one that is not known."""
    name = LANGUAGES.get(language or "", "English")
    found = pkgutil.get_data("justext", f"stoplists/{name}.txt") or b""
    return frozenset(found.decode().casefold().split("\n")[:SMALL_WORDS])


def language_of(text: str) -> str | None:
    """The language of a text, as ISO 639-1 calls it; None where it is none that is known here."""
    start = text[: SAMPLE_WORDS * 8].casefold()
    counts = Counter({name: len(letters.findall(start)) for name, letters in COUNT.items()})
    ((script, most),) = counts.most_common(1)
    if not most:
        return None
    if counts["ja"] and script in ("ja", "zh"):
        return "ja" if counts["ja"] >= LEAST_KANA * most else "zh"
    known = OF_LATIN if script == "la" else OF_SCRIPT.get(script, ())
    return _by_small_words(start, known) if known else script


def _by_small_words(text: str, languages: tuple[str, ...]) -> str | None:
    sample = words(text)[:SAMPLE_WORDS]
    # How often the commonest words of each occur: long lists share many words.
    common = {word for word, _ in Counter(sample).most_common(COMMON)}
    weighed = Counter({name: _share(sample, common & stop_words(name)) for name in languages})
    ((name, share),) = weighed.most_common(1)
    return name if share >= LEAST_PART else None


def _share(sample: list[str], known: frozenset[str] | set[str]) -> float:
    return sum(word in known for word in sample) / len(sample) if sample else 0.0
