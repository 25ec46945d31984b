"""A hundred and more functions as people write them, and what must come of each."""

from __future__ import annotations

from typing import NamedTuple

HEAD = """
import asyncio
import collections
import datetime as dt
import enum
import fractions
import ipaddress
import math
import types
import typing
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, TypedDict, Union

from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MaxLen, MinLen, MultipleOf
from PIL import Image
from pydantic import AwareDatetime, BaseModel, EmailStr, Field, HttpUrl, PositiveInt, conint

from bellhop import BadInput, Context, Markdown, Table, Text, Url, job_type


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Size(enum.StrEnum):
    SMALL = "s"
    LARGE = "l"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Line:
    name: str
    amount: Decimal = Decimal("1.00")
    due: date | None = None


@dataclass
class Order:
    number: int
    lines: list[Line] = field(default_factory=list)


class Row(TypedDict):
    number: int


class Point(NamedTuple):
    x: int
    y: int = 2


class Limits(BaseModel):
    most: int = Field(3, ge=1, le=5)
    names: list[str] = []


Pair = collections.namedtuple("Pair", "x y", defaults=[2])
UserId = NewType("UserId", int)


def written(name: str, text: str) -> Path:
    Path(name).write_text(text)
    return Path(name)
"""


class Parameter(NamedTuple):
    """A field: its hint and default, what is written in it, what the function gets, its control."""

    hint: str
    written: str
    got: str
    control: str


