"""A fresh environment with nothing but what a requirements file names runs its job types."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with requirements.txt."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    path = folder / "bin" / "python"
    subprocess.run([path, *PIP, ROOT / "requirements.txt"], check=True)
    return path


def attempt(python: Path, type_name: str, example: str, *arguments: str) -> str:
    """What `app.py try` prints, both ways."""
    file = str(ROOT / "examples" / example)
    command = [str(python), str(ROOT / "app.py"), "try", type_name, file, *arguments]
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("BELLHOP_", "PYTHON"))}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("type_name", "example"),
    [
        ("citations", "brief.txt"),
        ("georaster", "island.tif"),
        ("trial_balance", "trial_balance.xlsx"),
        ("word_count", "notes.txt"),
    ],
)
def test_it_runs_the_light_types(python: Path, type_name: str, example: str) -> None:
    printed = attempt(python, type_name, example)
    assert json.loads(printed[printed.index("{") : printed.rindex("}") + 1])["data"], printed


def test_it_imports_what_reads_the_web(python: Path) -> None:
    modules = "bellhop.jobtypes.webpage, bellhop.jobtypes.summary, bellhop.jobtypes.notion_page"
    subprocess.run([python, "-c", f"import {modules}"], check=True, cwd=ROOT)


def test_it_says_how_to_get_an_extra_and_runs_with_it(python: Path) -> None:
    asked = ("georaster", "island.tif", "--param", "output=cog", "--param", "crs=EPSG:32631")
    assert "pip install -r requirements-cog.txt" in attempt(python, *asked)
    subprocess.run([python, *PIP, ROOT / "requirements-cog.txt"], check=True)
    assert '"is_cog": true' in attempt(python, *asked)


def test_it_reads_pictures_with_the_other_extra(python: Path) -> None:
    assert "pip install -r requirements-ocr.txt" in attempt(python, "quiz", "quiz.png")
    subprocess.run([python, *PIP, ROOT / "requirements-ocr.txt"], check=True)
    assert '"total_questions": ' in attempt(python, "quiz", "quiz.png")


def test_it_refuses_a_file_that_is_not_the_pinned_one(tmp_path: Path, python: Path) -> None:
    """Also by the plain line that users type, and whatever an index or a mirror hands out."""
    text = (ROOT / "requirements-core.txt").read_text()
    pinned = re.search(r"^bottle==.*(?:\n    --hash.*)+", text, re.M)
    assert pinned
    other = re.sub(r"sha256:\w+", "sha256:" + 64 * "0", pinned[0])
    (tmp_path / "requirements.txt").write_text(text.replace(pinned[0], other))
    command = f"{python} -m pip install --target packages -r requirements.txt"
    done = subprocess.run(command.split(), capture_output=True, text=True, cwd=tmp_path)
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "packages" / "bottle.py").exists()
