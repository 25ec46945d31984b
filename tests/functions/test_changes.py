"""A job that waits runs as it was meant when it was submitted, or fails with the reason."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Le, MaxLen, MultipleOf

from bellhop.functions import changes
from bellhop.functions.signature import Given
from bellhop.words import BadInput, Text, Url


class Size(Enum):
    SMALL = "s"


@dataclass
class Line:
    text: str
    count: int = 1


# fmt: off
def whole(file: Path, n: int) -> None: ...
def optional(file: Path, n: int = 3) -> None: ...
def bounded(n: Annotated[int, Ge(1), Le(5), MultipleOf(2)]) -> None: ...
def texts(n: Annotated[str, MaxLen(3)]) -> None: ...
def choice(n: Literal["a", "b"]) -> None: ...
def member(n: Size) -> None: ...
def day(n: Annotated[datetime.date, Ge(datetime.date(2020, 1, 1))]) -> None: ...
def no_day(n: datetime.date | None = None) -> None: ...
def listed(n: list[int]) -> None: ...
def pair(n: tuple[int, str]) -> None: ...
def grouped(n: list[Line]) -> None: ...
def either(n: int | str | None) -> None: ...
def anything(n: Any) -> None: ...
def named(n: dict[str, float]) -> None: ...
def address(file: Path | None = None, *, n: Url) -> None: ...
def of_text(letter: Text) -> None: ...
def of_two(left: Path, right: Path) -> None: ...
def of_more(left: Path, rest: list[Path] = []) -> None: ...  # noqa: B006
def of_one_more(left: Path, rest: Path | None = None) -> None: ...
# fmt: on


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (bounded, 2), (texts, "abc"), (choice, "b"), (member, "s"), (day, "2020-01-01"),
        (listed, []), (listed, [1, 2]), (pair, [1, "a"]), (grouped, [{"text": "a"}]),
        (grouped, [{"text": "a", "count": 2}]), (either, 1), (either, "a"), (either, None),
        (anything, {"a": [1]}), (anything, None), (no_day, None), (named, {"a": 1}), (address, "https://a.example"),
    ],
)  # fmt: skip
def test_it_runs_with_what_the_hint_still_takes(function: Callable[..., Any], value: Any) -> None:
    changes.require_fit(function, "none", Given(None, {}, {"n": value}))


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (bounded, "2"), (bounded, 0), (bounded, 6), (bounded, 3), (bounded, 2.5), (bounded, True),
        (bounded, None), (texts, 5), (texts, "abcd"), (choice, "c"), (member, "SMALL"),
        (day, "soon"), (day, "2019-12-31"), (day, 5), (listed, 1), (listed, ["1"]), (pair, [1]),
        (pair, ["a", 1]), (grouped, [{"count": 1}]), (grouped, [{"text": "a", "more": 1}]),
        (grouped, [{"text": 5}]), (either, []), (named, {"a": "1"}), (named, [1]), (address, 1),
    ],
)  # fmt: skip
def test_it_fails_with_what_the_hint_no_longer_takes(
    function: Callable[..., Any], value: Any
) -> None:
    with pytest.raises(BadInput, match="its parameter n does not take") as raised:
        changes.require_fit(function, "none", Given(None, {}, {"n": value}))
    assert (raised.value.code, raised.value.hint) == ("parameters_changed", "Submit the job again.")


@pytest.mark.parametrize(
    ("function", "kind", "given", "said"),
    [
        (whole, "file", Given("a", {}, {}), "it needs the parameter n"),
        (whole, "file", Given("a", {}, {"n": 1, "m": 2}), "it has no parameter m any more"),
        (whole, "files", Given(["a"], {}, {"n": 1}), "it takes file, and the job has files"),
        (whole, "text", Given("a", {}, {"n": 1}), "it takes file, and the job has text"),
        (whole, "none", Given(None, {}, {"n": 1}), "it takes file, and the job has no input"),
        (of_text, "file", Given("a", {}, {}), "it takes text, and the job has file"),
        (bounded, "url", Given("a", {}, {"n": 2}), "it takes no input, and the job has url"),
        (of_two, "file", Given("a", {}, {}), "it needs a file for its input right"),
        (whole, "file", Given("a", {"right": ["b"]}, {"n": 1}), "it has no input right any more"),
        (of_one_more, "file", Given("a", {"rest": ["b", "c"]}, {}), "takes one file"),
    ],
)
def test_it_fails_when_it_has_another_use_for_what_was_given(
    function: Callable[..., Any], kind: str, given: Given, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        changes.require_fit(function, kind, given)


@pytest.mark.parametrize(
    ("function", "kind", "given"),
    [
        (optional, "file", Given("a", {}, {})),
        (optional, "file", Given("a", {}, {"n": 1})),
        (of_two, "file", Given("a", {"right": ["b"]}, {})),
        (of_more, "file", Given("a", {"rest": ["b", "c"]}, {})),
        (of_more, "file", Given("a", {}, {})),
    ],
)
def test_it_runs_when_only_what_was_not_given_has_changed(
    function: Callable[..., Any], kind: str, given: Given
) -> None:
    changes.require_fit(function, kind, given)
