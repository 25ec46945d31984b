"""The modules of Bellhop, what each imports, and how large they are."""

from __future__ import annotations

import ast
import io
import tokenize
from functools import cache
from pathlib import Path

from tests.support.places import ROOT

PACKAGE = ROOT / "bellhop"
# From the top down; a wing imports from itself and from the rows below its own, and nobody from
# its neighbours in a row.
ROWS = (
    {"app", "tasks", "models", "__main__"},
    {"cli"},
    {"upgrade"},
    {"server", "checks", "parent"},
    {"web", "consumer", "backup"},
    {"schedules", "sso", "watch", "origins", "space"},
    {"notices"},
    {"jobs", "jobprocess"},
    {"accounts", "bell", "catalog", "machines", "uploads", "metrics", "rotation"},
    {"environments", "reloading"},
    {"storage"},
    {"stores", "system", "functions", "database", "service", "logs"},
    {"settings"},
    {"base", "words", "client"},
)
# Lines of code, without blank lines, comments and docstrings; raising one takes a line in
# docs/decisions/.
BUDGETS = {
    "cli": 2300, "parent": 820, "server": 802, "web": 6137, "consumer": 1700, "backup": 922,
    "schedules": 339, "checks": 665, "jobs": 3934, "jobprocess": 1662, "accounts": 883,
    "bell": 321, "catalog": 1092, "environments": 346, "database": 1550, "storage": 1513,
    "stores": 1132,
    "system": 1108, "functions": 1392, "machines": 862, "uploads": 383, "service": 280,
    "sso": 513, "metrics": 269, "logs": 117, "watch": 931, "notices": 438, "upgrade": 148,
    "origins": 107, "space": 322, "reloading": 147, "rotation": 94, "settings": 927, "base": 925,
}  # fmt: skip
DOORS = [ROOT / f"{name}.py" for name in ("app", "tasks", "models")]
CORE = sorted([*DOORS, *(p for p in PACKAGE.rglob("*.py") if "jobtypes" not in p.parts)])
JOBTYPES = sorted((PACKAGE / "jobtypes").rglob("*.py"))


def name_of(path: Path) -> str:
    """The module, as it is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def wing_of(module: str) -> str:
    """The wing of a module of ours; of the words that the package hands on, `words`."""
    return {"bellhop": "words"}.get(module) or module.removeprefix("bellhop.").partition(".")[0]


@cache
def names_imported(path: Path) -> frozenset[str]:
    """What a file imports anywhere, also inside functions, by its dotted name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@cache
def imports_of(path: Path) -> frozenset[str]:
    """The modules of ours that a file imports, and the other packages."""
    return frozenset(known for name in names_imported(path) if (known := _module(name)))


def _module(name: str) -> str:
    """The module of ours that an imported name is or stands in, else the package it is of."""
    if name.partition(".")[0] not in ("bellhop", "app", "tasks", "models"):
        return name.partition(".")[0]
    place = ROOT.joinpath(*name.split("."))
    is_module = place.is_dir() or place.with_suffix(".py").exists()
    return name if is_module else name.rpartition(".")[0]


def ours(path: Path) -> set[str]:
    known = {"bellhop", "app", "tasks", "models"}
    return {name for name in imports_of(path) if name.partition(".")[0] in known}


def row_of(wing: str) -> int:
    return next(number for number, row in enumerate(ROWS) if wing in row)


def code_lines(path: Path) -> int:
    """Lines that hold code: not blank, no comment, no docstring."""
    text = path.read_text()
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT,
                              tokenize.DEDENT, tokenize.ENDMARKER):  # fmt: skip
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(
            node
        ):
            docstring = node.body[0]
            lines -= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(lines)
