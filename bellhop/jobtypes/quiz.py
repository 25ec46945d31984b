"""Read photos and scans of quiz sheets: their lines, questions, and what was answered.

A job process calls `quiz` once per file; the parts are in `jobtypes/sheets/`. A sheet on which
nothing is found is a result with no questions, not an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import MaxLen

from bellhop import Context, job_type
from bellhop.jobtypes.sheets.key import parse_key

if TYPE_CHECKING:
    from bellhop.jobtypes.sheets.answers import Parts
    from bellhop.jobtypes.sheets.lines import Line
    from bellhop.jobtypes.sheets.pages import Page
    from bellhop.jobtypes.sheets.questions import Layout, Question

PICTURE_SIDE = 1600


@job_type(
    label="Quiz sheets",
    accepts=[".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".pdf"],
    queue="ocr",
    timeout_s=1800,
    memory_mb=2048,
    requires={"rapidocr": "ocr", "onnxruntime": "ocr", "cv2": "ocr"},
    viewer="quiz",
)
def quiz(
    file: Path,
    context: Context,
    *,
    answer_key: Annotated[
        list[str], MaxLen(1000), 'One line per question, such as "1: Paris | City of Paris".'
    ] = [],  # noqa: B006 - the default of the form
) -> dict[str, Any]:
    """Read the questions and the handwritten answers of quiz sheets.

    `answer_key` is handed on with the result, to where it is graded.
    """
    # Late: they need the extra, without which this file must still tell of itself.
    from bellhop.jobtypes.sheets.pages import Pages

    key = parse_key(answer_key)
    context.progress(1, "Loading")
    pages = Pages(file)
    if pages.skipped:
        text = f"Only the first of {pages.skipped + 1} frames was read."
        context.warn("frames_skipped", text)
    images = []
    for number, page in enumerate(pages, 1):
        step = f"Processing image {number} of {pages.count}"
        context.progress(2 + 97 * (number - 1) / pages.count, step)
        images.append(read_image(page, number, context.output_dir))
        for warning in images[-1]["warnings"]:
            context.warn(warning["code"], warning["message"], f"image {number}")
        if context.cancelled:
            break
    total = sum(image["question_count"] for image in images)
    result: dict[str, Any] = {"images": images, "total_questions": total}
    return {**result, "answer_key": answer_key} if key else result


def read_image(page: Page, number: int, folder: Path) -> dict[str, Any]:
    """One entry of `images`, and its picture for the page in `folder`."""
    import numpy
    from PIL import Image

    from bellhop.jobtypes.sheets.answers import split_page
    from bellhop.jobtypes.sheets.handwriting import mark_handwriting
    from bellhop.jobtypes.sheets.leftovers import find_answers
    from bellhop.jobtypes.sheets.lines import read_lines
    from bellhop.jobtypes.sheets.numbers import find_numbers
    from bellhop.jobtypes.sheets.questions import find_questions

    pixels = numpy.ascontiguousarray(numpy.asarray(page.picture)[:, :, ::-1])
    pixels, rotation, lines = read_lines(pixels)
    mark_handwriting(pixels, lines)
    layout = find_questions(lines, pixels.shape[1])
    if layout.gaps and (numbers := find_numbers(pixels, layout.gaps)):
        lines += numbers
        layout = find_questions(lines, pixels.shape[1])
    has_hand = any(line.is_handwritten for line in lines)
    parts = split_page(layout.questions)
    blank = [q for q, part in zip(layout.questions, parts, strict=True) if not part.answer]
    found, unread = find_answers(pixels, blank, layout.questions, lines)
    if found:
        lines += found
        mark_handwriting(pixels, lines)
        layout = find_questions(lines, pixels.shape[1])
        parts = split_page(layout.questions)
    picture = Image.fromarray(numpy.ascontiguousarray(pixels[:, :, ::-1]))
    width, height = (round(side / page.scale) for side in picture.size)
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    name = f"image-{number}.jpg"
    picture.save(folder / name, quality=80)
    return {
        "width": width,
        "height": height,
        "rotation": rotation,
        "picture": name,
        "handwritten_content": whole_text(lines, layout),
        "has_handwriting": has_hand,
        "question_count": len(layout.questions),
        "questions": questions_data(layout, parts, page.scale),
        "other_lines": [line_data(line, page.scale) for line in layout.others],
        "warnings": warnings_of(lines, layout, parts, unread),
    }


def questions_data(layout: Layout, parts: list[Parts], scale: float) -> list[dict[str, Any]]:
    """The entries of `questions`."""
    return [
        {
            "number": question.number,
            "prompt": part.prompt,
            "answer": part.answer,
            "is_sure": part.is_sure,
            "lines": [line_data(line, scale) for line in question.lines],
        }
        for question, part in zip(layout.questions, parts, strict=True)
    ]


def line_data(line: Line, scale: float) -> dict[str, Any]:
    """One entry of `lines`; `box` in pixels of the sender's picture, made upright."""
    return {
        "text": line.text,
        "score": round(line.score, 3),
        "box": [[round(float(x) / scale), round(float(y) / scale)] for x, y in line.box],
        "handwritten": line.is_handwritten,
    }


def whole_text(lines: list[Line], layout: Layout) -> str:
    """All lines; where there are questions, what belongs to none comes first."""
    from bellhop.jobtypes.sheets.questions import in_reading_order

    if not layout.questions:
        return "\n".join(line.text for line in in_reading_order(lines))
    ordered = [*layout.others, *(line for q in layout.questions for line in q.lines)]
    return "\n".join(line.text for line in ordered)


def warnings_of(
    lines: list[Line], layout: Layout, parts: list[Parts], unread: list[Question]
) -> list[dict[str, Any]]:
    """What a person should know who trusts the result."""
    found = []
    if not lines:
        found.append(("no_text", "No text was found on this image."))
    elif not layout.questions:
        found.append(("no_questions", "No numbered questions were found on this image."))
    if layout.missing:
        numbers = ", ".join(map(str, layout.missing))
        found.append(("missing_numbers", f"These numbers were not found: {numbers}."))
    if not layout.is_sure:
        text = "The numbers or letters of this image may belong to the choices of one question."
        found.append(("unsure_numbering", text))
    pairs = zip(layout.questions, parts, strict=True)
    unsure = ", ".join(str(question.number) for question, part in pairs if not part.is_sure)
    if unsure:
        text = f"Prompt and answer of these questions may be swapped: {unsure}."
        found.append(("unsure_answers", text))
    if unread:
        numbers = ", ".join(str(question.number) for question in unread)
        found.append(("unread_answers", f"The writing at these questions was not read: {numbers}."))
    return [{"code": code, "message": message, "where": None} for code, message in found]
