"""What code of job types can import: the words of Bellhop, its own files and its own libraries."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.catalog.catalog import Catalog
from bellhop.consumer.workers import Workers
from bellhop.jobprocess import isolation
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support import single
from tests.support.jobs import error_of, result_of, run_all
from tests.support.places import ROOT

Run = Callable[..., dict[str, Any]]
# Names of Bellhop's own files, of a checkout of today and of before.
NAMES = ("schema", "settings", "models", "tasks", "app", "client", "files", "words", "errors")
TYPE = """
{imports}
from bellhop import BadInput, Context, job_type
@job_type(label="Own", queue="parsing", delays_s=[])
def {name}(text: str, context: Context) -> dict:
    {body}
"""


class Own:
    """A folder of job types of a user, and the workers that run them."""

    def __init__(self, folder: Path, settings: Settings, here: Installation):
        self.folder, self.settings, self.here = folder, settings, here
        self.catalog = Catalog(settings, here)

    def write(self, name: str, imports: str = "", body: str = "return {}") -> None:
        text = TYPE.format(name=name, imports=imports, body=body)
        (self.folder / f"{name}.py").write_text(text)


@pytest.fixture
def own(tmp_path: Path, config: Callable[[str], Settings], here: Installation) -> Own:
    folder = tmp_path / "own"
    folder.mkdir()
    return Own(folder, config(f"[jobtypes]\nfolder = {folder}\n"), here)


@pytest.fixture
def floor(own: Own) -> Iterator[Workers]:
    counts = dict.fromkeys(own.settings.queues, 1)
    made = Workers(own.settings, own.here, consumer="c1", counts=counts, ring=lambda times: None)
    single.register("c1")
    yield made
    made.pool.retire_idle(0)


@pytest.fixture
def run(own: Own, floor: Workers, submit: Callable[..., Job]) -> Run:
    """The result of one item of a type, described and run as it is now."""

    def act(name: str) -> dict[str, Any]:
        own.catalog.settle()
        assert own.catalog.types()[name].available, own.catalog.types()[name].reason
        job = submit("a", type=name)
        run_all(floor)
        assert error_of(job) is None, error_of(job)
        return result_of(job)

    return act


# Their own


@pytest.mark.parametrize("is_shared", [False, True])
def test_it_gives_a_type_the_files_beside_it(own: Own, run: Run, is_shared: bool) -> None:
    if is_shared:  # then files are confined too
        accounts.add("ada", "admin", None)
    for name in NAMES:
        (own.folder / f"{name}.py").write_text(f"MINE = {name!r}\n")
    imports = f"import {', '.join(NAMES)}"
    body = f"return {{'mine': [m.MINE for m in ({', '.join(NAMES)})]}}"
    own.write("mine", imports, body)
    assert run("mine")["mine"] == list(NAMES)


def test_it_gives_a_type_the_libraries_of_its_choice(
    own: Own, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        (tmp_path / "libraries" / name).mkdir(parents=True)
        (tmp_path / "libraries" / name / "__init__.py").write_text(f"FROM = 'library {name}'\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "libraries"))
    body = f"import {', '.join(NAMES)}; return {{'from': [m.FROM for m in ({', '.join(NAMES)})]}}"
    own.write("late", body=body)
    assert run("late")["from"] == [f"library {name}" for name in NAMES]


def test_it_hides_no_library_by_a_file_beside_a_type(own: Own, run: Run) -> None:
    (own.folder / "json.py").write_text("MINE = 1\n")
    (own.folder / "urllib3.py").write_text("MINE = 1\n")
    own.write("usual", "import json, urllib3", "return {'of': [json.__name__, urllib3.__name__,"
              " hasattr(urllib3, 'MINE')]}")  # fmt: skip
    assert run("usual")["of"] == ["json", "urllib3", False]


def test_it_gives_a_type_the_package_beside_it(own: Own, run: Run) -> None:
    (own.folder / "tools").mkdir()
    (own.folder / "tools" / "__init__.py").write_text("")
    (own.folder / "tools" / "adding.py").write_text("def add(a, b): return a + b\n")
    own.write("adds", "from tools.adding import add", "return {'sum': add(1, 2)}")
    assert run("adds")["sum"] == 3


@pytest.mark.parametrize("word", ["bellhop", "jobtypes"])
def test_it_knows_its_words_by_both_names(own: Own, run: Run, word: str) -> None:
    own.write("said", f"import {word}; from {word} import Secret, TryAgain, Unavailable",
              f"return {{'same': {word}.BadInput is BadInput}}")  # fmt: skip
    assert run("said")["same"] is True


# Changes


@pytest.mark.parametrize("helper", ["_helper.py", "tools/__init__.py", "tools/_helper.py"])
def test_it_runs_a_helper_as_it_is_now(own: Own, run: Run, helper: str) -> None:
    """Also one that changed in the same second, to the same length."""
    (own.folder / "tools").mkdir()
    (own.folder / "tools" / "__init__.py").write_text("")
    module = helper.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    own.write("helped", f"from {module} import VALUE", "return {'value': VALUE}")
    for value in (1, 2, 3):
        (own.folder / helper).write_text(f"VALUE = {value}\n")
        assert run("helped")["value"] == value


def test_it_runs_a_new_helper_also_in_a_process_that_knows_the_old_one(own: Own, run: Run) -> None:
    """Another type had it first."""
    (own.folder / "_helper.py").write_text("VALUE = 1\n")
    shows = "import os; return {'value': VALUE, 'pid': os.getpid()}"
    own.write("first", "from _helper import VALUE", shows)
    own.write("second", "from _helper import VALUE", shows)
    before = run("first")
    (own.folder / "_helper.py").write_text("VALUE = 2\n")
    after = run("second")
    assert (before["value"], after["value"]) == (1, 2)


def test_it_counts_a_type_as_changed_when_a_file_beside_it_is(own: Own) -> None:
    """A result of the old code is not used again."""
    own.write("helped", "import _helper")
    (own.folder / "_helper.py").write_text("VALUE = 1\n")
    own.catalog.settle()
    before = own.catalog.types()["helped"]
    (own.folder / "_helper.py").write_text("VALUE = 2\n")
    own.catalog.settle()
    after = own.catalog.types()["helped"]
    assert before.code != after.code and before.stamp != after.stamp
    assert before.path == after.path


def test_it_describes_no_type_of_bellhop_anew_for_a_file_of_the_user(own: Own) -> None:
    own.write("helped")
    own.catalog.settle()
    before = own.catalog.types()["word_count"]
    (own.folder / "_helper.py").write_text("VALUE = 1\n")
    own.catalog.settle()
    assert own.catalog.types()["word_count"] == before


# Bellhop


@pytest.mark.parametrize(
    "name",
    ["bellhop.storage", "bellhop.storage.models", "bellhop.settings.settings", "bellhop.client",
     "bellhop.__main__", "bellhop.cli.main", "bellhop.jobprocess.runner", "jobtypes.storage",
     "jobtypes.words", "app", "tasks", "models", "tests.conftest", "tools", "benchmarks",
     "evaluation"],
)  # fmt: skip
def test_it_finds_nothing_else_of_bellhop(own: Own, run: Run, name: str) -> None:
    tries = (
        "try:\n        importlib.import_module({0!r})\n"
        "    except ModuleNotFoundError as error:\n        return {{'refused': error.name}}\n"
        "    return {{'refused': None}}"
    )
    own.write("curious", "import importlib", tries.format(name))
    refused = run("curious")["refused"]
    assert refused and f"{name}.".startswith(f"{refused}.")


@pytest.mark.parametrize("word", ["bellhop", "jobtypes"])
@pytest.mark.parametrize("wing", ["storage", "base", "jobprocess", "client"])
def test_it_finds_no_wing_in_the_package(own: Own, run: Run, word: str, wing: str) -> None:
    own.write(
        "curious",
        body=f"try:\n        from {word} import {wing}\n"
        "    except ImportError:\n        return {'found': False}\n    return {'found': True}",
    )
    assert run("curious")["found"] is False


def test_it_finds_nothing_of_bellhop_while_it_is_described(own: Own) -> None:
    own.write("curious", "import bellhop.database.database")
    own.catalog.settle()
    reason = own.catalog.types()["curious"].reason
    assert reason == (
        "ModuleNotFoundError: job types cannot import bellhop.database; use `from bellhop import …`"
    )


def test_it_shows_a_job_no_command_as_its_main_module(own: Own, run: Run) -> None:
    own.write("curious", "import __main__", "return {'has': sorted(vars(__main__))}")
    assert "main" not in run("curious")["has"]


def test_it_gives_a_type_the_guarded_client_of_bellhop(own: Own, run: Run) -> None:
    own.write("outgoing", "from bellhop.jobtypes import outbound",
              "return {'has': callable(outbound.request)}")  # fmt: skip
    assert run("outgoing")["has"] is True


# Processes that a job starts

PARALLEL = """
import concurrent.futures, multiprocessing, os, socket, subprocess, sys, tempfile
from multiprocessing import get_context
from bellhop import BadInput
import _helper, settings
class Pair:
    def __init__(self, one): self.one = one
