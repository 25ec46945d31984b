"""Grade the answers of quiz sheets against an answer key.

A job process calls `quiz_grading` with corrected text from the page, or with the `data` of `quiz`
when it is the next step of a chain. What is neither surely right nor surely wrong is "close" and
goes to a person. Needs no library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from annotated_types import Gt, Le, MaxLen

from bellhop import BadInput, Context, job_type
from bellhop.jobtypes.sheets.grading import compare
from bellhop.jobtypes.sheets.key import Key, Name, in_order, name_of, parse_key

MAX_QUESTIONS = 5000
MAX_ANSWER = 2000
HINT = 'Send {"questions": [{"number": 1, "answer": "Paris"}]} or the data of a quiz job.'

NUMBER = re.compile(r"\d{1,9}|\d{1,2}(?:\.\d{1,2}){1,3}|[a-z]", re.IGNORECASE | re.ASCII)
Sheet = dict[Name, dict[str, Any]]


@job_type(label="Quiz grading", queue="default", timeout_s=60, memory_mb=512, viewer="quiz_grading")
def quiz_grading(
    data: dict,
    context: Context,
    *,
    answer_key: Annotated[
        list[str],
        MaxLen(1000),
        'One line per question: "1: Paris | City of Paris". Empty: the key in the data.',
    ] = [],  # noqa: B006 - the default of the form
    points_each: Annotated[float, Gt(0), Le(1000), "Points for a correct answer."] = 1,
) -> dict[str, Any]:
    """Compare each answer with the answer key.

    `data` has `questions`, or `images` that have them, each with `number` and `answer`. A number
    that comes again begins the next person's sheet.
    """
    key = _key_of(answer_key or data.get("answer_key"))
    context.progress(10, "Grading")
    sheets = _sheets(list(_questions(data)))
    graded = []
    for number, sheet in enumerate(sheets, 1):
        graded += [{"sheet": number, **row} for row in _graded(sheet, key, points_each)]
        _tell_unexpected(context, sheet, key, number)
    totals = [_totals(rows, points_each) for rows in _by_sheet(graded, len(sheets))]
    return {
        "questions": graded,
        "sheets": [{"sheet": n, **total} for n, total in enumerate(totals, 1)],
        "totals": _totals(graded, points_each),
    }


def _key_of(lines: Any) -> Key:
    is_list = isinstance(lines, list) and all(isinstance(line, str) for line in lines)
    key = parse_key(lines[:MAX_QUESTIONS]) if is_list else {}
    if not key:
        raise BadInput(
            "There is no answer key.", code="no_answer_key", hint='Write lines such as "1: Paris".'
        )
    return key


def _questions(data: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every question with the number of its image, from 1."""
    images = data.get("images", [data] if "questions" in data else None)
    count = 0
    for place, image in enumerate(images if isinstance(images, list) else [None], 1):
        rows = image.get("questions") if isinstance(image, dict) else None
        if not isinstance(rows, list):
            raise BadInput("The data contains no questions.", code="no_questions", hint=HINT)
        for row in rows:
            count += 1
            if count > MAX_QUESTIONS:
                raise BadInput(
                    f"There are more than {MAX_QUESTIONS:,} questions.",
                    code="too_large",
                    hint="Grade fewer sheets at a time.",
                )
            yield place, _checked(row, count)


def _checked(row: Any, place: int) -> dict[str, Any]:
    """A question with 1, "a" or "1.2" as number, and texts.

    Raises BadInput: bad_question, too_large.
    """
    if not isinstance(row, dict):
        row = {}
    number, answer, prompt = row.get("number"), row.get("answer") or "", row.get("prompt") or ""
    if isinstance(number, str) and NUMBER.fullmatch(number.strip()):
        number = name_of(number.strip())
    elif type(number) is not int:
        number = None
    if number is None or not isinstance(answer, str) or not isinstance(prompt, str):
        raise BadInput(
            f"Question {place} of the data has no number, or an answer that is not text.",
            code="bad_question",
            hint=HINT,
        )
    if len(answer) > MAX_ANSWER:
        raise BadInput(
            f"The answer to question {number} has {len(answer):,} characters; the limit is "
            f"{MAX_ANSWER:,}.",
            code="too_large",
            hint="Shorten the answer.",
        )
    return {"number": number, "answer": answer, "prompt": prompt}


def _sheets(questions: list[tuple[int, dict[str, Any]]]) -> list[Sheet]:
    """The questions by person: a number that comes again begins the next sheet."""
    sheets: list[Sheet] = [{}]
    for image, question in questions:
        if question["number"] in sheets[-1]:
            sheets.append({})
        sheets[-1][question["number"]] = {**question, "image": image}
    return sheets


def _graded(sheet: Sheet, key: Key, points_each: float) -> Iterator[dict[str, Any]]:
    for number in sorted(key, key=in_order):
        question = sheet.get(number, {"image": None, "prompt": "", "answer": ""})
        found = compare(key[number], question["answer"])
        yield {
            "image": question["image"],
            "number": number,
            "prompt": question["prompt"],
            "expected": " | ".join(key[number]),
            "given": question["answer"],
            "verdict": found.verdict,
            "similarity": round(found.similarity, 2),
            "points": points_each if found.verdict == "correct" else 0,
        }


def _tell_unexpected(context: Context, sheet: Sheet, key: Key, number: int) -> None:
    if left := sorted(set(sheet) - set(key), key=in_order):
        text = f"Not in the answer key and not graded: {', '.join(map(str, left))}."
        context.warn("not_in_key", text, f"sheet {number}")


def _by_sheet(rows: list[dict[str, Any]], count: int) -> Iterator[list[dict[str, Any]]]:
    for number in range(1, count + 1):
        yield [row for row in rows if row["sheet"] == number]


def _totals(rows: list[dict[str, Any]], points_each: float) -> dict[str, Any]:
    """`points` are sure; those of close answers are `points_open` until a person decides."""
    counts = dict.fromkeys(("correct", "close", "wrong", "blank"), 0)
    for row in rows:
        counts[row["verdict"]] += 1
    return {
        **counts,
        "points": round(points_each * counts["correct"], 6),
        "points_open": round(points_each * counts["close"], 6),
        "max_points": round(points_each * len(rows), 6),
    }
