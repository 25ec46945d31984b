"""Which parameters of a function are inputs, which are fields, and what it is called with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from pydantic import Field, RootModel

from bellhop.functions import signature
from bellhop.functions.signature import Given
from bellhop.words import BadInput, Context, Text, Url


@dataclass
class Order:
    number: int


class Row(TypedDict):
    number: int


def inputs(function: Callable[..., Any]) -> list[tuple[str, str, bool]]:
    return [(each.name, each.kind, each.required) for each in signature.read(function).inputs]


def fields(function: Callable[..., Any]) -> list[str]:
    return list(signature.read(function).schema()["properties"])


# fmt: off
def of_path(book: Path) -> None: ...
def of_two(left: Path, right: Path) -> None: ...
def of_optional(file: Path, mask: Path | None = None) -> None: ...
def of_list(pages: list[Path]) -> None: ...
def of_bytes(image: bytes) -> None: ...
def of_url(page: Url) -> None: ...
def of_text(letter: Text) -> None: ...
def of_named_url(url: str, depth: int = 1) -> None: ...
def of_named_text(text) -> None: ...  # type: ignore[no-untyped-def]
def of_order(order: Order) -> None: ...
def of_row(row: Row) -> None: ...
def of_data(data: dict[str, Any]) -> None: ...
def of_nothing() -> None: ...
def of_number(a: int, b: str = "") -> None: ...
def of_url_and_file(page: Url, file: Path) -> None: ...
def of_field_order(file: Path, *, order: Order) -> None: ...
def old_way(file: Path, context: Context, *, minimum: int = 1) -> None: ...
# fmt: on


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (of_path, [("book", "file", True)]),
        (of_two, [("left", "file", True), ("right", "file", True)]),
        (of_optional, [("file", "file", True), ("mask", "file", False)]),
        (of_list, [("pages", "files", True)]),
        (of_bytes, [("image", "file", True)]),
        (of_url, [("page", "url", True)]),
        (of_text, [("letter", "text", True)]),
        (of_named_url, [("url", "url", True)]),
        (of_named_text, [("text", "text", True)]),
        (of_order, [("order", "data", True)]),
        (of_row, [("row", "data", True)]),
        (of_data, [("data", "data", True)]),
        (of_nothing, []),
        (of_number, []),
        (of_url_and_file, [("file", "file", True)]),
        (old_way, [("file", "file", True)]),
    ],
)
def test_it_takes_what_the_hints_say(
    function: Callable[..., Any], expected: list[tuple[str, str, bool]]
) -> None:
    assert inputs(function) == expected


@pytest.mark.parametrize(
    ("function", "expected"),
    [(of_number, ["a", "b"]), (of_named_url, ["depth"]), (old_way, ["minimum"]), (of_two, [])],
)
def test_it_asks_for_all_else_in_a_form(function: Callable[..., Any], expected: list[str]) -> None:
    assert fields(function) == expected


def test_it_gives_the_context_under_any_name() -> None:
    def told(job: Context) -> Any:
        return job

    context: Any = object()
    assert signature.call(told, Given(None, {}, {}), context) is context


def test_it_gives_the_context_where_it_may_be_missing() -> None:
    def told(job: Context | None = None) -> Any:
        return job

    context: Any = object()
    assert signature.call(told, Given(None, {}, {}), context) is context
    assert fields(told) == []


def test_it_asks_for_a_model_of_a_list_in_a_form() -> None:
    def add(numbers: RootModel[list[int]]) -> None: ...

    assert (inputs(add), fields(add)) == ([], ["numbers"])


def test_it_names_the_parameter_that_pydantic_refuses() -> None:
    def write(code: Annotated[str, Field(pattern="^[A-Z]$")]) -> None: ...

    context: Any = None
    with pytest.raises(BadInput, match="code: String should match"):
        signature.call(write, Given(None, {}, {"code": "a"}), context)


def test_it_gives_contents_where_the_hint_is_bytes(tmp_path: Path) -> None:
    def read(image: bytes, others: tuple[bytes, ...]) -> Any:
        return image, others

    (tmp_path / "a").write_bytes(b"A")
    paths = {"others": [str(tmp_path / "a")]}
    context: Any = None
    assert signature.call(read, Given(str(tmp_path / "a"), paths, {}), context) == (b"A", (b"A",))


def test_it_leaves_a_default_to_the_function() -> None:
    def add(a: int, b: int = 2) -> int:
        return a + b

    context: Any = None
    assert signature.call(add, Given(None, {}, {"a": 1}), context) == 3


def test_it_gives_parameters_that_have_no_name_for_callers() -> None:
    def first(file: Path, /, n: int) -> Any:
        return file, n

    context: Any = None
    assert signature.call(first, Given("a.txt", {}, {"n": 1}), context) == (Path("a.txt"), 1)


def test_it_reads_the_hint_of_a_parameter_without_one_from_its_default() -> None:
    def repeat(text, times=2) -> None: ...  # type: ignore[no-untyped-def]

    properties = signature.read(repeat).schema()["properties"]
    assert properties["times"]["type"] == "integer"


def test_it_needs_no_library_for_the_hint_of_what_is_returned() -> None:
    def load(file: Path) -> pandas.DataFrame: ...  # type: ignore[name-defined] # noqa: F821

    assert inputs(load) == [("file", "file", True)]


def test_it_reads_a_function_through_its_decorators() -> None:
    def twice(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*given: Any, **named: Any) -> Any:
            return function(*given, **named) * 2

        return wrapped

    context: Any = None
    assert fields(twice(of_number)) == ["a", "b"]
    assert signature.call(twice(lambda: 3), Given(None, {}, {}), context) == 6


def many(*files: Path) -> None: ...


def anything(**options: Any) -> None: ...


def unknown(file: Path, thing) -> None: ...  # type: ignore[no-untyped-def]


def unknown_optional(file: Path, thing=None) -> None: ...  # type: ignore[no-untyped-def]


def other_data(data: Fraction) -> None: ...


def other_file(file: Fraction) -> None: ...


def other_files(files: list[Fraction]) -> None: ...


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (many, "write each parameter by its name"),
        (anything, "write each parameter by its name"),
        (unknown, "parameter thing needs a type hint"),
        (unknown_optional, r"as in thing: str \| None"),
        (other_data, "no field for Fraction"),
        (other_file, "parameter file: a file is given as Path, bytes or str, not Fraction"),
        (other_files, "parameter files: a file is given as .* not Fraction"),
        (many, "functools.wraps"),
    ],
)
def test_it_says_what_to_write_instead(function: Callable[..., Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        signature.read(function).schema()
