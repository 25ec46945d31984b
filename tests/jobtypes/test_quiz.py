"""Quiz sheets from picture to questions: what is read, what is kept apart, what is refused."""

from __future__ import annotations

import hashlib
import io
import random
from pathlib import Path
from typing import Any

import numpy
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from bellhop import Context
from bellhop.jobtypes.quiz import quiz
from bellhop.jobtypes.sheets import answers, leftovers, lines, pages, voting
from bellhop.jobtypes.sheets.lines import Line
from bellhop.jobtypes.sheets.questions import Layout, Question, find_questions
from tests.support.attempts import Attempt, attempt, needs_shared, refusal
from tests.support.places import SHARED

PROMPTS = ["Capital of France?", "Longest river?", "Author of Hamlet?", "Sign of water?"]
ANSWERS = ["Paris", "Amazon", "Shakespeare", "Oxygen"]
HOSTILE = SHARED / "hostile"


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def write_by_hand(page: Image.Image, place: tuple[int, int], text: str) -> None:
    """Letters that stand where they fall, joined by a stroke."""
    chance = random.Random(text)
    draw = ImageDraw.Draw(page)
    x, y = place
    for letter in text:
        fall = y + chance.randint(-7, 7)
        draw.text((x, fall), letter, fill=(20, 20, 90), font=font(chance.randint(46, 56)))
        width = int(draw.textlength(letter, font=font(50)))
        draw.line((x + 6, fall + 44, x + width + 8, fall + 46), fill=(20, 20, 90), width=3)
        x += width


def sheet(numbers: str = "{}.", *, columns: int = 2, rows: int = 2) -> Image.Image:
    """A quiz with printed prompts and an answer below each, in columns."""
    page = Image.new("RGB", (620 * columns, 120 + 210 * rows), "white")
    draw = ImageDraw.Draw(page)
    draw.text((60, 30), "WEEKLY QUIZ", fill="black", font=font(36))
    for index in range(columns * rows):
        column, row = divmod(index, rows)
        x, y = 60 + 620 * column, 120 + 210 * row
        draw.text((x, y), f"{numbers.format(index + 1)} {PROMPTS[index]}", "black", font(34))
        write_by_hand(page, (x + 60, y + 70), ANSWERS[index])
    return page


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Attempt:
    """One file of three pages: a sheet, a sheet upside down, a blank page."""
    folder = tmp_path_factory.mktemp("quiz")
    file = folder / "sheets.tif"
    turned = sheet().transpose(Image.Transpose.ROTATE_180)
    blank = Image.new("RGB", (800, 1000), "white")
    sheet().save(file, save_all=True, append_images=[turned, blank])
    return attempt(quiz, file, folder, answer_key=["1: Paris"])


def image(told: Attempt, index: int) -> dict[str, Any]:
    return dict(told.data["images"][index])


def save(folder: Path, picture: Image.Image, name: str, **options: Any) -> Path:
    picture.save(folder / name, **options)
    return folder / name


def only_page(file: Path) -> Image.Image:
    (page,) = pages.Pages(file)
    return page.picture


# What is read


def test_it_says_which_image_it_is_at(told: Attempt) -> None:
    assert told.steps == ["Loading", *(f"Processing image {n} of 3" for n in (1, 2, 3))]


def test_it_gives_an_entry_per_page_and_their_sum(told: Attempt) -> None:
    assert [i["question_count"] for i in told.data["images"]] == [4, 4, 0]
    assert told.data["total_questions"] == 8


def test_it_keeps_two_columns_apart(told: Attempt) -> None:
    found = [(q["number"], q["prompt"]) for q in image(told, 0)["questions"]]
    assert found == list(enumerate(PROMPTS, 1))


def test_it_tells_the_answer_from_the_prompt(told: Attempt) -> None:
    given = [q["answer"].casefold().replace(" ", "") for q in image(told, 0)["questions"]]
    assert given[0][:3] == "par"
    assert all(given) and not any("?" in text for text in given)


def test_it_finds_handwriting_by_shape(told: Attempt) -> None:
    assert image(told, 0)["has_handwriting"] is True
    by_hand = {q["lines"][-1]["handwritten"] for q in image(told, 0)["questions"]}
    assert by_hand == {True}
    assert {q["lines"][0]["handwritten"] for q in image(told, 0)["questions"]} == {False}


def test_it_turns_a_page_that_is_upside_down(told: Attempt) -> None:
    assert [i["rotation"] for i in told.data["images"]] == [0, 180, 0]
    assert [q["prompt"] for q in image(told, 1)["questions"]] == PROMPTS


