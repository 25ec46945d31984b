"""The help for parameters in a docstring: in the styles of Google, NumPy and Sphinx."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

GOOGLE = re.compile(
    r"(?:Args|Arguments|Parameters|Keyword Args|Keyword Arguments|Other Parameters):"
)
NUMPY = re.compile(r"(?:Other )?Parameters\n-+", re.M)
SPHINX = re.compile(
    r":(?:param|parameter|arg|argument|key|keyword)\s+(?:[^:\n]+\s)?\*{0,2}(\w+):\s*"
)
# `name: words`, `name (int, optional): words`, and of NumPy `name : int, optional`.
OF_GOOGLE = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
OF_NUMPY = re.compile(r"\*{0,2}(\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?$")


def summary(function: Callable[..., Any]) -> str:
    """The first paragraph, in one line."""
    text = inspect.getdoc(function) or ""
    first = text.split("\n\n")[0]
    return "" if GOOGLE.match(first) or first.startswith(":param") else " ".join(first.split())


def of_parameters(function: Callable[..., Any]) -> dict[str, str]:
    """What a docstring says of each parameter, in one line each."""
    text = inspect.getdoc(function) or ""
    found = {**_sphinx(text), **_google(text), **_numpy(text)}
    return {name: " ".join(words.split()) for name, words in found.items() if words.strip()}


def _sphinx(text: str) -> dict[str, str]:
    found = {}
    for match in SPHINX.finditer(text):
        rest = text[match.end() :]
        end = re.search(r"\n\s*(?::\w|\n)|\n(?=\S)", rest)
        found[match[1]] = rest[: end.start()] if end else rest
    return found


def _google(text: str) -> dict[str, str]:
    lines = text.split("\n")
    found: dict[str, str] = {}
    for start in [number for number, line in enumerate(lines) if GOOGLE.fullmatch(line.strip())]:
        found |= _entries(_indented(lines[start + 1 :]), OF_GOOGLE, has_words=True)
    return found


def _numpy(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in NUMPY.finditer(text):
        section = text[match.end() :].strip("\n")
        end = re.search(r"\n[^\n]+\n-{3,}", section)
        lines = (section[: end.start()] if end else section).split("\n")
        found |= _entries(lines, OF_NUMPY, has_words=False)
    return found


def _indented(lines: list[str]) -> list[str]:
    """The lines until one that is not indented, without the indent of the first."""
    block = []
    for line in lines:
        if line.strip() and not line.startswith((" ", "\t")):
            break
        block.append(line)
    return inspect.cleandoc("\n" + "\n".join(block)).split("\n") if block else []


def _entries(lines: list[str], entry: re.Pattern[str], *, has_words: bool) -> dict[str, str]:
    """The words below each name; a line without indent begins the next."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in lines:
        if line[:1].strip() and (match := entry.match(line)):
            names = [name.strip(" *") for name in match[1].split(",")]
            found |= dict.fromkeys(names, match[2] if has_words else "")
        else:
            found |= {name: f"{found[name]} {line}" for name in names}
    return found
