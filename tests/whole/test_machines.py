"""Machines that lack what Bellhop usually finds: it works there, or says in one line why not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellhop.client import Bellhop
from tests.support.places import ROOT
from tests.support.refusing import command
from tests.support.running import ALL_TYPES, Running, running

# Makes all read-only but $0, also the places for temporary files that have a file system of theirs.
READ_ONLY = """
mount --bind "$0" "$0"
for place in / /tmp /var/tmp /usr/tmp; do
  ! mountpoint -q $place || mount -o remount,bind,ro $place
done
cd /
exec "$@"
"""
# What each command says where it cannot work at all.
STARTS = [[], ["web"], ["consumer"], ["check"], ["user", "add", "ada", "--role", "admin"]]


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as made:
        # A file of job types is read on such a machine too: one that comes with it, and another.
        made.describes = ("word_count.py", "shapes.py")
        yield made


def on_a_read_only_root(bellhop: Running, writable: Path) -> None:
    """Let nothing be writable to this Bellhop but one folder."""
    bellhop.before = ["unshare", "--mount", "sh", "-ec", READ_ONLY, str(writable)]


def run_a_job(bellhop: Running, tmp_path: Path) -> None:
    """A whole job: a file goes in, a file comes out."""
    bellhop.serve()
    (tmp_path / "a.txt").write_text("words")
    token = bellhop.environment.get("BELLHOP_TOKEN")
    client = Bellhop(bellhop.url, token)
    job = client.create("upper", files=[tmp_path / "a.txt"], use_cache=False)
    assert client.wait(job["job_id"], 30)["status"] == "completed"
    files = {file["name"] for file in client.result(job["job_id"])["items"][0]["files"]}
    assert "upper.txt" in files
    assert "Traceback" not in bellhop.log()


def require_check(bellhop: Running) -> str:
    checked = bellhop.run("check", limit_s=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return checked.stdout


def require_one_line(bellhop: Running, *words: str) -> None:
    """Every command refuses to start with the same line."""
    for each in STARTS:
        refused = bellhop.run(*each)
        assert (refused.returncode, refused.stdout) == (1, ""), refused
        (line,) = refused.stderr.splitlines()
        assert all(word in line for word in words), line


def test_it_works_where_only_its_data_folder_can_be_written(
    bellhop: Running, tmp_path: Path
) -> None:
    bellhop.describes = ALL_TYPES
    bellhop.data.mkdir()
    on_a_read_only_root(bellhop, bellhop.data)
    run_a_job(bellhop, tmp_path)
    require_check(bellhop)
    assert bellhop.run("try", "noop", "x").returncode == 0


def test_it_checks_and_tries_there_also_when_nothing_runs(bellhop: Running) -> None:
    bellhop.data.mkdir()
    on_a_read_only_root(bellhop, bellhop.data)
    require_check(bellhop)
    assert bellhop.run("try", "noop", "x").returncode == 0


def test_it_leaves_no_temporary_file_in_its_data_folder(bellhop: Running, tmp_path: Path) -> None:
    bellhop.data.mkdir()
    on_a_read_only_root(bellhop, bellhop.data)
    run_a_job(bellhop, tmp_path)
    assert not [path.name for path in bellhop.data.iterdir() if "describe" in path.name]


def test_it_says_where_nothing_can_be_written(bellhop: Running, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    on_a_read_only_root(bellhop, tmp_path / "other")
    for each in STARTS:
        refused = bellhop.run(*each)
        assert (refused.returncode, refused.stdout) == (1, "")
        (line,) = refused.stderr.splitlines()
        assert str(bellhop.data) in line
    refused = bellhop.run("try", "noop", "x")
    assert refused.returncode == 1
    assert "TMPDIR" in refused.stderr and len(refused.stderr.splitlines()) == 1


def test_it_refuses_a_disk_without_locks_in_one_line(bellhop: Running) -> None:
    bellhop.before = command("locks")
    require_one_line(bellhop, str(bellhop.data), "cannot be locked", "No locks available")


@pytest.mark.parametrize("what", ["local sockets", "limits", "limits at all"])
@pytest.mark.parametrize("is_shared", [False, True], ids=["alone", "shared"])
def test_it_works_without(bellhop: Running, tmp_path: Path, what: str, is_shared: bool) -> None:
    bellhop.describes = () if is_shared else ALL_TYPES
    if is_shared:
        bellhop.run("user", "add", "ada", "--role", "admin")
        bellhop.environment["BELLHOP_TOKEN"] = bellhop.run("token", "add", "ada").stdout.strip()
    bellhop.before = command(what)
    run_a_job(bellhop, tmp_path)
    require_check(bellhop)


def test_it_says_in_the_check_that_the_system_has_no_limits(bellhop: Running) -> None:
    assert "sizes confined" in require_check(bellhop)
    bellhop.before = command("limits")
    assert "sizes not confined" in require_check(bellhop)


@pytest.mark.parametrize(
    "variables",
    [{"PYTHONOPTIMIZE": "2"}, {"PYTHONSAFEPATH": "1"}, {"PYTHONDONTWRITEBYTECODE": "1"},
     {"PYTHONOPTIMIZE": "2", "PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "1", "PYTHONUTF8": "0"}],
    ids=lambda variables: "-".join(variables),
)  # fmt: skip
def test_it_works_with_what_changes_python(
    bellhop: Running, tmp_path: Path, variables: dict[str, str]
) -> None:
    if "PYTHONOPTIMIZE" in variables:  # which takes the docstrings that describe a type
        bellhop.describes = ALL_TYPES
    bellhop.environment |= variables
    run_a_job(bellhop, tmp_path)
    assert bellhop.client().get("/api/v1/types")["types"][0]["description"]
    require_check(bellhop)
    assert bellhop.run("try", "noop", "x").returncode == 0


@pytest.mark.parametrize("door", ["app", "models"])
def test_it_finds_its_doors_from_anywhere(bellhop: Running, tmp_path: Path, door: str) -> None:
    bellhop.data.mkdir()
    bellhop.environment |= {"PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, str(ROOT / f"{door}.py"), *(["--help"] if door == "app" else [])],
        cwd=tmp_path,
        env=bellhop.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
