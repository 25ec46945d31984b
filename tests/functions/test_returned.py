"""What a function may return, and what of it becomes JSON, a file or a refusal."""

from __future__ import annotations

import collections
import csv
import datetime
import enum
import io
import json
import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_address
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import MagicMock, Mock
from uuid import UUID

import numpy
import pytest
from PIL import Image
from pydantic import BaseModel, HttpUrl

from bellhop.functions.returned import BadResult, Returned
from bellhop.words import Markdown, Table


@dataclass
class Point:
    x: int
    when: datetime.date


@dataclass
class SimpleRow:
    n: int


class Pair(NamedTuple):
    a: int
    b: int


class Model(BaseModel):
    amount: Decimal


class Colour(enum.Enum):
    RED = "red"


class Frame:
    """As tables of pandas are known: by what they can do."""

    def __init__(self, columns: list[Any], rows: list[tuple[Any, ...]], index: Any = range(0)):
        self.columns, self._rows, self.index = columns, rows, index
        self.to_csv = None

    def itertuples(self, *, index: bool, name: None) -> Any:
        assert not index
        return iter(self._rows)

    def reset_index(self) -> Frame:
        rows = [(n, *row) for n, row in zip(self.index, self._rows, strict=True)]
        return Frame(["index", *self.columns], rows)


class Attrs:
    """As classes of attrs are known."""

    __attrs_attrs__ = (SimpleNamespace(name="a"),)
    a = 1


class Row:
    """As rows of sqlite3 are known, which go through their values."""

    def keys(self) -> list[str]:
        return ["a"]

    def __getitem__(self, name: str) -> int:
        return 1

    def __iter__(self) -> Any:
        return iter([1])


class Sparse:
    """As sparse matrices of scipy are known."""

    shape = (1, 2)

    def toarray(self) -> Any:
        return numpy.array([[1, 0]])


class Raising:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")


class Polars:
    """As tables of polars are known."""

    columns = ("a",)
    write_csv = None

    def iter_rows(self) -> Any:
        return iter([(1,), (None,)])


class Figure:
    """As figures of matplotlib are known."""

    def savefig(self, place: Path, **options: Any) -> None:
        place.write_bytes(b"png")


class Plotly:
    """As figures of plotly are known, where nothing can draw them."""

    to_plotly_json = None

    def write_image(self, place: Path) -> None:
        raise ValueError("kaleido is missing")

    def write_html(self, place: Path) -> None:
        place.write_text("<p>")


Frame.__name__ = "DataFrame"


@pytest.fixture
def returned(tmp_path: Path) -> Returned:
    (tmp_path / "output").mkdir()
    return Returned(tmp_path / "output")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), ("a", "a"), (1, 1), (1.5, 1.5), (True, True), ([1, "a"], [1, "a"]),
        ({"a": {1: 2}}, {"a": {"1": 2}}), ((1, 2), [1, 2]), (Pair(1, 2), [1, 2]),
        ({2, 1}, [1, 2]), (frozenset("a"), ["a"]),
        (collections.deque([1]), [1]), (range(2), [0, 1]),
        ({"a": 1}.keys(), ["a"]),
        (Point(1, datetime.date(2026, 1, 2)), {"x": 1, "when": "2026-01-02"}),
        (datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "2026-01-02T00:00:00+00:00"),
        (datetime.timedelta(minutes=90), "PT1H30M"), (Decimal("1.50"), "1.50"),
        (UUID(int=7), str(UUID(int=7))), (Colour.RED, "red"),
        (Model(amount=Decimal(2)), {"amount": "2"}),
        ({Colour.RED: 1}, {"red": 1}), ({datetime.date(2026, 1, 2): 1}, {"2026-01-02": 1}),
        (numpy.int64(3), 3), (numpy.float32(0.5), 0.5), (numpy.bool_(1), True),
        (numpy.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]), ({"a": numpy.arange(2)}, {"a": [0, 1]}),
        (Markdown("# a"), {"markdown": "# a"}), ((n for n in range(2)), [0, 1]),
        (numpy.datetime64("2026-01-02"), "2026-01-02"),
        (Fraction(1, 3), "1/3"), (PurePath("a/b"), "a/b"), (ip_address("::1"), "::1"),
        (HttpUrl("https://a.example/"), "https://a.example/"),
        (SimpleNamespace(a=Fraction(1, 2)), {"a": "1/2"}), (Attrs(), {"a": 1}),
        (Row(), {"a": 1}), (Sparse(), [[1, 0]]),
    ],
)  # fmt: skip
def test_it_records_what_people_return(returned: Returned, value: Any, expected: Any) -> None:
    assert json.loads(returned.text(value)) == expected
    assert returned.warnings == []


