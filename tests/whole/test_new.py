"""`new` writes a job type that runs, with a test that passes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.functions import wrapping
from tests.support.running import Running, running

INSTALLED = '''
import enum, os, pathlib, typing
from annotated_types import Ge

class Size(enum.Enum):
    SMALL = "s"

def hinted(path: str | os.PathLike[str], size: Size, names: list[str] | None = None, *,
           mode: typing.Literal["a", "b"] = "a", least: typing.Annotated[int, Ge(1)] = 1):
    """Say what came.

    It does \\n nothing else.
    """
    return [type(path).__name__, size.name, names, mode, least]

def bare(word, times=2, /, loud=False, where=None, seen=(), *rest, at=object(), **more):
    return f"{word * times}{'!' if loud else ''}"

async def later(type: str) -> str:
    return type.upper()

def takes_callable(key: typing.Callable[[int], int]): ...

class Thing:
    @staticmethod
    def made(n: int) -> int:
        return n + 1
'''


@pytest.fixture
def types(tmp_path: Path) -> Path:
    return tmp_path / "types"


@pytest.fixture
def bellhop(tmp_path: Path, types: Path) -> Iterator[Running]:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "someones.py").write_text(INSTALLED)
    with running(tmp_path, BELLHOP_JOBTYPES_FOLDER=str(types)) as made:
        made.environment["PYTHONPATH"] = str(tmp_path / "installed")
        yield made


@pytest.mark.parametrize("kind", ["file", "url", "text", "none"])
def test_it_writes_a_type_with_a_test_that_passes(bellhop: Running, types: Path, kind: str) -> None:
    done = bellhop.run("new", "shout", "--input", kind)
    assert done.returncode == 0, done.stderr
    assert f"wrote {types}/shout.py" in done.stdout and "try shout" in done.stdout
    for command in ([], ["-m", "pytest", "-q"]):
        tested = subprocess.run(
            [sys.executable, *command, str(types / "tests" / "test_shout.py")],
            env=bellhop.environment, capture_output=True, text=True, cwd=types,
        )  # fmt: skip
        assert tested.returncode == 0, tested.stdout + tested.stderr
        assert "passed" in tested.stdout


def test_it_lists_no_test_as_a_type(bellhop: Running) -> None:
    bellhop.run("new", "shout", "--input", "none")
    refused = bellhop.run("try", "nothing")
    assert "shout" in refused.stderr and "test" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("two words", "cannot be the name of a job type; use letters"),
        ("class", "no word of Python"),
        ("_hidden", "cannot be the name"),
        ("../up", "cannot be the name"),
        ("word_count", "word_count is a job type of Bellhop"),
        ("taken", "taken.py has a job type taken already"),
        ("other", "taken.py has a job type other already"),
    ],
)
def test_it_says_why_a_name_cannot_be(bellhop: Running, types: Path, name: str, said: str) -> None:
    types.mkdir()
    (types / "taken.py").write_text("from bellhop import job_type\n\n\ndef other(): ...")
    refused = bellhop.run("new", name)
    assert refused.returncode == 1 and said in refused.stderr
    assert [path.name for path in types.iterdir()] == ["taken.py"]


def test_it_needs_a_name(bellhop: Running) -> None:
    assert "the name of the new type is missing" in bellhop.run("new").stderr


@pytest.mark.parametrize(
    ("target", "given", "data"),
    [
        ("textwrap:dedent", ["  one"], "one"),
        ("someones:hinted", ["{note}", "--param", "size=s", "--param", "mode=b"],
         ["PosixPath", "SMALL", None, "b", 1]),
        ("someones:bare", ["--param", "word=a", "--param", "loud=true"], "aa!"),
        ("someones:later", ["--param", "type_=a"], "A"),
        ("someones:Thing.made", ["--param", "n=1"], 2),
    ],
)  # fmt: skip
def test_it_writes_a_type_that_runs_an_installed_function(
    bellhop: Running, tmp_path: Path, types: Path, target: str, given: list[str], data: object
) -> None:
    name = "wrapped_here"
    (tmp_path / "note").touch()
    done = bellhop.run("new", name, "--from", target)
    assert done.returncode == 0, done.stderr
    given = [each.replace("{note}", str(tmp_path / "note")) for each in given]
    tried = bellhop.run("try", name, *given)
    assert tried.returncode == 0, (types / f"{name}.py").read_text() + tried.stderr
    assert json.loads(tried.stdout)["data"] == data


def test_it_says_where_a_hint_is_a_guess(bellhop: Running, types: Path) -> None:
    done = bellhop.run("new", "--from", "someones:bare")
    assert done.returncode == 0, done.stderr
    text = (types / "bare.py").read_text()
    lines = [line.strip() for line in text.splitlines() if "a guess" in line]
    assert [line.partition(",")[0] for line in lines] == [
        "word: str", "times: int = 2", "loud: bool = False", "where: str | None = None",
        "seen: list[str] = ()",
    ]  # fmt: skip
    assert "at" not in [arg.arg for node in ast.walk(ast.parse(text))
                        if isinstance(node, ast.FunctionDef) for arg in node.args.args]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("textwrap", "write MODULE:FUNCTION, as in textwrap:shorten"),
        ("no_such_module:f", "no_such_module cannot be imported: ModuleNotFoundError"),
        ("textwrap:nothing", "textwrap has no nothing"),
        ("textwrap:TextWrapper", "textwrap:TextWrapper is not a function"),
        ("math:pi", "math:pi is not a function"),
        ("builtins:max", "builtins:max does not tell its parameters"),
        ("functools:reduce", "does not tell its parameters"),
    ],
)
def test_it_says_which_functions_it_cannot_write_a_type_for(target: str, said: str) -> None:
    with pytest.raises(StartRefused, match=said):
        wrapping.find(target)


def test_it_refuses_a_function_that_no_form_can_call(bellhop: Running, types: Path) -> None:
    refused = bellhop.run("new", "--from", "someones:takes_callable")
    assert "parameter key takes what no form can ask for" in refused.stderr
    assert not types.exists()