def double(n): return 2 * n
def told(n): return [_helper.double(n), settings.MINE, Pair(n).one, __name__]
def refuse(n): raise BadInput("no good", code="odd", hint="try another")
def reaches(n):
    try:
        import bellhop.database.database
    except ModuleNotFoundError:
        return "nothing"
def nest(n):
    with get_context("spawn").Pool(1) as many:
        return many.map(double, [n])
"""
USES = {
    "pool": "with get_context({0!r}).Pool(2) as many: return {{'got': many.map(double, [1, 2])}}",
    "executor": "with concurrent.futures.ProcessPoolExecutor(2, get_context({0!r})) as many: "
    "return {{'got': list(many.map(double, [1, 2]))}}",
    "queue": "there = get_context({0!r}); q = there.Queue(); "
    "p = there.Process(target=q.put, args=([2, 4],)); p.start(); got = q.get(); p.join(); "
    "return {{'got': got}}",
    "manager": "with get_context({0!r}).Manager() as m: return {{'got': list(m.list([2, 4]))}}",
}


def write_parallel(own: Own, body: str) -> None:
    """A type whose functions other processes run, with a file beside it."""
    (own.folder / "_helper.py").write_text("def double(n): return 2 * n\n")
    (own.folder / "settings.py").write_text("MINE = 'mine'\n")
    own.write("many", PARALLEL, body)


@pytest.fixture(params=["open", "shared"])
def is_shared(request: pytest.FixtureRequest, own: Own) -> bool:
    if request.param == "shared":  # then files, calls and mounts are confined too
        accounts.add("ada", "admin", None)
    return bool(request.param == "shared")


METHODS = pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])


@METHODS
@pytest.mark.parametrize("use", USES)
def test_it_leaves_multiprocessing_as_it_was(
    own: Own, run: Run, is_shared: bool, method: str, use: str
) -> None:
    write_parallel(own, USES[use].format(method))
    assert run("many")["got"] == [2, 4]


@METHODS
def test_it_gives_the_processes_of_a_job_what_the_job_finds(
    own: Own, run: Run, is_shared: bool, method: str
) -> None:
    body = f"with get_context({method!r}).Pool(1) as many: return {{'got': many.map(told, [1])}}"
    write_parallel(own, body)
    assert run("many")["got"] == [[2, "mine", 1, "bellhop_type_many"]]


@METHODS
def test_it_hides_bellhop_from_the_processes_of_a_job(
    own: Own, run: Run, is_shared: bool, method: str
) -> None:
    body = f"with get_context({method!r}).Pool(1) as m: return {{'got': m.map(reaches, [1])}}"
    write_parallel(own, body)
    assert run("many")["got"] == ["nothing"]


@METHODS
def test_it_knows_its_words_in_the_processes_of_a_job(
    own: Own, run: Run, is_shared: bool, method: str
) -> None:
    write_parallel(
        own,
        f"""
    with get_context({method!r}).Pool(1) as many:
        try:
            many.map(refuse, [1])
        except BadInput as error:
            return {{'got': [error.message, error.code, error.hint]}}