@pytest.mark.parametrize(
    "make", [Mock, MagicMock, Raising, lambda: {Raising(): 1}, lambda: [MagicMock()]]
)
def test_it_refuses_what_answers_to_everything_or_nothing(
    returned: Returned, make: Callable[[], Any]
) -> None:
    with pytest.raises(BadResult):
        returned.text(make())


def test_it_drops_the_files_of_a_partial_result(returned: Returned, tmp_path: Path) -> None:
    for _ in range(2):
        assert json.loads(returned.text({"a": b"a"})) == {"a": {"file": "a.txt"}}
    assert [path.name for path in (tmp_path / "output").iterdir()] == ["a.txt"]


def test_it_copies_no_target_of_a_link_in_a_folder(returned: Returned, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "broken").symlink_to("nowhere")
    (tmp_path / "d" / "away").symlink_to("/etc")
    returned.text(tmp_path / "d")
    assert (tmp_path / "output" / "d" / "away").is_symlink()


def test_it_refuses_a_folder_with_the_outputs_in_it(returned: Returned, tmp_path: Path) -> None:
    with pytest.raises(BadResult, match="all outputs in it"):
        returned.text(tmp_path)


def test_it_refuses_a_path_of_no_file(returned: Returned, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadResult, match="neither a file nor a folder"):
        returned.text(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        ([1, 2], ["Column 1"], [[1], [2]]),
        (["ab"], ["Column 1"], [["ab"]]),
        ([Pair(1, 2)], ["a", "b"], [[1, 2]]),
        ([SimpleRow(3)], ["n"], [[3]]),
    ],
)
def test_it_takes_rows_of_any_kind(
    rows: list[Any], columns: list[str], expected: list[list[Any]]
) -> None:
    table = Table(rows)
    assert (table.columns, table.rows) == (columns, expected)


@pytest.mark.parametrize("mode", ["w", "w+b"])
def test_it_takes_an_open_file_as_the_one_on_the_disk(
    returned: Returned, tmp_path: Path, mode: str
) -> None:
    with open(tmp_path / "a.csv", mode) as file:
        file.write(b"a" if "b" in mode else "a")
        assert json.loads(returned.text(file)) == {"file": "a.csv"}
    assert (tmp_path / "output" / "a.csv").read_text() == "a"


def test_it_takes_what_can_be_read_as_a_file(returned: Returned) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"a")
        file.seek(0)
        assert json.loads(returned.text(file)) == {"file": "result.txt"}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, numpy.float64("nan")])
def test_it_says_where_a_number_is_none(returned: Returned, number: float) -> None:
    assert json.loads(returned.text({"rows": [1, number]})) == {"rows": [1, None]}
    assert [warning["where"] for warning in returned.warnings] == ["rows[1]"]


def test_it_counts_the_rest_of_many_numbers_that_are_none(returned: Returned) -> None:
    returned.text([math.nan] * 100)
    assert len(returned.warnings) == 21
    assert returned.warnings[-1]["message"] == "80 more numbers are not finite."


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": [1, {"b": len}]}, r"a\[1\].b is a builtin_function_or_method len"),
        (Point, "the result is a type Point"), (object(), "the result is a object"),
        (1j, "complex"), ({(1, 2): 3}, "key"), (Path("/no/such/file"), "no file"),
        ({"a": print}, "^a is a"),
    ],
)  # fmt: skip
def test_it_names_what_cannot_be_recorded(returned: Returned, value: Any, says: str) -> None:
    with pytest.raises(BadResult, match=says):
        returned.text(value)


