"""Whatever is installed is pinned, to a version and to the hashes of its files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import ROOT

INPUTS = sorted(ROOT.glob("pins/*.in"))
COMPILED = sorted(ROOT.glob("requirements*.txt"))
PACKAGE = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[\w.]+)(?P<system> ; [^\\\n]+)?"
    r"(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
    r"(?P<reason>(?:    #.*\n)+)",
    re.M,
)
by_name = pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)


def packages(path: Path) -> list[re.Match[str]]:
    return list(PACKAGE.finditer(path.read_text()))


def includes(path: Path) -> list[str]:
    return re.findall(r"^-r ([\w-]+)\.\w+$", path.read_text(), re.M)


def direct(path: Path) -> set[tuple[str, ...]]:
    """The pins of an input: the name as an index writes it, and the version."""
    pinned = [line for line in path.read_text().splitlines() if not line.startswith(("#", "-r"))]
    parts = (re.sub(r"\[.*\]", "", line).partition("==") for line in pinned)
    return {(re.sub(r"[_.]", "-", name.lower()), version) for name, _, version in parts}


def test_it_compiles_each_input_to_one_file() -> None:
    assert [path.stem for path in INPUTS] == [path.stem for path in COMPILED]


@by_name
def test_it_pins_every_package_to_a_version_and_hashes(path: Path) -> None:
    """Nothing else stands there: no address of an index and no path of a machine."""
    rest = PACKAGE.sub("", path.read_text())
    assert packages(path)
    assert [line for line in rest.splitlines() if not line.startswith(("# ", "-r "))] == []


@by_name
def test_it_holds_the_direct_pins_of_its_input_and_no_other(path: Path) -> None:
    given = f"-r pins/{path.stem}.in\n"
    found = {(match["name"], match["version"]) for match in packages(path) if given in match[0]}
    assert found == direct(ROOT / "pins" / f"{path.stem}.in")


@by_name
def test_it_includes_what_its_input_includes(path: Path) -> None:
    assert includes(path) == includes(ROOT / "pins" / f"{path.stem}.in")


@by_name
def test_it_begins_with_what_it_is_for(path: Path) -> None:
    about = (ROOT / "pins" / f"{path.stem}.in").read_text().splitlines()[0]
    assert about.startswith("# ")
    assert path.read_text().startswith(about + "\n")


def test_it_pins_a_package_alike_wherever_it_is_named() -> None:
    """pip takes two files that name one package only if they agree on it."""
    known: dict[str, set[str]] = {}
    for match in (match for path in COMPILED for match in packages(path)):
        pinned = f"{match['version']}{match['hashes']}"
        known.setdefault(f"{match['name']}{match['system'] or ''}", set()).add(pinned)
    assert {name for name, pinned in known.items() if len(pinned) > 1} == set()


def audit(folder: Path, answer: str, more: str = "") -> subprocess.CompletedProcess[str]:
    """`make audit` with a pip-audit that answers so."""
    (folder / "pip_audit.py").write_text(f"print({answer!r})\n{more}")
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, str(ROOT / "tools" / "audit.py")]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)


def answer(**package: Any) -> str:
    clean = {"name": "idna", "version": "3.20", "vulns": []}
    return json.dumps({"dependencies": [clean, {"name": "bottle", **package}], "fixes": []})


def test_it_passes_when_nothing_is_known_of_any_package(tmp_path: Path) -> None:
    done = audit(tmp_path, answer(version="0.13.4", vulns=[]))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "2 of 2 packages looked up, 0 vulnerabilities known\n"


def test_it_names_the_version_that_mends_a_vulnerability(tmp_path: Path) -> None:
    known = {"id": "PYSEC-2026-1", "fix_versions": ["0.13.5"]}
    done = audit(tmp_path, answer(version="0.13.4", vulns=[known]))
    assert done.returncode == 1
    assert "bottle 0.13.4: PYSEC-2026-1, fixed in 0.13.5\n" in done.stdout


def test_it_does_not_pass_when_a_package_was_not_looked_up(tmp_path: Path) -> None:
    done = audit(tmp_path, answer(skip_reason="not found on PyPI"))
    assert done.returncode == 2
    assert "1 of 2 packages looked up" in done.stdout
    assert "Nothing is known of: bottle\nnot found on PyPI\n" in done.stderr


@pytest.mark.parametrize(
    "answer", ["", '{"dependencies": [{"name": "idna", "skip_reason": "not found"}]}']
)
def test_it_says_that_the_database_was_not_reached(tmp_path: Path, answer: str) -> None:
    """pip-audit ends with a traceback, or passes over every package and calls that clean."""
    done = audit(tmp_path, answer)
    assert done.returncode == 2
    assert "did not reach its database" in done.stderr


def test_it_asks_about_every_file(tmp_path: Path) -> None:
    """pip-audit does not follow `-r` lines, and says nothing of it."""
    done = audit(tmp_path, "", "import sys; print(sys.argv, file=sys.stderr)")
    for path in COMPILED:
        assert f"'{path.name}'" in done.stderr