""".strip(),
    )
    assert run("many")["got"] == ["no good", "odd", "try another"]


def test_it_gives_the_same_to_the_processes_of_such_a_process(
    own: Own, run: Run, is_shared: bool
) -> None:
    body = (
        "with concurrent.futures.ProcessPoolExecutor(1, get_context('spawn')) as many: "
        "return {'got': list(many.map(nest, [1]))}"
    )
    write_parallel(own, body)
    assert run("many")["got"] == [[2]]


def test_it_gives_the_same_to_processes_that_joblib_starts(
    own: Own, run: Run, is_shared: bool
) -> None:
    """They run a module, and take what multiprocessing would have told them from a pipe."""
    code = (
        "import pickle, sys; from multiprocessing import spawn; given = sys.stdin.buffer; "
        "spawn.prepare(pickle.load(given)); function = pickle.load(given); print(function(21))"
    )
    write_parallel(
        own,
        f"""
    import pickle
    from multiprocessing import spawn
    told = {{**spawn.get_preparation_data('x'), 'authkey': b''}}
    given = pickle.dumps(told) + pickle.dumps(double)
    done = subprocess.run([sys.executable, '-c', {code!r}], input=given, capture_output=True)
    return {{'got': done.stdout.decode() or done.stderr.decode()}}
