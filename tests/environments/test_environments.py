"""Types with packages of their own: one environment for equal headers, built aside, or why not."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.catalog import sources, typefiles
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import KnownType
from bellhop.environments import build, environments
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, make_folder
from bellhop.system import proctree
from tests.support.builtin import come_with_bellhop
from tests.support.wheels import make_wheel, take_only

TYPE = """
# /// script
# dependencies = [{packages}]
{more}# ///
from bellhop import job_type
{head}
@job_type
def {name}(text: str) -> dict:
    return {{}}
"""
LINK = "/// script"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "types"
    folder.mkdir()
    return folder


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    take_only(tmp_path / "wheels", monkeypatch)
    make_wheel(tmp_path / "wheels", "alpha", "A = 1", requires=("beta",))
    make_wheel(tmp_path / "wheels", "beta", "B = 2")
    return tmp_path / "wheels"


@pytest.fixture
def open_catalog(
    config: Callable[[str], Settings], wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Catalog]:
    # Those that come with Bellhop would take most of the time.
    come_with_bellhop(monkeypatch, Path("/nowhere"))
    find = typefiles.find
    monkeypatch.setattr(
        typefiles, "find", lambda folder: [p for p in find(folder) if p.parent == folder]
    )

    def ask(text: str = "") -> Catalog:
        settings = config(f"[jobtypes]\n{text}")
        return Catalog(settings, Installation(make_folder(settings), "test", "sqlite", ""))

    return ask


@pytest.fixture
def catalog(open_catalog: Callable[..., Catalog]) -> Catalog:
    return open_catalog()


def write(folder: Path, name: str, *packages: str, head: str = "", more: str = "") -> Path:
    path = folder / f"{name}.py"
    listed = ", ".join(f'"{each}"' for each in packages)
    path.write_text(TYPE.format(name=name, packages=listed, head=head, more=more))
    return path


def known(catalog: Catalog) -> dict[str, KnownType]:
    catalog.settle()
    return catalog.types()


def built(catalog: Catalog) -> list[str]:
    folder = catalog._settings.data_dir / "environments"
    return sorted(path.parent.name for path in folder.glob(f"*/{build.BUILT}"))


def test_it_gives_a_type_the_packages_that_it_names(catalog: Catalog, own: Path) -> None:
    write(own, "own", "alpha>=1", head="import alpha, beta; assert alpha.A + beta.B == 3")
    found = known(catalog)["own"]
    assert found.reason is None and found.python
    assert Path(found.python).parts[-3] == built(catalog)[0]


def test_it_shares_an_environment_between_equal_headers(catalog: Catalog, own: Path) -> None:
    for name, packages in (("a", ("alpha", "beta")), ("b", ("Beta", "alpha")), ("c", ())):
        write(own, name, *packages)
    found = known(catalog)
    assert len({each.python for each in found.values()}) == len(built(catalog)) == 2
    assert found["a"].python == found["b"].python


def test_it_opens_its_folders_to_nobody_else(catalog: Catalog, own: Path) -> None:
    """Also where `try` comes before there is a data folder."""
    shutil.rmtree(catalog._settings.data_dir)
    before = os.umask(0o022)
    try:
        write(own, "own")
        catalog._environments.finish()
        needs = sources.needs(own / "own.py")
        assert needs and catalog._environments.of(needs).is_pending
        catalog._environments.begin()
        catalog._environments.drop()
    finally:
        os.umask(before)
    for folder in (catalog._settings.data_dir, catalog._settings.data_dir / "environments"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_it_keeps_its_packages_from_other_types(catalog: Catalog, own: Path) -> None:
    write(own, "own", "alpha")
    write(own, "other", head="import alpha")
    (own / "plain.py").write_text("from bellhop import job_type\nimport alpha, job_type")
    found = known(catalog)
    assert found["own"].available
    assert "to `dependencies` in the header" in str(found["other"].reason)
    assert "it imports alpha, which is not installed" in str(found["plain"].reason)


@pytest.mark.parametrize("name", ["peewee", "fastjsonschema", "pip", "bellhop.storage", "app"])
def test_it_gives_a_type_nothing_of_bellhop(catalog: Catalog, own: Path, name: str) -> None:
    write(own, "own", head=f"import {name}")
    reason = str(known(catalog)["own"].reason)
    assert f"it imports {name}, which is not" in reason or f"cannot import {name}" in reason


def test_it_tells_what_pip_said(catalog: Catalog, own: Path) -> None:
    write(own, "own", "gamma")
    reason = str(known(catalog)["own"].reason)
    assert "No matching distribution found for gamma" in reason and not built(catalog)


def test_it_tells_a_conflict(catalog: Catalog, own: Path, wheels: Path) -> None:
    make_wheel(wheels, "delta", requires=("beta<1",))
    write(own, "own", "alpha", "delta", "beta>1")
    assert "conflict" in str(known(catalog)["own"].reason).lower()


def test_it_says_which_python_is_missing(catalog: Catalog, own: Path) -> None:
    write(own, "own", more='# requires-python = ">=3.99"\n')
    reason = str(known(catalog)["own"].reason)
    assert "needs Python >=3.99" in reason and "install uv" in reason


def test_it_builds_no_source(catalog: Catalog, own: Path) -> None:
    write(own, "own", "beta @ https://127.0.0.1:1/beta.tar.gz")
    assert "[jobtypes] build = yes" in str(known(catalog)["own"].reason)


BACKEND = """
import os, zipfile
def build_wheel(folder, settings=None, metadata=None):
    reached = []
    for path in {paths}:
        try:
            open(path, "a").close()
            reached.append(path)
        except OSError:
            pass
    with zipfile.ZipFile(f"{{folder}}/made-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("made.py", f"REACHED = {{reached}}")
        info = "made-1.0.dist-info"
        about = "Metadata-Version: 2.1\\nName: made\\nVersion: 1.0\\n"
        wheel.writestr(f"{{info}}/METADATA", about)
        wheel.writestr(f"{{info}}/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(f"{{info}}/RECORD", "")
    return "made-1.0-py3-none-any.whl"
"""


def test_it_keeps_what_builds_a_package_to_its_folder(
    open_catalog: Callable[..., Catalog], own: Path, wheels: Path
) -> None:
    """Neither what Bellhop holds nor anything else of its user is in its reach."""
    catalog = open_catalog("build = yes\n")
    (wheels / "made-1.0").mkdir()
    paths = [str(path) for path in (own / "mine", catalog._store, catalog._settings.config_path)]
    (wheels / "made-1.0" / "backend.py").write_text(BACKEND.format(paths=paths))
    (wheels / "made-1.0" / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    with tarfile.open(wheels / "made-1.0.tar.gz", "w:gz") as file:
        file.add(wheels / "made-1.0", "made-1.0")
    source = f"made @ file://{wheels}/made-1.0.tar.gz"
    write(own, "own", source, head="import made; assert not made.REACHED, made.REACHED")
    assert known(catalog)["own"].reason is None


def test_it_says_what_a_header_cannot_say(catalog: Catalog, own: Path) -> None:
    write(own, "own", more="# pakages = []\n")
    assert "unknown key pakages" in str(known(catalog)["own"].reason)


def test_it_tries_again_when_the_header_changes(catalog: Catalog, own: Path) -> None:
    write(own, "own", "gamma")
    assert not known(catalog)["own"].available
    write(own, "own", "beta")
    assert known(catalog)["own"].available


def test_it_tries_again_after_some_minutes(
    catalog: Catalog, own: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(own, "own", "gamma")
    assert not known(catalog)["own"].available
    make_wheel(wheels, "gamma")
    assert not known(catalog)["own"].available
    monkeypatch.setattr(environments, "RETRY_S", 0.0)
    assert known(catalog)["own"].available


def test_it_tries_again_after_a_restart(
    open_catalog: Callable[..., Catalog], own: Path, wheels: Path
) -> None:
    write(own, "own", "gamma")
    assert not known(open_catalog())["own"].available
    make_wheel(wheels, "gamma")
    assert known(open_catalog())["own"].available


def test_it_says_how_far_it_is_and_delays_no_other(catalog: Catalog, own: Path) -> None:
    write(own, "own", "alpha")
    (own / "good.py").write_text(TYPE.format(name="good", packages="", head="", more="").replace(
        LINK, "script"))  # fmt: skip
    seen: list[str] = []
    while not (types := catalog.types()).get("own") or not types["own"].available:
        catalog.step()
        if "own" in types and types["own"].reason:
            assert types["own"].is_pending
            seen.append(types["own"].reason)
        time.sleep(0.01)
    assert seen[0] == "installing: packages"
    assert catalog.types()["good"].available


def test_it_reads_the_progress_of_pip_and_uv(catalog: Catalog, own: Path) -> None:
    write(own, "own", "alpha")
    catalog.step()
    made = catalog._environments._build
    assert made
    for said, shown in (
        ("Collecting a\nCollecting b\n", "2 packages found so far"),
        ("Installing collected packages: a, b, c\n", "0 of 3 packages"),
        ("Resolved 30 packages in 1.2s\n", "0 of 30 packages"),
    ):
        made._log.write_text(said)
        assert made.progress() == f"installing: {shown}"
    catalog.settle(patience_s=0)


def test_it_counts_nothing_that_was_interrupted(catalog: Catalog, own: Path) -> None:
    write(own, "own", "alpha")
    while not (catalog.step() and catalog._environments._build):
        pass
    catalog.settle(patience_s=0)
    assert not built(catalog) and not catalog.types()["own"].available
    assert known(catalog)["own"].available


def test_it_describes_once_what_was_built(
    catalog: Catalog, own: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "bellhop.catalog")
    write(own, "own")
    known(catalog)
    assert len([each for each in caplog.records if "described" in each.message]) == 1


def test_it_builds_anew_what_lost_its_python(catalog: Catalog, own: Path) -> None:
    write(own, "own")
    python = Path(str(known(catalog)["own"].python))
    python.unlink()
    assert known(catalog)["own"].available and python.exists()


def test_it_keeps_a_built_environment(open_catalog: Callable[..., Catalog], own: Path) -> None:
    write(own, "own", "alpha")
    first = known(open_catalog())["own"]
    shutil.rmtree(own.parent / "wheels")
    again = open_catalog()
    (own / "own.py").write_text((own / "own.py").read_text() + "\n")
    assert known(again)["own"].python == first.python


def test_it_knows_the_code_of_a_type_by_its_packages(
    catalog: Catalog, own: Path, wheels: Path
) -> None:
    write(own, "own", "beta")
    before = known(catalog)["own"]
    shutil.rmtree(Path(str(before.python)).parents[1])
    make_wheel(wheels, "beta", version="2.0")
    after = known(catalog)["own"]
    assert before.code != after.code and before.python == after.python


def test_it_removes_what_no_type_uses(
    catalog: Catalog, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "GRACE_S", -1.0)
    write(own, "own", "alpha")
    write(own, "other", "beta")
    known(catalog)
    catalog.tidy()
    assert len(built(catalog)) == 2
    (own / "other.py").unlink()
    catalog.step()
    monkeypatch.setattr(proctree, "runs_below", lambda folder: True)
    catalog.tidy()
    assert len(built(catalog)) == 2, "a process runs on it"
    monkeypatch.setattr(proctree, "runs_below", lambda folder: False)
    catalog.tidy()
    assert len(built(catalog)) == 1
    left = os.listdir(catalog._settings.data_dir / "environments")
    assert sorted(left) == sorted([*built(catalog), f"{built(catalog)[0]}.log", "lock"])


def test_it_sees_what_runs_on_an_environment(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.symlink_to(sys.executable)
    assert not proctree.runs_below(tmp_path)
    pid = os.posix_spawn(python, [str(python), "-c", "input()"], {}, file_actions=[
        (os.POSIX_SPAWN_DUP2, os.pipe()[0], 0)])  # fmt: skip
    deadline = time.monotonic() + 20
    while not proctree.runs_below(tmp_path):
        assert time.monotonic() < deadline
    os.kill(pid, 9)
    os.waitpid(pid, 0)


def test_it_uses_uv_where_it_is(
    catalog: Catalog, own: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    write(own, "own", "alpha", head="import alpha, beta")
    assert known(catalog)["own"].available
    assert "uv" in Path(str(known(catalog)["own"].python)).parents[1].joinpath(
        "pyvenv.cfg").read_text()  # fmt: skip
