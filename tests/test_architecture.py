"""Who may import whom, who may write a status, and how large the parts may grow."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.modules import (
    BUDGETS,
    CORE,
    JOBTYPES,
    PACKAGE,
    code_lines,
    imports_of,
    name_of,
    names_imported,
    ours,
    row_of,
    wing_of,
)
from tests.support.places import ROOT

PURE_PACKAGES = {"annotated_types", "bottle", "fastjsonschema", "huey", "multipart", "peewee"}
PURE_PACKAGES |= {"cronsim", "prometheus_client", "redis", "segno", "urllib3", "waitress"}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_it_imports_only_from_lower_rows(path: Path) -> None:
    wing = wing_of(name_of(path))
    for imported in ours(path):
        other = wing_of(imported)
        assert other == wing or row_of(other) > row_of(wing), f"{wing} imports {imported}"


def test_it_imports_in_no_circle() -> None:
    graph = {name_of(path): ours(path) for path in CORE}
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way[way.index(module) :], module))
        if module not in done:
            for imported in graph.get(module, set()) - {module}:
                walk(imported, (*way, module))
            done.add(module)

    for module in graph:
        walk(module, ())


# Imported only where the rows are in PostgreSQL, the files in S3, or a provider logs people in:
# extras, of which the .pyz says what to install.
CLIENTS = {
    "psycopg": "bellhop.database.connection", "obstore": "bellhop.stores.s3",
    "joserfc": "bellhop.sso.idtoken",
}  # fmt: skip


@pytest.mark.parametrize("package", CLIENTS)
def test_it_knows_the_client_of_a_server_in_one_module(package: str) -> None:
    assert [name_of(path) for path in CORE if package in imports_of(path)] == [CLIENTS[package]]


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_it_imports_only_pure_python(path: Path) -> None:
    """So that all of it runs from one .pyz; only job types bring compiled packages."""
    foreign = imports_of(path) - ours(path) - set(sys.stdlib_module_names)
    allowed = {package for package, client in CLIENTS.items() if name_of(path) == client}
    assert foreign <= PURE_PACKAGES | allowed


@pytest.mark.parametrize(
    ("package", "wings"),
    [
        ("bottle", {"web"}),
        ("waitress", {"server"}),
        ("huey", {"bell", "consumer"}),
        ("redis", {"bell"}),
        ("cronsim", {"schedules"}),
        ("prometheus_client", {"metrics", "web"}),
        ("segno", {"web"}),
        ("peewee", {"database", "storage", "jobs"}),
        ("psycopg", {"database"}),
        ("obstore", {"stores"}),
        ("joserfc", {"sso"}),
        ("subprocess", {"catalog", "environments", "system", "service", "backup", "cli", "parent"}),
    ],
)
def test_it_keeps_each_library_to_its_place(package: str, wings: set[str]) -> None:
    users = {wing_of(name_of(path)) for path in CORE if package in imports_of(path)}
    assert users <= wings


def test_it_imports_nothing_but_their_words_into_job_types() -> None:
    for path in JOBTYPES:
        beside = {n for n in ours(path) if not n.startswith("bellhop.jobtypes")}
        assert beside <= {"bellhop"}, path


def test_it_imports_job_types_nowhere() -> None:
    for path in CORE:
        assert not [name for name in ours(path) if name.startswith("bellhop.jobtypes")], path


def test_it_imports_only_the_standard_library_into_the_client() -> None:
    assert imports_of(PACKAGE / "client.py") <= set(sys.stdlib_module_names)


def statements(path: Path) -> Iterator[str]:
    """The texts of a file; what is put into one stands there as `{}`."""
    inner: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in node.values}
            parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
            yield "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and id(node) not in inner:
            yield node.value if isinstance(node.value, str) else ""


# Tables that a statement reads or writes; `{}` is a name that is only known when it runs.
READS = re.compile(r"\b(?:FROM|JOIN)\s+(\w+|\{\})")
WRITES = re.compile(
    r"\b(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|DELETE\s+FROM|UPDATE(?:\s+OR\s+\w+)?)"
    r"\s+\"?(\w+|\{\})(?!\s*:)"
)
OF_JOBS = {"job", "item", "result", "event"}
WRITERS = ("bellhop.jobs.lifecycle",)
# Copies whole tables from one database to the other, whatever they are called.
COPIER = "bellhop.database.shape"
READERS = (*WRITERS, "bellhop.jobs.queries", "bellhop.jobs.conditions")


def tables_of(path: Path, kind: re.Pattern[str]) -> set[str]:
    return {table for text in statements(path) for table in kind.findall(text)}


def test_it_asks_for_jobs_in_the_lifecycle_and_the_queries_only() -> None:
    """Statements on jobs, items, results and events; a table's name is never built up."""
    for path in CORE:
        name = name_of(path)
        written, read = tables_of(path, WRITES), tables_of(path, READS)
        assert "{}" not in written or name == COPIER, name
        if not name.startswith(WRITERS):
            assert not written & OF_JOBS, name
        if not name.startswith(READERS):
            assert not read & OF_JOBS, name


