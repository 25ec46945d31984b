"""Grading: what is surely right, what is surely wrong, and what a person must look at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bellhop.jobtypes.quiz_grading import quiz_grading
from bellhop.jobtypes.sheets.grading import compare, similarity
from bellhop.jobtypes.sheets.key import parse_key
from tests.support.attempts import attempt, refusal
from tests.support.places import ROOT

KEY = ["1: Paris", "2: Shakespeare | William Shakespeare", "3: 1789"]


def answered(*answers: str) -> dict[str, Any]:
    return {"questions": [{"number": n, "answer": a} for n, a in enumerate(answers, 1)]}


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("Paris", "paris."),
        ("Élysée", "elysee"),
        ("cœur", "COEUR"),
        ("Straße", "strasse"),
        ("Saint-Étienne", "saint etienne"),
        ("l’eau", "L'eau"),
        ("the Nile", "Nile"),
        ("Nil", "le Nil"),
        ("football", "foot ball"),
        ("U.S.A.", "USA"),
        ("x+1", "X + 1".replace(" ", "")),
        ("b", "B) Paris"),
        ("c", "(C)"),
        ("vrai", "V"),
        ("东京", "东京"),
        ("+", "+"),
        ("1000", "1,000"),
        ("1 000 000", "1000000"),
        ("1.000", "1000"),
        ("3.14", "3,14"),
        ("20 000,50", "20,000.50"),
        ("-5", "−5"),
        ("1/2", "0.5"),
        ("½", "1/2"),
        ("four", "4"),
        ("17", "dix-sept"),
        ("50 %", "50%"),
        ("42 km", "42km"),
    ],
)
def test_it_calls_right_what_no_person_would_doubt(expected: str, given: str) -> None:
    assert compare([expected], given).verdict == "correct"


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("Paris", "Pariss"),
        ("Gambia", "Zambia"),
        ("Rome", "Rom"),
        ("Paris", "Paris, France"),
        ("Paris", "not Paris"),
        ("William Shakespeare", "Shakespeare"),
        ("Max Mallowan", "Mallowan Max"),
        ("5 mars 1951", "5 mars 1957"),
        ("1969", "l969"),
        ("1969", "in 1969"),
        ("42", "42 km"),
        ("5 m", "5 cm"),
        ("B", "8"),
        ("a", "a cat"),
        ("H2O", "H20"),
    ],
)
def test_it_leaves_to_a_person_what_may_be_right(expected: str, given: str) -> None:
    assert compare([expected], given).verdict == "close"


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("Paris", "London"),
        ("1969", "1968"),
        ("-5", "5"),
        ("1.5", "15"),
        ("50 %", "0.5"),
        ("x+1", "x-1"),
        ("b", "c) Rome"),
        ("cat", "car"),
        ("Wolfgang", "Mozart"),
        ("1969", "nothing"),
    ],
)
def test_it_calls_wrong_what_is_another_answer(expected: str, given: str) -> None:
    assert compare([expected], given).verdict == "wrong"


@pytest.mark.parametrize("given", ["", "  ", "____", "...", "?", "—"])
def test_it_knows_a_blank(given: str) -> None:
    assert compare(["Paris"], given) == ("blank", 0.0, "Paris")


def test_it_takes_the_best_of_several_accepted_answers() -> None:
    assert compare(["London", "Paris"], "paris") == ("correct", 1.0, "Paris")
    assert compare(["Madrid", "Paris"], "Pari").expected == "Paris"


def test_it_tells_how_alike_two_answers_are() -> None:
    assert similarity("paris", "paris") == 1
    assert similarity("paris", "prais") == pytest.approx(0.8)
    assert similarity("abc", "xyz") == 0


def test_it_compares_long_answers_by_words() -> None:
    text = "word " * 390
    assert compare([text], text + "more").verdict == "close"


# Answer keys


def test_it_reads_an_answer_key() -> None:
    lines = ["1: Paris", " 2) Rome | Roma ", "Q3. 1/2", "", "4 - 12:30", "5: km/h / m/s"]
    assert parse_key(lines) == {
        1: ["Paris"], 2: ["Rome", "Roma"], 3: ["1/2"], 4: ["12:30"], 5: ["km/h", "m/s"],
    }  # fmt: skip


@pytest.mark.parametrize("lines", [["Paris"], ["1:"], ["1: |"], ["1: a", "1: b"], ["1: a\nb"]])
def test_it_refuses_a_line_it_cannot_use(tmp_path: Path, lines: list[str]) -> None:
    error = refusal(quiz_grading, answered("a"), tmp_path, answer_key=lines)
    assert error.code == "bad_answer_key"


# Whole sheets


def graded(folder: Path, data: dict[str, Any], **params: Any) -> dict[str, Any]:
    return dict(attempt(quiz_grading, data, folder, **{"answer_key": KEY, **params}).data)


def test_it_gives_points_and_totals(tmp_path: Path) -> None:
    result = graded(tmp_path, answered("Paris", "Shakespear", "1798"), points_each=2)
    assert [row["verdict"] for row in result["questions"]] == ["correct", "close", "wrong"]
    assert [row["points"] for row in result["questions"]] == [2, 0, 0]
    assert result["totals"] == {
        "correct": 1, "close": 1, "wrong": 1, "blank": 0,
        "points": 2, "points_open": 2, "max_points": 6,
    }  # fmt: skip


def test_it_says_of_each_answer_what_was_expected(tmp_path: Path) -> None:
    row = graded(tmp_path, answered("Paris", "Shakespeare"))["questions"][1]
    assert (row["number"], row["given"]) == (2, "Shakespeare")
    assert row["expected"] == "Shakespeare | William Shakespeare"
    assert row["similarity"] == 1


def test_it_counts_a_question_that_is_not_there_as_blank(tmp_path: Path) -> None:
    result = graded(tmp_path, answered("Paris"))
    assert [row["verdict"] for row in result["questions"]] == ["correct", "blank", "blank"]


def test_it_begins_a_sheet_where_a_number_comes_again(tmp_path: Path) -> None:
    def page(*answers: tuple[int, str]) -> dict[str, Any]:
        return {"questions": [{"number": n, "answer": a} for n, a in answers]}

    images = [page((1, "Paris"), (2, "x")), page((3, "1789")), page((1, "Rome"), (3, "1789"))]
    result = graded(tmp_path, {"images": images, "total_questions": 5})
    assert [sheet["correct"] for sheet in result["sheets"]] == [2, 1]
    assert [row["image"] for row in result["questions"]] == [1, 1, 2, 3, None, 3]


def test_it_uses_the_key_that_came_with_the_data(tmp_path: Path) -> None:
    data = {**answered("Paris"), "answer_key": ["1: Rome"]}
    assert graded(tmp_path, data, answer_key=[])["totals"]["wrong"] == 1
    assert graded(tmp_path, data)["totals"]["correct"] == 1


def test_it_names_questions_that_the_key_does_not_have(tmp_path: Path) -> None:
    done = attempt(quiz_grading, answered("Paris", "a"), tmp_path, answer_key=["1: Paris"])
    assert [row["number"] for row in done.data["questions"]] == [1]
    assert [w["code"] for w in done.warnings] == ["not_in_key"]


def test_it_grades_a_sheet_on_which_nothing_was_found(tmp_path: Path) -> None:
    result = graded(tmp_path, {"images": [{"questions": []}], "total_questions": 0})
    assert result["totals"]["blank"] == 3


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({}, "no_questions"),
        ({"images": 5}, "no_questions"),
        ({"images": [None]}, "no_questions"),
        ({"questions": {"1": "Paris"}}, "no_questions"),
        ({"questions": ["Paris"]}, "bad_question"),
        ({"questions": [{"number": "one", "answer": ""}]}, "bad_question"),
        ({"questions": [{"number": True, "answer": ""}]}, "bad_question"),
        ({"questions": [{"number": 1, "answer": 7}]}, "bad_question"),
        ({"questions": [{"number": 1, "answer": "a" * 2001}]}, "too_large"),
        ({"questions": [{"number": 1, "answer": "a"}] * 5001}, "too_large"),
    ],
)
def test_it_refuses_data_that_holds_no_answers(
    tmp_path: Path, data: dict[str, Any], code: str
) -> None:
    assert refusal(quiz_grading, data, tmp_path, answer_key=KEY).code == code


@pytest.mark.parametrize("key", [[], None, "1: Paris", [1]])
def test_it_refuses_to_grade_without_a_key(tmp_path: Path, key: Any) -> None:
    data = {**answered("Paris"), "answer_key": key}
    assert refusal(quiz_grading, data, tmp_path).code == "no_answer_key"


@pytest.mark.parametrize("text", ["1 " * 990, "-" * 2000, "1." * 1000, "a-" * 1000, "(" * 2000])
def test_it_compares_any_text_at_once(tmp_path: Path, text: str) -> None:
    """No pattern may need a time that grows faster than the text; the limit is the test's own."""
    assert graded(tmp_path, answered(*[text] * 3))["totals"]["correct"] == 0


