"""What the text of a Python file says before anybody runs it, read from its syntax tree.

Whether it has job types or helps those beside it, what it imports, and how long describing it may
take. A text that cannot be read as Python, or that is too long to be read in passing, is judged by
what it mentions.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bellhop.environments import header
from bellhop.environments.header import Needs

# The state of a file: when it was written, its size, which it is.
State = tuple[int, int, int]
WORD = "job_type"
# Reading a longer text would hold up the other threads of its process.
MOST_BYTES = 256 * 1024
# What imports modules, or runs files, whose names nobody can read from a text.
UNFORESEEABLE = {"__import__", "eval", "exec", "importlib", "pkgutil", "runpy"}
LIMIT = "describe_timeout_s"
WRONG_LIMIT = (
    f"{LIMIT} must be a number above 0, written as such: Bellhop reads it before it runs the file"
)


@dataclass(frozen=True)
class Source:
    """What a text says: whether it uses `job_type`, and the top-level names that it imports.

    `imports` is None where it may import anything. `limit_s` is the time that its types ask for
    describing the file, in seconds; `needs` are the packages of its own; `wrong` says what of these
    cannot be. What `is_torn` is no Python, or empty, as a file is while it is being written.
    """

    has_types: bool
    is_torn: bool = False
    imports: frozenset[str] | None = None
    limit_s: float | None = None
    wrong: str | None = None
    needs: Needs | None = None


def state(path: Path) -> State:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def of(path: Path) -> Source:
    """What the text of the file at `path` says; an OSError passes through."""
    return _read(path, state(path))


def limit_s(path: Path) -> float | None:
    """How long describing a file may take by what its types say, in seconds."""
    with contextlib.suppress(OSError):  # removed meanwhile, or packed
        return of(path).limit_s
    return None


def needs(path: Path) -> Needs | None:
    """The packages of its own that a file asks for."""
    with contextlib.suppress(OSError):
        return of(path).needs
    return None


def is_torn(path: Path) -> bool:
    """Whether the file is there, and is no Python, or empty."""
    with contextlib.suppress(OSError):
        return of(path).is_torn
    return False


@functools.lru_cache(maxsize=4096)
def _read(path: Path, as_it_is: State) -> Source:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError:
        return Source(has_types=True)  # whoever describes it says what is wrong
    found = _read_code(text)
    try:
        return replace(found, needs=header.read(text.decode("utf-8", "replace")))
    except ValueError as error:
        return replace(found, wrong=str(error))


def _read_code(text: bytes) -> Source:
    mentions_it = WORD.encode() in text
    if len(text) > MOST_BYTES:
        return Source(mentions_it)
    try:
        with warnings.catch_warnings(action="ignore"):
            nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Source(mentions_it, is_torn=True)
    found = _said_in(nodes)
    return found if text.strip() else replace(found, is_torn=True)


def _said_in(nodes: Sequence[ast.AST]) -> Source:
    names, imports, limits = set(_names(nodes)), frozenset(_imports(nodes)), list(_limits(nodes))
    is_foreseeable = UNFORESEEABLE.isdisjoint(names | imports) and not _names_files(nodes)
    known = [limit_s for limit_s in limits if limit_s is not None]
    return Source(
        has_types=WORD in names,
        imports=imports if is_foreseeable else None,
        limit_s=max(known, default=None),
        wrong=None if len(known) == len(limits) else WRONG_LIMIT,
    )


def _names(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The names that are used, and those that are imported; of attributes the one that counts."""
    for node in nodes:
        match node:
            case ast.Name():
                yield node.id
            case ast.Attribute() if node.attr == WORD:
                yield node.attr
            case ast.alias():
                yield node.name


def _imports(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Import():
                yield from (alias.name.partition(".")[0] for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


def _names_files(nodes: Sequence[ast.AST]) -> bool:
    """Whether a text names a Python file, which it may run."""
    texts = (node.value for node in nodes if isinstance(node, ast.Constant))
    return any(isinstance(text, str) and text.endswith(".py") for text in texts)


def _limits(nodes: Sequence[ast.AST]) -> Iterator[float | None]:
    """Each time limit that a type asks for; None for one that cannot be."""
    for node in nodes:
        match node:
            case ast.keyword(arg=name, value=ast.Constant(value=None)) if name == LIMIT:
                continue
            case ast.keyword(arg=name, value=ast.Constant(value=int() | float() as limit_s)) if (
                name == LIMIT
            ):
                is_time = limit_s is not True and 0 < limit_s < float("inf")
                yield limit_s if is_time else None
            case ast.keyword(arg=name) if name == LIMIT:
                yield None


class Beside:
    """The Python files of a folder of types, and of the packages in it, as they are now."""

    def __init__(self, folder: Path):
        self.files: dict[Path, State] = {}
        self._by_name: dict[str, list[Path]] = {}
        for path in _importable(folder):
            try:
                self.files[path] = state(path)
            except OSError:
                continue  # removed meanwhile
            name = path.relative_to(folder).parts[0].removesuffix(".py")
            self._by_name.setdefault(name, []).append(path)

    def states(self, path: Path) -> list[str]:
        """The helpers of a type file, each with its state."""
        return [f"{helper}\0{self.files[helper]}" for helper in self.helpers(path)]

    def helpers(self, path: Path, *, in_doubt_types: bool = True) -> list[Path]:
        """The files that a type file can import, also through one another; in doubt all.

        Without `in_doubt_types`, these are all but those that have types of their own.
        """
        found, left = {path}, [path]
        while left:
            current = left.pop()
            imports = _read(current, self.files[current]).imports
            if imports is None:
                others = [each for each in self.files if each != path]
                return [
                    p for p in others if in_doubt_types or not _read(p, self.files[p]).has_types
                ]
            new = {each for name in imports for each in self._by_name.get(name, ())} - found
            found |= new
            left += new
        return sorted(found - {path})


def _importable(folder: Path) -> Iterator[Path]:
    """The Python files of a folder and of the packages in it, in an order of their own."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and os.path.isfile(path):  # the lock of an editor may lead nowhere
            yield path
        elif os.path.isfile(path / "__init__.py"):
            yield from _importable(path)