def test_it_gives_a_blank_page_as_a_result_without_questions(told: Attempt) -> None:
    blank = image(told, 2)
    assert (blank["questions"], blank["handwritten_content"], blank["has_handwriting"]) == (
        [],
        "",
        False,
    )
    assert [w["code"] for w in blank["warnings"]] == ["no_text"]
    assert told.warnings[-1]["where"] == "image 3"


def test_it_places_each_line_on_the_picture(told: Attempt) -> None:
    first = image(told, 0)
    for question in first["questions"]:
        for line in question["lines"]:
            assert len(line["box"]) == 4 and 0 <= line["score"] <= 1
            assert all(
                0 <= x <= first["width"] and 0 <= y <= first["height"] for x, y in line["box"]
            )
    left, right = first["questions"][0]["lines"][0]["box"], first["questions"][2]["lines"][0]["box"]
    assert left[0][0] < 620 < right[0][0]


def test_it_writes_an_upright_picture_of_each_page(told: Attempt) -> None:
    for entry in told.data["images"]:
        with Image.open(told.output_dir / entry["picture"]) as picture:
            assert max(picture.size) <= 1600
            assert picture.width / picture.height == pytest.approx(
                entry["width"] / entry["height"], rel=0.01
            )


def test_it_keeps_what_belongs_to_no_question(told: Attempt) -> None:
    assert [line["text"] for line in image(told, 0)["other_lines"]] == ["WEEKLY QUIZ"]
    assert image(told, 0)["handwritten_content"].startswith("WEEKLY QUIZ\n1. Capital of France?")


def test_it_hands_the_answer_key_on(told: Attempt) -> None:
    assert told.data["answer_key"] == ["1: Paris"]


def test_it_reads_a_page_that_lies_on_its_side(tmp_path: Path) -> None:
    page = sheet(columns=1).transpose(Image.Transpose.ROTATE_90)
    (entry,) = attempt(quiz, save(tmp_path, page, "a.png"), tmp_path).data["images"]
    assert (entry["rotation"], entry["width"], entry["height"]) == (90, 620, 540)
    assert [q["prompt"] for q in entry["questions"]] == PROMPTS[:2]


def test_it_reads_the_pages_of_a_pdf(tmp_path: Path) -> None:
    page = Image.new("RGB", (1240, 400), "white")
    ImageDraw.Draw(page).text((60, 100), "1. Is this the only one?", "black", font(40))
    file = save(tmp_path, page, "a.pdf")
    data = attempt(quiz, file, tmp_path).data
    assert data["images"][0]["questions"][0]["prompt"] == "Is this the only one?"
    assert data["images"][0]["has_handwriting"] is False


def test_it_stops_between_pages_when_cancelled(tmp_path: Path) -> None:
    blank = Image.new("RGB", (300, 300), "white")
    file = save(tmp_path, blank, "a.tif", save_all=True, append_images=[blank, blank])
    context = Context(
        filename="a", output_dir=tmp_path, scratch_dir=tmp_path, item_id="1", attempt=1,
        settings={}, tell=lambda _: None, cancel_asked=lambda: True,
    )  # fmt: skip
    assert len(quiz(file, context)["images"]) == 1


def test_it_reads_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    lines._engine.cache_clear()
    page = numpy.full((200, 600, 3), 255, "uint8")
    assert lines.read_lines(page)[2] == []


def entry_of(folder: Path, picture: Image.Image) -> dict[str, Any]:
    """What is read of one picture."""
    (entry,) = attempt(quiz, save(folder, picture, "a.png"), folder).data["images"]
    return dict(entry)