def test_it_writes_a_status_in_the_lifecycle_only() -> None:
    writes = re.compile(r"\bSET\b.*\bstatus\s*=|INSERT\s+INTO\s+(job|item)\b", re.S)
    for path in CORE:
        if name_of(path).startswith(WRITERS):
            continue
        assert not [text for text in statements(path) if writes.search(text)], path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    is_status = isinstance(target, ast.Attribute) and target.attr == "status"
                    # The status of an HTTP answer is another thing of the same name.
                    assert not is_status or ast.unparse(target) == "response.status", path


def test_it_saves_no_row_through_its_class() -> None:
    writes = re.compile(r"\.(save|create|insert_many|delete_instance|bulk_create)\(")
    users = [p for p in CORE if any(n.startswith("bellhop.storage.models") for n in ours(p))]
    assert not [path for path in users if writes.search(path.read_text())]


def test_it_accepts_jobs_in_one_place() -> None:
    """Nobody gets past what is refused, the audit log and the removal of files."""
    callers = {name_of(path) for path in CORE if "lifecycle.submit(" in path.read_text()}
    assert callers == {"bellhop.jobs.acceptance"}


def test_it_reads_headers_from_the_environment_of_wsgi() -> None:
    """Bottle's own ways to them fail where the bytes are no UTF-8."""
    ways = re.compile(r"\b(get_header|request\.headers\[|request\.headers\.get)\(?")
    web = [path for path in CORE if wing_of(name_of(path)) == "web"]
    assert not [name_of(path) for path in web if ways.search(path.read_text())]


# Of those who log in at a provider, set up two-factor, join machines or use a bucket.
FOR_FEW = {"urllib3", "joserfc", "segno", "obstore"}


def test_it_imports_late_only_in_the_commands() -> None:
    """Each process imports its own part; everywhere else imports stand at the top."""
    late = set()
    for path in CORE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                inner = ast.walk(node)
                late |= {name_of(path) for n in inner if isinstance(n, ast.Import | ast.ImportFrom)}
    # psycopg, obstore and joserfc are extras; urllib3 and segno are for the few that use them.
    others = {
        "bellhop.functions.yielding", "bellhop.database.database", "bellhop.stores.objects",
        "bellhop.checks.rows", "bellhop.backup.save", "bellhop.backup.restore",
        "bellhop.sso.login", "bellhop.sso.provider", "bellhop.web.handlers.totp",
    }  # fmt: skip
    # asyncio takes as long to import as an item to start, and few job types need it.
    assert late - others == {n for n in late if wing_of(n) == "cli"}


@pytest.mark.parametrize(
    ("module", "spared"),
    [
        ("bellhop.cli.start", {"huey", "redis"}),  # few commands need them
        ("bellhop.web.routes", FOR_FEW),
        ("bellhop.consumer.consumer", FOR_FEW),
    ],
)
def test_it_begins_without_what_takes_long_and_few_need(module: str, spared: set[str]) -> None:
    code = f"import sys, bellhop.parent.supervisor, {module}; print(*sys.modules)"
    began = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert {module} < {*began.stdout.split()}, began.stderr
    assert not spared & {*began.stdout.split()}


@pytest.mark.parametrize("wing", BUDGETS)
def test_it_keeps_each_wing_small(wing: str) -> None:
    size = sum(code_lines(path) for path in CORE if wing_of(name_of(path)) == wing)
    assert size <= BUDGETS[wing]


def function_sizes() -> dict[str, int]:
    """Lines of each function of the core, with its docstring."""
    sizes = {}
    for path in CORE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                sizes[f"{name_of(path)}.{node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    return sizes


def test_it_writes_short_functions() -> None:
    sizes = function_sizes()
    assert [name for name, size in sizes.items() if size > 50] == []
    assert statistics.quantiles(sizes.values(), n=20)[-1] <= 30
    assert statistics.median(sizes.values()) <= 7


def test_it_writes_no_module_that_nobody_reads_to_its_end() -> None:
    long = {name_of(p): n for p in CORE if (n := len(p.read_text().splitlines())) > 450}
    assert set(long) <= {f"bellhop.{n}" for n in ("jobs.lifecycle", "jobs.queries")}


TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def test_it_imports_no_test_from_another() -> None:
    """What two of them share lies in `tests/support`, so that each can be read and moved alone."""
    for path in TESTS:
        parts = {part for name in names_imported(path) for part in name.split(".")}
        assert not [part for part in parts if part.startswith("test_") or part == "conftest"], path


def test_it_starts_servers_and_browsers_in_the_whole_tests_only() -> None:
    """So that `make quick` runs everything else, and quickly."""
    starters = ("tests.support.running.", "tests.support.browser.", "tests.whole.")
    for path in TESTS:
        if "whole" not in path.parts:
            assert not [n for n in names_imported(path) if n.startswith(starters)], path


# Who asks the clock of this machine: for its files, to compare it, for a name.
OWN_CLOCK = {"base.times", "storage.files", "uploads.parts", "cli.move"}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_it_takes_the_time_of_rows_from_one_place(path: Path) -> None:
    """Machines may differ in their clocks: where rows are on a server, that one's is meant."""
    asks = re.search(
        r"\btime\.time\(|\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(", path.read_text()
    )
    assert not asks or name_of(path).removeprefix("bellhop.") in OWN_CLOCK
