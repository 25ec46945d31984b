"""Whatever is installed is pinned, to a version and to the hashes of its files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS, EXTRAS = PROJECT["dependency-groups"], PROJECT["project"]["optional-dependencies"]
DEPENDENCIES = PROJECT["project"]["dependencies"]
# What pyproject.toml names for each requirements file.
DIRECT = {
    "requirements": DEPENDENCIES,
    "requirements-core": GROUPS["core"],
    **{f"requirements-{extra}": pins for extra, pins in EXTRAS.items()},
    **{f"requirements-{name}": pins for name, pins in GROUPS.items()},
}
LOCK = ROOT / "requirements.lock"
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


def name_of(pin: str) -> str:
    """The name in `celery[redis]==5.7.0`, as an index writes it."""
    return re.sub(r"[_.]", "-", re.split(r"[\[=]", pin)[0].lower())


def everything(path: Path) -> set[str]:
    """The names of a file and of what it includes."""
    included = (everything(ROOT / f"{name}.txt") for name in includes(path))
    return {match["name"] for match in packages(path)}.union(*included)


def test_it_has_a_file_for_each_extra_and_each_group() -> None:
    assert set(DIRECT) == {path.stem for path in COMPILED}


def test_it_names_no_package_twice_but_those_of_the_core() -> None:
    # Several machines have their rows in PostgreSQL.
    own = {**EXTRAS, "machines": set(EXTRAS["machines"]) - set(EXTRAS["postgresql"])}
    assert len(own["machines"]) < len(EXTRAS["machines"])
    named = [name_of(p) for pins in (DEPENDENCIES, *own.values()) for p in pins]
    named += [name_of(p) for name, pins in GROUPS.items() if name != "core" for p in pins]
    assert len(named) == len(set(named))
    assert {name_of(p) for p in GROUPS["core"]} < {name_of(p) for p in DEPENDENCIES}


def test_it_builds_with_what_is_pinned() -> None:
    assert set(PROJECT["build-system"]["requires"]) < set(GROUPS["dev"])


def test_it_takes_every_line_from_the_lock() -> None:
    """One version of each package, whatever it is for, and none that nobody needs."""
    locked = {(match["name"], match["version"]): match for match in packages(LOCK)}
    found = [match for path in COMPILED for match in packages(path)]
    assert {(match["name"], match["version"]) for match in found} == set(locked)
    for match in found:
        assert match["hashes"] == locked[match["name"], match["version"]]["hashes"], match["name"]


def test_it_holds_in_the_lock_what_the_project_names() -> None:
    locked = {f"{match['name']}=={match['version']}" for match in packages(LOCK)}
    for pin in (pin for pins in DIRECT.values() if pins is not GROUPS["core"] for pin in pins):
        assert f"{name_of(pin)}=={pin.partition('==')[2]}" in locked


def test_it_names_the_pinned_versions_in_messages() -> None:
    for path in ROOT.glob("bellhop/**/*.py"):
        for pin in re.findall(r"pip install ([\w-]+==[\w.]+)", path.read_text()):
            assert pin in DEPENDENCIES, (path, pin)


@by_name
def test_it_pins_every_package_to_a_version_and_hashes(path: Path) -> None:
    """Nothing else stands there: no address of an index and no path of a machine."""
    rest = PACKAGE.sub("", path.read_text())
    assert packages(path)
    assert [line for line in rest.splitlines() if not line.startswith(("# ", "-r "))] == []


@by_name
def test_it_holds_what_the_project_names_for_it(path: Path) -> None:
    assert {name_of(pin) for pin in DIRECT[path.stem]} <= everything(path)


def test_it_holds_nothing_but_the_core_for_the_single_file() -> None:
    core = {match["name"] for match in packages(ROOT / "requirements-core.txt")}
    assert core == set(GROUPS["core"])


@by_name
def test_it_begins_with_what_it_is_for(path: Path) -> None:
    assert path.read_text().startswith("# ")


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