def blank_sheet(paper: Image.Image, ink: str, *, columns: int = 1) -> Image.Image:
    """Four prompts with letters, in rows of so many columns."""
    draw = ImageDraw.Draw(paper)
    for index, prompt in enumerate(PROMPTS):
        place = (60 + 520 * (index % columns), 80 + 130 * (index // columns))
        draw.text(place, f"{'abcd'[index]}) {prompt}", ink, font(36))
    return paper


def test_it_finds_no_answers_on_a_sheet_that_nobody_has_answered(tmp_path: Path) -> None:
    entry = entry_of(tmp_path, blank_sheet(Image.new("RGB", (900, 640), "white"), "black"))
    found = [(q["number"], q["prompt"], q["answer"]) for q in entry["questions"]]
    assert found == [(name, prompt, "") for name, prompt in zip("abcd", PROMPTS, strict=True)]
    assert entry["warnings"] == []


def test_it_reads_light_ink_on_a_transparent_ground_in_three_columns(tmp_path: Path) -> None:
    paper = Image.new("RGBA", (1600, 400), (0, 0, 0, 0))
    entry = entry_of(tmp_path, blank_sheet(paper, "#ffe", columns=3))
    assert [q["prompt"] for q in entry["questions"]] == PROMPTS


@needs_shared
def test_it_makes_a_photo_upright_by_its_exif(tmp_path: Path) -> None:
    file = SHARED / "quiz_images" / "exif_orientation_180.jpg"
    (entry,) = attempt(quiz, file, tmp_path).data["images"]
    assert "我是中国人" in entry["handwritten_content"]
    assert entry["rotation"] == 0


# How pictures are opened


def dark_corner(picture: Image.Image) -> tuple[int, int]:
    """The quarter that is dark: 0 or 1 from the left, and from the top."""
    gray = picture.convert("L").resize((2, 2), Image.Resampling.BOX)
    place = int(numpy.asarray(gray).argmin())
    return place % 2, place // 2


def corner_picture(mode: str = "RGB") -> Image.Image:
    picture = Image.new("RGB", (60, 40), "white")
    picture.paste("black", (0, 0, 30, 20))
    return picture.convert(mode)


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (3, (1, 1)), (6, (1, 0)), (8, (0, 1)), (2, (1, 0))]
)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_it_turns_by_exif(
    tmp_path: Path, name: str, orientation: int, corner: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = only_page(save(tmp_path, corner_picture(), name, exif=exif))
    assert dark_corner(picture) == corner
    assert picture.mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "RGBA", "LA", "I;16"])
def test_it_sees_every_mode_as_a_person_does(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        values = numpy.asarray(corner_picture("L"), "uint16") * 257
        picture = Image.fromarray(values)
    else:
        picture = corner_picture(mode)
    opened = only_page(save(tmp_path, picture, "a.tif" if mode == "CMYK" else "a.png"))
    assert opened.mode == "RGB"
    assert opened.getpixel((5, 5)) == pytest.approx((0, 0, 0), abs=40)
    assert opened.getpixel((55, 35)) == (255, 255, 255)


def test_it_lays_transparent_pictures_on_white_paper(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    assert only_page(save(tmp_path, picture, "a.png")).getpixel((9, 9)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("inks", "ground"),
    [
        (["white"], (0, 0, 0)),
        (["#eee", "yellow"], (0, 0, 0)),
        (["black", "#224"], (255, 255, 255)),
        (["white", "black"], (128, 128, 128)),
    ],
)
def test_it_lays_transparent_pictures_on_what_shows_their_ink(
    tmp_path: Path, inks: list[str], ground: tuple[int, int, int]
) -> None:
    picture = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    for place, ink in enumerate(inks):
        picture.paste(ink, (10, 10 + 20 * place, 50, 20 + 20 * place))
    opened = only_page(save(tmp_path, picture, "a.png"))
    assert opened.getpixel((2, 2)) == ground
    assert opened.getpixel((30, 15)) == picture.convert("RGB").getpixel((30, 15))


def test_it_keeps_the_pixels_of_the_sender_as_measure(tmp_path: Path) -> None:
    wide = Image.new("L", (8000, 1000), 255)
    (page,) = pages.Pages(save(tmp_path, wide, "a.png"))
    assert page.picture.size == (4000, 500)
    assert page.scale == 0.5


def test_it_makes_a_small_picture_larger(tmp_path: Path) -> None:
    (page,) = pages.Pages(save(tmp_path, Image.new("L", (400, 300), 255), "a.png"))
    assert page.picture.size == (1200, 900)
    assert page.scale == 3


def test_it_reads_the_first_frame_of_what_moves(tmp_path: Path) -> None:
    blank = Image.new("RGB", (300, 200), "white")
    other = Image.new("RGB", (300, 200), "black")
    file = save(tmp_path, blank, "a.webp", save_all=True, append_images=[other])
    done = attempt(quiz, file, tmp_path)
    assert len(done.data["images"]) == 1
    assert done.warnings[0]["code"] == "frames_skipped"


def test_it_decides_by_content(tmp_path: Path) -> None:
    content = io.BytesIO()
    corner_picture().save(content, "PNG")
    (tmp_path / "scan.pdf").write_bytes(content.getvalue())
    assert only_page(tmp_path / "scan.pdf").size == (60, 40)


# What is refused


def refused(folder: Path, content: bytes, name: str = "a.png") -> str:
    (folder / name).write_bytes(content)
    return refusal(quiz, folder / name, folder).code


def test_it_refuses_an_empty_file(tmp_path: Path) -> None:
    assert refused(tmp_path, b"") == "empty_file"


@pytest.mark.parametrize("content", [b"1. Paris\n", b"GIF89a" + b"\0" * 99, b"BM" + b"\1" * 99])
def test_it_refuses_other_kinds(tmp_path: Path, content: bytes) -> None:
    assert refused(tmp_path, content) == "unsupported_type"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "PDF"])