""".strip(),
    )
    assert run("many")["got"] == "42\n"


def test_it_finds_libraries_in_a_folder_above_the_data(
    own: Own, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first account on nobody can list it."""
    accounts.add("ada", "admin", None)
    (tmp_path / "_library.py").write_text("def double(n): return 2 * n\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    body = "with get_context('spawn').Pool(1) as m: return {'got': m.map(_library.double, [1])}"
    write_parallel(own, "import _library\n    " + body)
    assert run("many")["got"] == [2]


def test_it_leaves_room_for_the_name_of_a_socket(
    own: Own, run: Run, is_shared: bool, here: Installation
) -> None:
    """Its path may have 107 bytes; here the data folder alone has so many."""
    assert len(str(here.folder)) > 40
    write_parallel(
        own,
        """
    folder = tempfile.mkdtemp()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.join(folder, "listener-12345678"))
        server.listen()
        code = "import os, socket, sys, tempfile; "
        code += "socket.socket(socket.AF_UNIX).connect(sys.argv[1]); "
        code += "print(os.path.samefile(tempfile.gettempdir(), os.getcwd()))"
        command = [sys.executable, "-c", code, server.getsockname()]
        done = subprocess.run(command, capture_output=True, text=True)
        return {"got": done.stdout or done.stderr}
""".strip(),
    )
    assert run("many")["got"] == "True\n"


@pytest.mark.parametrize("variable", ["HOME", "TMPDIR"])
def test_it_names_one_folder_for_all_that_a_job_keeps(
    own: Own, run: Run, is_shared: bool, variable: str
) -> None:
    body = f"import os; return {{'same': os.environ[{variable!r}] == str(context.scratch_dir)}}"
    own.write("keeps", body=body)
    assert run("keeps")["same"] is True


def test_it_tells_a_type_no_arguments_of_its_process(own: Own, run: Run) -> None:
    own.write("curious", "import sys", "return {'argv': sys.argv}")
    assert run("curious")["argv"] == [str(own.folder / "curious.py")]


def test_it_imports_nothing_late_into_what_runs_jobs(own: Own) -> None:
    """All that the runner and what it uses will ever import of Bellhop is imported at the start."""
    code = (
        "import sys\nfrom bellhop.jobprocess import isolation, runner\n"
        "isolation.leave_bellhop()\n"
        "print(sorted(n for n in sys.modules if n.partition('.')[0] == 'bellhop'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "['bellhop', 'bellhop.words']\n", done.stderr


@pytest.mark.parametrize("door", ["app.py", "bellhop/__main__.py"])
def test_it_imports_nothing_of_the_commands_into_what_runs_jobs(door: str) -> None:
    """A job process starts while somebody waits."""
    code = (
        "import runpy, sys\nfrom bellhop.cli import main\n"
        "main.main = lambda **given: print(sorted(n for n in sys.modules if 'bellhop' in n))\n"
        f"runpy.run_path({door!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "['bellhop', 'bellhop.cli', 'bellhop.cli.main', 'bellhop.words']\n"


def test_it_keeps_the_modules_of_libraries_below_a_folder_of_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a virtual environment in it: compiled ones cannot be loaded twice."""
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "installed.py").write_text("")
    (tmp_path / "beside.py").write_text("")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path), str(tmp_path / "venv")])
    for name in ("installed", "beside"):
        __import__(name)
    isolation.make_room_for(tmp_path / "type.py")
    assert "installed" in sys.modules and "beside" not in sys.modules
    del sys.modules["installed"]