TEXT, NUMBER, SELECT, LINES = "input[type=text]", "input[type=number]", "select", "textarea"
GROUP, ROWS, JSON = ".group", ".repeated", "textarea.code"
PARAMETERS = (
    Parameter("str", "a", "'a'", TEXT),
    Parameter("str = ''", "", "''", TEXT),
    Parameter("int", "3", "3", NUMBER),
    Parameter("int = 7", "", "7", NUMBER),
    Parameter("float", "3", "3.0", NUMBER),
    Parameter("bool", "true", "True", "input[type=checkbox]"),
    Parameter("bool = True", "off", "False", "input[type=checkbox]"),
    Parameter("bool | None = None", "", "None", SELECT),
    Parameter("Literal['a', 'b']", "b", "'b'", SELECT),
    Parameter("Literal['a', 1] = 1", "", "1", SELECT),
    Parameter("Optional[Literal['a']] = None", "a", "'a'", SELECT),
    Parameter("Colour", "2", "<Colour.BLUE: 2>", SELECT),
    Parameter("Colour = Colour.RED", "BLUE", "<Colour.BLUE: 2>", SELECT),
    Parameter("Size = Size.SMALL", "l", "<Size.LARGE: 'l'>", SELECT),
    Parameter("Level", "2", "<Level.HIGH: 2>", SELECT),
    Parameter("date", "2026-01-02", "datetime.date(2026, 1, 2)", "input[type=date]"),
    Parameter("date = date(2026, 1, 2)", "", "datetime.date(2026, 1, 2)", "input[type=date]"),
    Parameter("date | None = None", "", "None", "input[type=date]"),
    Parameter("datetime", "2026-01-02T09:00:00+00:00",
              "datetime.datetime(2026, 1, 2, 9, 0, tzinfo=datetime.timezone.utc)",
              "input[type=datetime-local]"),
    Parameter("dt.datetime | None = None", "", "None", "input[type=datetime-local]"),
    Parameter("time", "09:30", "datetime.time(9, 30)", "input[type=time]"),
    Parameter("timedelta", "1:30:00", "datetime.timedelta(seconds=5400)", TEXT),
    Parameter("timedelta = timedelta(minutes=5)", "", "datetime.timedelta(seconds=300)", TEXT),
    Parameter("timedelta", "PT90M", "datetime.timedelta(seconds=5400)", TEXT),
    Parameter("Decimal", "12.50", "Decimal('12.50')", TEXT),
    Parameter("Decimal = Decimal('0.10')", "", "Decimal('0.10')", TEXT),
    Parameter("uuid.UUID", "7d444840-9dc0-11d1-b245-5ffdce74fad2",
              "UUID('7d444840-9dc0-11d1-b245-5ffdce74fad2')", TEXT),
    Parameter("int | None = None", "", "None", NUMBER),
    Parameter("Optional[int] = 3", "4", "4", NUMBER),
    Parameter("int | str", "5", "5", TEXT),
    Parameter("int | str", "five", "'five'", TEXT),
    Parameter("Union[int, float, None] = None", "1.5", "1.5", TEXT),
    Parameter("date | str", "soon", "'soon'", TEXT),
    Parameter("list[str]", "a", "['a']", LINES),
    Parameter("list[int] = [1]", "2", "[2]", LINES),
    Parameter("list", "a", "['a']", JSON),
    Parameter("set[int]", "2", "{2}", LINES),
    Parameter("frozenset[str]", "a", "frozenset({'a'})", LINES),
    Parameter("tuple[int, ...]", "2", "(2,)", LINES),
    Parameter("tuple[int, str] = (1, 'a')", "[2, \"b\"]", "(2, 'b')", ".places"),
    Parameter("Sequence[float]", "2", "[2.0]", LINES),
    Parameter("list[date]", "2026-01-02", "[datetime.date(2026, 1, 2)]", ROWS),
    Parameter("list[date] = [date(2026, 1, 2)] * 101", "",
              f"[{', '.join(['datetime.date(2026, 1, 2)'] * 101)}]", JSON),
    Parameter("dict[int, int] = dict.fromkeys(range(101), 0)", "",
              repr(dict.fromkeys(range(101), 0)), JSON),
    Parameter("list[Literal['a', 'b']] = ['a']", "b", "['b']", ".choices"),
    Parameter("list[Size]", "s", "[<Size.SMALL: 's'>]", ".choices"),
    Parameter("list[list[int]]", "[1, 2]", "[[1, 2]]", ROWS),
    Parameter("dict[str, int]", '{"a": 1}', "{'a': 1}", ROWS),
    Parameter("dict[int, float] = {1: 0.5}", '{"2": 1}', "{2: 1.0}", ROWS),
    Parameter("dict", '{"a": [1]}', "{'a': [1]}", JSON),
    Parameter("Any = None", "[1]", "[1]", JSON),
    Parameter("Line", '{"name": "a", "due": "2026-01-02"}',
              "Line(name='a', amount=Decimal('1.00'), due=datetime.date(2026, 1, 2))", GROUP),
    Parameter("Line | None = None", "", "None", ".optional"),
    Parameter("Order", '{"number": 1, "lines": [{"name": "a", "amount": 2}]}',
              "Order(number=1, lines=[Line(name='a', amount=Decimal('2'), due=None)])", GROUP),
    Parameter("list[Line]", '{"name": "a"}',
              "[Line(name='a', amount=Decimal('1.00'), due=None)]", ROWS),
    Parameter("Row", '{"number": 1}', "{'number': 1}", GROUP),
    Parameter("Point = Point(1)", '{"x": 5}', "Point(x=5, y=2)", ".optional"),
    Parameter("Pair", '{"x": 5}', "Pair(x=5, y=2)", GROUP),
    Parameter("UserId", "7", "7", NUMBER),
    Parameter("list[Url]", "https://b.example", "['https://b.example']", LINES),
    Parameter("dict[str, Text]", '{"a": "b"}', "{'a': 'b'}", ROWS),
    Parameter("Limits", '{"most": 5}', "Limits(most=5, names=[])", GROUP),
    Parameter("Limits | None = None", '{"most": 1}', "Limits(most=1, names=[])", ".optional"),
    Parameter("list[Limits]", '{"most": 1}', "[Limits(most=1, names=[])]", ROWS),
    Parameter("Annotated[int, Field(ge=1, le=5)]", "5", "5", NUMBER),
    Parameter("int = Field(3, ge=1)", "", "3", NUMBER),
    Parameter("PositiveInt", "5", "5", NUMBER),
    Parameter("HttpUrl", "https://a.example/", "HttpUrl('https://a.example/')", "input[type=url]"),
    Parameter("Annotated[int, Ge(1), Le(9)] = 2", "3", "3", NUMBER),
    Parameter("Annotated[float, Interval(gt=0, lt=1)]", "0.5", "0.5", NUMBER),
    Parameter("Annotated[str, MinLen(2), 'Help.']", "ab", "'ab'", TEXT),
    Parameter("Annotated[list[int], Len(1, 2)]", "1", "[1]", LINES),
    Parameter("Annotated[date, Ge(date(2020, 1, 1))]", "2020-01-01",
              "datetime.date(2020, 1, 1)", "input[type=date]"),
    Parameter("= 3", "4", "4", NUMBER),
    Parameter("= 'a'", "b", "'b'", TEXT),
    Parameter("= False", "true", "True", "input[type=checkbox]"),
)  # fmt: skip
# A hint, what is written, and words of the refusal.
REFUSED = (
    ("int", "3.5", "whole number"), ("float", "x", "a number"), ("bool", "maybe", "true or false"),
    ("Literal['a']", "b", "must be one of"), ("Colour", "3", "must be one of"),
    ("date", "2026-02-30", "a date like"), ("datetime", "noon", "a time like"),
    ("time", "25:00", "a time of day"), ("timedelta", "a while", "a length of time"),
    ("Decimal", "1,5", "a number like"), ("uuid.UUID", "7", "a UUID like"),
    ("int | date", "x", "a whole number or a date"), ("list[int]", "a", "a whole number"),
    ("Line", "{", "JSON"), ("Line", "{}", "name"), ("dict[str, int]", '{"a": "b"}', "integer"),
    ("Annotated[int, Field(ge=1, le=5)]", "99", "smaller than or equal to 5"),
    ("Annotated[int, Ge(2)]", "1", "bigger than or equal to 2"),
    ("Annotated[date, Ge(date(2020, 1, 1))]", "2019-12-31", "at least 2020-01-01"),
    ("Annotated[Decimal, Lt(2)]", "2", "less than 2"), ("Limits", '{"most": 9}', "equal to 5"),
    ("Annotated[str, MaxLen(2)]", "abc", "shorter than or equal to 2"),
)  # fmt: skip


