"""Citations: precision and recall per occurrence of case citations in court documents."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluation import Figure, Run

PAGES = 30
CHARACTERS_OF_A_PAGE = 2800


def figures(run: Run, data: Path) -> Iterator[Figure]:
    folder = data / "citations"
    expected = json.loads((folder / "expected.json").read_text())
    right = found = wanted = codes = 0
    for name, of_file in expected.items():
        (result,) = run("citations", [folder / name])
        if "error" in of_file:
            codes += result.get("error", {}).get("code") == of_file["error"]
            continue
        ours = cases(result)
        theirs = Counter({_key(text): count for text, count in of_file["citations"].items()})
        right += (ours & theirs).total()
        found += ours.total()
        wanted += theirs.total()
    yield Figure("precision of case citations", right / found, least=0.97)
    yield Figure("recall of case citations", right / wanted, least=0.98)
    errors = sum("error" in of_file for of_file in expected.values())
    yield Figure("files refused as expected", codes / errors, least=1)
    seconds, pages = _speed(run, folder / "opinion.txt")
    yield Figure(f"seconds for {PAGES} pages", seconds / pages * PAGES, most=5)


def cases(result: dict[str, Any]) -> Counter[str]:
    """How often each case is cited, at which page."""
    kinds = ("full_case", "short_case")
    found = [c for c in result["citations"] if c["kind"] in kinds]
    return Counter(_key(f"{c['volume']} {c['reporter']} {c['page'] or '___'}") for c in found)


def _key(text: str) -> str:
    return re.sub(r"[\s.]", "", text).casefold()


def _speed(run: Run, file: Path) -> tuple[float, float]:
    began = time.perf_counter()
    (result,) = run("citations", [file])
    return time.perf_counter() - began, len(result["text"]) / CHARACTERS_OF_A_PAGE
