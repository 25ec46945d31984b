"""Job processes on an interpreter with packages of its own: what they import, reach and leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.catalog.catalog import Catalog
from bellhop.consumer.workers import Workers
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support import single
from tests.support.jobs import error_of, items_of, result_of, run_all
from tests.support.wheels import make_wheel, take_only

Run = Callable[..., dict[str, Any]]
TYPE = """
# /// script
# dependencies = ["alpha"]
# ///
from bellhop import job_type
import alpha
@job_type(queue="parsing", delays_s=[])
def {name}(text: str) -> dict:
    {body}
"""


class Own:
    """A folder of types next to the settings, and a worker that runs them."""

    def __init__(self, folder: Path, settings: Settings, here: Installation):
        self.folder, self.catalog = folder, Catalog(settings, here)
        counts = dict.fromkeys(settings.queues, 1)
        self.workers = Workers(
            settings, here, consumer="c1", counts=counts, ring=lambda times: None
        )
        single.register("c1")

    def write(self, name: str, body: str, head: str = "") -> None:
        self.folder.joinpath(f"{name}.py").write_text(TYPE.format(name=name, body=body) + head)


@pytest.fixture
def own(
    tmp_path: Path,
    config: Callable[[str], Settings],
    here: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Own]:
    take_only(tmp_path / "wheels", monkeypatch)
    make_wheel(tmp_path / "wheels", "alpha", "A = 3\ndef where(): return __file__\n")
    (tmp_path / "types").mkdir()
    made = Own(tmp_path / "types", config("[jobtypes]\n"), here)
    yield made
    made.workers.pool.retire_idle(0)


@pytest.fixture
def run(own: Own, submit: Callable[..., Job]) -> Run:
    def act(name: str) -> dict[str, Any]:
        own.catalog.settle()
        assert own.catalog.types()[name].available, own.catalog.types()[name].reason
        job = submit("a", type=name)
        run_all(own.workers)
        assert error_of(job) is None, error_of(job)
        return result_of(job)

    return act


@pytest.mark.parametrize("is_shared", [False, True])
def test_it_runs_a_type_with_the_packages_of_its_own(own: Own, run: Run, is_shared: bool) -> None:
    if is_shared:  # then the data folder, in which they lie, is hidden
        accounts.add("ada", "admin", None)
    own.write("mine", "import sys; return {'a': alpha.A, 'of': sys.executable}")
    found = run("mine")
    assert found == {"a": 3, "of": own.catalog.types()["mine"].python}


def test_it_lets_other_processes_of_a_type_import_them(own: Own, run: Run) -> None:
    body = (
        "import multiprocessing\n    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
    )
    body += "        return {'sum': pool.apply(add, (alpha.A, 4))}"
    own.write("mine", body, "\ndef add(a, b):\n    import alpha\n    return a + b + alpha.A\n")
    assert run("mine") == {"sum": 10}


def test_it_lets_a_type_import_its_helpers_and_words(own: Own, run: Run) -> None:
    (own.folder / "helper.py").write_text("import alpha\nTWICE = 2 * alpha.A\n")
    own.write("mine", "from bellhop import BadInput; import helper; return {'a': helper.TWICE}")
    assert run("mine") == {"a": 6}


def test_it_lets_nothing_change_the_packages(own: Own, run: Run) -> None:
    accounts.add("ada", "admin", None)
    body = "import os\n    try:\n        open(alpha.where(), 'a')\n    except OSError as error:\n"
    own.write("mine", f"{body}        return {{'errno': error.errno > 0}}")
    assert run("mine") == {"errno": True}


def test_it_keeps_them_from_a_type_that_runs_after_it(own: Own, run: Run) -> None:
    own.write("mine", "return {'a': alpha.A}")
    look = "import importlib.util\n    return {'found': bool(importlib.util.find_spec('alpha'))}"
    text = TYPE.format(name="other", body=look).replace("import alpha\n", "")
    (own.folder / "other.py").write_text(text[text.index("from bellhop") :])
    assert (run("mine"), run("other"), run("mine")) == ({"a": 3}, {"found": False}, {"a": 3})


def test_it_gives_them_nothing_that_bellhop_imports(own: Own, run: Run) -> None:
    names = "peewee", "huey", "fastjsonschema", "bottle", "app", "tests"
    body = "import importlib.util\n"
    body += f"    return {{'found': [n for n in {names} if importlib.util.find_spec(n)]}}"
    own.write("mine", body)
    assert run("mine") == {"found": []}


def test_it_waits_with_items_until_the_packages_are_there(
    own: Own, submit: Callable[..., Job]
) -> None:
    own.write("mine", "return {'a': alpha.A}")
    while "mine" not in own.catalog.types():
        own.catalog.step()
    job = submit("a", type="mine")
    run_all(own.workers)
    (item,) = items_of(job)
    assert (error_of(job)["code"], item.status, item.failures) == ("try_again", "pending", 0)
    assert "installing" in error_of(job)["message"]
    own.catalog.settle()


def test_it_reads_a_folder_of_types_that_is_another_one_now(own: Own, run: Run) -> None:
    """The bounds of an idle process are of the one that was there before."""
    accounts.add("ada", "admin", None)
    plain = "from bellhop import job_type\n@job_type(queue='parsing', delays_s=[])\n"
    plain += "def {}(text: str) -> dict:\n    return {{}}\n"
    (own.folder / "first.py").write_text(plain.format("first"))
    run("first")
    own.folder.rename(own.folder.with_name("before"))
    own.folder.mkdir()
    (own.folder / "second.py").write_text(plain.format("second"))
    assert run("second") == {}