def test_it_ends_what_contains_itself(returned: Returned) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(BadResult, match="deeper than 100 levels"):
        returned.text(endless)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n", "result.png"), (b"%PDF-1.7", "result.pdf"), (b"a,b", "result.txt"),
        (b"\0\1", "result.bin"), (b"RIFF\0\0\0\0WAVE", "result.wav"),
        (io.BytesIO(b"a"), "result.txt"),
        (bytearray(b"GIF89a"), "result.gif"), (io.StringIO("a"), "result.txt"),
        (Image.new("CMYK", (2, 2)), "result.png"), (Figure(), "result.png"),
    ],
)  # fmt: skip
def test_it_makes_a_file_of_what_is_one(
    returned: Returned, tmp_path: Path, content: Any, name: str
) -> None:
    assert json.loads(returned.text(content)) == {"file": name}
    assert (tmp_path / "output" / name).stat().st_size > 0


def test_it_calls_a_file_as_its_place_in_the_result(returned: Returned) -> None:
    found = json.loads(returned.text({"plots": [Figure(), Figure()]}))
    assert found == {"plots": [{"file": "plots-0.png"}, {"file": "plots-1.png"}]}


def test_it_copies_the_files_whose_paths_are_returned(returned: Returned, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "d.txt").write_text("2")
    found = json.loads(returned.text([tmp_path / "a.csv", tmp_path / "b", tmp_path / "a.csv"]))
    assert found == [{"file": "a.csv"}, {"file": "b"}, {"file": "a-2.csv"}]
    assert (tmp_path / "output" / "b" / "c" / "d.txt").read_text() == "2"


def test_it_leaves_a_file_that_is_an_output_already(returned: Returned, tmp_path: Path) -> None:
    (tmp_path / "output" / "a.csv").write_text("1")
    assert json.loads(returned.text(tmp_path / "output" / "a.csv")) == {"file": "a.csv"}
    assert len(list((tmp_path / "output").iterdir())) == 1


@pytest.mark.parametrize(
    ("table", "columns", "rows"),
    [
        (Table([{"a": 1, "b": 2}, {"a": 3}]), ["a", "b"], [[1, 2], [3, None]]),
        (Table([[1, 2]]), ["Column 1", "Column 2"], [[1, 2]]),
        (Table([[1, 2]], columns=["x", "y"]), ["x", "y"], [[1, 2]]),
        (Polars(), ["a"], [[1], [None]]),
        (Frame(["a", ("b", "c")], [(1, math.nan)], index=[5]), ["index", "a", "b c"],
         [[5, 1, None]]),
        (Table([]), [], []),
    ],
)  # fmt: skip
def test_it_shows_a_table_and_gives_it_as_csv(
    returned: Returned, tmp_path: Path, table: Any, columns: list[str], rows: list[Any]
) -> None:
    found = json.loads(returned.text(table))
    assert found["table"] == {"columns": columns, "rows": rows, "total_rows": len(rows)}
    with (tmp_path / "output" / "result.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[:1] == [columns]
    assert returned.warnings == []


def test_it_shows_the_first_rows_of_a_long_table(returned: Returned, tmp_path: Path) -> None:
    found = json.loads(returned.text(Table([[n] for n in range(2500)])))
    assert len(found["table"]["rows"]) == 1000
    assert found["table"]["total_rows"] == 2500
    assert len((tmp_path / "output" / "result.csv").read_text().splitlines()) == 2501


def test_it_gives_a_figure_as_html_where_nothing_can_draw_it(returned: Returned) -> None:
    assert json.loads(returned.text(Plotly())) == {"file": "result.html"}
    assert [warning["code"] for warning in returned.warnings] == ["figure_not_drawn"]
