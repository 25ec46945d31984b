"""Files of job types: where they lie, what state they are in, how one is loaded.

Shared by the catalog, which describes them, and the job process, which runs them.
A file is loaded by its path under a private module name, so a file of a user can be
called like any module without hiding it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.resources
import os
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import bellhop
from bellhop.base import program
from bellhop.words import JobType

BUILT_IN = program.PACKAGE / "jobtypes"
# Where packages are installed: a type may be available after one came.
PACKAGES = [Path(folder) for folder in sys.path if folder.endswith("-packages")]
# Of the private names of loaded type files.
MODULE_PREFIX = "bellhop_type_"
# What changes when a file does, or what it is read with.
Stamp = tuple[int | str, ...]
# Grows with what a description says or may say, so that earlier ones are made anew.
DESCRIPTION_FORMAT = 7


def find(folder: Path | None) -> list[Path]:
    """The files of job types: those that come with Bellhop, then those of `folder`."""
    names = (entry.name for entry in importlib.resources.files("bellhop.jobtypes").iterdir())
    built_in = [BUILT_IN / name for name in names if _is_type_file(name)]
    own = [path for path in folder.iterdir() if _is_type_file(path.name)] if folder else []
    return [*sorted(built_in), *sorted(own)]


def seems_to_have(path: Path, name: str) -> bool:
    """Whether a file is called like a type, or its text defines a function of that name."""
    defined = rb"^\s*(?:async\s+)?def\s+%b\s*[(\[]" % re.escape(name).encode()
    with contextlib.suppress(OSError):  # removed meanwhile
        return path.stem == name or bool(re.search(defined, read(path), re.MULTILINE))
    return False


def stamp(path: Path, beside: str = "") -> Stamp:
    """The state of a file, and of the Python and the packages that it is read with.

    `beside` is what `state_of` says of its folder.
    """
    is_packed = program.IS_SINGLE_FILE and path.is_relative_to(program.ROOT)
    status = (program.ROOT if is_packed else path).stat()
    changing = [status.st_mtime_ns, status.st_size, status.st_ino]
    installed = [folder.stat().st_mtime_ns for folder in PACKAGES if folder.is_dir()]
    return (*changing, beside, sys.version, *installed, _built_in_code(), DESCRIPTION_FORMAT)


def state_of(folder: Path | None) -> str:
    """What changes when a Python file of the user's folder does: each of its types may use it."""
    found = hashlib.sha256()
    for path in _importable(folder) if folder else ():
        with contextlib.suppress(OSError):  # removed meanwhile
            status = path.stat()
            state = f"{path}\0{status.st_mtime_ns}\0{status.st_size}\0{status.st_ino}\0"
            found.update(os.fsencode(state))
    return found.hexdigest()


def _importable(folder: Path) -> Iterator[Path]:
    """The Python files of a folder and of the packages in it, in an order of their own."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and os.path.isfile(path):  # the lock of an editor may lead nowhere
            yield path
        elif os.path.isfile(path / "__init__.py"):
            yield from _importable(path)


def code(path: Path) -> str:
    """The SHA-256 in hex of the code that a type runs, as far as it is known.

    Those that come with Bellhop are spread over many files and count as one; of a user's type it
    is the file itself and what lies beside it.
    """
    known = hashlib.sha256(read(path)).hexdigest()
    if path.is_relative_to(BUILT_IN):
        rest = _built_in_code()
    else:
        beside = (helper for helper in _importable(path.parent) if helper != path)
        rest = "".join(map(_content, beside))
    return hashlib.sha256((known + rest).encode()).hexdigest() if rest else known


def _content(helper: Path) -> str:
    """The SHA-256 in hex of a file that a type may use; nothing of one that nobody can read."""
    try:
        return hashlib.sha256(helper.read_bytes()).hexdigest()
    except OSError:
        return ""


@functools.cache
def _built_in_code() -> str:
    """The SHA-256 in hex of all that comes with Bellhop; it changes by an upgrade only."""
    if program.IS_SINGLE_FILE:
        return hashlib.sha256(program.ROOT.read_bytes()).hexdigest()
    found = hashlib.sha256()
    for path in sorted(BUILT_IN.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def read(path: Path) -> bytes:
    """The source of a file."""
    is_packed = program.IS_SINGLE_FILE and path.is_relative_to(program.ROOT)
    return program.asset(f"jobtypes/{path.name}") if is_packed else path.read_bytes()


def module_name(path: Path) -> str:
    """What the module of a file is called."""
    return f"{MODULE_PREFIX}{path.stem}"


def load(path: Path) -> dict[str, JobType]:
    """The job types of one file by name; whatever the file raises passes through."""
    source = read(path)
    # What types said before there was the package, and still may.
    sys.modules["jobtypes"] = bellhop
    module = types.ModuleType(module_name(path))
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    found = [getattr(value, "job_type", None) for value in vars(module).values()]
    return {
        t.function.__name__: t
        for t in found
        if isinstance(t, JobType) and t.function.__module__ == module.__name__
    }


def _is_type_file(name: str) -> bool:
    return name.endswith(".py") and not name.startswith(("_", "."))
