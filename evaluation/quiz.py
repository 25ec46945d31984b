"""Quiz sheets: how well lines are read, questions counted and columns kept apart."""

from __future__ import annotations

import json
import struct
import tempfile
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluation import Figure, Run


def figures(run: Run, data: Path) -> Iterator[Figure]:
    folder = data / "quiz_images"
    expected = json.loads((folder / "expected.json").read_text())
    printed = _page_errors(run, folder, expected["printed"])
    yield Figure("character errors in print, worst page", max(printed), most=0.02)
    pages = _page_errors(run, folder, expected["pages"])
    yield Figure("character errors in handwriting, worst page", max(pages), most=0.1)
    yield Figure("character errors in handwriting, mean", sum(pages) / len(pages), most=0.085)
    yield from _questions(run, folder, expected["quizzes"])
    yield Figure("blank page is a result without questions", _blank(run), least=1)


def _page_errors(run: Run, folder: Path, texts: dict[str, str]) -> list[float]:
    results = run("quiz", [folder / name for name in texts])
    return [
        error_rate("\n".join(image["handwritten_content"] for image in result["images"]), text)
        for result, text in zip(results, texts.values(), strict=True)
    ]


def _questions(run: Run, folder: Path, quizzes: dict[str, Any]) -> Iterator[Figure]:
    results = dict(zip(quizzes, run("quiz", [folder / name for name in quizzes]), strict=True))
    counted = [
        results[n]["total_questions"] == quiz["question_count"] for n, quiz in quizzes.items()
    ]
    yield Figure("sheets with the exact count of questions", sum(counted) / len(counted), least=1)
    errors, in_place = [], []
    for name, quiz in quizzes.items():
        wanted = quiz.get("answers", {})
        given = {
            str(q["number"]): q["answer"] for i in results[name]["images"] for q in i["questions"]
        }
        for number, answer in wanted.items():
            rates = {n: error_rate(given.get(number, ""), text) for n, text in wanted.items()}
            errors.append(error_rate(given.get(number, ""), answer))
            in_place.append(min(rates, key=lambda n: rates[n]) == number)
    yield Figure("character errors in answers, mean", sum(errors) / len(errors), most=0.2)
    yield Figure("answers at their own question", sum(in_place) / len(in_place), least=1)


def _blank(run: Run) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blank.png"
        file.write_bytes(_white_png(1240, 1754))
        (result,) = run("quiz", [file])
    return float(result.get("total_questions") == 0)


def _white_png(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    rows = (b"\0" + b"\xff" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def error_rate(read: str, text: str) -> float:
    """Edits per character of `text`, accents folded, each run of white space one space."""
    return edits(folded(read), folded(text)) / max(1, len(folded(text)))


def folded(text: str) -> str:
    text = text.replace("œ", "oe").replace("Œ", "OE").replace("\u2019", "'")
    parts = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in parts if not unicodedata.combining(c)).split())


def edits(first: str, second: str) -> int:
    above = list(range(len(second) + 1))
    for place, one in enumerate(first, 1):
        row = [place]
        for column, other in enumerate(second):
            row.append(min(above[column + 1] + 1, row[-1] + 1, above[column] + (one != other)))
        above = row
    return above[-1]
