"""What job code says through `context`, as it reaches Bellhop."""

from __future__ import annotations

import functools
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy
import pytest

from bellhop import Context, job_type


class Told:
    """A context, and what was told through it."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.context = Context(
            filename="a", output_dir=Path(), scratch_dir=Path(), item_id="a", attempt=1,
            settings={}, tell=self.told.append, cancel_asked=lambda: False,
        )  # fmt: skip

    def percent(self, given: Any) -> int:
        """What the page shows of a progress."""
        self.context.progress(given)
        return int(self.told[-1]["progress"])

    def warning(self, *args: Any, **named: Any) -> dict[str, Any]:
        self.context.warn(*args, **named)
        return dict(self.told[-1]["warning"])


@pytest.fixture
def told() -> Told:
    return Told()


WHOLE = [(0, 0), (1, 1), (50, 50), (100, 100), (250, 100), (-3, 0), (10**400, 100)]
FRACTIONS = [(0.0, 0), (0.004, 0), (0.29, 29), (0.5, 50), (0.999, 99), (1.0, 100)]
PERCENT = [(1.5, 1), (50.0, 50), (99.9, 99), (250.0, 100), (-0.5, 0)]
NO_NUMBERS = [(math.nan, 0), (math.inf, 100), (-math.inf, 0)]
OTHERS = [
    (numpy.int64(1), 1), (numpy.uint8(50), 50), (numpy.float32(0.5), 50), (numpy.float64(1.0), 100),
    (numpy.array(50), 50), (numpy.array(0.5), 50), (numpy.float32("nan"), 0),
    (Decimal("0.5"), 50), (Fraction(1, 2), 50), (Fraction(3, 2), 1),
]  # fmt: skip


@pytest.mark.parametrize(("given", "percent"), WHOLE)
def test_it_takes_a_whole_number_as_percent(told: Told, given: int, percent: int) -> None:
    assert told.percent(given) == percent


@pytest.mark.parametrize(("given", "percent"), FRACTIONS)
def test_it_takes_a_float_up_to_one_as_a_fraction(told: Told, given: float, percent: int) -> None:
    assert told.percent(given) == percent


@pytest.mark.parametrize(("given", "percent"), PERCENT)
def test_it_takes_a_float_above_one_as_percent(told: Told, given: float, percent: int) -> None:
    assert told.percent(given) == percent


@pytest.mark.parametrize(("given", "percent"), NO_NUMBERS)
def test_it_fails_no_item_for_a_progress_that_is_no_finite_number(
    told: Told, given: float, percent: int
) -> None:
    assert told.percent(given) == percent


@pytest.mark.parametrize(("given", "percent"), OTHERS, ids=lambda value: repr(value))
def test_it_takes_numbers_of_other_libraries(told: Told, given: Any, percent: int) -> None:
    assert told.percent(given) == percent


@pytest.mark.parametrize("given", ["half", "50", None, b"5", [1], 1j, numpy.array([1, 2])])
def test_it_refuses_a_progress_that_is_no_number(told: Told, given: Any) -> None:
    with pytest.raises(TypeError, match=r"context\.progress\(\) takes a number, not "):
        told.context.progress(given)


def test_it_shows_every_fraction_of_a_hundred_as_its_percent(told: Told) -> None:
    assert [told.percent(n / 100) for n in range(101)] == [*range(101)]


def test_it_warns_with_a_text_alone(told: Told) -> None:
    assert told.warning("Odd.") == {"code": "warning", "message": "Odd.", "where": None}
    assert told.warning(message="Odd.") == {"code": "warning", "message": "Odd.", "where": None}


def test_it_warns_with_a_text_and_a_place(told: Told) -> None:
    expected = {"code": "warning", "message": "Odd.", "where": "row 3"}
    assert told.warning("Odd.", where="row 3") == expected


def test_it_warns_with_a_code_as_before(told: Told) -> None:
    assert told.warning("odd_row", "Odd.", "row 3") == {
        "code": "odd_row",
        "message": "Odd.",
        "where": "row 3",
    }


def test_it_refuses_a_warning_that_says_nothing(told: Told) -> None:
    with pytest.raises(TypeError, match="needs the text"):
        told.context.warn()


def test_it_takes_the_label_without_a_name() -> None:
    @job_type("Make a quiz")
    def quiz() -> None: ...

    assert quiz.job_type.label == "Make a quiz"  # type: ignore[attr-defined]


@pytest.mark.parametrize("thing", [dict, functools.partial(print)])
def test_it_says_what_is_no_function(thing: Any) -> None:
    with pytest.raises(TypeError, match=r"not for .*; write def"):
        job_type(thing)
