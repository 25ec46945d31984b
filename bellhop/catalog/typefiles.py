"""Files of job types: where they lie, and what state they are in."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.resources
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from bellhop.base import program
from bellhop.catalog import sources
from bellhop.catalog.loading import read
from bellhop.catalog.sources import Beside

BUILT_IN = program.PACKAGE / "jobtypes"
# Where packages are installed: a type may be available after one came.
PACKAGES = [Path(folder) for folder in sys.path if folder.endswith("-packages")]
# What calls a type and answers for it, beside what lies there.
UNDER_A_TYPE = ("words.py", "functions/*.py")
# What changes when a file does, or what it is read with.
Stamp = tuple[int | str, ...]
# Grows with what a description says or may say, so that earlier ones are made anew.
DESCRIPTION_FORMAT = 7


def find(folder: Path | None) -> list[Path]:
    """The files of job types: those that come with Bellhop, then those of `folder`.

    What lies in it and has no types helps those that import it. A folder that is not there holds
    none.
    """
    names = (entry.name for entry in importlib.resources.files("bellhop.jobtypes").iterdir())
    built_in = [BUILT_IN / name for name in names if _is_type_file(name)]
    own = folder.iterdir() if folder and folder.is_dir() else ()
    return [*sorted(built_in), *sorted(path for path in own if _has_types(path))]


def _is_type_file(name: str) -> bool:
    return name.endswith(".py") and not name.startswith(("_", "."))


def _has_types(path: Path) -> bool:
    try:
        return _is_type_file(path.name) and path.is_file() and sources.of(path).has_types
    except OSError:
        return False  # removed meanwhile


def seems_to_have(path: Path, name: str) -> bool:
    """Whether a file is called like a type, or its text defines a function of that name."""
    defined = rb"^\s*(?:async\s+)?def\s+%b\s*[(\[]" % re.escape(name).encode()
    with contextlib.suppress(OSError):  # removed meanwhile
        return path.stem == name or bool(re.search(defined, read(path), re.MULTILINE))
    return False


def stamp(path: Path, beside: Beside | None = None) -> Stamp:
    """The state of a file and of what it can import: helpers, packages, Bellhop, the Python.

    `beside` is its folder, which those that come with Bellhop need not know.
    """
    is_packed = program.IS_SINGLE_FILE and path.is_relative_to(program.ROOT)
    own = sources.state(program.ROOT if is_packed else path)
    installed = [folder.stat().st_mtime_ns for folder in PACKAGES if folder.is_dir()]
    helpers = _digest(beside.states(path)) if beside else ""
    return (*own, helpers, sys.version, *installed, _built_in_code(), DESCRIPTION_FORMAT)


def code(path: Path) -> str:
    """The SHA-256 in hex of the code that a type runs, as far as it is known.

    That is its file, and what comes with Bellhop; of a user's type also the files that it can
    import from its folder.
    """
    is_built_in = path.is_relative_to(BUILT_IN)
    helpers = () if is_built_in else Beside(path.parent).helpers(path)
    return _digest([_content(read(path)), *map(_content_of, helpers), _built_in_code()])


def shared_code(path: Path, beside: Beside) -> str:
    """What is the same on two machines that have the same code of a type in a user's folder.

    That is the content of its file, with the packages that it names, and of what it can import;
    not where they lie, nor anything of Bellhop. "" of a file that is removed just now.
    """
    try:
        helpers = beside.helpers(path, in_doubt_types=False)
    except KeyError:
        return ""
    known = {str(each.relative_to(path.parent)): _content_of(each) for each in (path, *helpers)}
    return _digest(f"{name} {content}" for name, content in known.items())


def _digest(parts: Iterable[str]) -> str:
    return _content("\n".join(parts).encode("utf-8", "surrogateescape"))


def _content_of(helper: Path) -> str:
    """The SHA-256 in hex of a file that a type may use; nothing of one that nobody can read."""
    try:
        return _content(helper.read_bytes())
    except OSError:
        return ""


def _content(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


@functools.cache
def _built_in_code() -> str:
    """The SHA-256 in hex of what of Bellhop runs under a type; it changes by an upgrade only."""
    if program.IS_SINGLE_FILE:
        return _content(program.ROOT.read_bytes())
    under = [path for each in UNDER_A_TYPE for path in program.PACKAGE.glob(each)]
    return _digest(map(_content_of, sorted([*BUILT_IN.rglob("*.py"), *under])))