def test_it_refuses_what_is_cut_off(tmp_path: Path, kind: str) -> None:
    noise = Image.effect_noise((400, 400), 80).convert("RGB")
    content = io.BytesIO()
    noise.save(content, kind)
    whole = content.getvalue()
    assert refused(tmp_path, whole[: len(whole) // 2]) == "corrupt_file"


def test_it_refuses_too_many_pixels_before_decoding(tmp_path: Path) -> None:
    """A megabyte of nothing; decoding it would take longer than the whole test."""
    file = save(tmp_path, Image.new("1", (11_000, 10_000)), "a.png")
    assert refusal(quiz, file, tmp_path).code == "too_large"


def test_it_refuses_too_many_pixels_in_a_later_frame(tmp_path: Path) -> None:
    small, large = Image.new("1", (10, 10)), Image.new("1", (11_000, 10_000))
    file = save(
        tmp_path, small, "a.tif", save_all=True, append_images=[large], compression="group4"
    )
    assert refusal(quiz, file, tmp_path).code == "too_large"


def test_it_refuses_more_than_fifty_pages(tmp_path: Path) -> None:
    blank = Image.new("1", (10, 10), 1)
    file = save(tmp_path, blank, "a.tif", save_all=True, append_images=[blank] * 50)
    assert refusal(quiz, file, tmp_path).code == "too_large"


def test_it_draws_a_page_of_any_size_at_one_size(tmp_path: Path) -> None:
    document = pypdfium2.PdfDocument.new()
    document.new_page(14_400, 14_400)
    document.new_page(2, 2)
    document.save(tmp_path / "a.pdf")
    document.close()
    sizes = [max(page.picture.size) for page in pages.Pages(tmp_path / "a.pdf")]
    assert sizes == [pages.PDF_SIDE] * 2


def test_it_refuses_a_wrong_answer_key_before_it_reads(tmp_path: Path) -> None:
    file = save(tmp_path, corner_picture(), "a.png")
    assert refusal(quiz, file, tmp_path, answer_key=["Paris"]).code == "bad_answer_key"


@needs_shared
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("bomb_30000x30000.png", "too_large"),
        ("password.pdf", "password_protected"),
        ("lol.docx", None),
        ("xxe.xlsx", None),
        ("vrt_named.tif", "unsupported_type"),
    ],
)
def test_it_survives_hostile_files(tmp_path: Path, name: str, code: str | None) -> None:
    found = refusal(quiz, HOSTILE / name, tmp_path).code
    assert found == code if code else found in ("unsupported_type", "corrupt_file", "too_large")


# How lines become questions


def line(text: str, x: float, y: float, *, width: float = 300, by_hand: bool = False) -> Line:
    box = [[x, y], [x + width, y], [x + width, y + 40], [x, y + 40]]
    return Line(text, 0.9, numpy.array(box, "float32"), by_hand)


def layout(*found: Line) -> Layout:
    return find_questions(found, 1000)


def numbers(found: Layout) -> list[int | str]:
    return [question.number for question in found.questions]


@pytest.mark.parametrize("style", ["{}. a", "{}) a", "({}) a", "Q{}: a", "Question {} a", "{} - a"])
def test_it_knows_the_ways_to_write_a_number(style: str) -> None:
    found = layout(*(line(style.format(n), 50, 100 * n) for n in (1, 2, 3)))
    assert numbers(found) == [1, 2, 3]
    assert {question.rest for question in found.questions} == {"a"}


@pytest.mark.parametrize("text", ["1969. It rained", "3.5 km", "12 genres.", "50% of all", "2/3"])
def test_it_takes_no_other_number_for_a_question(text: str) -> None:
    assert numbers(layout(line(text, 50, 100), line("and more", 50, 200))) == []


def test_it_takes_bare_numbers_that_form_a_column() -> None:
    found = [line(str(n), 50, 100 * n, width=20) for n in (1, 2, 3)]
    answers_beside = [line("Paris", 120, 100 * n) for n in (1, 2, 3)]
    assert numbers(layout(*found, *answers_beside)) == [1, 2, 3]


