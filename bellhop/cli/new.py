"""The command `new`: write a job type, and a test of it, into the folder of job types."""

from __future__ import annotations

import keyword
import os
from pathlib import Path

from bellhop.base import program
from bellhop.base.errors import StartRefused
from bellhop.base.program import TYPED
from bellhop.catalog import typefiles
from bellhop.catalog.description import MOST_NAME
from bellhop.cli.trygiven import WORDS
from bellhop.functions import wrapping
from bellhop.settings.settings import Settings

# What the test of a new type checks, by the kind of its input.
CHECKS = {
    "file": """with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "notes.txt"
        file.write_text("one two three")
        assert run(str(file), "--param", "at_least=4") == {"words": 1}""",
    "text": 'assert run("one two three", "--param", "at_least=4") == {"words": 1}',
    "url": 'assert run("https://example.org") == {"host": "example.org", "path": "/"}',
    "none": 'assert run("--param", "highest=2") == [1, 2]',
}


def run(settings: Settings, name: str | None, kind: str, wraps: str | None) -> int:
    """Write the files and say where they are; StartRefused where one would replace another.

    `wraps` is an installed function as MODULE:FUNCTION, from which the type is made.
    """
    wrapped = wrapping.find(wraps) if wraps else None
    name = name or (wrapped.name if wrapped else None)
    if name is None:
        raise StartRefused(f"the name of the new type is missing; write {TYPED} new NAME")
    folder = settings.jobtypes_folder
    if folder is None:
        raise StartRefused("job types have no folder; set [jobtypes] folder in config.ini")
    _require_free(folder, name)
    if wrapped:
        _write(folder / f"{name}.py", wrapped.source(name))
    else:
        tests = folder / "tests"  # no package: what lies in it is no part of a type
        _write(folder / f"{name}.py", _template(kind, NAME=name))
        command, check = _command(tests, settings.config_path), CHECKS[kind]
        text = _template("test", NAME=name, COMMAND=command, CHECK=check)
        unused = "" if kind == "file" else "import tempfile\n"
        _write(tests / f"test_{name}.py", text.replace(unused, ""))
    print(f"try it with: {TYPED} try {name} {'…' if wrapped else WORDS.get(kind, '')}".rstrip())
    return 0


def _template(name: str, **words: str) -> str:
    """The text of a template with each of the words replaced."""
    text = program.asset(f"cli/templates/{name}.txt").decode()
    for word, instead in words.items():
        text = text.replace(word, instead)
    return text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise StartRefused(f"{path} already exists; choose another name") from None
    print(f"wrote {path}")


def _require_free(folder: Path, name: str) -> None:
    """Refuse a name that a type cannot have, or that another type has."""
    is_name = name.isidentifier() and not keyword.iskeyword(name) and len(name) <= MOST_NAME
    if not is_name or name.startswith("_"):
        said = "use letters, digits and _, a letter first, and no word of Python"
        raise StartRefused(f"{name!r} cannot be the name of a job type; {said}")
    for path in typefiles.find(folder):
        if path.stem != name and not typefiles.seems_to_have(path, name):
            continue
        if path.is_relative_to(folder):
            raise StartRefused(f"{path} has a job type {name} already; choose another name")
        raise StartRefused(f"{name} is a job type of Bellhop; choose another name")


def _command(tests: Path, config: Path) -> str:
    """The command of this Bellhop as Python code for a file in `tests`."""

    def place(path: Path) -> str:
        beside = os.path.relpath(path, tests)
        return f'str(HERE / "{beside}")'

    is_file = program.IS_SINGLE_FILE or program.IS_CHECKOUT
    start = [place(Path(program.COMMAND[-1]))] if is_file else ['"-m"', '"bellhop"']
    options = ['"--config"', place(config)] if config.exists() else []
    return f"[{', '.join(['sys.executable', *start, *options])}]"