class Result(NamedTuple):
    """An expression that is returned, and the data of the result."""

    expression: str
    data: object


RESULTS = (
    Result("None", None), Result("'a'", "a"), Result("3", 3), Result("1.5", 1.5),
    Result("True", True), Result("[1, 'a']", [1, "a"]), Result("{'a': {1: 2}}", {"a": {"1": 2}}),
    Result("(1, 2)", [1, 2]), Result("{2, 1}", [1, 2]), Result("range(2)", [0, 1]),
    Result("collections.Counter('aab')", {"a": 2, "b": 1}),
    Result("collections.OrderedDict(a=1)", {"a": 1}), Result("(n for n in 'ab')", None),
    Result("Line('a')", {"name": "a", "amount": "1.00", "due": None}),
    Result("Limits(most=2)", {"most": 2, "names": []}), Result("Point(1)", [1, 2]),
    Result("date(2026, 1, 2)", "2026-01-02"), Result("timedelta(minutes=90)", "PT1H30M"),
    Result("datetime(2026, 1, 2, 9)", "2026-01-02T09:00:00"), Result("Decimal('1.50')", "1.50"),
    Result("uuid.UUID(int=7)", "00000000-0000-0000-0000-000000000007"),
    Result("Colour.RED", 1), Result("Size.SMALL", "s"), Result("math.nan", None),
    Result("{'a': [math.inf]}", {"a": [None]}), Result("b'a,b'", {"file": "result.txt"}),
    Result("{'page': b'%PDF-1.7'}", {"page": {"file": "page.pdf"}}),
    Result("Markdown('# A')", {"markdown": "# A"}),
    Result("Table([{'a': 1}])", {
        "table": {"columns": ["a"], "rows": [[1]], "total_rows": 1}}),
    Result("asyncio.sleep(0, 'later')", "later"),
    Result("Path(__file__)", {"file": "results.py"}),
    Result("fractions.Fraction(1, 3)", "1/3"),
    Result("types.SimpleNamespace(a=1)", {"a": 1}),
    Result("ipaddress.ip_address('::1')", "::1"),
    Result("open(__file__)", {"file": "results.py"}),
    Result("Table([Point(1)])", {
        "table": {"columns": ["x", "y"], "rows": [[1, 2]], "total_rows": 1}}),
)  # fmt: skip
# An expression that is returned, and what the page of its job shows.
PICTURES = (
    ("'plain words'", ".view"), ("{'a': {'b': [1, 2]}}", ".tree"),
    ("[{'a': 1, 'b': 2}]", "table.data"),
    ("Markdown('# Title')", ".view :is(h1, h2, h3, h4, h5)"),
    ("{'text': Markdown('**bold**')}", ".view strong"),
    ("Table([{'a': 1}, {'a': 2}])", ".view table"),
    ("{'rows': Table([[1, 2]])}", ".view table"),
    ("Image.new('RGB', (40, 30))", "[data-file='result.png'] img"),
    ("{'plot': Image.new('L', (40, 30))}", "[data-file='plot.png'] img"),
    ("written('a.csv', 'a,b\\n1,2\\n')", "[data-file='a.csv'] table"),
    ("written('a.md', '# Title')", "[data-file='a.md'] .file-content"),
    ("written('a.json', '[1, 2]')", "[data-file='a.json'] .file-content"),
    ("written('a.txt', 'words')", "[data-file='a.txt'] pre"),
    ("written('a.html', '<p>words</p>')", "[data-file='a.html'] iframe"),
    ("written('a.geojson', '{\"type\": \"Point\", \"coordinates\": [1, 2]}')",
     "[data-file='a.geojson'] svg"),
)  # fmt: skip
# The text of a type that cannot be, and words of the reason that is shown for it.
NO_TYPES = (
    ("def it(a: complex): ...", "no field for complex"),
    ("def it(*files: Path): ...", "by its name"), ("def it(**options): ...", "by its name"),
    ("def it(data: uuid.SafeUUID | complex): ...", "no field for"),
    ("def it(file: Decimal): ...", "a file is given as Path, bytes or str, not Decimal"),
    ("def it(a): ...", "parameter a needs a type hint"),
    ("def it(a: 'NoSuchClass'): ...", "NoSuchClass"),
    ("def it(a: Annotated[int, object()]): ...", "does not know"),
    ("def it(a: int = 'x'): ...", "the default of a"),
    ("def it(a: Annotated[int, Ge(5)] = 1): ...", "the default of a"),
    ("def it(then: int): ...", "then is a field of every job"),
    ("def it(priority: Path): ...", "priority is a field of every job"),
    ("def it(a: typing.Callable): ...", "no field for"),
    ("def it(a: dict[tuple[int, int], str] = {}, b: complex = 1j): ...", "no field for"),
)  # fmt: skip
