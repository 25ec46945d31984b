"""A type that says what cannot be is unavailable with the reason, and harms no other type."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.base import documents
from bellhop.catalog import defaults, description, params, typefiles
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import Description, KnownType
from bellhop.functions.signature import FORM_FIELDS
from bellhop.jobprocess.describing import describe
from bellhop.jobs import intake
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, make_folder
from bellhop.web.shown import views
from tests.support.builtin import come_with_bellhop

HEAD = """
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from annotated_types import Ge, Le, Len, MultipleOf
from bellhop import Context, job_type
"""
TYPE = """
@job_type({options})
def {name}(text, context: Context, *, {parameter}) -> dict:
    return {{}}
"""
FINE = TYPE.format(options='label="Fine"', name="fine", parameter="much: int = 1")


def said_by(path: Path) -> dict[str, Description]:
    """The types of a file as its child describes them and the web reads that."""
    said = description.said_in(description.to_json(describe(str(path))))
    return {t.type: t for t in defaults.judged(said).types}


@pytest.fixture
def reason(tmp_path: Path) -> Callable[..., str | None]:
    """Why a type with these options, or with this parameter, cannot be used."""

    def ask(options: str = 'label="Odd"', parameter: str = "a: int = 1") -> str | None:
        path = tmp_path / "file.py"
        odd = TYPE.format(options=options, name="odd", parameter=parameter)
        path.write_text(HEAD + FINE + odd)
        types = said_by(path)
        assert types["fine"].missing is None, "it shares the file"
        return types["odd"].missing

    return ask


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("queue", '["default"]'), ("queue", "None"), ("queue", "b'x'"),
        ("timeout_s", 'float("inf")'), ("timeout_s", 'float("nan")'), ("timeout_s", '"30"'),
        ("timeout_s", "True"), ("timeout_s", "0"), ("timeout_s", "-1"), ("timeout_s", "10**400"),
        ("memory_mb", '"512"'), ("memory_mb", "512.5"), ("memory_mb", "True"),
        ("memory_mb", "-1"), ("memory_mb", "10**400"),
        ("delays_s", '["5"]'), ("delays_s", '"5"'), ("delays_s", "5"), ("delays_s", "[True]"),
        ("delays_s", '[float("inf")]'), ("delays_s", "[-1]"), ("delays_s", "[None]"),
        ("cache", 'float("inf")'), ("cache", "10**400"), ("cache", '"yes"'), ("cache", "-1"),
        ("version", '"\\ud800"'), ("viewer", '"\\ud800"'), ("viewer", "5"),
        ("accepts", '".csv"'), ("accepts", "[5]"), ("accepts", '["\\ud800"]'),
        ("requires", '["json"]'), ("requires", '{"json": None}'), ("settings", '["key"]'),
        ("settings", "{1: str}"), ("network", '"yes"'), ("hidden", "1"),
    ],
)  # fmt: skip
def test_it_judges_every_option_of_a_type(
    reason: Callable[..., str | None], member: str, value: str
) -> None:
    said = reason(f'label="Odd", {member}={value}')
    assert said is not None and (member in said or "cannot be written as JSON" in said)


@pytest.mark.parametrize("label", ['"\\ud800"', "5", '"a" * 201', '"a\\nb"'])
def test_it_judges_the_label_of_a_type(reason: Callable[..., str | None], label: str) -> None:
    assert "label: must be" in str(reason(f"label={label}"))


@pytest.mark.parametrize(
    "parameter",
    [
        'a: float = float("inf")', 'a: float = float("-inf")', 'a: float = float("nan")',
        'a: list[float] = [float("inf")]', 'a: Annotated[float, Ge(float("-inf"))] = 1',
        'a: Annotated[int, Le(float("nan"))]', 'a: Annotated[int, Ge("1")] = 1',
        "a: Annotated[int, Ge(True)] = 1", "a: Annotated[int, Le(10)] = 99",
        "a: Annotated[int, Ge(1)] = 0", 'a: Annotated[str, Len(1, 3)] = "abcd"',
        "a: Annotated[list[int], Len(1, 2)] = []", "a: Annotated[int, MultipleOf(2)] = 3",
        "a: Annotated[int, MultipleOf(0.5)] = 10**400",
        'a: int = "1"', "a: int = True", "a: int = 1.5", "a: bool = 1", "a: str = 1",
        "a: list[int] = 1", 'a: list[int] = ["1"]', 'a: Literal["a", "b"] = "c"',
        'a: date = "soon"', 'a: float = Decimal("1")', 'a: Literal["a", b"b"]',
        'a: Literal["\\ud800"]', 'a: str = "\\ud800"', 'a: list[str] = ["\\ud800"]',
        'a: Annotated[str, "\\ud800"] = ""', f"a: {'list[' * 40}int{']' * 40}",
        "a: no_such_name",
        *(f"{name}: str" for name in FORM_FIELDS if name.isidentifier()),
    ],
)  # fmt: skip
def test_it_judges_every_parameter_of_a_type(
    reason: Callable[..., str | None], parameter: str
) -> None:
    assert reason(parameter=parameter) is not None


@pytest.mark.parametrize(
    ("parameter", "named"),
    [
        ("much: int = 'x'", "the default of much must be integer"),
        ("much: float = float('inf')", "much cannot have this default"),
        ("much: Annotated[float, Le(float('inf'))] = 1", "much cannot have this maximum"),
        ("priority: int = 1", "priority is a field of every job; rename it"),
        ("then: bytes", "then is a field of every job; rename it"),
    ],
)
def test_it_names_the_parameter_that_cannot_be(
    reason: Callable[..., str | None], parameter: str, named: str
) -> None:
    assert named in str(reason(parameter=parameter))


@pytest.mark.parametrize(
    "parameter",
    [
        "a: int = None", 'a: Literal["a"] = None', "a: float = 1", "a: int = 1.0",
        "a: int = 2**63", "a: Annotated[int, Le(10**400)] = 1", "a: list[int] = (1, 2)",
        "a: date = date(2026, 1, 2)", 'a: str = "\\t"', 'a: Literal[" ", "\\t", 1, None] = 1',
        "a: Annotated[int, Ge(1), Le(10)] | None = None", "items: int = 1",
    ],
)  # fmt: skip
def test_it_takes_what_can_be(reason: Callable[..., str | None], parameter: str) -> None:
    assert reason(parameter=parameter) is None


def test_it_takes_a_default_of_none_as_a_parameter_that_may_be_none(tmp_path: Path) -> None:
    path = tmp_path / "file.py"
    path.write_text(HEAD + FINE.replace("much: int = 1", "much: int = None"))
    fine = said_by(path)["fine"]
    assert params.validated(fine, {}) == params.validated(fine, {"much": None}) == {"much": None}


def test_it_knows_every_field_that_a_submit_has_beside_its_parameters() -> None:
    assert {*intake.JSON_FIELDS} - {"items", "params"} <= {*FORM_FIELDS}


@pytest.mark.parametrize(
    "text",
    [
        'raise ValueError("\\ud800")',
        "class Odd(Exception):\n    def __str__(self):\n        raise SystemExit\nraise Odd",
        "class Odd(Exception):\n    def __str__(self):\n        return 5\nraise Odd",
        "raise SyntaxError(object())",
        'raise ValueError("a" * 2_000_000)',
    ],
)
def test_it_can_say_every_error_of_a_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.py"
    path.write_text(text)
    found = description.said_in(description.to_json(describe(str(path))))
    assert found.error and len(found.error) <= description.MOST_TEXT
    found.error.encode()


def test_it_judges_a_forged_number_that_no_float_can_hold() -> None:
    """Whoever judges must not fail: nobody would know another type."""
    for field in ({"maximum": 10**400}, {"multipleOf": 0.5, "default": 10**400}):
        forged = description.unknown_type("good")
        forged.params["properties"]["a"] = {"type": "integer", **field}
        entry = {**vars(forged), "code": "0" * 64, "cache": 10**400, "inputs": []}
        text = json.dumps({"types": [entry], "error": None, "stamp": []}).encode()
        with pytest.raises(ValueError):
            description.said_in(text)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own"
    path.mkdir()
    return path


@pytest.fixture
def types(
    config: Callable[[str], Settings], own: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], dict[str, KnownType]]:
    settings = config(f"[jobtypes]\nfolder = {own}\n")
    here = Installation(make_folder(settings), "test", "sqlite", "")
    # Those that come with Bellhop would take most of the time.
    come_with_bellhop(monkeypatch, own / "none")
    find = typefiles.find
    monkeypatch.setattr(
        typefiles, "find", lambda folder: [p for p in find(folder) if p.parent == own]
    )

    def ask() -> dict[str, KnownType]:
        catalog = Catalog(settings, here)
        catalog.settle()
        documents.parsed(json.dumps([views.type_view(each) for each in catalog.types().values()]))
        return catalog.types()

    return ask


def test_it_lists_the_odd_types_beside_the_others(
    types: Callable[[], dict[str, KnownType]], own: Path
) -> None:
    for name, option in (("odd0", 'queue=["default"]'), ("odd1", 'timeout_s=float("inf")')):
        odd = TYPE.format(options=f'label="Odd", {option}', name=name, parameter="a: int")
        (own / f"{name}.py").write_text(HEAD + odd)
    (own / "fine.py").write_text(HEAD + FINE)
    (own / "error.py").write_text('raise ValueError("\\ud800", job_type)')
    available = {name: known.available for name, known in types().items()}
    assert available == {"fine": True, "odd0": False, "odd1": False, "error": False}


def _dangling(own: Path) -> None:
    """As Emacs locks what it edits."""
    (own / ".#odd.py").symlink_to("anna@host.1234")


def _not_encodable(own: Path) -> None:
    with open(os.fsencode(own) + b"/\xff.py", "w") as file:
        file.write("1 +")


@pytest.mark.parametrize(
    "litter",
    [
        _dangling, _not_encodable,
        lambda own: (own / "odd.py").mkdir(),
        lambda own: (own / "\x1b[2J.py").write_text("1 +"),
        lambda own: (own / "odd.py").write_bytes(b"\xff\x00"),
        lambda own: (own / "_odd.py").symlink_to("/proc/self/mem"),
    ],
)  # fmt: skip
def test_it_knows_its_types_whatever_lies_beside_them(
    types: Callable[[], dict[str, KnownType]], own: Path, litter: Callable[[Path], Any]
) -> None:
    (own / "fine.py").write_text(HEAD + FINE)
    litter(own)
    found = types()
    assert found["fine"].available, found["fine"].reason
    assert all(name.isprintable() for name in found)
