"""One version in all files, and a CHANGELOG that says of each version what an upgrade takes."""

from __future__ import annotations

import re
import tomllib

import pytest

from bellhop import __version__
from bellhop.database.schema import MIGRATIONS
from tests.support.places import ROOT

HEADING = re.compile(r"^## (\S+)(?: \(not released\)| – \d{4}-\d\d-\d\d)$", re.M)
TEXT = (ROOT / "CHANGELOG.md").read_text()
_, *PARTS = HEADING.split(TEXT)
SECTIONS = dict(zip(PARTS[::2], PARTS[1::2], strict=True))


def test_it_begins_with_the_version_of_the_program() -> None:
    assert next(iter(SECTIONS)) == __version__
    assert len(SECTIONS) == len(re.findall(r"^## ", TEXT, re.M))


def test_it_has_the_newest_version_first() -> None:
    numbers = [tuple(map(int, version.split("."))) for version in SECTIONS]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize("version", SECTIONS)
def test_it_has_upgrade_notes_and_changes_of_each_version(version: str) -> None:
    _, *parts = re.split(r"^### (.+)$", SECTIONS[version], flags=re.M)
    assert parts[::2] == ["Upgrade notes", "Changes"]
    assert all(text.strip() for text in parts[1::2])


def test_it_tells_of_each_change_once() -> None:
    changes = re.findall(r"^- .*(?:\n  .*)*", TEXT, re.M)
    assert len(changes) == len(set(changes))


def test_it_names_the_schema_that_an_upgrade_brings() -> None:
    notes = SECTIONS[__version__].partition("### Changes")[0]
    assert f"to schema {len(MIGRATIONS)}." in notes


def test_the_package_takes_its_version_from_the_program() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "bellhop/__init__.py"


def test_the_docs_show_this_version() -> None:
    shown = re.compile(
        r"\bbellhop (\d+\.\d+\.\d+)(?!\.\d)|^[\w-]+ +(\d+\.\d+\.\d+) +ok\b", re.M | re.I
    )
    found = {
        version
        for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for pair in shown.findall(path.read_text())
        for version in filter(None, pair)
    }
    assert found == {__version__}
