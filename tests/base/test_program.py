"""Where a program lies that was started by a link, which leads to another release later."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bellhop.base import program

TELLS = """
import json, os, sys
if {folder!r}:
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), {folder!r}))
from bellhop.base import program
print(json.dumps([program.COMMAND, program.AS_STARTED, str(program.home_as_started())]))
"""
FILES = ("bellhop/__init__.py", "bellhop/base/__init__.py")


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """A folder with the three ways to install a release, in the place to which `current` leads."""
    release = tmp_path / "releases" / "1"
    for place in (release, release / "wheel"):
        (place / "bellhop" / "base").mkdir(parents=True)
        for name in FILES:
            (place / name).touch()
        shutil.copy(str(program.__file__), place / "bellhop" / "base")
    (release / "app.py").write_text(TELLS.format(folder="."))
    (release / "wheel" / "bellhop" / "static").mkdir()
    with zipfile.ZipFile(release / "bellhop-1.pyz", "w") as single:
        single.writestr("__main__.py", TELLS.format(folder=""))
        for name in (*FILES, "bellhop/base/program.py"):
            single.write(release / name, name)
    (release / "bellhop.pyz").symlink_to("bellhop-1.pyz")
    command = release / "bin" / "bellhop"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\n{TELLS.format(folder='../wheel')}")
    command.chmod(0o755)
    (tmp_path / "current").symlink_to(release)
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "typed", "started"),
    [
        ("", ["python", "current/app.py"], ["python", "current/app.py"]),
        ("current", ["python", "app.py"], ["python", "current/app.py"]),
        ("current", ["python", "bellhop.pyz"], ["python", "current/bellhop.pyz"]),
        ("current", ["bin/bellhop"], ["current/bin/bellhop"]),
    ],
)
def test_it_starts_again_by_the_path_that_was_typed(
    releases: Path, folder: str, typed: list[str], started: list[str]
) -> None:
    """Its children are of the release to which that led: they must understand each other."""
    here = releases / folder
    told = {**os.environ, "PWD": str(here)}
    typed = [sys.executable if word == "python" else word for word in typed]
    done = subprocess.run(typed, cwd=here, env=told, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    command, again, home = json.loads(done.stdout)
    assert "current" not in " ".join(command)
    assert again == [sys.executable if w == "python" else str(releases / w) for w in started]
    assert home == str(releases / "current")


def test_it_knows_the_folder_that_a_shell_tells_only_where_that_is_true(tmp_path: Path) -> None:
    """A program that changes its folder does not tell."""
    script = f"import runpy; print(runpy.run_path({str(program.__file__)!r})['FOLDER'])"
    told = {**os.environ, "PWD": "/"}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=told,
                          capture_output=True, text=True)  # fmt: skip
    assert done.stdout == f"{tmp_path}\n"
