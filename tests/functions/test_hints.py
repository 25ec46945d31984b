"""What each type hint asks for in a form, and the object that the function gets for it."""

from __future__ import annotations

import collections
import datetime
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, TypedDict
from uuid import UUID

import annotated_types as at
import pytest
from pydantic import BaseModel, Field, HttpUrl

from bellhop.base.errors import Problem
from bellhop.catalog import forms, params
from bellhop.functions import hints, signature
from bellhop.words import BadInput, Text, Url


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Size(enum.StrEnum):
    SMALL = "s"
    LARGE = "l"


class Odd(enum.Enum):
    PAIR = (1, 2)


@dataclass
class Line:
    number: int
    when: date | None = None


@dataclass
class Order:
    lines: list[Line]
    total: Decimal = Decimal("1.50")
    tags: list[str] = field(default_factory=list)


class Row(TypedDict):
    number: int
    name: NotRequired[str]


Pair = collections.namedtuple("Pair", "x y", defaults=[5])


class Point(NamedTuple):
    x: int
    y: int = 2


class Limits(BaseModel):
    most: int = Field(ge=1, le=5)
    lines: list[Line] = []


UserId = NewType("UserId", int)
NOON = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)


def given(hint: Any, value: Any) -> Any:
    """What a function with this hint gets for JSON, once that is checked."""
    return hints.to_python(hint, forms.checker(hints.schema("a", hint))(value))


@pytest.mark.parametrize(
    ("hint", "value", "expected"),
    [
        (str, "a", "a"), (int, 3, 3), (int, 3.0, 3), (float, 1, 1.0), (bool, True, True),
        (Literal["a", 1], 1, 1), (Colour, 2, Colour.BLUE), (Size, "l", Size.LARGE),
        (Odd, "PAIR", Odd.PAIR),
        (date, "2026-01-02", date(2026, 1, 2)),
        (datetime.datetime, "2026-01-02T13:00:00+01:00", NOON),
        (datetime.time, "09:30", datetime.time(9, 30)),
        (timedelta, "PT1H30M", timedelta(minutes=90)), (timedelta, 90, timedelta(seconds=90)),
        (timedelta, "1:30:00", timedelta(minutes=90)), (timedelta, "-P1W", timedelta(weeks=-1)),
        (Decimal, "12.50", Decimal("12.50")), (Decimal, 0.1, Decimal("0.1")),
        (UUID, str(UUID(int=7)), UUID(int=7)),
        (int | None, None, None), (date | None, "2026-01-02", date(2026, 1, 2)),
        (int | str, 5, 5), (int | str, "5", "5"), (date | str, "2026-01-02", "2026-01-02"),
        (int | date, "2026-01-02", date(2026, 1, 2)), (list[int] | int, [1], [1]),
        (list[date], ["2026-01-02"], [date(2026, 1, 2)]), (set[int], [1, 2], {1, 2}),
        (frozenset[str], ["a"], frozenset("a")), (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[int, date], [1, "2026-01-02"], (1, date(2026, 1, 2))), (Sequence[int], [1], [1]),
        (dict[str, int], {"a": 1}, {"a": 1}), (dict[int, Size], {"1": "s"}, {1: Size.SMALL}),
        (dict, {"a": [1]}, {"a": [1]}), (list, [1, "a"], [1, "a"]),
        (Line, {"number": 1, "when": "2026-01-02"}, Line(1, date(2026, 1, 2))),
        (Order, {"lines": [{"number": 1}]}, Order([Line(1)])),
        (Row, {"number": 1}, {"number": 1}), (Point, {"x": 1}, Point(1)), (Pair, {"x": 1}, Pair(1)),
        (UserId, 7, 7), (Url, "https://a.example/b", "https://a.example/b"), (Text, "a\nb", "a\nb"),
        (Limits, {"most": 5, "lines": [{"number": 1}]}, Limits(most=5, lines=[Line(1)])),
        (Annotated[int, Field(ge=1, le=5)], 5, 5), (Limits | None, None, None),
        (Annotated[str, "Help."], "a", "a"), (Any, {"a": 1}, {"a": 1}),
        (HttpUrl, "https://a.example/", HttpUrl("https://a.example/")),
    ],
)  # fmt: skip
def test_it_gives_the_object_that_the_hint_says(hint: Any, value: Any, expected: Any) -> None:
    found = given(hint, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, "3"), (int, 1.5), (str, 1), (bool, 1), (Literal["a"], "b"), (Colour, 3), (Size, "x"),
        (date, "soon"), (date, "2026-13-01"), (datetime.datetime, "noon"), (datetime.time, "25:00"),
        (timedelta, "a while"), (Decimal, "1,5"), (Decimal, "NaN"), (UUID, "7"), (int | date, "x"),
        (list[date], ["x"]), (set[int], [1, 1]), (tuple[int, str], [1]),
        (dict[str, int], {"a": "b"}),
        (Line, {}), (Line, {"number": 1, "more": 2}), (Order, {"lines": [{"number": "a"}]}),
        (Annotated[int, Field(ge=1, le=5)], 99), (Limits, {"most": 9}),
        (Annotated[int, at.Ge(2)], 1), (Annotated[list[int], at.Len(1)], []),
        (Annotated[date, at.Ge(date(2020, 1, 1))], "2019-12-31"),
        (Annotated[Decimal, at.Lt(Decimal(2))], "2.0"),
        (Annotated[timedelta, at.Le(timedelta(hours=1))], "PT2H"),
        (list[Annotated[date, at.Ge(date(2020, 1, 1))]], ["2019-12-31"]),
    ],
)  # fmt: skip
def test_it_refuses_what_the_hint_does_not_allow(hint: Any, value: Any) -> None:
    with pytest.raises(ValueError):
        given(hint, value)


