"""Who may import whom, who may write a status, and how large the parts may grow."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From the top down; a module imports only from the layers below its own.
LAYERS = (
    {"app"},
    {"people", "supervisor", "selfcheck", "tryout", "drain"},
    {"start"},
    {"commands"},
    {"client"},
    {"web"},
    {"tasks"},
    {"bellstore"},
    {"workers"},
    {"keeper"},
    {"schedules"},
    {"intake"},
    {"pool"},
    {"jobprocess"},
    {"catalog", "runner"},
    {"children", "confine", "params", "signature", "typefiles", "frames", "proctree"},
    {"jobtypes"},
    {"outbound"},
    {"lifecycle", "queries"},
    {"webhooks", "registry", "accounts", "audit"},
    {"newjob"},
    {"reuse"},
    {"schema"},
    {"models", "files", "itemlog", "listener"},
    {"installation"},
    {"settings"},
    {"passwords"},
    {"masking"},
    {"access", "clock", "documents", "errors", "killpoint", "trouble"},
)
CORE = sorted([*ROOT.glob("*.py"), *ROOT.glob("web/*.py")])
PURE_PACKAGES = {"annotated_types", "bottle", "fastjsonschema", "huey", "multipart", "peewee"}
PURE_PACKAGES |= {"cronsim", "prometheus_client", "redis", "urllib3", "waitress"}


def module_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path: Path) -> set[str]:
    """The top-level names that a file imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def layer_of(module: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if module in layer)


def test_it_names_every_module_in_a_layer() -> None:
    own = {module_of(path) for path in CORE}
    assert own | {"jobtypes"} == set().union(*LAYERS)


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_imports_only_downwards(path: Path) -> None:
    own = set().union(*LAYERS)
    module = module_of(path)
    for imported in (imports_of(path) & own) - {module}:
        assert layer_of(imported) > layer_of(module), f"{module} imports {imported}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_imports_only_pure_python(path: Path) -> None:
    """So that all of it runs from one .pyz; only job types bring compiled packages."""
    own = set().union(*LAYERS)
    foreign = imports_of(path) - own - set(sys.stdlib_module_names)
    assert foreign <= PURE_PACKAGES


@pytest.mark.parametrize(
    ("package", "modules"),
    [
        ("bottle", {"app", "web"}),
        ("waitress", {"web"}),
        ("huey", {"tasks", "bellstore"}),
        ("redis", {"bellstore"}),
        ("cronsim", {"schedules"}),
        ("prometheus_client", {"web"}),
        ("urllib3", {"outbound"}),
        ("peewee", {"models", "schema", "queries", "web"}),
        ("subprocess", {"catalog", "jobprocess", "supervisor", "selfcheck"}),
    ],
)
def test_it_keeps_each_library_to_its_place(package: str, modules: set[str]) -> None:
    users = {module_of(path) for path in CORE if package in imports_of(path)}
    assert users <= modules


def test_it_imports_nothing_but_the_contract_into_job_types() -> None:
    own = set().union(*LAYERS) - {"jobtypes", "outbound"}
    for path in (ROOT / "jobtypes").rglob("*.py"):
        assert not imports_of(path) & own, path


def test_it_writes_a_status_in_the_lifecycle_only() -> None:
    writes = re.compile(
        r"SET\s+[^\"']*\bstatus\s*=|\.status\s*=\s*[^='\s]|INSERT\s+INTO\s+(job|item)\b"
    )
    # The status of an HTTP answer is another thing of the same name.
    writers = {
        path.name
        for path in CORE
        if re.search(writes, path.read_text().replace("response.status = answer.status", ""))
    }
    assert writers == {"lifecycle.py"}


def test_it_writes_rows_of_jobs_in_the_lifecycle_only() -> None:
    """What is no job, item, event or result has a module of its own that writes it."""
    writes = re.compile(r"\b(?:INSERT(?: OR \w+)? INTO|DELETE FROM|UPDATE)\s+([a-z_]+)\b")
    written: dict[str, set[str]] = {}
    for path in CORE:
        for table in writes.findall(path.read_text()):
            written.setdefault(table, set()).add(path.name)
    beside = {
        "consumer": {"lifecycle.py", "registry.py"},
        "queue": {"registry.py"},
        "idempotency": {"lifecycle.py", "registry.py"},
        "gone": {"lifecycle.py", "registry.py"},
        "cache": {"reuse.py"},
        "cache_count": {"reuse.py"},
        "schedule": {"schedules.py"},
        "webhook_secret": {"webhooks.py"},
        "webhook_disabled": {"webhooks.py"},
        "account": {"accounts.py"},
        "session": {"accounts.py"},
        "token": {"accounts.py"},
        "login_failure": {"accounts.py"},
        "counter": {"lifecycle.py", "accounts.py"},
        "audit": {"audit.py"},
        # When its webhook was told of progress, which is no state of the job.
        "job": {"lifecycle.py", "webhooks.py"},
    }
    for table, modules in written.items():
        assert modules <= beside.get(table, {"lifecycle.py"}), table
    peewee_writes = re.compile(r"\.(save|create|insert_many|delete_instance|bulk_create)\(")
    users = [path for path in CORE if imports_of(path) & {"models", "peewee"}]
    assert not [path.name for path in users if peewee_writes.search(path.read_text())]


def test_it_imports_late_only_in_the_entry() -> None:
    """Each process imports its own half; everywhere else imports stand at the top."""
    late = set()
    for path in CORE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                inner = ast.walk(node)
                late |= {path.name for n in inner if isinstance(n, ast.Import | ast.ImportFrom)}
    assert late == {"app.py"}


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


def test_it_stays_small_enough_to_read_in_an_afternoon() -> None:
    heart = [
        ROOT / f"{n}.py"
        for n in ("models", "lifecycle", "tasks", "workers", "jobprocess", "keeper")
    ]
    assert sum(map(code_lines, heart)) < 2000
    assert sum(map(code_lines, CORE)) < 10800


def test_it_writes_no_function_that_a_reader_must_scroll_for() -> None:
    long = []
    for path in CORE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                if size > 50:
                    long.append(f"{path.name}: {node.name} has {size} lines")
    assert long == []