def test_it_leaves_the_numbers_of_a_table_of_marks_alone() -> None:
    asked = [line(f"{n}. Why?", 50, 100 * n) for n in (1, 2, 3)]
    marks = [line(f"Q{n}", 800, 100 * n, width=40) for n in (1, 2, 3)]
    found = layout(*asked, *marks)
    assert numbers(found) == [1, 2, 3]
    assert [other.text for other in found.others] == ["Q1", "Q2", "Q3"]


def test_it_reads_numbers_that_go_from_left_to_right() -> None:
    found = layout(
        *(line(f"{n}. a", 50 if n % 2 else 550, 100 * ((n + 1) // 2)) for n in range(1, 7)),
        line("right", 600, 260, by_hand=True),
    )
    assert numbers(found) == [1, 2, 3, 4, 5, 6]
    assert [q.number for q in found.questions if len(q.lines) == 2] == [4]


def test_it_leaves_numbered_choices_in_their_question() -> None:
    asked = [line(f"{n}. Which?", 50, 300 * n) for n in (1, 2)]
    choices = [line(f"{c}) this", 60, 300 * n + 60 * c) for n in (1, 2) for c in (1, 2, 3)]
    found = layout(*asked, *choices)
    assert numbers(found) == [1, 2]
    assert [len(q.lines) for q in found.questions] == [4, 4]


def test_it_begins_another_section_at_one() -> None:
    found = layout(*(line(f"{n % 2 + 1}. a", 50, 100 * n) for n in range(4)))
    assert numbers(found) == [1, 2, 1, 2]


def test_it_mends_a_number_misread_between_two() -> None:
    found = layout(*(line(f"{n}. a", 50, 100 * y) for y, n in enumerate([1, 2, 8, 4])))
    assert numbers(found) == [1, 2, 3, 4]


def test_it_names_a_missing_number_and_where_to_look() -> None:
    found = layout(*(line(f"{n}. a", 50, 100 * n) for n in (1, 2, 4)))
    assert found.missing == [3]
    gap = next(gap for gap in found.gaps if gap.number == 3)
    assert 200 < gap.box[:, 1].min() < gap.box[:, 1].max() < 440


def test_it_follows_lines_that_are_not_level() -> None:
    def sloping(text: str, x: float, y: float) -> Line:
        box = [[x, y + x / 8], [x + 300, y + (x + 300) / 8]]
        box += [[x + 300, y + 40 + (x + 300) / 8], [x, y + 40 + x / 8]]
        return Line(text, 0.9, numpy.array(box, "float32"), False)

    left = [sloping(f"{n}. a", 50, 100 * n) for n in (1, 2, 3)]
    right = [sloping(f"beside {n}", 600, 100 * n) for n in (1, 2, 3)]
    found = layout(*left, *right)
    assert [q.lines[-1].text for q in found.questions] == ["beside 1", "beside 2", "beside 3"]


# What else may number questions


def labelled(*beginnings: str, rest: str = " What?") -> Layout:
    return layout(*(line(f"{b}{rest}", 50, 100 * y) for y, b in enumerate(beginnings, 1)))


@pytest.mark.parametrize(
    ("beginnings", "expected"),
    [
        (["No. 1", "No. 2", "No.3"], [1, 2, 3]),
        (["Nr. 4", "Nr. 5", "Nr 6"], [4, 5, 6]),
        (["№ 1", "Ne 2", "No 3"], [1, 2, 3]),
        (["#1", "#2", "# 3"], [1, 2, 3]),
        (["Item 1", "ltem 2", "Item 3"], [1, 2, 3]),
        (["Frage 1:", "Frage 2:", "Frage 3:"], [1, 2, 3]),
        (["Tehtävä 1", "Tehtävä 2", "Tehtäva 3"], [1, 2, 3]),
        (["1°", "2°", "3º"], [1, 2, 3]),
        (["[1]", "[2]", "[3]"], [1, 2, 3]),
        (["（1）", "（2）", "3。"], [1, 2, 3]),  # noqa: RUF001
        (["a)", "b)", "c)", "d)"], ["a", "b", "c", "d"]),
        (["(a)", "(b)", "(c)"], ["a", "b", "c"]),
        (["A.", "B.", "C."], ["A", "B", "C"]),
        (["h)", "i)", "j)"], ["h", "i", "j"]),
        (["I.", "II.", "III.", "IV.", "V."], [1, 2, 3, 4, 5]),
        (["i)", "ii)", "iii)", "iv)"], [1, 2, 3, 4]),
        (["1.", "11.", "lIl.", "IV."], [1, 2, 3, 4]),
        (["VIII.", "IX.", "X.", "XI."], [8, 9, 10, 11]),
        (["1.1", "1.2", "1.3", "2.1"], ["1.1", "1.2", "1.3", "2.1"]),
        (["2.9.", "2.10.", "2.11."], ["2.9", "2.10", "2.11"]),
        (["l.", "2.", "3."], [1, 2, 3]),
    ],
)
def test_it_takes_whatever_rises_by_one(beginnings: list[str], expected: list[Any]) -> None:
    found = labelled(*beginnings)
    assert numbers(found) == expected
    assert {question.rest for question in found.questions} == {"What?"}


@pytest.mark.parametrize(
    "beginnings",
    [
        ["Route 35", "In summer", "Bus 12"],
        ["A. Christie wrote", "and more"],
        ["1.5 km", "3.5 km", "2.5 km"],
        ["Bus 12", "Bus 14", "Bus 35"],
    ],
)
def test_it_takes_nothing_that_does_not_rise_by_one(beginnings: list[str]) -> None:
    assert numbers(labelled(*beginnings)) == []


def test_it_reads_an_answer_that_is_glued_to_its_number() -> None:
    found = labelled("1. Paris", "2.1989", "3. Nile", "4)56", "5. Oslo", rest="")
    assert [(q.number, q.rest) for q in found.questions] == [
        (1, "Paris"),
        (2, "1989"),
        (3, "Nile"),
        (4, "56"),
        (5, "Oslo"),
    ]


def test_it_reads_answers_that_are_all_glued_to_their_numbers() -> None:
    found = labelled("1.5", "2.7", "3.12", "4.8", rest="")
    assert [(q.number, q.rest) for q in found.questions] == [
        (1, "5"),
        (2, "7"),
        (3, "12"),
        (4, "8"),
    ]


def test_it_takes_letters_that_rise_along_the_rows() -> None:
    found = layout(
        *(line(f"{c}) x", 20 + 330 * (n % 3), 100 + 200 * (n // 3)) for n, c in enumerate("abcdef"))
    )
    assert numbers(found) == list("abcdef")


def test_it_leaves_lettered_choices_in_their_question() -> None:
    asked = [line(f"{n}. Which?", 50, 400 * n) for n in (1, 2)]
    choices = [
        line(f"{c}) this", 70, 400 * n + 80 * y) for n in (1, 2) for y, c in enumerate("abc", 1)
    ]
    found = layout(*asked, *choices)
    assert numbers(found) == [1, 2]
    assert [len(question.lines) for question in found.questions] == [4, 4]


def test_it_takes_headings_for_no_part_of_a_question() -> None:
    texts = ["I. History", "1. When?", "2. Who?", "II. Music", "3. What?", "4. Where?"]
    found = layout(*(line(text, 50, 100 * y) for y, text in enumerate(texts, 1)))
    assert numbers(found) == [1, 2, 3, 4]
    assert [other.text for other in found.others] == ["I. History", "II. Music"]


def test_it_says_when_letters_may_be_choices() -> None:
    texts = ["1. Which?", "a) one", "b) two", "c) three"]
    found = layout(*(line(text, 50, 100 * y) for y, text in enumerate(texts, 1)))
    assert (numbers(found), found.is_sure) == ([1], False)


def test_it_takes_a_bare_number_for_the_one_place_that_is_open() -> None:
    found = labelled("Q1.", "Q2.", "Q3", "Q4.", rest="")
    assert numbers(found) == [1, 2, 3, 4]


def test_it_takes_a_bare_number_below_the_last_for_its_answer() -> None:
    found = layout(line("1. a", 50, 100), line("2. b", 50, 200), line("3", 60, 260, width=20))
    assert numbers(found) == [1, 2]


def test_it_names_a_missing_letter() -> None:
    assert labelled("a)", "b)", "d)", "e)").missing == ["c"]


def test_it_names_numbers_that_are_missing_before_the_first() -> None:
    assert labelled("2.", "3.", "4.").missing == [1]


# Prompt and answer


def asked(rest: str, *more: Line, by_hand: bool = False, number: int = 1) -> Question:
    first = line(f"{number}. {rest}", 0, 0, by_hand=by_hand)
    return Question(number, rest, [first, *more])


def printed(text: str, y: float, *, height: float = 40, likeness: float | None = 2.8) -> Line:
    box = [[0, y], [300, y], [300, y + height], [0, y + height]]
    return Line(text, 0.9, numpy.array(box, "float32"), likeness=likeness)


def parts(*questions: Question) -> list[tuple[str, str, bool]]:
    return [(part.prompt, part.answer, part.is_sure) for part in answers.split_page(questions)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (asked("Why?", line("Because", 0, 50, by_hand=True)), ("Why?", "Because", True)),
        (asked("Why?", line("____", 0, 50)), ("Why?", "", True)),
        (asked("Capital? Paris"), ("Capital?", "Paris", False)),
        (asked("Capital: ______"), ("Capital:", "", True)),
        (asked("Paris", by_hand=True), ("", "Paris", True)),
        (asked("a: b", by_hand=True), ("", "a: b", True)),
        (asked("Paris"), ("", "Paris", False)),
        (asked("Name one of the rivers of France"), ("Name one of the rivers of France", "", True)),
        (asked("Note: not one of it is dry"), ("Note: not one of it is dry", "", True)),
        (asked("Why?", line("(2 points)", 0, 50, by_hand=True)), ("Why?\n(2 points)", "", True)),
        (asked("Name a", line("river.", 0, 50), line("Nile", 0, 90, by_hand=True)),
         ("Name a\nriver.", "Nile", True)),
        (asked("Why?", line("Explain.", 0, 50), line("So", 0, 90, by_hand=True)),
         ("Why?\nExplain.", "So", True)),
        (asked("Why?", line("So", 0, 50, by_hand=True), line("Page 1", 0, 400)),
         ("Why?\nPage 1", "So", True)),
        (asked("Why?", line("So", 0, 50, by_hand=True), line("It is", 0, 95)),
         ("Why?", "So\nIt is", False)),
    ],
)  # fmt: skip
def test_it_splits_prompt_and_answer(question: Question, expected: tuple[str, str, bool]) -> None:
    assert parts(question) == [expected]


def test_it_never_takes_what_asks_for_an_answer() -> None:
    """Blurred print looks like handwriting."""
    found = parts(
        asked("Capital of Peru?", printed("Lima", 50, height=60), by_hand=True),
        asked("Name a river.", printed("Nile", 50, height=60), by_hand=True, number=2),
    )
    assert found == [("Capital of Peru?", "Lima", True), ("Name a river.", "Nile", True)]


def test_it_takes_the_prompts_of_a_sheet_without_answers_for_prompts() -> None:
    found = parts(asked("Who?"), asked("Name a river.", number=2))
    assert found == [("Who?", "", True), ("Name a river.", "", True)]


def test_it_takes_what_is_behind_the_numbers_alone_for_answers() -> None:
    found = parts(
        asked("", line("Paris", 60, 10, by_hand=True)),
        asked("", line("8", 60, 10), number=2),
        asked("Rome?", by_hand=True, number=3),
        asked("LIMA", by_hand=True, number=4),
    )
    assert [answer for _, answer, _ in found] == ["Paris", "8", "Rome?", "LIMA"]


@pytest.mark.parametrize("other", [{"height": 56}, {"likeness": 2.2}])
def test_it_takes_what_is_of_another_kind_below_a_prompt_for_the_answer(
    other: dict[str, float],
) -> None:
    first = asked("Why?", printed("BECAUSE", 50, **other))
    first.lines[0].likeness = 2.8
    assert parts(first) == [("Why?", "BECAUSE", True)]


def test_it_says_that_one_line_may_hold_both() -> None:
    found = parts(asked("Who?"), asked("Why?", number=2), asked("Name a river. Nile", number=3))
    assert found[2] == ("Name a river. Nile", "", True)
    merged = asked("Name a river. Nile", number=3)
    merged.lines = [printed("3. Name a river. Nile", 0, height=56)]
    assert parts(asked("Who?"), asked("Why?", number=2), merged)[2].count(False) == 1


def test_it_takes_one_line_to_the_right_of_a_prompt_for_a_doubtful_answer() -> None:
    found = parts(asked("Why?", line("Because", 350, 5)))
    assert found == [("Why?", "Because", False)]


@pytest.mark.parametrize(("y", "expected"), [(50, ("Why?\nSo", "")), (70, ("Why?", "So"))])
def test_it_says_that_print_below_a_prompt_may_be_the_answer(
    y: float, expected: tuple[str, str]
) -> None:
    assert parts(asked("Why?", printed("So", y))) == [(*expected, False)]


def test_it_keeps_printed_choices_with_the_prompt() -> None:
    first = asked("Why?", printed("a) one", 50), printed("b) two", 90))
    assert parts(first) == [("Why?\na) one\nb) two", "", True)]


def test_it_keeps_two_kinds_apart_on_a_sheet_that_asks_nothing() -> None:
    found = parts(
        *(asked("Name a river", printed("NILE", 50, height=60), number=n) for n in (1, 2, 3))
    )
    assert found == [("Name a river", "NILE", True)] * 3


# What the search for lines passes over


def passed_over(drawn: str, *, rule: bool = True) -> tuple[list[str], list[int | str]]:
    """What is found on a page with one printed question of which only the prompt was found."""
    page = Image.new("RGB", (700, 300), "white")
    draw = ImageDraw.Draw(page)
    draw.text((50, 40), "1. How many legs has it?", "black", font(36))
    draw.text((90, 130), drawn, (20, 20, 90), font(60))
    if rule:
        draw.line((80, 195, 500, 195), "gray", 2)
    prompt = line("1. How many legs has it?", 45, 40, width=460)
    question = Question(1, "How many legs has it?", [prompt])
    pixels = numpy.ascontiguousarray(numpy.asarray(page)[:, :, ::-1])
    found, unread = leftovers.find_answers(pixels, [question], [question], [prompt])
    return [one.text for one in found], [one.number for one in unread]


@pytest.mark.parametrize("rule", [True, False])
def test_it_finds_a_lone_digit_at_a_question_without_an_answer(rule: bool) -> None:
    assert passed_over("6", rule=rule) == (["6"], [])


def test_it_finds_nothing_at_a_question_that_is_blank() -> None:
    assert passed_over("") == ([], [])


def test_it_names_a_question_whose_writing_it_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "read_box", lambda *_: ("", 0.0))
    assert passed_over("6") == ([], [1])


# The reader of handwriting


class Fitted:
    """In place of the reader of handwriting."""

    def __init__(self, text: str, known: str):
        self.text, self.known = text, known

    def knows(self, text: str) -> bool:
        return set(text) <= set(self.known)

    def read(self, crop: lines.Pixels) -> tuple[str, float]:
        return self.text, 0.8


def read_again(monkeypatch: pytest.MonkeyPatch, first: str, score: float, known: str) -> str:
    """What becomes of a line that is first read as `first`, and "Paris" by the fitted reader."""
    monkeypatch.setattr(lines, "_recognize", lambda _: (first, score))
    monkeypatch.setattr(lines, "_hand_reader", lambda: Fitted("Paris", known))
    box = numpy.array([[0, 0], [90, 0], [90, 40], [0, 40]], "float32")
    return lines.read_box(numpy.full((60, 100, 3), 255, "uint8"), box)[0]


def test_it_reads_what_is_not_clear_as_handwriting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_again(monkeypatch, "Pans", 0.8, known="Pansri") == "Paris"


def test_it_leaves_clear_print_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_again(monkeypatch, "Pans", 0.99, known="Pansri") == "Pans"


def test_it_reads_no_other_script_as_latin_handwriting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_again(monkeypatch, "巴黎", 0.8, known="Pansri") == "巴黎"


@pytest.mark.parametrize(("text", "known"), [("Łódź, où ? 42 €", True), ("Пари", False)])
def test_it_knows_the_letters_of_latin_hands(text: str, known: bool) -> None:
    assert lines._hand_reader().knows(text) is known


def test_it_reads_print_with_the_weights_for_handwriting() -> None:
    page = Image.new("RGB", (500, 48), "white")
    ImageDraw.Draw(page).text((20, 4), "William Shakespeare", "black", font(34))
    text, score = lines._hand_reader().read(numpy.asarray(page)[:, :, ::-1])
    assert text == "William Shakespeare"
    assert score > 0.9


def test_it_has_weights_for_the_model_in_the_package_of_rapidocr() -> None:
    """Another model needs other weights: docs/dependencies.md says how they were fitted."""
    import rapidocr

    model = Path(rapidocr.__file__).parent / "models" / lines.MODEL
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert digest == "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"


# Several readings of one line


def test_it_takes_what_most_readings_agree_on() -> None:
    text, score = voting.vote([("Pavis", 0.9), ("Paris", 0.9), ("Parls", 0.9)])
    assert text == "Paris"
    assert score == pytest.approx(0.9)


def test_it_trusts_sure_readings_more() -> None:
    assert voting.vote([("cat", 0.99), ("cot", 0.7), ("cot", 0.7)])[0] == "cat"


@pytest.mark.parametrize("readings", [[("", 0.0)], [("", 0.0), ("a", 0.5)], [("a", 0.5)]])
def test_it_votes_on_little(readings: list[tuple[str, float]]) -> None:
    assert voting.vote(readings)[0] in ("", "a")