def test_it_lets_pydantic_judge_what_a_form_cannot() -> None:
    hint = Annotated[str, Field(pattern="^a+$")]
    assert given(hint, "aa") == "aa"
    with pytest.raises(BadInput, match="pattern"):
        given(hint, "b")


@dataclass
class Tree:
    below: list[Tree]


class Branch(BaseModel):
    below: list[Branch]


@pytest.mark.parametrize(
    ("hint", "says"),
    [
        (Tree, "Tree contains itself"), (Branch, "Branch contains itself"),
        (complex, "no field for complex"),
        (Callable[[], int], "no field for Callable"),
        (Annotated[int, object()], "does not know <object"),
        (list[complex], "no field for complex"),
        (Annotated[int, at.Predicate(bool)], "does not know Predicate"),
    ],
)  # fmt: skip
def test_it_refuses_a_hint_that_no_form_can_ask_for(hint: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        hints.schema("a", hint)


@pytest.mark.parametrize(
    ("hint", "texts", "expected"),
    [
        (int | str, ["5"], 5), (int | str, ["a"], "a"), (int | date, ["2026-01-02"], "2026-01-02"),
        (list[int], ["1", "2"], [1, 2]), (list[Line], ['{"number": 1}'], [{"number": 1}]),
        (list[Line], ['[{"number": 1}, {"number": 2}]'], [{"number": 1}, {"number": 2}]),
        (tuple[int, str], ["1", "2"], [1, "2"]), (Line, ['{"number": 1}'], {"number": 1}),
        (dict[str, int], ['{"a": 1}'], {"a": 1}), (Colour, ["2"], 2), (Colour, ["BLUE"], 2),
        (int | None, [""], None), (Decimal, ["1.50"], "1.50"), (timedelta, ["90"], "90"),
        (Any, ["[1]"], [1]), (Any, ["a"], "a"), (Line | None, [""], None), (bool, ["on"], True),
        (list[list[int]], ["[1, 2]", "[3]"], [[1, 2], [3]]),
    ],
)  # fmt: skip
def test_it_reads_the_texts_of_a_form(hint: Any, texts: list[str], expected: Any) -> None:
    assert forms.of_texts(hints.schema("a", hint), "a", texts) == expected


@pytest.mark.parametrize(
    ("hint", "texts", "says"),
    [
        (int | date, ["x"], "must be a whole number or a date like"),
        (Line, ["{"], "must be JSON"), (int, ["1", "2"], "more than once"),
    ],
)  # fmt: skip
def test_it_says_what_a_text_must_be(hint: Any, texts: list[str], says: str) -> None:
    with pytest.raises(Problem, match=says):
        forms.of_texts(hints.schema("a", hint), "a", texts)


def of_defaults(
    when: datetime.datetime = NOON,
    colour: Colour = Colour.BLUE,
    order: Order | None = None,
    pause: timedelta = timedelta(minutes=5),
    tags: set[str] = {"b", "a"},  # noqa: B006 - as a user writes it
    most: int = Field(3, ge=1, le=5, description="How many."),
) -> None:
    """Show the help of parameters.

    Args:
        colour: The colour of
            the line.
        pause (timedelta): Between two tries.

    Returns:
        Nothing.
    """


def test_it_shows_each_default_in_the_form() -> None:
    properties = signature.read(of_defaults).schema()["properties"]
    assert {name: each["default"] for name, each in properties.items()} == {
        "when": "2026-01-02T12:00:00+00:00", "colour": 2, "order": None, "pause": "PT5M",
        "tags": ["a", "b"], "most": 3,
    }  # fmt: skip


def numpy_style(first: int, second: int = 2) -> None:
    """Add.

    Parameters
    ----------
    first : int
        The one.
    second : int, optional
        The other,
        in two lines.

    Returns
    -------
    None
    """


def sphinx_style(first: int, second: int = 2) -> None:
    """Add.

    :param first: The one.
    :param int second: The other,
        in two lines.
    :returns: nothing
    """


@pytest.mark.parametrize("function", [numpy_style, sphinx_style])
def test_it_reads_help_from_docstrings(function: Callable[..., Any]) -> None:
    properties = signature.read(function).schema()["properties"]
    help_texts = [properties[name]["description"] for name in ("first", "second")]
    assert help_texts == ["The one.", "The other, in two lines."]


def test_it_reads_help_from_a_google_docstring() -> None:
    properties = signature.read(of_defaults).schema()["properties"]
    assert properties["colour"]["description"] == "The colour of the line."
    assert properties["pause"]["description"] == "Between two tries."
    assert properties["most"]["description"] == "How many."


def test_it_names_the_part_of_a_parameter_that_is_wrong() -> None:
    from bellhop.catalog.description import unknown_type

    job_type = unknown_type("orders")
    job_type.params["properties"]["order"] = hints.schema("order", Order)
    with pytest.raises(Problem) as wrong:
        params.validated(job_type, {"order": {"lines": [{"number": "a"}]}})
    assert wrong.value.members["errors"] == [
        {"field": "order", "message": "lines[0].number must be integer"}
    ]