def test_it_needs_no_library() -> None:
    """Grading also runs where the extra `ocr` is not installed."""
    script = (
        "import sys\nfor name in ('numpy', 'PIL', 'cv2', 'rapidocr'): sys.modules[name] = None\n"
        "import bellhop.jobtypes.quiz_grading, bellhop.jobtypes.quiz"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=30)


def test_it_grades_questions_that_are_named_by_letters_and_levels(tmp_path: Path) -> None:
    given = [("A", "Paris"), ("1.10", "10"), ("1.9", "9"), (2, "two")]
    data = {"questions": [{"number": number, "answer": answer} for number, answer in given]}
    key = ["a: Paris", "1.9: 9", "1.10: 10", "2: two"]
    graded = attempt(quiz_grading, data, tmp_path, answer_key=key).data["questions"]
    found = [(question["number"], question["verdict"]) for question in graded]
    assert found == [(2, "correct"), ("1.9", "correct"), ("1.10", "correct"), ("a", "correct")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: Paris", {"a": ["Paris"]}),
        ("B) Paris", {"b": ["Paris"]}),
        ("1.2: Paris", {"1.2": ["Paris"]}),
        ("3.14", {3: ["14"]}),
        ("3. 14: 15", {3: ["14: 15"]}),
    ],
)
def test_it_reads_the_names_of_questions_in_a_key(text: str, expected: dict[Any, Any]) -> None:
    assert parse_key([text]) == expected


@pytest.mark.parametrize("number", ["ab", "1.", "", None, 1.5, True])
def test_it_refuses_what_names_no_question(tmp_path: Path, number: Any) -> None:
    data = {"questions": [{"number": number, "answer": "x"}]}
    assert refusal(quiz_grading, data, tmp_path, answer_key=KEY).code == "bad_question"
